# SPDX-License-Identifier: MIT
"""The cases of test/vectors/merge.json over TLS: both orders, and each request sent again."""

import itertools
import os

from harness import case, need_server, run, same, shared, true
from taskmap import equal_tasks
from wire import loads

VECTORS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "vectors", "merge.json")

server = shared()
numbers = itertools.count(1)


class Player:
    """A client that remembers its key and the tasks as it knows them."""

    def __init__(self, account, key=None):
        self.wire, self.account, self.key = server().wire(), account, key
        self.tasks = {}

    def sync(self, states=(), key=None):
        answer = self.wire.sync(self.account, states, key or self.key)
        true(answer.code in (200, 201), f"the server answered {answer}")
        true(answer.key, f"there is no key in {answer}")
        for state in list(states) + answer.tasks:
            self.tasks[state["uuid"]] = state
        self.key = answer.key
        return answer

    def one_by_one(self, states):
        for state in states:
            self.sync([state])


def everything(account):
    """The heads, as a new device gets them."""
    return {t["uuid"]: t for t in server().wire().sync(account).tasks}


def repeat(player, states, key, before):
    """Send the same again, twice: nothing may change."""
    for _ in range(2):
        answer = player.wire.sync(player.account, states, key)
        same(answer.code, 200, "a repeated request")
        same(answer.key, player.key, "the key of a repeated request")
        same(everything(player.account), before, "after a repeated request")


def play(vector, first, second):
    """Two clients leave the base; `first` syncs before `second` does."""
    account = server().add_user(f"user {next(numbers)}")
    a = Player(account)
    a.one_by_one(vector["base"])
    base = a.key
    b = Player(account, None if vector.get("client_base") == "none" else base)
    a.one_by_one(vector[first])
    if vector[second]:
        start = b.key
        b.sync(vector[second])
    expect = vector["expect"]
    head = everything(account)
    equal_tasks(head.get(expect["uuid"]), expect, "the head")
    if vector[second]:
        equal_tasks(b.tasks.get(expect["uuid"]), expect, f"the {second}'s client")
        repeat(b, vector[second], start, head)
    a.sync()
    equal_tasks(a.tasks.get(expect["uuid"]), expect, f"the {first}'s client")


def add_cases():
    with open(VECTORS, encoding="utf-8") as file:
        vectors = loads(file.read())
    for vector in vectors:
        case(vector["name"])(lambda v=vector: play(v, "server", "client"))
        case(f"{vector['name']} (the other order)")(lambda v=vector: play(v, "client", "server"))


need_server()
add_cases()
run()
