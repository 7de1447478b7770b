# SPDX-License-Identifier: MIT
"""taskc and Taskwarrior, five replicas with clocks of their own, edit, undo and sync at random: all
end equal, no edit lost. TS_SEEDS: how many seeds; TS_SEED: the first, to run one again."""

import os
import time

from harness import case, need_server, run, same, true
from replica import Replica, difference, need_task
from replicas import ACTIONS, World, play, server
from taskc import need_taskc
from taskc_replica import TaskcReplica

SEEDS = int(os.environ.get("TS_SEEDS", "3"))
FIRST = int(os.environ.get("TS_SEED", "1"))
ENDS = ("completed", "deleted")


def spelled(word):
    """taskc has no types for attributes that aren't Taskwarrior's own: what that would store."""
    name, colon, value = word.partition(":")
    if name == "reviewed" and value:
        value = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(int(value)))
    return name + colon + {"P1W": "P7D"}.get(value, value)


class Mixed(World):
    """Every second replica is a taskc: the first, or in the next seed the second."""

    def __init__(self, seed):
        super().__init__(seed)
        self.can_undo = set()  # Taskwarriors that have edited a task since the last sync
        self.reopened = set()
        for replica in self.replicas:
            self.sync(replica)

    def make(self, number, offset):
        if (number + self.seed) % 2 == 0:
            return super().make(number, offset)
        return TaskcReplica(f"r{number}", self.clock, offset).connect(server(), self.account)

    @staticmethod
    def actions():
        return ACTIONS + ((Mixed.undo, 6),)

    def command(self, replica, task, *words):
        if isinstance(replica, TaskcReplica):
            return super().command(replica, task, *map(spelled, words))
        seen = self.seen[replica]
        done = super().command(replica, task, *words)
        if self.seen[replica] > seen:
            self.can_undo.add(replica)
        return done

    def create(self, replica):
        self.can_undo.discard(replica)
        super().create(replica)

    def synced(self, replica, result):
        self.can_undo.discard(replica)
        super().synced(replica, result)

    def undo(self, replica, _):
        """One more edit, which puts back what an edit changed. taskc undoes any of its own;
        Taskwarrior would undo those of others, too, so that it is let do it right after its own."""
        if not isinstance(replica, TaskcReplica) and replica not in self.can_undo:
            return
        self.can_undo.discard(replica)
        before = {task["uuid"]: task for task in replica.export()}
        result = replica.run("undo")
        self.record(replica, "all", f"undo: {result.code} {(result.out + result.err).strip()}")
        for task in replica.export():
            self.undid(before.pop(task["uuid"]), task)
        for uuid in before:
            self.unmade(replica, uuid)

    def undid(self, before, after):
        """What it took away need not be there in the end."""
        uuid = after["uuid"]
        gone = set(before.get("tags", ())) - set(after.get("tags", ()))
        self.untagged |= {(uuid, tag) for tag in gone}
        texts = [{note["description"] for note in task.get("annotations", ())}
                 for task in (before, after)]
        self.denotated |= {(uuid, text) for text in texts[0] - texts[1]}
        if before["status"] != after["status"]:
            self.reopened.add(uuid)

    def unmade(self, replica, uuid):
        """Its addition was undone before anybody knew of it."""
        true(isinstance(replica, TaskcReplica) and uuid in self.model.pending[replica] and
             uuid not in self.model.server, f"an undo took {uuid} away")
        del self.model.views[replica][uuid]
        self.model.pending[replica].remove(uuid)
        self.order.remove(uuid)
        for name in ("tagged", "annotated"):
            setattr(self, name, {entry for entry in getattr(self, name) if entry[0] != uuid})
        self.ended.discard(uuid)

    # What must hold

    def check(self):
        exports = self.settle()
        for replica, export in zip(self.replicas, exports):
            self.as_expected(replica, export)
        for kind in (Replica, TaskcReplica):
            self.check_alike([e for r, e in zip(self.replicas, exports) if isinstance(r, kind)])
        self.check_log(exports[0])
        self.check_quiet(exports)

    @staticmethod
    def check_alike(exports):
        """Those of a kind agree on what the model doesn't tell, too."""
        for export in exports[1:]:
            for task, first in zip(export, exports[0]):
                for key in ("modified", "annotations"):
                    same(task.get(key), first.get(key), f"{key} of {task['uuid']}")

    def check_log(self, export):
        ended = {task["uuid"] for task in export if task["status"] in ENDS}
        self.ended = self.ended - self.reopened | ended & self.reopened
        super().check_log(export)

    def check_quiet(self, before):
        key = self.key()
        for replica, export in zip(self.replicas, before):
            replica.must_sync()
            same(difference(replica.export(), export), "", replica.name)
            same(self.key(), key, f"the key after a sync of {replica.name}")
            same(replica.waiting(), 0, f"changes that wait at {replica.name}")

    def key(self):
        return server().wire().sync(self.account).key


def register(seed):
    @case(f"five replicas, taskc and task, seed {seed}")
    def _():
        play(seed, Mixed)


if __name__ == "__main__":
    need_server()
    need_taskc()
    need_task(clocks=True)
    for number in range(FIRST, FIRST + SEEDS):
        register(number)
    run()
