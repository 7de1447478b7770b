# SPDX-License-Identifier: MIT
"""What goes wrong on this machine and on the server: a sentence, the right exit code, and nothing
is lost."""

import itertools
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import time

import fake
from fake import Fake, answer, half_of, says
from harness import case, need_server, run, same, shared, skip, true
from replica import preload
from taskc import TASKC, Result, Taskc, need_taskc
from wire import new_uuid

CONNECT, REFUSED, LOCAL = 1, 2, 3
NONSENSE = 2  # of a server
NO_SPACE = "no space|too large"
TIMES = {"timeout.connect": "1s", "timeout.handshake": "1s", "timeout.answer": "1s",
         "timeout.idle": "1s", "retry.count": "0"}
OLD = "20200101000000Z"

server = shared(pki="openssl")
numbers = itertools.count(1)
certificates = {}


def new_task(text, **more):
    return {"uuid": new_uuid(), "status": "pending", "entry": "20260101T000000Z",
            "modified": "20260101T000000Z", "description": text, **more}


class Machine:
    """A replica that has synced two tasks, with a change and a new task that wait."""

    def __init__(self, settings=None):
        self.account = server().add_user(f"user {next(numbers)}")
        self.taskc = Taskc(server=server(), user=self.account,
                           settings={**TIMES, **(settings or {})})
        self.add("one", "two")
        self.taskc.must_sync()
        self.taskc.must("modify", sorted(self.taskc.export())[0], "project:waits")
        self.taskc.must("add", "waits too")
        self.export = self.taskc.export()
        self.waiting = self.taskc.status()["waiting"]
        same(self.waiting, 2, "changes that wait")

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        try:
            if exc == (None, None, None):
                self.recovers()
        finally:
            self.taskc.close()

    @property
    def file(self):
        return self.taskc.path("tasks.mdb")

    def add(self, *texts):
        for text in texts:
            self.taskc.must("add", text)

    def from_others(self, *tasks):
        """Somebody else's tasks on the server, that the next sync will fetch."""
        same(server().wire().sync(self.account, tasks).code, 200)

    def fault(self, code, *words, command=("sync",), **options):
        """The command fails with that exit code and a sentence with these words; all is as it was.
        """
        self.judge(self.taskc.run(*command, **{"runs": True, **options}), code, *words)
        self.untouched()

    def judge(self, result, code, *words):
        same(result.code, code, f"exit code of {result}")
        lines = result.err.splitlines()
        same(len(lines), 1, f"sentences in {result.err!r}")
        true(lines[0].startswith("taskc: ") and lines[0].endswith("."), f"a sentence: {lines[0]}")
        true(lines[0].count("..") == 0 and len(lines[0]) > 25, f"a whole sentence: {lines[0]}")
        same(result.out, "", "output")
        for word in words:
            true(re.search(word, lines[0], re.I), f"{word!r} in {lines[0]!r}")

    def untouched(self):
        same(self.taskc.export(), self.export, "the tasks")
        same(self.taskc.status()["waiting"], self.waiting, "changes that wait")

    def meets(self, talk, code, *words):
        """A sync with a server that goes wrong."""
        with Fake(*certificate("fake"), server().ca, talk) as wrong:
            self.taskc.remote(server=f"{wrong.host}:{wrong.port}")
            self.fault(code, *words)
            true(wrong.calls > 0, "it was not even tried")

    def recovers(self):
        """All is in order again: everything gets there, and comes from there."""
        self.taskc.connect(server(), self.account)
        self.taskc.must_sync()
        there = {t["uuid"]: t["description"] for t in server().wire().sync(self.account).tasks}
        true(set(self.export) <= set(there), "a task that waited is on the server")
        same({u: t["description"] for u, t in self.taskc.export().items()}, there, "all tasks")
        same(self.taskc.status()["waiting"], 0, "changes that wait")


def certificate(name, kind="server", **dates):
    if name not in certificates:
        certificates[name] = server().authority.issue(name, kind, **dates)
    return certificates[name]


# Servers

