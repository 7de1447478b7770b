# SPDX-License-Identifier: MIT
"""
Several clients, random edits, lost messages, wrong clocks: all must end with what the rules say.

TS_SEEDS: how many runs; TS_FIRST_SEED: where to begin. A failure names its seed.
"""

import os
import random

from harness import case, need_server, run, same, shared, true
from taskmap import Space, UUIDS, date_text, difference, live, same_map, seconds, to_map
from wire import Num, make_message

SEEDS = int(os.environ.get("TS_SEEDS", "25"))
FIRST = int(os.environ.get("TS_FIRST_SEED", "1"))
START = seconds("20260301T120000Z")
DAY = 86400

server = shared()


class Client:
    """A Taskwarrior: whole tasks, a backlog of changed ones, and the key of the last sync."""

    def __init__(self, rng, account, clock):
        self.rng, self.account, self.clock = rng, account, clock
        self.skew = rng.choice([0, 0, 0, rng.randint(-DAY, DAY), rng.randint(-5, 5)])
        self.lists = rng.random() < 0.5      # depends as an array
        self.rewrites = rng.random() < 0.3   # numbers come back with six digits
        self.tasks, self.backlog, self.key = {}, [], None
        self.must_init = False

    # Edits

    def now(self):
        return self.clock.time + self.skew

    def edit(self):
        if not self.tasks or self.rng.random() < 0.15:
            return self.add()
        uuid = self.rng.choice(sorted(self.tasks))
        task = dict(self.tasks[uuid])
        self.rng.choice(EDITS)(self, task)
        task["modified"] = date_text(self.now())
        return self.keep(task)

    def add(self):
        time = date_text(self.now())
        uuid = f"{self.rng.getrandbits(32):08x}-0000-4000-8000-{self.rng.getrandbits(48):012x}"
        self.keep({"uuid": uuid, "status": "pending", "entry": time, "modified": time,
                   "description": self.word()})

    def keep(self, task):
        self.tasks[task["uuid"]] = task
        self.backlog.append(task)

    def word(self):
        words = ["call", "buy", "caf\u00e9", "r\u00e9sum\u00e9", "x" * 40, "\U0001f600"]
        return f"{self.rng.choice(words)}{self.rng.randint(0, 99)}y"

    def plain(self, task):
        name = self.rng.choice(["description", "project", "priority", "estimate.unit", "jira"])
        if name != "description" and self.rng.random() < 0.25:
            task.pop(name, None)
        else:
            task[name] = self.word()

    def number(self, task):
        spelling = self.rng.choice(["3", "2.50", "-1.5", "1e3", "12345678901234567890123456789"])
        task[self.rng.choice(["estimate", "cost"])] = Num(spelling)

    def date(self, task):
        name = self.rng.choice(["due", "wait", "scheduled", "start", "reviewed"])
        task[name] = date_text(self.now() + self.rng.randint(0, 9) * DAY)

    def tag(self, task):
        tags = set(task.get("tags", []))
        tags ^= {self.rng.choice(["home", "work", "next", "a.b", "\u00fcber"])}
        task["tags"] = sorted(tags, reverse=self.lists)
        if not tags and self.lists:
            del task["tags"]

    def annotate(self, task):
        notes = list(task.get("annotations", []))
        if notes and self.rng.random() < 0.3:
            notes.remove(self.rng.choice(notes))
        else:
            new = {"entry": date_text(self.now()), "description": self.rng.choice("pqrs") * 3}
            if new not in notes:
                notes.append(new)
        task["annotations"] = notes

    def depend(self, task):
        now = set(UUIDS.findall(str(task.get("depends", ""))))
        now ^= {self.rng.choice(sorted(self.tasks))} - {task["uuid"]}
        task["depends"] = sorted(now) if self.lists else ",".join(sorted(now))

    def finish(self, task):
        task["status"] = self.rng.choice(["completed", "deleted"])
        task["end"] = date_text(self.now())
        task.pop("start", None)

    def reopen(self, task):
        task["status"] = "pending"
        task.pop("end", None)

    def nest(self, task):
        meta = {name: dict(inner) for name, inner in task.get("meta", {}).items()}
        inner = meta.setdefault(self.rng.choice(["a", "b"]), {})
        name = self.rng.choice(["x", "y/z", "tag_t", "~"])
        if name in inner and self.rng.random() < 0.4:
            del inner[name]
        else:
            inner[name] = self.rng.choice([self.word(), Num(str(self.rng.randint(0, 9))), True,
                                           [Num("1"), "two"]])
        task["meta"] = meta

    # Sync

    def sync(self, space, wire, fate):
        """fate: "well", "answer lost", "request lost" or "init"."""
        init = self.must_init or fate == "init"
        states = list(self.tasks.values()) if init else list(self.backlog)
        if fate == "request lost":
            self.lose_request(wire, states, init)
            return
        answer = wire.sync(self.account, states, self.key, init=init)
        true(answer.code in (200, 201), f"answered {answer}")
        true(answer.code == 200 or not states, "a 201 to one who sent tasks")
        space.sync(states, None if init else self.key)
        space.issued(answer.key)
        self.check_heads(space, answer)
        if fate == "answer lost":
            self.must_init = init
            return
        self.take(answer)
        self.must_init = False
        self.check_tasks(space)

    def lose_request(self, wire, states, init):
        """The connection breaks before the last byte is there."""
        data = make_message(wire.headers(self.account, **({"subtype": "init"} if init else {})),
                            wire.payload(states, None if init else self.key))
        with wire.connect() as connection:
            connection.send(data[:self.rng.randint(1, len(data) - 5)])
            if self.rng.random() < 0.5:
                connection.reset()

    def take(self, answer):
        for task in answer.tasks:
            if self.rewrites:
                task = {k: Num(f"{float(v):.6f}") if isinstance(v, Num) and len(v) < 9 else v
                        for k, v in task.items()}
            self.tasks[task["uuid"]] = task
        self.backlog, self.key = [], answer.key

    @staticmethod
    def check_heads(space, answer):
        seen = [t["uuid"] for t in answer.tasks]
        same(len(seen), len(set(seen)), "lines for a task")
        for task in answer.tasks:
            expect(space, task, "answered")

    def check_tasks(self, space):
        same(sorted(self.tasks), sorted(space.lines), "tasks of a client")
        for task in self.tasks.values():
            expect(space, task, "a client has")


