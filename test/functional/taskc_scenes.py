# SPDX-License-Identifier: MIT
"""
Moments before a sync, with a server and a replica that can be copied as often as one likes; and
what must hold when a sync was stopped at some point of it and run again.
"""

import contextlib
import json
import os
import re
import shutil
import tempfile

import harness
from harness import Server, same, true
from taskc import Taskc
from wire import new_uuid

TEXT = "x" * 300
IN_USE = [f"5d0bd41e-2a0f-4f83-9d0b-0f000000000{n}" for n in range(3)]
QUICK = {"retry.count": "0", "timeout.idle": "2s", "timeout.answer": "5s"}
UNMADE = "There is no replica|was never finished"


def copy_server(server):
    """Another server with the same data, accounts and certificates. The first one is stopped."""
    other = Server(kind=server.kind)
    other.folder = tempfile.mkdtemp(prefix="taskd-test-")
    harness.track(other)
    shutil.copytree(server.folder, other.folder, dirs_exist_ok=True,
                    ignore=shutil.ignore_patterns("taskd.log", "output", "saved-*"))
    for name in ("data", "log", "output", "ca", "cert", "key"):
        setattr(other, name, getattr(server, name).replace(server.folder, other.folder))
    other.account = server.account
    path = os.path.join(other.data, "config")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(server.folder, other.folder))
    return other


def copy_taskc(taskc, server):
    """Another replica with the same data, that syncs with that server."""
    other = Taskc()
    shutil.copytree(taskc.folder, other.folder, dirs_exist_ok=True)
    other.configure(**taskc.settings)
    return other.connect(server)


def task_list(tasks):
    return sorted(tasks, key=lambda task: task["uuid"])


def on_server(server):
    """The account's tasks, and its newest sync key."""
    answer = server.wire().sync(server.account)
    true(answer.code in (200, 201), f"the server answers {answer}")
    return task_list(answer.tasks), answer.key


def versions(taskc):
    """The versions that the replica has, as its log tells them."""
    return json.loads(taskc.must("log", "--json").out)


def equal(got, want, what):
    """Two lists of tasks; the text of a difference is short."""
    if got != want:
        both = [[task for task in one if task not in other]
                for one, other in ((got, want), (want, got))]
        raise AssertionError(f"{what} has {both[0]}, should have {both[1]}")


def told(result):
    """A failure is one sentence on standard error, and no crash."""
    lines = result.err.strip().splitlines()
    true(1 <= result.code <= 6, f"exit code {result.code}: {result.err}")
    true(len(lines) >= 1 and lines[-1].startswith("taskc: ") and lines[-1].endswith("."),
         f"a sentence: {result.err!r}")
    return lines[-1]


class Scene:
    """
    name; build(server, here, there): brings a server and two replicas to the moment in question;
    what `here` then does is a sync, or `command`. Both are kept stopped, as templates.
    """

    def __init__(self, name, build, settings=None, command=("sync",)):
        self.name, self.build, self.command = name, build, command
        self.settings = {**QUICK, **(settings or {})}
        self.server = self.here = None
        self.before = self.after = None  # what the replica has
        self.tasks = self.counts = None  # what the server has in the end; versions here

    def make(self):
        """Once, when it is needed first: the templates, and how it ends when nothing happens."""
        if self.server is not None:
            return self
        self.server = Server(kind="ours").start()
        self.here = Taskc(settings=self.settings, server=self.server)
        with Taskc(settings=QUICK, server=self.server) as there:
            self.build(self.server, self.here, there)
        self.server.stop()
        self.before = self.look(self.here)
        with self.fresh() as (server, here):
            here.must(*self.command)
            self.after = self.look(here)
            here.must_sync()
            self.counts, self.tasks = self.count(here), self.tell(on_server(server)[0])
        return self

    # What is compared

    def look(self, here):
        """What the replica has; nothing before it was made, or where that was stopped."""
        result = here.run("export")
        if result.code != 0 and self.before in (None, []):
            same(result.code, 3, f"exit code of {result}")
            true(re.search(UNMADE, result.err), f"a sentence: {result.err}")
            return []
        return self.tell(here.export().values())

    def tell(self, tasks):
        """Tasks, to compare."""
        return [{k: v for k, v in task.items() if k not in ("id", "urgency")}
                for task in task_list(tasks)]

    def count(self, here):
        """Versions of each task."""
        counts = {}
        for version in versions(here):
            counts[version["uuid"]] = counts.get(version["uuid"], 0) + 1
        return counts

    @contextlib.contextmanager
    def fresh(self):
        """(server, replica), copies of their own"""
        server = copy_server(self.server)
        try:
            server.start()
            with copy_taskc(self.here, server) as here:
                yield server, here
            server.end()
        finally:
            server.close()

    def close(self):
        if self.server is not None:
            self.server.close()
            self.here.close()

    def check_stopped(self, here):
        """Right after it was stopped: the state before or the one after it, nothing between."""
        now = self.look(here)
        true(now in (self.before, self.after),
             f"neither what was there nor what should be there: {now}")

    def resume(self, here):
        here.must(*self.command)

    def check_resumed(self, server, here):
        """It is run again: everything is as if nothing had happened; and then all is quiet."""
        self.resume(here)
        here.must_sync()
        self.check_end(server, here)
        _, key = on_server(server)
        here.must_sync()
        same(on_server(server)[1], key, "the sync key after one more sync")
        self.check_end(server, here)

    def check_end(self, server, here):
        equal(self.look(here), self.after, "the replica")
        equal(self.tell(on_server(server)[0]), self.tasks, "the server")
        same(self.count(here), self.counts, "versions of each task")
        same(here.status()["waiting"], 0, "changes that wait")


