# SPDX-License-Identifier: MIT
"""taskc watch: others' changes arrive and our own leave, without anybody asking for it."""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from harness import PATIENCE, Server, case, need_server, run, same, shared, skip, true, \
    wait_for
from replica import Replica
from tap import at_end, on_failure
from taskc import TASKC, Taskc, need_taskc

need_server()
need_taskc()

SLOW = 3600  # [s] an interval that no test lives to see
server = shared()
_watches = []


class Watch:
    """A running `taskc watch` and what it says."""

    def __init__(self, replica, *words, env=None):
        self.lines = []
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen(
            [TASKC, "watch", *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, env={**replica.environment(True), **(env or {})}, text=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        _watches.append(self)

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))

    def said(self, pattern, times=1):
        """Wait until it has."""
        def there():
            return len(re.findall(pattern, "\n".join(self.lines), re.M)) >= times
        try:
            wait_for(lambda: there() or self.process.poll() is not None, pattern)
            true(there(), f"it ended with {self.process.poll()}")
        except AssertionError as error:
            raise AssertionError(f"{error}; it said {self.lines}, not {pattern}") from error

    def end(self, number=signal.SIGTERM):
        """Ends it; gives the exit status and how long that took."""
        start = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        self.reader.join()
        self.process.stderr.close()
        _watches.remove(self)
        return code, time.monotonic() - start

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if self in _watches:
            code, _ = self.end()
            if exc == (None, None, None):
                same(code, 0, f"exit status; it said {self.lines}")


@on_failure
def what_watches_said():
    for watch in list(_watches):
        yield "-- taskc watch said:"
        yield from watch.lines[-10:]


@at_end
def end_watches():
    for watch in list(_watches):
        watch.end(signal.SIGKILL)


def pair(place, **settings):
    """Two replicas of one account of a server's, synced."""
    one = Taskc(server=place, settings={"watch.interval": SLOW, **settings})
    other = Taskc(server=place)
    one.must_sync()
    other.must_sync()
    return one, other


def has(replica, description):
    return lambda: any(t["description"] == description for t in replica.export().values())


def has_after_sync(replica, description):
    """Whether the server has it, as far as another replica can tell."""
    def look():
        replica.must_sync()
        return has(replica, description)()
    return look


@case("another replica's change arrives without polling")
def arrives():
    one, other = pair(server())
    with one, other, Watch(one) as watch:
        watch.said("Watching")
        for number in range(3):
            other.add(f"arrives {number}")
            other.must_sync()
            wait_for(has(one, f"arrives {number}"), "the change arrives", 10)


@case("a local change leaves at once, the last of several when it is quiet")
def leaves():
    one, other = pair(server(), **{"watch.quiet": 1})
    with one, other, Watch(one) as watch:
        watch.said("Watching")
        for number in range(3):
            one.add(f"leaves {number}")
        for number in range(3):
            wait_for(has_after_sync(other, f"leaves {number}"), "the change is at the server", 10)
        watch.said("sent", 2)


@case("its own syncs are no reason for another")
def no_echo():
    one, other = pair(server())
    log = one.path("hook.log")
    one.hook("post-sync", f"echo sync >> '{log}'")

    def syncs():
        with open(log, encoding="ascii") as file:
            return len(file.readlines())

    with one, other, Watch(one) as watch:
        watch.said("Watching")
        wait_for(lambda: os.path.exists(log) and syncs() == 1, "the first sync")
        other.add("echo")
        other.must_sync()
        wait_for(has(one, "echo"), "the change arrives", 10)
        one.add("call")
        wait_for(has_after_sync(other, "call"), "the change leaves", 10)
        wait_for(lambda: syncs() >= 3, "three syncs")
        time.sleep(2)
        true(syncs() <= 4, f"{syncs()} syncs for three reasons")


@case("a wait that ended without news keeps the status young")
def young():
    one, other = pair(server(), **{"watch.wait": 1})
    with one, other, Watch(one) as watch:
        watch.said("Watching")
        for _ in range(3):
            before = one.status()["last_success"]
            wait_for(lambda b=before: one.status()["last_success"] != b, "a later success")


@case("TERM and INT end it at once, with exit status 0")
def ends():
    for number in (signal.SIGTERM, signal.SIGINT):
        one, other = pair(server())
        with one, other:
            watch = Watch(one)
            watch.said("Watching")
            time.sleep(0.3)
            code, took = watch.end(number)
            same(code, 0, f"exit status; it said {watch.lines}")
            true(took < 5, f"it took {took:.1f} s")


@case("TERM ends it while a server says nothing")
def ends_while_connecting():
    with socket.create_server(("127.0.0.1", 0)) as silent, Taskc(server=server()) as one:
        one.remote("home", server=f"127.0.0.1:{silent.getsockname()[1]}")
        watch = Watch(one)
        silent.accept()[0].close()
        peer = silent.accept()[0]
        code, took = watch.end()
        peer.close()
        same(code, 0)
        true(took < 5, f"it took {took:.1f} s")


