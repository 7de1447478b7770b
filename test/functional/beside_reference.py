# SPDX-License-Identifier: MIT
"""Beside Debian's Taskserver, where that is right: the same edits give the same tasks."""

import os
import random

from harness import DEBIAN, case, need_server, run, same, shared, skip_all, true
from merge_model import comparable, unlike
from replica import Clock, Replica, need_task

SEEDS = int(os.environ.get("TS_SEEDS", "4"))
UDAS = {"estimate": "numeric", "reviewed": "date", "note": "string"}
TASKS = 8

ours, reference = shared(), shared(kind="debian")


def uuid(number):
    return "00000000-0000-4000-8000-%012d" % number


class Side:
    """A server with an account and replicas; both sides are told the same."""

    def __init__(self, server, name, count):
        self.server, self.clock = server, Clock()
        self.account = server.add_user(name)
        self.replicas = [
            Replica("%s%d" % (server.kind, i), self.clock, 0, UDAS).connect(server, self.account)
            for i in range(count)]

    def close(self):
        for replica in self.replicas:
            replica.close()

    def download(self, key=None):
        """uuid -> what a client of that sync key is sent last for it; and the current key"""
        answer = self.server.wire().sync(self.account, key=key)
        tasks = {task["uuid"]: task for task in answer.tasks}
        return tasks, answer.key


class Pair:
    def __init__(self, name, count):
        self.sides = [Side(server, name, count) for server in (ours(), reference())]
        self.sides[1].clock.now = self.sides[0].clock.now

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for side in self.sides:
            side.close()

    def do(self, number, *words, stdin=""):
        """One command on replica `number` of each side; both must say the same."""
        results = [side.replicas[number].run(*words, stdin=stdin) for side in self.sides]
        same(results[0], results[1], "task " + " ".join(words))

    def sync(self, number):
        codes = [side.replicas[number].sync() for side in self.sides]
        same([result.code for result in codes], [0, 0], "%s" % codes)

    def tick(self, seconds=1):
        for side in self.sides:
            side.clock.tick(seconds)

    def compare(self, number):
        mine, theirs = (side.replicas[number].export() for side in self.sides)
        same(unlike(comparable(mine), comparable(theirs)), "", "ours, the reference")
        same([t["modified"] for t in mine], [t["modified"] for t in theirs], "modified")

    def compare_download(self, keys=(None, None)):
        (mine, _), (theirs, _) = (
            side.download(key) for side, key in zip(self.sides, keys))
        same(unlike(comparable(mine.values()), comparable(theirs.values())), "",
             "ours, the reference's answer")

    def keys(self):
        return [side.download()[1] for side in self.sides]


def script(rng, numbers):
    """A random edit: words for `task`, on one of these tasks."""
    number = rng.choice(numbers)
    date = str(2000000000 + rng.randint(0, 9) * 86400)
    words = rng.choice((
        ("modify", "project:" + rng.choice(("home", "work.office", ""))),
        ("modify", "priority:" + rng.choice("HML")),
        ("modify", rng.choice(("due:", "scheduled:", "until:", "wait:")) + rng.choice((date, ""))),
        ("modify", "estimate:" + rng.choice(("1", "2.5", "-3.25", ""))),
        ("modify", "reviewed:" + rng.choice((date, ""))),
        ("modify", "note:" + rng.choice(("short", "two words", ""))),
        ("modify", rng.choice("+-") + rng.choice(("next", "übung"))),
        ("modify", "--", rng.choice(("new text", "slash/ed", 'quo"ted', "ümlaut 🎉"))),
        ("annotate", "--", "note %d" % rng.randint(0, 99)),
        ("denotate", "--", "note"),
        ("modify", "depends:" + uuid(min(numbers)) if number > min(numbers) else "+first"),
        ("start",), ("stop",), ("done",), ("delete",)))
    return (uuid(number),) + words


def first_tasks(numbers):
    return ",".join(
        '{"uuid":"%s","description":"task %d","status":"pending","entry":"20260101T000000Z",'
        '"modified":"20260101T000000Z","tags":["t%d"],"estimate":%d.5}' % (uuid(n), n, n % 3, n)
        for n in numbers)


def one_client(seed):
    rng = random.Random(seed)
    with Pair("one %d" % seed, 2) as pair:
        numbers = list(range(1, TASKS + 1))
        pair.do(0, "import", "-", stdin="[" + first_tasks(numbers) + "]")
        pair.sync(0)
        keys = pair.keys()
        for step in range(40):
            pair.tick(rng.randint(1, 100))
            pair.do(0, *script(rng, numbers))
            if step % 4 == 0:
                pair.sync(0)
                pair.compare(0)
        pair.sync(0)
        pair.compare(0)
        pair.compare_download()
        pair.compare_download(keys)
        pair.sync(1)
        pair.compare(1)


def two_clients(seed):
    rng = random.Random(seed)
    with Pair("two %d" % seed, 3) as pair:
        halves = (list(range(1, TASKS, 2)), list(range(2, TASKS + 1, 2)))
        for number in (0, 1):
            pair.do(number, "import", "-", stdin="[" + first_tasks(halves[number]) + "]")
            pair.sync(number)
        pair.sync(0)
        keys = pair.keys()
        for _ in range(40):
            pair.tick(rng.randint(1, 100))
            number = rng.choice((0, 1))
            pair.do(number, *script(rng, halves[number]))
            if rng.random() < 0.25:
                pair.sync(number)
                pair.compare(number)
        for number in (0, 1, 0, 2):
            pair.sync(number)
            pair.compare(number)
        pair.compare_download()
        pair.compare_download(keys)


@case("statistics has at least the reference's words")
def _():
    words = []
    for server in (ours(), reference()):
        answer = server.wire().statistics(server.account)
        same(answer.code, 200, "statistics of %s" % server.kind)
        words.append(set(answer.headers))
    true(words[1] <= words[0], "missing: %s" % sorted(words[1] - words[0]))


def register(seed):
    @case("one client, seed %d" % seed)
    def _():
        one_client(seed)

    @case("two clients whose edits don't overlap, seed %d" % seed)
    def _():
        two_clients(seed)


if __name__ == "__main__":
    need_server()
    need_task(clocks=True)
    if not os.access(DEBIAN, os.X_OK):
        skip_all("there is no " + DEBIAN)
    for number in range(1, SEEDS + 1):
        register(number)
    run()