STALLS = (
    ("after it has accepted", fake.silent, ("handshake",)),
    ("in the middle of the handshake", fake.half_handshake, ("handshake",)),
    ("after the handshake", fake.after_handshake, ("answer",)),
    ("in the middle of its answer", half_of(answer("x" * 100)), ("answer",)),
    ("in the first bytes of its answer", says(answer()[:2]), ("answer",)),
)
HANG_UPS = (
    ("at once", fake.hangs_up), ("after the request", says(b"", True)),
    ("in the middle of its answer", half_of(answer("x" * 100), True)),
)
KEY = new_uuid()
GOOD = json.dumps(new_task("good"))
ANSWERS = (
    ("garbage", says(b"\x00\x00\x01\x00" + os.urandom(252))),
    ("a text", says(b"Hello, who is there? " * 20)),
    ("a length of 0", says(b"\x00\x00\x00\x00")),
    ("a length of 3", says(b"\x00\x00\x00\x03")),
    ("more than 4 GB", says(b"\xff\xff\xff\xff" + b"code: 200\n\n")),
    ("no code", says(answer(KEY + "\n", code=None))),
    ("a code that is none", says(answer(KEY + "\n", code="fine"))),
    ("no key", says(answer(GOOD + "\n"))),
    ("nothing", says(answer(""))),
    ("a key in the middle of a line", says(answer(GOOD + KEY + "\n"))),
    ("bytes that are no text", says(answer(b'{"uuid":"\xff\xfe"}\n' + KEY.encode() + b"\n"))),
    ("half a task at its end", says(answer(GOOD + "\n" + GOOD[:30]))),
    ("a 201 although tasks were sent", says(answer(KEY + "\n", code="201", status="No change"))),
)


def register_server(name, talk, codes, words=()):
    @case(name)
    def _():
        with Machine({"answer.max": "1M"}) as machine:
            machine.meets(talk, codes, *words)


for what, how, words_ in STALLS:
    register_server(f"the server stalls {what}", how, CONNECT, words_)
for what, how in HANG_UPS:
    register_server(f"the server hangs up {what}", how, CONNECT)
for what, how in ANSWERS:
    register_server(f"the server's answer is {what}", how, NONSENSE)
register_server("the server's answer is an unknown code",
                says(answer(KEY + "\n", code="299")), REFUSED)
register_server("the server speaks no TLS", fake.no_tls, CONNECT)


@case("the answer is larger than what is taken")
def too_large():
    with Machine({"answer.max": "64K"}) as machine:
        machine.from_others(new_task("x" * 100000))
        machine.fault(REFUSED, "answer.max")
        machine.taskc.configure(answer__max="1M")


@case("a bad task among good ones: it is told of, the good ones are taken")
def bad_task():
    lines = [json.dumps(new_task("first")), '{"description":"no uuid"}', '{"uuid":',
             json.dumps(new_task("last")), KEY]
    with Machine() as machine, \
            Fake(*certificate("fake"), server().ca, says(answer("\n".join(lines) + "\n"))) as wrong:
        machine.taskc.must_sync()
        machine.taskc.remote(server=f"{wrong.host}:{wrong.port}")
        result = machine.taskc.run("sync", runs=True)
        same((result.code, result.out), (0, ""), repr(result))
        true(re.search(r"\b2\b.*\.\n\Z", result.err), f"it is told how many: {result}")
        texts = [t["description"] for t in machine.taskc.export().values()]
        same(sorted(texts), ["first", "last", "one", "two", "waits too"])
        machine.taskc.connect(server(), machine.account)
        machine.taskc.must_sync()  # the real server doesn't know that key, but the one before it


@case("the server's certificate has expired")
def server_expired():
    with Machine() as machine, \
            Fake(*certificate("expired", start=OLD, end="20210101000000Z"), server().ca,
                 fake.after_handshake) as wrong:
        machine.taskc.remote(server=f"{wrong.host}:{wrong.port}")
        machine.fault(CONNECT, "certificate", "expired")


@case("the server's certificate is for another host")
def server_other():
    with Machine() as machine, Fake(*certificate("odd", "client"), server().ca,
                                    fake.after_handshake) as wrong:
        machine.taskc.remote(server=f"{wrong.host}:{wrong.port}")
        machine.fault(CONNECT, "certificate")


@case("this machine's certificate has expired")
def client_expired():
    with Machine() as machine:
        cert, key = certificate("old client", "client", start=OLD, end="20210101000000Z")
        machine.taskc.remote(certificate=cert, key=key)
        machine.fault(REFUSED, "certificate", "2021")