class EditScene(Scene):
    """An edit, whose time and new uuids are others at each run."""

    def tell(self, tasks):
        volatile = ("uuid", "modified", "entry", "end", "start")
        tasks = [{k: v for k, v in task.items() if k not in volatile}
                 for task in super().tell(tasks)]
        for task in tasks:
            if "annotations" in task:
                task["annotations"] = [a["description"] for a in task["annotations"]]
        return sorted(tasks, key=lambda task: task["description"])

    def count(self, here):
        return sorted(super().count(here).values())

    def resume(self, here):
        if self.look(here) == self.before:
            here.must(*self.command)


# What the moments are

def some(count, text="task", uuids=()):
    """New tasks."""
    return [{"uuid": uuids[n] if uuids else new_uuid(), "status": "pending",
             "entry": "20260101T000000Z", "modified": "20260101T000000Z",
             "description": f"{text} {n}", "tags": [f"t{n % 3}"]} for n in range(count)]


def first_up(_server, here, _there):
    here.add("first")
    one = here.add("one more", "project:home", "+next")
    here.must("modify", one, "project:garden", "due:2000000000")
    here.must("annotate", one, "with a note")


def first_up_large(_server, here, _there):
    for n in range(30):
        here.must("add", f"{n} {TEXT}")


def first_down(server, _here, _there):
    same(server.wire().sync(server.account, some(6)).code, 200)


def both_have(server, *replicas, uuids=(), count=4):
    same(server.wire().sync(server.account, some(count, uuids=uuids)).code, 200)
    for replica in replicas:
        replica.must_sync()
    return sorted(replicas[0].export())


def conflicts(server, here, there):
    """Both changed the same tasks, in conflict and not; and each has one more."""
    uuids = both_have(server, here, there)
    here.must("modify", uuids[0], "project:here", "+here")
    there.must("modify", uuids[0], "project:there", "+there", "priority:H")
    here.must("annotate", uuids[1], "from here")
    there.must("annotate", uuids[1], "from there")
    here.must("done", uuids[2])
    there.must("modify", uuids[2], "changed there")
    there.must("modify", uuids[3], "only there")
    here.must("add", "made here")
    there.must("add", "made there")
    there.must_sync()


def restored(server, here, there):
    """The server has what it had two syncs ago."""
    uuids = both_have(server, here, there)
    server.stop()
    saved = os.path.join(server.folder, "saved-data")
    shutil.copytree(server.data, saved)
    server.start()
    here.must("modify", uuids[0], "project:lost")
    here.must_sync()
    there.must("modify", uuids[1], "project:lost.too")
    there.must_sync()
    here.must_sync()
    here.must("add", "since then")
    here.must("modify", uuids[2], "+since")
    server.stop()
    shutil.rmtree(server.data)
    shutil.move(saved, server.data)
    server.start()


def in_use(server, here, _there):
    """A replica that has synced, with a change that waits."""
    both_have(server, here, uuids=IN_USE, count=3)
    here.must("modify", IN_USE[0], "project:waits")
