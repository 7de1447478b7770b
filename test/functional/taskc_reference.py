# SPDX-License-Identifier: MIT
"""taskc with Debian's Taskserver 1.1.0, alone and beside Taskwarrior."""

import glob
import itertools
import json
import os
import shutil

from harness import DEBIAN, at_end, case, need_server, run, same, shared, skip, skip_all, true
from merge_model import comparable, unlike
from replica import Clock, Replica, need_task
from taskc import Taskc, need_taskc
from taskc_replica import TaskcReplica
from wire import new_uuid

REFUSED, HISTORY = 2, 5
LIMIT = 1 << 20  # [bytes] of a request, as that server comes

server = shared(kind="debian")
numbers = itertools.count(1)
opened = []


def account():
    return server().add_user(f"user {next(numbers)}")


def taskc(who, **settings):
    opened.append(Taskc(server=server(), user=who,
                        settings={"retry.count": "0", **settings}))
    return opened[-1]


def there(who):
    """uuid -> what the server has of it, and the newest key"""
    answer = server().wire().sync(who)
    return {task["uuid"]: task for task in answer.tasks}, answer.key


def texts(tasks):
    return sorted(task["description"] for task in tasks.values())


def equal(*replicas):
    for replica in replicas[1:]:
        same(unlike(comparable(replica.export().values()),
                    comparable(replicas[0].export().values())), "", "two replicas")


def backing(who):
    return glob.glob(f"{server().data}/orgs/Public/users/{who.key}/tx.data")[0]


@case("a first sync, a second replica, edits both ways, and syncs of nothing")
def plain():
    who = account()
    one, two = taskc(who), taskc(who)
    same(two.must_sync().err, "", "a sync of nothing with nothing")
    uuid = one.add("first", "project:home", "+next", "due:2000000000")
    one.add("second")
    one.must_sync()
    same(texts(there(who)[0]), ["first", "second"])
    two.must_sync()
    equal(one, two)
    two.must("modify", uuid, "project:garden", "-next")
    two.must("annotate", uuid, "a note")
    two.must("add", "third")
    one.must("modify", uuid, "priority:H")
    for replica in (two, one, two):
        replica.must_sync()
    equal(one, two)
    same({k: one.export()[uuid].get(k) for k in ("project", "tags", "priority")},
         {"project": "garden", "tags": None, "priority": "H"})
    key = there(who)[1]
    for replica in (one, two):
        result = replica.must_sync()
        same((result.out, result.err), ("", ""), "what is said")
        same(replica.status()["waiting"], 0, "changes that wait")
    same(there(who)[1], key, "the key after syncs of nothing")
    equal(one, two)


@case("done, deleted and undone things arrive")
def states():
    who = account()
    one, two = taskc(who), taskc(who)
    uuids = [one.add(text) for text in ("a", "b", "c")]
    one.must_sync()
    two.must_sync()
    one.must("done", uuids[0])
    one.must("delete", uuids[1])
    one.must("start", uuids[2])
    one.must("undo")
    one.must_sync()
    two.must_sync()
    equal(one, two)
    same([two.export()[u]["status"] for u in uuids], ["completed", "deleted", "pending"])


def with_taskwarrior(first):
    clock, who = Clock(), account()
    ends = [kind("x", clock).connect(server(), who)
            for kind in ((TaskcReplica, Replica) if first else (Replica, TaskcReplica))]
    with ends[0] as one, ends[1] as two:
        uuid = one.add("from the one", "project:ONE", "+tag1")
        mine = one.add("a task of its own")
        one.must_sync()
        two.must_sync()
        for second in range(1, 4):
            clock.tick(60)
            two.modify(uuid, f"project:P{second}", f"+t{second}")
            clock.tick(60)
            one.annotate(mine, f"note {second}")
            clock.tick(60)
            two.add(f"another {second}")
            two.must_sync()
            one.must_sync()
            two.must_sync()
            same(unlike(comparable(one.export()), comparable(two.export())), "", "both ends")
        same(one.task(uuid)["project"], "P3")
        same(one.task(uuid)["tags"], ["t1", "t2", "t3", "tag1"])
        same(len(two.task(mine)["annotations"]), 3)
        same(len(one.export()), 5)


@case("taskc begins, Taskwarrior joins")
def taskc_first():
    with_taskwarrior(True)


@case("Taskwarrior begins, taskc joins")
def taskwarrior_first():
    with_taskwarrior(False)


@case("what this server loses when it merges is a conflict, and can be put back")
def loses():
    who = account()
    one, two = taskc(who), taskc(who)
    uuid = one.add("a task")
    one.must_sync()
    two.must_sync()
    two.must("modify", uuid, "project:two")
    two.must_sync()
    one.must("annotate", uuid, "a note")
    one.must_sync()
    if "annotations" in one.export()[uuid]:
        skip("it has lost nothing")
    conflicts = json.loads(one.must("conflicts", "--json").out)
    true("a note" in json.dumps(conflicts), f"the note is among {conflicts}")
    one.must("annotate", uuid, "a note")
    one.must_sync()
    two.must_sync()
    equal(one, two)
    same([a["description"] for a in two.export()[uuid]["annotations"]], ["a note"])