@case("nobody listens")
def nobody():
    with Machine() as machine:
        with Fake(*certificate("fake"), server().ca, fake.silent) as wrong:
            port = wrong.port
        machine.taskc.remote(server=f"127.0.0.1:{port}")
        machine.fault(CONNECT)
        machine.taskc.remote(server="no-such-host.invalid:53589")
        machine.fault(CONNECT, "no-such-host.invalid")


@case("the key is wrong; the account is suspended")
def refused():
    with Machine() as machine:
        machine.taskc.remote(secret=new_uuid())
        machine.fault(REFUSED)
        machine.taskc.connect(server(), machine.account)
        server().command("suspend", "user", "Public", machine.account.key)
        machine.fault(REFUSED, "suspended")
        server().command("resume", "user", "Public", machine.account.key)


# This machine

@case("the clock is at 1970")
def clock():
    if not preload():
        skip("faketime is not installed")
    with Machine() as machine:
        machine.taskc.environ = {"LD_PRELOAD": preload(), "FAKETIME": "@1970-01-02 00:00:00",
                                 "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        result = machine.taskc.run("sync")
        machine.taskc.environ = {}
        machine.judge(result, LOCAL, "clock")
        machine.untouched()


def limited(machine, room, *command):
    """Run it where no file may grow beyond the replica's size and `room` bytes."""
    size = os.stat(machine.file).st_size + room
    done = subprocess.run([TASKC, *command], env=machine.taskc.environment(), check=False,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                          # pylint: disable=subprocess-popen-preexec-fn
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE,
                                                                (size, size)))
    return Result(done.returncode, done.stdout, done.stderr)


@case("no file may grow: a sync that fetches, and an edit")
def file_limit():
    with Machine() as machine:
        machine.from_others(*[new_task("x" * 5000) for _ in range(100)])
        for room in (0, 4096, 65536):
            machine.judge(limited(machine, room, "sync"), LOCAL, NO_SPACE)
            machine.untouched()
        machine.judge(limited(machine, 0, "add", "y" * 120000), LOCAL, NO_SPACE)
        machine.untouched()


