#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `taskc sync` shows on a terminal while it takes long."""

import re
import tempfile
import time
import uuid

from fake import Fake, answer, read_request
from pki import Authority
from tap import at_end, case, run, same, true
from taskc import Taskc, need_taskc
from terminal import cells, on_terminal

TASKS = 12345
PAUSE = 1.5  # [s] longer than taskc stays quiet

need_taskc()

FOLDER = tempfile.TemporaryDirectory(prefix="taskc-progress-")
at_end(FOLDER.cleanup)
AUTHORITY = Authority(FOLDER.name + "/pki")


class Account:
    org, user, key = "Public", "alice", str(uuid.uuid4())


def slow(connection, fake):
    """Takes the request in two parts, thinks, answers in two parts."""
    tls = fake.tls(connection)
    begin = tls.recv(16384)
    time.sleep(PAUSE)
    read_request(tls, begin)
    time.sleep(PAUSE)
    line = '{"uuid":"%s","status":"pending","entry":"20260101T000000Z","description":"\u96fb\u8a71 %d"}\n'
    tasks = "".join(line % (uuid.uuid4(), i) for i in range(1000))
    data = answer(tasks + str(uuid.uuid4()) + "\n")
    tls.sendall(data[:len(data) // 2])
    time.sleep(PAUSE)
    tls.sendall(data[len(data) // 2:])


def sync_on_terminal(columns, *words):
    """The lines that stood there one after the other, and what stays."""
    cert, key = AUTHORITY.issue("server", "server", "ecdsa")
    with Fake(cert, key, AUTHORITY.cert, slow) as fake, Taskc(settings={"retry.count": 0}) as taskc:
        fake.account, fake.ca = Account, AUTHORITY.cert
        fake.cert, fake.key = AUTHORITY.issue("client")
        taskc.connect(fake)
        taskc.must("import", "-", stdin="".join(
            '{"uuid":"%s","status":"pending","entry":"20260101T000000Z","description":"%s"}\n' %
            (uuid.uuid4(), "x" * 300) for _ in range(TASKS)))
        text = on_terminal(taskc, columns, "sync", *words)
    *shown, rest = re.split(r"\r", text)
    return [line.replace("\x1b[K", "") for line in shown if line], rest.replace("\x1b[K", "")


for WIDTH in (30, 80, 200):
    @case(f"a slow sync on {WIDTH} columns says what it does, on one line, and wipes it")
    def _(width=WIDTH):
        lines, rest = sync_on_terminal(width)
        for line in lines:
            true(cells(line) < width and "\n" not in line, f"fits into {width} cells: {line!r}")
        verbs = list(dict.fromkeys(line.split()[0].rstrip("\u2026") for line in lines))
        same(verbs[:3], ["Uploading", "Waiting", "Downloading"], f"what is told: {lines}")
        if width >= 80:
            true(any(re.match(r"Uploading .*of 12,345 tasks, [\d.]+ of [\d.]+ MB$", line)
                     for line in lines), f"counts and bytes: {lines}")
        true(rest.count("\n") == 1 and rest.startswith("home: 12345 changes sent, 1000 "), f"what stays: {rest!r}")


@case("--quiet shows nothing")
def _():
    lines, rest = sync_on_terminal(80, "--quiet")
    same((lines, rest), ([], ""), "shown")


run()