EDITS = [Client.plain, Client.plain, Client.number, Client.date, Client.tag, Client.tag,
         Client.annotate, Client.annotate, Client.depend, Client.finish, Client.reopen, Client.nest]


def expect(space, task, what):
    want = live(space.head(task["uuid"]))
    if not same_map(to_map(task), want):
        raise AssertionError(f"{what} {task['uuid']}: got / wanted: "
                             + difference(to_map(task), want))


class Clock:
    def __init__(self):
        self.time = START


def play(seed):
    rng = random.Random(seed)
    account = server().add_user(f"seed {seed}")
    wire, space, clock = server().wire(), Space(), Clock()
    clients = [Client(rng, account, clock) for _ in range(rng.randint(5, 7))]
    fates = ["well"] * 14 + ["answer lost"] * 3 + ["request lost", "init"]
    for _ in range(rng.randint(100, 200)):
        clock.time += rng.choice([0, 0, 1, 1, 7, 600, DAY // 4])
        client = rng.choice(clients)
        if rng.random() < 0.65:
            client.edit()
        else:
            client.sync(space, wire, rng.choice(fates))
    for client in clients + clients:
        client.sync(space, wire, "well")
    for client in clients:
        for uuid, task in clients[0].tasks.items():
            same(client.tasks[uuid]["modified"], task["modified"], f"modified of {uuid}")
    for client in clients:
        answer = wire.sync(account, [], client.key)
        same((answer.code, answer.status), (201, "No change"))


def play_seed(seed):
    try:
        play(seed)
    except AssertionError as error:
        raise AssertionError(f"{error}\nagain: TS_FIRST_SEED={seed} TS_SEEDS=1") from error


need_server()
for number in range(FIRST, FIRST + SEEDS):
    case(f"clients converge as the model says, seed {number}")(lambda s=number: play_seed(s))
run()
