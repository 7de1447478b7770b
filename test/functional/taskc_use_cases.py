# SPDX-License-Identifier: MIT
"""The four use cases of the Task Server Sync Algorithm between clients: taskc at both ends, and
taskc at one end and Taskwarrior at the other."""

import contextlib
import itertools

from harness import case, need_server, run, same, shared
from merge_model import comparable, unlike
from replica import Clock, Replica, need_task
from taskc import need_taskc
from taskc_replica import TaskcReplica

T0 = ("project:ONE", "due:2000000000", "priority:H", "+tag1")
TEXT = "Original description"
NEW = "Modified description"
PAIRS = ((TaskcReplica, TaskcReplica), (TaskcReplica, Replica), (Replica, TaskcReplica))
NAMES = {TaskcReplica: "taskc", Replica: "task"}

server = shared()
numbers = itertools.count(1)


class Ends:
    """Two clients of one account, with one clock; `there` is the one that syncs first, so that its
    changes are the server's."""

    def __init__(self, kinds):
        self.clock = Clock()
        self.account = server().add_user(f"user {next(numbers)}")
        self.here, self.there = (
            kind(f"c{number}", self.clock).connect(server(), self.account)
            for number, kind in enumerate(kinds))

    def begin(self):
        """Both have T0; its uuid."""
        uuid = self.here.add(TEXT, *T0)
        self.here.must_sync()
        self.there.must_sync()
        return uuid


    def check(self, uuid, **want):
        """After both have synced, both have this task; and nobody has anything to say."""
        for end in (self.there, self.here):
            end.must_sync()
        exports = [end.export() for end in (self.here, self.there)]
        same(unlike(*map(comparable, exports)), "", "one end, the other")
        same([t["modified"] for t in exports[0]], [t["modified"] for t in exports[1]], "modified")
        for key, value in {"project": "ONE", "priority": "H", "description": TEXT, "tags": ["tag1"],
                           "due": "20330518T033320Z", "status": "pending", **want}.items():
            same(self.here.task(uuid).get(key), value, key)
        key = self.key()
        for end in (self.here, self.there):
            end.must_sync()
        same(self.key(), key, "the sync key after two syncs of nothing")
        same([end.export() for end in (self.here, self.there)], exports, "after them")
        for end in (self.here, self.there):
            same(end.waiting(), 0, f"changes that wait at {end.name}")

    def key(self):
        return server().wire().sync(self.account).key


@contextlib.contextmanager
def ends_of(kinds):
    ends = Ends(kinds)
    with ends.here, ends.there:
        yield ends


def use_case_1(ends):
    uuid = ends.here.add(TEXT, *T0)
    ends.here.must_sync()
    ends.check(uuid)


def use_case_2(ends):
    uuid = ends.begin()
    ends.clock.tick(60)
    ends.here.modify(uuid, "project:TWO", "due:2000086400")
    ends.here.must_sync()
    ends.check(uuid, project="TWO", due="20330519T033320Z")


def use_case_3(ends):
    uuid = ends.begin()
    ends.clock.tick(60)
    ends.there.modify(uuid, "project:TWO", "due:2000086400")
    ends.there.must_sync()
    ends.clock.tick(60)
    ends.here.describe(uuid, NEW)
    ends.here.must_sync()
    ends.check(uuid, project="TWO", due="20330519T033320Z", description=NEW)


def use_case_3_conflict(ends):
    """The client's change is of 12:20, the server's of 12:34."""
    uuid = ends.begin()
    ends.clock.tick(1200)
    ends.here.modify(uuid, "project:THREE")
    ends.here.describe(uuid, NEW)
    ends.clock.tick(840)
    ends.there.modify(uuid, "project:TWO", "due:2000086400")
    ends.there.must_sync()
    ends.here.must_sync()
    ends.check(uuid, project="TWO", due="20330519T033320Z", description=NEW)


def use_case_4(ends):
    uuid = ends.begin()
    ends.clock.tick(60)
    ends.there.modify(uuid, "project:TWO")
    ends.clock.tick(60)
    ends.here.modify(uuid, "project:THREE")
    ends.clock.tick(60)
    ends.there.modify(uuid, "priority:L")
    ends.clock.tick(60)
    ends.here.describe(uuid, NEW)
    ends.there.must_sync()
    ends.here.must_sync()
    ends.check(uuid, project="THREE", priority="L", description=NEW)


def use_case_4_apart(ends):
    """The same, where each change of the server came in a sync of its own."""
    uuid = ends.begin()
    ends.clock.tick(60)
    ends.there.modify(uuid, "project:TWO")
    ends.there.must_sync()
    ends.clock.tick(60)
    ends.here.modify(uuid, "project:THREE", "-tag1", "+tag2")
    ends.clock.tick(60)
    ends.there.modify(uuid, "priority:L", "+tag3")
    ends.there.must_sync()
    ends.clock.tick(60)
    ends.here.annotate(uuid, "and a note")
    ends.here.must_sync()
    ends.check(uuid, project="THREE", priority="L", tags=["tag2", "tag3"])
    same([a["description"] for a in ends.there.task(uuid)["annotations"]], ["and a note"])


CASES = (
    ("use case 1: client syncs a new task", use_case_1),
    ("use case 2: client modifies task and syncs", use_case_2),
    ("use case 3: both changed a task", use_case_3),
    ("use case 3, in conflict: the later modified adjudicates", use_case_3_conflict),
    ("use case 4: both changed a task twice, alternately", use_case_4),
    ("use case 4, in syncs of their own", use_case_4_apart),
)


def register(name, function, kinds):
    @case(f"{name} ({NAMES[kinds[0]]}, the server's by {NAMES[kinds[1]]})")
    def _():
        with ends_of(kinds) as ends:
            function(ends)


if __name__ == "__main__":
    need_server()
    need_taskc()
    need_task(clocks=True)
    for pair in PAIRS:
        for case_ in CASES:
            register(*case_, pair)
    run()
