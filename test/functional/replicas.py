# SPDX-License-Identifier: MIT
"""Five Taskwarriors with clocks of their own edit and sync at random: all end equal, no edit lost.

TS_SEEDS: how many seeds; TS_SEED: the first, to run one again that failed."""

import concurrent.futures
import os
import random

from harness import case, need_server, note, run, same, shared, true
from merge_model import Model, comparable, unlike
from replica import Clock, Replica, difference, need_task

SEEDS = int(os.environ.get("TS_SEEDS", "5"))
FIRST = int(os.environ.get("TS_SEED", "1"))
STEPS = int(os.environ.get("TS_STEPS", "160"))
WORDS = ("apple", "brot", "café", "драка", "emoji 🎉", "slash/ed", 'quo"ted', "it's")
PROJECTS = ("home", "work", "work.office", "garten")
TAGS = ("next", "shop", "übung", "phone", "later")
# Which replicas know which attribute; to the others it is one that they must carry along
UDAS = {
    "estimate": ("numeric", (0, 1, 2, 3, 4)),
    "points": ("numeric", (1, 3)),
    "reviewed": ("date", (0, 2)),
    "note": ("string", (0, 1, 4)),
    "effort": ("duration", (3,)),
}
DATES = ("due", "scheduled", "wait", "until")
BASE = 2000000000  # dates that are edited lie beyond the replicas' clocks

server = shared()


