# SPDX-License-Identifier: MIT
"""Edits in a loop while syncs run in a loop, in two replicas: nothing is lost, nothing is there
twice. TS_ROUNDS: how many edits each makes."""

import collections
import json
import os
import random
import threading

from harness import Server, case, need_server, note, run, same, true
from replica import difference
from taskc import Taskc, need_taskc, settle

ROUNDS = int(os.environ.get("TS_ROUNDS", "60"))
LOCKED = 4


class Editor(threading.Thread):
    """
    Adds tasks, sets a counter of one task of its own again and again, annotates a task that all
    have, sets an attribute of its own in it, and undoes some of it at once.
    """

    def __init__(self, taskc, name, common):
        super().__init__(name=name)
        self.taskc, self.common = taskc, common
        self.rng = random.Random(name)
        self.mine = taskc.add(f"counter of {name}")
        self.added, self.notes, self.gone, self.count = set(), set(), set(), 0
        self.fault = None

    def run(self):
        try:
            for number in range(1, ROUNDS + 1):
                self.rng.choice((self.add, self.add_and_undo, self.modify, self.modify,
                                 self.annotate, self.annotate_and_undo))(number)
        except BaseException as error:  # pylint: disable=broad-except
            self.fault = error

    def add(self, number):
        text = f"task {self.name} {number}"
        self.taskc.must("add", "--", text)
        self.added.add(text)

    def add_and_undo(self, number):
        text = f"gone {self.name} {number}"
        self.taskc.must("add", "--", text)
        self.taskc.must("undo")
        self.gone.add(text)

    def modify(self, number):
        self.taskc.must("modify", self.mine, f"counter:{number}")
        self.taskc.must("modify", self.common, f"by_{self.name}:{number}")
        self.count = number

    def annotate(self, number):
        text = f"note {self.name} {number}"
        self.taskc.must("annotate", self.common, "--", text)
        self.notes.add(text)

    def annotate_and_undo(self, number):
        text = f"gone {self.name} {number}"
        self.taskc.must("annotate", self.common, "--", text)
        self.taskc.must("undo")
        self.gone.add(text)


class Syncer(threading.Thread):
    """Syncs until it is told to stop."""

    def __init__(self, taskc):
        super().__init__()
        self.taskc, self.halt = taskc, threading.Event()
        self.codes = collections.Counter()
        self.fault = None

    def run(self):
        while not self.halt.is_set():
            result = self.taskc.run("sync", runs=True)
            self.codes[result.code] += 1
            if result.code not in (0, LOCKED):
                self.fault = result
                return


class Loops:
    """Two replicas of an account; each has an editor and `syncers` that sync."""

    def __init__(self, server, syncers=1):
        self.server = server
        self.replicas = [Taskc(server=server, device=name) for name in ("a", "b")]
        self.common = self.replicas[0].add("common")
        settle(self.replicas, 1)
        self.editors = [Editor(replica, name, self.common)
                        for replica, name in zip(self.replicas, "ab")]
        self.syncers = [Syncer(replica) for replica in self.replicas for _ in range(syncers)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for replica in self.replicas:
            replica.close()

    def play(self):
        for thread in self.syncers + self.editors:
            thread.start()
        for editor in self.editors:
            editor.join()
        for syncer in self.syncers:
            syncer.halt.set()
        for syncer in self.syncers:
            syncer.join()
        for thread in self.editors + self.syncers:
            true(thread.fault is None, f"{thread.name}: {thread.fault}")
        codes = sum((syncer.codes for syncer in self.syncers), collections.Counter())
        note(f"exit codes of syncs: {dict(codes)}")
        true(codes[0] > 2 * len(self.replicas), "hardly anything was synced meanwhile")
        return codes

    def look(self, tasks):
        """By uuid, without what was undone: where it was sent before, the others have it as a
        deleted task."""
        gone = set().union(*(editor.gone for editor in self.editors))
        return {task["uuid"]: task for task in tasks
                if task["description"] not in gone or task["status"] != "deleted"}

    def check(self):
        settle(self.replicas)
        exports = [replica.export() for replica in self.replicas]
        tasks, others = (self.look(export.values()) for export in exports)
        same(difference(tasks.values(), others.values()), "", "the two replicas")
        there = self.look(self.server.wire().sync(self.server.account).tasks)
        same(sorted(there), sorted(tasks), "the server's tasks")
        for editor in self.editors:
            self.check_editor(editor, tasks)
        key = self.key()
        settle(self.replicas, 1)
        same(self.key(), key, "the key after syncs of nothing")
        same([replica.export() for replica in self.replicas], exports, "and all tasks")

    def check_editor(self, editor, tasks):
        texts = collections.Counter(task["description"] for task in tasks.values())
        same({text: texts[text] for text in editor.added}, dict.fromkeys(editor.added, 1),
             "each added task, how often")
        notes = collections.Counter(
            a["description"] for a in tasks[self.common]["annotations"]
            if a["description"].split()[1] == editor.name)
        same(notes, collections.Counter(editor.notes), "each annotation, how often")
        same(editor.gone & set(texts), set(), "tasks that were undone")
        true(not editor.gone & set(notes), "annotations that were undone are gone")
        if editor.count:
            for uuid, name in ((editor.mine, "counter"), (self.common, f"by_{editor.name}")):
                same(str(tasks[uuid].get(name)), str(editor.count), f"the last value of {name}")
        same(editor.taskc.status()["waiting"], 0, "changes that wait")

    def key(self):
        return self.server.wire().sync(self.server.account).key

    def check_log(self):
        """No state is there twice: no two versions that follow each other are the same edit."""
        for replica in self.replicas:
            log = json.loads(replica.must("log", "--json").out)
            edits = collections.Counter(
                (v["uuid"], json.dumps(v["changes"], sort_keys=True), tuple(v["parents"]))
                for v in log)
            same([edit for edit, count in edits.items() if count > 1], [], "versions twice")


@case("two replicas, each edited in a loop and synced in a loop")
def loops():
    with Server(kind="ours") as server, Loops(server) as two:
        two.play()
        two.check()
        two.check_log()


@case("and with two that sync each at once: one of them has to wait for another time")
def crowded():
    with Server(kind="ours") as server, Loops(server, syncers=2) as two:
        codes = two.play()
        true(codes[LOCKED] > 0, "nobody was locked out")
        two.check()
        two.check_log()


if __name__ == "__main__":
    need_server()
    need_taskc()
    run()
