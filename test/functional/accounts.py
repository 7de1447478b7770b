# SPDX-License-Identifier: MIT
"""What the tests of accounts share: devices with certificates of their own, and the commands."""

import json

from fixtures import new_task
from harness import KIND, same, true
from tap import skip_all
from wire import Wire, make_message


def need_ours():
    if KIND != "ours":
        skip_all("the reference server has none of this")


class Device:
    """A user's device with a certificate of its own, from a bundle."""

    def __init__(self, server, user, name, org="Public"):
        self.server, self.name = server, name
        text = server.command("user", "bundle", org, user, "--device", name, "--key-type",
                              "ecdsa", "--output", "-").stdout
        self.account, self.ca, self.cert, self.key = server.read_bundle(text)

    def wire(self, **options):
        return self.server.wire(cert=self.cert, key=self.key, **options)

    def sync(self, tasks=(), key=None, account=None, **options):
        return self.wire().sync(account or self.account, tasks, key, **options)

    def push(self, key=None, account=None):
        """Sync one new task: whatever is seen of the device is on disk with it."""
        answer = self.sync([new_task()], key, account)
        same(answer.code, 200, repr(answer))
        return answer.key

    def kept(self):
        """A connection that is kept, behind one answered request."""
        connection = self.wire().connect()
        same(self.ask(connection).code, 201)
        return connection

    def ask(self, connection, tasks=(), **more):
        headers = Wire.headers(self.account, connection="keep", **more)
        connection.send(make_message(headers, Wire.payload(tasks)))
        return connection.read_one()

    def connect(self, replica, account=None):
        """Point a Replica at the server, as this device."""
        replica.connect(self.server, account or self.account)
        replica.configure(taskd__certificate=self.cert, taskd__key=self.key)
        return replica


def shown(server, *words):
    """What a command says with --json."""
    return json.loads(server.command(*words, "--json").stdout)


def devices(server, user, org="Public"):
    """name -> device"""
    return {d["name"]: d for d in shown(server, "device", "list", org, user)}


def refused(answer, code, *words):
    same(answer.code, code, repr(answer))
    for word in words:
        true(word in answer.messages, f"{word!r} is not in {answer.messages!r}")


def refused_task(replica, *words):
    """A real `task sync` fails, shows this, and keeps what it had to send."""
    before = replica.backlog()
    result = replica.sync()
    same(result.code, 2, repr(result))
    for word in words:
        true(word in result.out + result.err, f"{word!r} is not in {result}")
    same(replica.backlog(), before, "the backlog")