def in_mount(machine, mount, *commands):
    """
    Run the commands in a mount namespace of their own, in which `mount` was done to the folder $1
    whose contents are kept in $2. Gives a result for each.
    """
    folder = machine.taskc.folder
    copy = tempfile.mkdtemp(prefix="taskc-test-")
    shutil.copytree(folder, copy, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*-lock"))
    out = tempfile.mkdtemp(prefix="taskc-test-")
    script = mount + " || exit 99\n" + "".join(
        f'"$0" {words} >"$3/{n}.out" 2>"$3/{n}.err" </dev/null; echo $? >"$3/{n}.code"\n'
        for n, words in enumerate(commands))
    try:
        words = ["unshare", "-m"] + ([] if os.getuid() == 0 else ["-r"])
        done = subprocess.run([*words, "sh", "-c", script, TASKC, folder, copy, out], check=False,
                              capture_output=True, env=machine.taskc.environment(), timeout=120)
        if done.returncode != 0:
            skip(f"nothing can be mounted here: {done.stderr.decode().strip()}")
        results = []
        for n in range(len(commands)):
            texts = []
            for what in ("code", "out", "err"):
                with open(os.path.join(out, f"{n}.{what}"), encoding="utf-8") as file:
                    texts.append(file.read())
            results.append(Result(int(texts[0]), *texts[1:]))
        return results
    finally:
        shutil.rmtree(copy)
        shutil.rmtree(out)


@case("the disk is full")
def full():
    with Machine() as machine:
        machine.from_others(*[new_task("x" * 5000) for _ in range(100)])
        size = sum(os.stat(os.path.join(top, name)).st_blocks * 512 for top, _, names in
                   os.walk(machine.taskc.folder) for name in names)
        mount = (f'mount -t tmpfs -o size={size + 300000} tmpfs "$1" && cp -a "$2/." "$1/" && '
                 'cd "$1"')
        results = in_mount(machine, mount, "sync", "export", "add wanted", "sync", "export",
                           "sync --set=memory=64K")
        machine.judge(results[0], LOCAL, NO_SPACE)
        same({t["uuid"]: t for t in json.loads(results[1].out)}.keys(), machine.export.keys(),
             "tasks after it")
        if results[2].code != 0:
            machine.judge(results[2], LOCAL, NO_SPACE)
        machine.judge(results[3], LOCAL, NO_SPACE)
        true(len(json.loads(results[4].out)) >= len(machine.export), "tasks in the end")
        machine.judge(results[5], LOCAL, NO_SPACE)
        machine.untouched()


@case("the replica can't be written, but read")
def read_only():
    with Machine() as machine:
        mount = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"'
        results = in_mount(machine, mount, "sync", "add something", "done 1", "export")
        for result in results[:3]:
            machine.judge(result, LOCAL, "read-only")
        same({t["uuid"] for t in json.loads(results[3].out)}, set(machine.export), "tasks")
        machine.untouched()


@case("the replica's file is cut short")
def truncated():
    with Machine() as machine:
        machine.add(*["x" * 3000] * 50)
        machine.export = machine.taskc.export()
        machine.waiting = machine.taskc.status()["waiting"]
        path = machine.file
        copy = machine.taskc.save()
        full_size = os.stat(path).st_size
        for size in (8192, full_size // 4, full_size // 2, full_size * 3 // 4):
            with open(path, "r+b") as file:
                file.truncate(size)
            for command in (("sync",), ("export",), ("add", "something"), ("list",)):
                machine.judge(machine.taskc.run(*command), LOCAL)
            machine.taskc.restore(copy)
        machine.untouched()


@case("the replica's file is something else")
def no_replica():
    with Machine() as machine:
        path, copy = machine.file, machine.taskc.save()
        for data in (b"\x00" * 65536, os.urandom(65536), b"# a text\n" * 1000):
            with open(path, "wb") as file:
                file.write(data)
            for command in (("sync",), ("export",), ("add", "something")):
                machine.judge(machine.taskc.run(*command), LOCAL)
            machine.taskc.restore(copy)
        machine.untouched()


# A sync that ends after its first part

def part_then_nothing(connection, wrong):
    """Answers the first request of all, and hangs up on every other one."""
    if wrong.calls > 1:
        connection.close()
        return
    says(answer(f'{GOOD}\n{{"rubbish\n{new_uuid()}\n'), True)(connection, wrong)


def in_two_parts(settings):
    """A machine whose sync has more than one request."""
    machine = Machine({"batch": "4096", "retry.delay": "100ms", **settings})
    machine.taskc.load([new_task(f"{n} " + "x" * 3000) for n in range(4)])
    return machine.taskc


@case("lines that are no tasks are told once a sync, however often it is tried")
def told_once():
    taskc = in_two_parts({"retry.count": "3"})
    with taskc, Fake(*certificate("fake"), server().ca, part_then_nothing) as wrong:
        taskc.remote(server=f"{wrong.host}:{wrong.port}")
        result = taskc.sync()
        same((result.code, wrong.calls >= 4), (CONNECT, True))
        same(result.err.count("could not be read"), 1, result.err)


@case("a sync that is stopped after its first part tells hooks of it")
def stopped_after_a_part():
    taskc = in_two_parts({"retry.count": "3", "retry.delay": "1h", "retry.max": "1h"})
    with taskc, Fake(*certificate("fake"), server().ca, part_then_nothing) as wrong:
        taskc.remote(server=f"{wrong.host}:{wrong.port}")
        log = taskc.path("log")
        taskc.hook("on-change", f"sleep 0.3; wc -l >{log}")
        process = taskc.begin("sync")
        while wrong.calls < 2 and process.poll() is None:
            time.sleep(0.05)
        time.sleep(0.2)
        process.terminate()
        said = process.communicate(timeout=60)[1]
        same(process.returncode, -signal.SIGTERM, said)
        with open(log, encoding="ascii") as file:
            same(file.read().strip(), "1")


@case("a sync that waits for secret.command is stopped at once")
def stopped_at_the_secret():
    with Machine() as machine:
        ready = machine.taskc.path("ready")
        machine.taskc.remote(secret="", **{"secret.command": f"echo >'{ready}'; exec sleep 1000"})
        for number in (signal.SIGTERM, signal.SIGINT):
            process = machine.taskc.begin("sync")
            while not os.path.exists(ready) and process.poll() is None:
                time.sleep(0.05)
            os.unlink(ready)
            process.send_signal(number)
            process.communicate(timeout=20)
            same(process.returncode, -number)
        machine.untouched()
        machine.taskc.remote(**{"secret.command": None})


if __name__ == "__main__":
    need_server()
    need_taskc()
    run()