@case("a server that stops and starts again")
def restarted():
    with Server() as place:
        one, other = pair(place)
        with one, other, Watch(one) as watch:
            watch.said("Watching")
            other.add("before")
            other.must_sync()
            wait_for(has(one, "before"), "the change arrives", 10)
            port = place.port
            place.stop()
            watch.said("127.0.0.1")
            one.add("meanwhile")
            place.configure(server=f"{place.host}:{port}")
            place.start()
            wait_for(has_after_sync(other, "meanwhile"), "what was edited meanwhile leaves")
            watch.said("All is well again")
            other.add("after")
            other.must_sync()
            wait_for(has(one, "after"), "the change arrives")


@case("a server that can't wait is asked every interval")
def reference():
    if not os.access(os.environ.get("DEBIAN_TASKD", "/usr/bin/taskd"), os.X_OK):
        skip("Debian's taskd is not installed")
    with Server(kind="debian") as place:
        one, other = pair(place, **{"watch.interval": 1, "watch.quiet": 1})
        with one, other, Watch(one) as watch:
            watch.said("Watching")
            other.add("by interval")
            other.must_sync()
            wait_for(has(one, "by interval"), "the change arrives")
            one.add("to the old server")
            wait_for(has_after_sync(other, "to the old server"), "the change leaves")


@case("a server with another history ends it with exit status 5")
def history():
    one, other = pair(server())
    with one, other, Server() as another:
        one.add("known")
        one.must_sync()
        one.connect(another)
        watch = Watch(one)
        same(watch.process.wait(PATIENCE), 5)
        watch.end()
        true(any("--push-all" in line for line in watch.lines), watch.lines)


@case("HUP reads the configuration anew; what is wrong with it changes nothing")
def reloads():
    one, other = pair(server())
    with one, other, Watch(one) as watch:
        watch.said("Watching")
        one.configure(nonsense="1")
        watch.process.send_signal(signal.SIGHUP)
        watch.said("stays as it was.*nonsense")
        one.configure(nonsense=None)
        watch.process.send_signal(signal.SIGHUP)
        watch.said("was read anew")
        other.add("after HUP")
        other.must_sync()
        wait_for(has(one, "after HUP"), "the change arrives", 10)


@case("a service manager hears that it is ready, and what it does")
def notifies():
    folder = tempfile.mkdtemp(prefix="ts-notify-")
    one, other = pair(server())
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, one, other:
        manager.bind(os.path.join(folder, "n"))
        manager.settimeout(PATIENCE)
        with Watch(one, env={"NOTIFY_SOCKET": os.path.join(folder, "n"),
                             "JOURNAL_STREAM": "1:2"}) as watch:
            true(b"READY=1" in manager.recv(1000), "READY=1 comes first")
            true(b"STATUS=In step" in manager.recv(1000), "then how it is")
            watch.said("^<5>Watching")
        true(b"STOPPING=1" in manager.recv(1000), "at the end STOPPING=1")
    shutil.rmtree(folder)


def taskwarrior(place):
    """A Taskwarrior replica that was synced once, and a taskc one beside it."""
    if not shutil.which("task"):
        skip("task is not installed")
    tw = Replica("watched").connect(place)
    tw.must_sync(init=True)
    other = Taskc(server=place)
    other.must_sync()
    return tw, other


def tw_has(replica, description):
    return lambda: any(t["description"] == description for t in replica.export())


@case("--taskwarrior: both ways, and it doesn't keep itself busy")
def both_ways():
    tw, other = taskwarrior(server())
    with tw, other, Taskc(settings={"watch.interval": SLOW, "watch.quiet": 1}) as one:
        with Watch(one, "--taskwarrior", "--taskrc", tw.rc) as watch:
            watch.said("Watching " + re.escape(tw.data))
            other.add("from a phone")
            other.must_sync()
            wait_for(tw_has(tw, "from a phone"), "the change arrives in Taskwarrior")
            tw.add("from Taskwarrior")
            wait_for(has_after_sync(other, "from Taskwarrior"), "the change leaves")
            wait_for(lambda: not tw.backlog()[1], "nothing is unsent")
            time.sleep(1.5)
            before = os.stat(os.path.join(tw.data, "backlog.data")).st_mtime_ns
            time.sleep(1.5)
            same(os.stat(os.path.join(tw.data, "backlog.data")).st_mtime_ns, before,
                 "backlog.data changes without a reason")


@case("--taskwarrior: a server that doesn't believe us is told once, and tried again")
def tw_trouble():
    place = server()
    tw, other = taskwarrior(place)
    with tw, other, Taskc(settings={"watch.interval": SLOW, "watch.quiet": 1}) as one:
        tw.configure(taskd__server="127.0.0.1:1")
        with Watch(one, "--taskwarrior", env={"TASKRC": tw.rc}) as watch:
            watch.said("`task sync` failed with exit status")
            tw.configure(taskd__server=f"127.0.0.1:{place.port}")
            tw.add("later")
            wait_for(has_after_sync(other, "later"), "the change leaves")
            watch.said("All is well again")
            same(len([line for line in watch.lines if "failed with" in line]), 1)


@case("what is wrong at the start ends it")
def wrong():
    with Taskc() as one:
        same(one.run("watch").code, 3)
        same(one.run("watch", "a", "b").code, 64)
        same(one.run("watch", "--taskrc", "x").code, 64)
        if shutil.which("task"):
            missing = one.path("missing")
            same(one.run("watch", "--taskwarrior", "--taskrc", missing).code, 3)
            true(not os.path.exists(missing), "Taskwarrior was told to make a configuration")


run()