class World:
    """The replicas, what was done to them, and the model."""

    def __init__(self, seed):
        self.seed, self.rng = seed, random.Random(seed)
        self.clock, self.model = Clock(), Model()
        self.account = server().add_user("replicas %d" % seed)
        spread = self.rng.choice((5, 600, 43200))
        self.replicas = [self.make(i, self.rng.randint(-spread, spread)) for i in range(5)]
        self.seen = {replica: 0 for replica in self.replicas}
        self.order = []  # tasks in order of creation: each depends on older ones only
        self.annotated, self.denotated, self.ended = set(), set(), set()
        self.tagged, self.untagged = set(), set()
        self.log = []

    def make(self, number, offset):
        udas = {name: kind for name, (kind, who) in UDAS.items() if number in who}
        replica = Replica("r%d" % number, self.clock, offset, udas)
        return replica.connect(server(), self.account)

    @staticmethod
    def actions():
        return ACTIONS

    def close(self):
        for replica in self.replicas:
            replica.close()

    # One step each: (replica, a task that it has) -> nothing

    def step(self):
        self.clock.tick(self.rng.choice((0, 0, 1, 5, 60)))
        replica = self.rng.choice(self.replicas)
        known = sorted(replica.export(), key=lambda task: self.order.index(task["uuid"]))
        action = self.rng.choices(*zip(*self.actions()))[0] if known else self.create
        if action in (World.create, self.create):
            self.create(replica)
        elif action is World.sync:
            self.sync(replica)
        else:
            action(self, replica, self.rng.choice(known))

    def create(self, replica):
        mods = ["project:" + self.rng.choice(PROJECTS), "+" + self.rng.choice(TAGS)]
        uuid = replica.add("%s %d" % (self.rng.choice(WORDS), len(self.order)), *mods)
        self.tagged.add((uuid, mods[1][1:]))
        self.order.append(uuid)
        self.record(replica, uuid, "add " + " ".join(mods))

    def record(self, replica, uuid, what):
        """Give the model the states that the replica has just written down."""
        lines = replica.backlog()[1]
        for task in lines[self.seen[replica]:]:
            self.model.edit(replica, task)
        self.log.append("%d %s %s %s (%d states)" % (
            replica.now, replica.name, uuid[:8], what, len(lines) - self.seen[replica]))
        self.seen[replica] = len(lines)

    def command(self, replica, task, *words):
        """An edit that Taskwarrior may refuse; true if it did not."""
        result = replica.run(task["uuid"], *words)
        self.record(replica, task["uuid"], " ".join(words) + ("" if result.code == 0 else " (no)"))
        return result.code == 0

    def attribute(self, replica, task):
        values = {
            "project": self.rng.choice(PROJECTS), "priority": self.rng.choice("HML"),
            self.rng.choice(DATES): str(BASE + self.rng.randint(0, 9) * 86400)}
        name, value = self.rng.choice(sorted(values.items()))
        self.command(replica, task, "modify", name + ":" + self.rng.choice((value, value, "")))

    def describe(self, replica, task):
        text = "%s %d" % (self.rng.choice(WORDS), self.rng.randint(0, 999))
        self.command(replica, task, "modify", "--", text)

    def uda(self, replica, task):
        number = int(replica.name[1:])
        name = self.rng.choice([name for name, (_, who) in UDAS.items() if number in who])
        value = {
            "numeric": self.rng.choice(("1", "2.5", "3", "10", "-4.25", "0.001")),
            "date": str(BASE + self.rng.randint(0, 9) * 86400),
            "string": self.rng.choice(("short", "two words", "ünï", "x:y")),
            "duration": self.rng.choice(("PT1H", "P2D", "P1W")),
        }[UDAS[name][0]]
        self.command(replica, task, "modify", name + ":" + self.rng.choice((value, value, "")))

    def tag(self, replica, task):
        tag = self.rng.choice(TAGS)
        adds = self.rng.random() < 0.65
        if self.command(replica, task, "modify", ("+" if adds else "-") + tag):
            (self.tagged if adds else self.untagged).add((task["uuid"], tag))

    def annotate(self, replica, task):
        text = "%s %s %d" % (replica.name, self.rng.choice(WORDS), len(self.log))
        if self.command(replica, task, "annotate", "--", text):
            self.annotated.add((task["uuid"], text))

    def denotate(self, replica, task):
        texts = [annotation["description"] for annotation in task.get("annotations", ())]
        if texts:
            text = self.rng.choice(texts)
            self.denotated.add((task["uuid"], text))
            self.command(replica, task, "denotate", "--", text)

    def depend(self, replica, task):
        older = self.order[:self.order.index(task["uuid"])]
        has = task.get("depends", [])
        if has and self.rng.random() < 0.3:
            self.command(replica, task, "modify", "depends:-" + self.rng.choice(has))
        elif older:
            self.command(replica, task, "modify", "depends:" + self.rng.choice(older))

    def toggle(self, replica, task):
        if task["status"] == "pending":  # Taskwarrior's start reopens what was done
            self.command(replica, task, "stop" if "start" in task else "start")

    def end(self, replica, task):
        if self.command(replica, task, self.rng.choice(("done", "delete"))):
            self.ended.add(task["uuid"])

    def sync(self, replica):
        self.synced(replica, replica.must_sync())

    def synced(self, replica, result):
        self.model.sync(replica)
        self.seen[replica] = 0
        same(replica.backlog()[1], [], "the backlog after a sync")
        self.log.append("%d %s sync: %s" % (replica.now, replica.name, (result.err or result.out).strip()[-60:]))

    # What must hold

    def settle(self):
        """All at the same time, then one after the other."""
        with concurrent.futures.ThreadPoolExecutor() as pool:
            results = list(pool.map(lambda replica: replica.must_sync(), self.replicas))
        for replica, result in zip(self.replicas, results):
            self.synced(replica, result)
        for replica in self.rng.sample(self.replicas, len(self.replicas)):
            self.clock.tick()
            self.sync(replica)
        return [replica.export() for replica in self.replicas]

    def check(self):
        exports = self.settle()
        # Those who know an attribute spell its numbers differently from those who don't
        first = {t["uuid"]: (t["modified"], t.get("annotations")) for t in exports[0]}
        for replica, export in zip(self.replicas, exports):
            self.as_expected(replica, export)
            for task in export:
                same((task["modified"], task.get("annotations")), first[task["uuid"]],
                     "modified and annotations of %s on %s" % (task["uuid"], replica.name))
        self.check_log(exports[0])
        self.check_quiet(exports)
        self.check_spelling()

    def as_expected(self, replica, export):
        wrong = unlike(comparable(export), self.model.expected())
        same(wrong, "", "%s, which has, should have" % replica.name)

    def check_log(self, export):
        tasks = {task["uuid"]: task for task in export}
        same(sorted(tasks), sorted(self.order), "the tasks")
        for uuid, tag in self.tagged - self.untagged:
            true(tag in tasks[uuid].get("tags", ()), "%s lost +%s" % (uuid, tag))
        for uuid, text in self.annotated - self.denotated:
            texts = [a["description"] for a in tasks[uuid].get("annotations", ())]
            true(text in texts, "%s lost the annotation %r" % (uuid, text))
        for task in export:
            ended = task["status"] in ("completed", "deleted")
            same(ended, task["uuid"] in self.ended, "%s ended" % task["uuid"])
            true("end" in task or not ended, "%s has no end" % task["uuid"])

    def check_quiet(self, before):
        """One more sync of each: nothing is sent, nothing is stored, nothing changes."""
        keys = {replica.backlog()[0] for replica in self.replicas}
        same(len(keys), 1, "sync keys in use")
        for replica, export in zip(self.replicas, before):
            result = replica.must_sync()
            true("No changes" in result.err, "%s still syncs: %s" % (replica.name, result.err))
            same(difference(replica.export(), export), "", replica.name)
            same(replica.backlog(), (min(keys), []), "backlog of %s" % replica.name)

    def check_spelling(self):
        """An edit by a replica which spells numbers in its own way changes no number."""
        for replica in self.replicas:
            self.clock.tick(90000)
            for task in replica.export():
                self.command(replica, task, "modify", "project:last." + replica.name)
            self.sync(replica)
            true("No changes" in replica.must_sync().err, "%s repeats itself" % replica.name)
        for replica, export in zip(self.replicas, self.settle()):
            self.as_expected(replica, export)


ACTIONS = (
    (World.create, 8), (World.attribute, 20), (World.describe, 8), (World.uda, 20),
    (World.tag, 15), (World.annotate, 10), (World.denotate, 3), (World.depend, 8),
    (World.toggle, 5), (World.end, 3), (World.sync, 25),
)


def play(seed, kind=World):
    world = kind(seed)
    try:
        for _ in range(STEPS):
            world.step()
        world.check()
    except BaseException:
        note("TS_SEED=%d TS_SEEDS=1 runs it again. What was done:" % seed)
        for line in world.log:
            note(line)
        raise
    finally:
        world.close()


def register(seed):
    @case("five replicas, seed %d" % seed)
    def _():
        play(seed)


if __name__ == "__main__":
    need_server()
    need_task(clocks=True)
    for number in range(FIRST, FIRST + SEEDS):
        register(number)
    run()
