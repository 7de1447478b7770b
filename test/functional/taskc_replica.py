# SPDX-License-Identifier: MIT
"""A taskc that is driven as replica.Replica drives a Taskwarrior, for tests that mix both."""

import json

from replica import Closing, Result
from taskc import Taskc


class TaskcReplica(Closing):
    """The same edits, sync and export; what the next sync will send is worked out from exports."""

    def __init__(self, name="replica", clock=None, offset=0, settings=None):
        self.name, self.clock = name, clock
        self.taskc = Taskc(clock=clock, offset=offset, device=name,
                           settings={"retry.count": "0", **(settings or {})})
        self.unsent, self.tasks = [], {}

    def connect(self, server, account=None):
        self.taskc.connect(server, account)
        return self

    def close(self):
        self.taskc.close()

    @property
    def now(self):
        return self.taskc.now

    # Running it

    def run(self, *words, stdin=""):
        """A command as `task` takes it: "UUID COMMAND …" or "COMMAND …"."""
        if len(words) > 1 and len(words[0]) == 36:
            words = (words[1], words[0], *words[2:])
        result = self.taskc.run(*words, stdin=stdin)
        self.remember()
        return result

    def must(self, *words, **options):
        result = self.run(*words, **options)
        if result.code != 0:
            raise AssertionError(f"{self.name}: taskc {' '.join(words)}: {result}")
        return result

    def read(self):
        """uuid -> task, numbers as their text"""
        text = self.taskc.must("export").out
        tasks = json.loads(text, parse_int=str, parse_float=str)
        return {task["uuid"]: {k: v for k, v in task.items() if k not in ("id", "urgency")}
                for task in tasks}

    def remember(self):
        """An edit changes each task once: its state is what will be sent."""
        tasks = self.read()
        self.unsent += [task for uuid, task in tasks.items() if task != self.tasks.get(uuid)]
        self.tasks = tasks

    # Edits

    def add(self, description, *mods):
        before = set(self.tasks)
        self.must("add", *mods, "--", description)
        return (set(self.tasks) - before).pop()

    def modify(self, uuid, *mods):
        return self.must(uuid, "modify", *mods)

    def describe(self, uuid, description):
        return self.must(uuid, "modify", "--", description)

    def annotate(self, uuid, text):
        return self.must(uuid, "annotate", "--", text)

    def load(self, tasks):
        return self.must("import", "-", stdin=json.dumps(tasks, ensure_ascii=False))

    # Sync and state

    def sync(self):
        """Never raises."""
        result = self.taskc.sync("--json")
        if result.code == 0:
            self.unsent, self.tasks = [], self.read()
        return Result(result.code, result.out, result.err)

    def must_sync(self):
        result = self.sync()
        if result.code != 0:
            raise AssertionError(f"{self.name}: taskc sync: {result}")
        return result

    def export(self, *filters):
        """All tasks without what is computed, in order of uuid."""
        tasks = self.taskc.export(*filters)
        return [{k: v for k, v in task.items() if k not in ("id", "urgency")}
                for _, task in sorted(tasks.items())]

    def task(self, uuid):
        return next((task for task in self.export() if task["uuid"] == uuid), None)

    def backlog(self):
        """(the remote's sync key where it is told, the states that the next sync will send)"""
        return None, self.unsent

    def waiting(self):
        """How many changes the next sync will send, as taskc itself counts them."""
        return self.taskc.status()["waiting"]
