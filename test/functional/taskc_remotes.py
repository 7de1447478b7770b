# SPDX-License-Identifier: MIT
"""Three replicas that sync with the same two servers, edit and undo at random: all end equal, and
quiet. TS_SEEDS: how many seeds; TS_SEED: the first, to run one again."""

import os
import random

from harness import case, need_server, run, same, shared
from taskc import Taskc, need_taskc

SEEDS = int(os.environ.get("TS_SEEDS", "3"))
FIRST = int(os.environ.get("TS_SEED", "1"))
STEPS, ROUNDS = 60, 8
servers = {name: shared(pki="openssl") for name in ("one", "two")}


class Ring:
    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.accounts = {n: s().add_user(f"seed {seed}") for n, s in servers.items()}
        self.replicas = [self.make(f"r{i}") for i in range(3)]

    def make(self, device):
        replica = Taskc(device=device, settings={"batch": "4096"})
        for name, account in self.accounts.items():
            replica.connect(servers[name](), account, name)
        replica.add(device)
        return replica

    def words(self):
        dice = self.dice
        return dice.choice((f"project:p{dice.randrange(9)}", f"+t{dice.randrange(4)}",
                            f"-t{dice.randrange(4)}", "priority:H", "priority:",
                            "x" * dice.choice((5, 3500)) + str(dice.randrange(99))))

    def edit(self, replica):
        tasks = [u for u, t in replica.export().items() if t["status"] == "pending"]
        if not tasks or self.dice.random() < 0.3:
            replica.must("add", f"task {self.dice.randrange(99)}", "+t0")
        else:
            replica.must("modify", self.dice.choice(tasks), self.words())

    def sync(self, replica):
        """Half of the time something is edited while it runs."""
        running = replica.begin("sync", self.dice.choice(list(servers)))
        if self.dice.random() < 0.5:
            self.edit(replica)
        out, err = running.communicate(timeout=60)
        same((running.returncode, out, err), (0, "", ""))

    def play(self):
        for _ in range(STEPS):
            replica, roll = self.dice.choice(self.replicas), self.dice.random()
            if roll < 0.1:
                replica.run("undo")
            else:
                (self.edit if roll < 0.6 else self.sync)(replica)

    def settle(self):
        for _ in range(ROUNDS):
            for replica in self.replicas:
                for name in servers:
                    same(replica.sync(name).code, 0)

    def tasks(self, replica):
        """Without the times, which servers keep as they come."""
        return {u: {n: v for n, v in t.items() if n != "modified"}
                for u, t in replica.export().items()}

    def check(self):
        first = self.tasks(self.replicas[0])
        for replica in self.replicas:
            same(self.tasks(replica), first, "the tasks")
            for name in servers:
                same(replica.must("sync", name, "--json").out.count('"sent":0,"received":0'), 1,
                     f"something goes on for ever at {name}")

    def close(self):
        for replica in self.replicas:
            replica.close()


def register(seed):
    @case(f"three replicas, two servers, seed {seed}")
    def _():
        ring = Ring(seed)
        try:
            ring.play()
            ring.settle()
            ring.check()
        finally:
            ring.close()


if __name__ == "__main__":
    need_server()
    need_taskc()
    for number in range(FIRST, FIRST + SEEDS):
        register(number)
    run()