@case("a replica that has tasks joins an account that has others")
def joins():
    who = account()
    one, two = taskc(who), taskc(who)
    one.add("there already")
    one.must_sync()
    two.add("brought along")
    two.must_sync()
    one.must_sync()
    equal(one, two)
    same(texts(one.export()), ["brought along", "there already"])


def lost_history(restore):
    """Two replicas have synced three times; then the server has what `restore` leaves of it."""
    who = account()
    one, two = taskc(who), taskc(who)
    uuid = one.add("old")
    one.must_sync()
    two.must_sync()
    saved = backing(who) + ".saved"
    shutil.copyfile(backing(who), saved)
    one.must("add", "since then")
    one.must_sync()
    two.must_sync()
    one.must("modify", uuid, "project:waits")
    if restore:
        shutil.copyfile(saved, backing(who))
    else:
        with open(backing(who), "w", encoding="utf-8"):
            pass
    before = one.export()
    result = one.sync()
    same(result.code, HISTORY, f"exit code of {result}")
    same(len(result.err.splitlines()), 1, f"sentences of {result}")
    true("--push-all" in result.err and "--adopt" in result.err, f"what to do: {result}")
    same(one.export(), before, "the tasks")
    true(one.status()["waiting"] > 0, "the change waits")
    return who, one, two, uuid


@case("the account was emptied: exit code 5, nothing changed; --push-all brings everything back")
def emptied():
    who, one, two, uuid = lost_history(False)
    one.must_sync("--push-all")
    same(texts(there(who)[0]), ["old", "since then"])
    same(there(who)[0][uuid]["project"], "waits")
    same(one.status()["waiting"], 0, "changes that wait")
    same(two.sync().code, HISTORY)
    two.must_sync("--adopt")
    equal(one, two)
    key = there(who)[1]
    one.must_sync()
    two.must_sync()
    same(there(who)[1], key, "the key after syncs of nothing")


@case("the account was restored: exit code 5; --adopt takes what there is")
def restored():
    who, one, two, _ = lost_history(True)
    one.must_sync("--adopt")
    same(texts(one.export()), ["old"])
    same(one.status()["waiting"], 0, "changes that wait")
    same(two.sync().code, HISTORY)
    two.must_sync("--adopt")
    equal(one, two)
    one.add("on it goes")
    one.must_sync()
    two.must_sync()
    equal(one, two)
    same(texts(there(who)[0]), ["old", "on it goes"])


@case("--push-all onto tasks that this server has already: it refuses, nothing is lost")
def push_again():
    _, one, _, _ = lost_history(True)
    before = one.export()
    result = one.sync("--push-all")
    true(result.code in (0, REFUSED), f"{result}")
    true(result.code == 0 or result.err.startswith("taskc: "), f"a sentence: {result}")
    same(one.export(), before, "the tasks")
    one.must_sync("--adopt")


@case("more than the server takes in one request: it goes in parts")
def batches():
    who = account()
    one, two = taskc(who), taskc(who)
    tasks = [{"uuid": new_uuid(), "status": "pending", "entry": "20260101T000000Z",
              "modified": "20260101T000000Z", "description": f"{n} " + "x" * 2000}
             for n in range(1600)]
    one.load(tasks)
    one.must_sync()
    same(len(there(who)[0]), len(tasks), "tasks on the server")
    same(one.status()["waiting"], 0, "changes that wait")
    two.must_sync()
    equal(one, two)


@case("one task is more than the server takes: a sentence names it, the others wait")
def too_large():
    who = account()
    one = taskc(who)
    one.load([{"uuid": new_uuid(), "status": "pending", "entry": "20260101T000000Z",
               "modified": "20260101T000000Z", "description": "huge " + "x" * LIMIT}])
    before = one.export()
    result = one.sync()
    same(result.code, REFUSED, f"{result}"[:300])
    same(len(result.err.splitlines()), 1, "sentences")
    true(next(iter(before))[:8] in result.err or "huge" in result.err, f"{result.err[:300]}")
    same(one.export(), before, "the tasks")


@case("a wrong key: exit code 2")
def wrong_key():
    who = account()
    one = taskc(who)
    one.add("waits")
    one.remote(secret=new_uuid())
    result = one.sync()
    same(result.code, REFUSED, f"{result}")
    one.connect(server(), who)
    one.must_sync()
    same(texts(there(who)[0]), ["waits"])


@at_end
def close():
    for one in opened:
        one.close()


if __name__ == "__main__":
    need_server()
    need_taskc()
    need_task(clocks=True)
    if not os.access(DEBIAN, os.X_OK):
        skip_all(f"there is no {DEBIAN}")
    run()
