# SPDX-License-Identifier: MIT
"""`taskd verify` and `taskd compact`, while the server serves and on a store that is damaged."""

import json
import os

from fixtures import new_task
from harness import Server, case, need_server, run, same, true

EDITS = 40


def grow(server, account, tasks=4):
    """Edits of a few tasks, one a sync; every sync key and what it was answered with."""
    wire, key, keys = server.wire(), None, []
    mine = [new_task(description="task number %d" % n) for n in range(tasks)]
    for number in range(EDITS):
        task = mine[number % tasks]
        task["project"] = "project%d" % number
        task["modified"] = "20260101T%02d%02d00Z" % (number // 60, number % 60)
        key = wire.sync(account, [task], key, init=key is None).key
        keys.append(key)
    return keys


def answers(server, account, keys):
    return [sorted(server.wire().sync(account, [], key).task_lines) for key in keys]


def verify(server):
    return json.loads(server.command("verify", "--json", check=False).stdout)


@case("verify tells a store that serves to be in order, and counts")
def sound():
    with Server() as server:
        grow(server, server.account)
        told = verify(server)
        same((told["in_order"], told["faults"]), (True, []))
        same((told["tasks"], told["versions"], told["transactions"]), (4, EDITS, EDITS + 1))
        true(server.command("verify").stdout.endswith(": in order.\n"), "the last line")


@case("compact drops what nobody needs, every key gets its answer as before")
def compacted():
    with Server() as server:
        keys = grow(server, server.account)
        before = answers(server, server.account, keys)
        server.restart()  # what devices have is on disk now
        dry = json.loads(server.command("compact", "--before", "now", "--dry-run", "--json").stdout)
        same(verify(server)["versions"], EDITS)
        done = json.loads(server.command("compact", "--before", "now", "--json").stdout)
        same(done["users"], dry["users"])
        row = done["users"][0]
        same((row["versions_before"], row["versions_after"]), (EDITS, 4))
        true(row["bytes_after"] < row["bytes_before"] / 2, repr(row))
        same(verify(server)["in_order"], True)
        same(answers(server, server.account, keys), before)
        task = new_task(description="later")
        answer = server.wire().sync(server.account, [task], keys[-1])
        same((answer.code, answer.tasks), (200, []))
        same(verify(server)["in_order"], True)


@case("compact names the device that holds back, until it is revoked")
def held():
    with Server() as server:
        keys = grow(server, server.account)
        path = os.path.join(server.folder, "old phone")
        server.command("user", "bundle", "Public", server.account.user, "--device", "old phone",
                       "--output", path)
        with open(path, encoding="ascii") as file:
            _, ca, cert, key = server.read_bundle(file.read())
        server.wire(ca=ca, cert=cert, key=key).sync(server.account, [], keys[9])
        server.wire().sync(server.account, [], keys[-1])
        server.restart()  # what devices have is on disk now
        text = server.command("compact", "--before", "now", "--dry-run").stdout
        true("'old phone'" in text, text)
        for force in ([], ["--force"]):
            told = server.command("compact", "--before", "1 hour ago", "--json", *force).stdout
            same(json.loads(told)["users"][0]["cutoff"], 0, told)
        row = json.loads(server.command("compact", "--before", "now", "--json").stdout)["users"][0]
        same((row["cutoff"], row["held_by"]["name"]), (10, "old phone"), repr(row))
        server.command("device", "revoke", "Public", server.account.user, "old phone")
        row = json.loads(server.command("compact", "--before", "now", "--json").stdout)["users"][0]
        true("held_by" not in row, repr(row))
        same((row["cutoff"], verify(server)["in_order"]), (EDITS, True))


@case("compact without a time, or with one to come, changes nothing")
def refused():
    with Server() as server:
        for words in ([], ["--before", "tomorrow"], ["--before", "nonsense"],
                      ["--before", "now", "Public", "nobody"], ["--before", "now", "None"]):
            same(server.command("compact", *words, check=False).returncode, 255, repr(words))


@case("verify finds a byte that is not what it was, and fails")
def damaged():
    with Server() as server:
        grow(server, server.account)
        server.stop()
        path = os.path.join(server.data, "tasks.mdb")
        with open(path, "r+b") as file:
            data = file.read()
            at = data.find(b"task number")
            true(at > 0, "no task in the file")
            while at > 0:  # older pages may hold copies
                file.seek(at)
                file.write(b"\xff")
                at = data.find(b"task number", at + 1)
        result = server.command("verify", check=False)
        same(result.returncode, 255)
        true("Public/%s: Version 1 of task " % server.account.user in result.stdout, result.stdout)
        true("ERROR: The store is not in order." in result.stderr, result.stderr)
        same(verify(server)["in_order"], False)


need_server()
run()
