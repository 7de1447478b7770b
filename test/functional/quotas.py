# SPDX-License-Identifier: MIT
"""What users and organizations may have: bytes, tasks, requests a minute."""

import re
import time

from accounts import need_ours, refused, refused_task, shown
from fixtures import new_task
from harness import Server, case, need_server, run, same, shared, true
from replica import Replica, need_task
from wire import Wire, make_message

server = shared()
numbers = iter(range(1, 1000))
TASKS = "ask the operator"
NOT_LOST = "nothing is lost"


def new_org(users=1):
    """A new organization with users."""
    org = f"Org {next(numbers)}"
    server().add_org(org)
    return org, [server().add_user(f"user {i}", org) for i in range(users)]


def quota(org, user=None, **limits):
    words = [word for name, value in limits.items() for word in (f"--{name}", str(value))]
    kind = ("user", "quota", org, user) if user else ("org", "quota", org)
    return server().command(*kind, *words).stdout


def push(account, count=1, **more):
    return server().wire().sync(account, [new_task(**more) for _ in range(count)])


def stored(account):
    return len(server().wire().sync(account).tasks)


# Tasks


@case("tasks: new ones are refused at the quota; done, deleted and edited ones are not")
def tasks():
    org, (account,) = new_org()
    with Replica("user") as replica:
        replica.connect(server(), account)
        uuids = [replica.add(f"task {i}") for i in range(3)]
        replica.must_sync(init=True)
        quota(org, account.user, tasks=3)
        replica.add("one too many")
        refused_task(replica, "504", "3 of the 3 tasks", "brings 1 more", TASKS, NOT_LOST)
        quota(org, account.user, tasks=4)
        replica.must_sync()
        replica.done(uuids[0])
        replica.delete(uuids[1])
        replica.describe(uuids[2], "changed")
        replica.must_sync()
        same(replica.waiting(), 0)
        same(stored(account), 4)


@case("tasks: what would go beyond is refused as a whole, and sent again later")
def whole():
    org, (account,) = new_org()
    quota(org, account.user, tasks=5)
    same(push(account, 3).code, 200)
    refused(push(account, 3), 504, "3 of the 5 tasks", "brings 3 more")
    same(stored(account), 3)
    same(push(account, 2).code, 200)
    same(stored(account), 5)


@case("tasks: a quota below what is there stops nothing but new ones")
def lowered():
    org, (account,) = new_org()
    many = [new_task() for _ in range(3)]
    same(server().wire().sync(account, many).code, 200)
    quota(org, account.user, tasks=1)
    many[0].update(status="completed", end="20260102T000000Z", modified="20260102T000000Z")
    same(server().wire().sync(account, many[:1]).code, 200)
    refused(push(account), 504, "3 of the 1 tasks")


# Bytes


def use(org, user):
    return shown(server(), "user", "show", org, user)["bytes"]


@case("bytes: a real task is told, keeps its changes, and sends them when there is room")
def size():
    org, (account,) = new_org()
    with Replica("user") as replica:
        replica.connect(server(), account).add("short")
        replica.must_sync(init=True)
        quota(org, account.user, bytes=2000)
        replica.add("long " * 1000)
        refused_task(replica, "504", "of the 2.0 KiB that it may", TASKS, NOT_LOST)
        true(use(org, account.user) < 2000, "nothing was stored")
        quota(org, account.user, bytes="1M")
        replica.must_sync()
        same(replica.waiting(), 0)
    text = server().command("user", "show", org, account.user).stdout
    true(re.search(r"Stored +\d\.\d KiB of 1\.0 MiB\n", text), text)


@case("bytes: an account that is full takes nothing more, and gives all the same")
def full():
    org, (account,) = new_org()
    same(push(account, 3).code, 200)
    quota(org, account.user, bytes=1)
    refused(push(account), 504, "of the 1 bytes", TASKS)
    same(stored(account), 3)
    quota(org, account.user, bytes="none")
    same(push(account).code, 200)


@case("a first upload that is refused: a real task is told to run it again, and that sends it")
def first():
    org, (account,) = new_org()
    quota(org, account.user, tasks=1)
    with Replica("user") as replica:
        replica.connect(server(), account)
        replica.add("one")
        replica.add("two")
        result = replica.sync(init=True)
        same(result.code, 2, repr(result))
        for words in ("brings 2 more", NOT_LOST, "Run 'task sync init' again"):
            true(words in result.out + result.err, repr(result))
        quota(org, account.user, tasks="none")
        replica.must_sync(init=True)
        same(stored(account), 2)


@case("what was stored already may be sent again, even where there is no room for more")
def again():
    org, (account,) = new_org()
    sent = [new_task() for _ in range(3)]
    same(server().wire().sync(account, sent).code, 200)
    quota(org, account.user, tasks=3, bytes=use(org, account.user) + 1)
    same(server().wire().sync(account, sent).code, 200)
    refused(push(account), 504)


# Organizations


@case("an organization's users share its quota")
def organization():
    org, (one, two) = new_org(2)
    _, (other,) = new_org()
    quota(org, tasks=5)
    same(push(one, 3).code, 200)
    same(push(two, 2).code, 200)
    for account in (one, two):
        refused(push(account), 504, "organization's accounts hold 5 of the 5 tasks")
    same(push(other, 6).code, 200)
    quota(org, tasks="default")
    same(push(one).code, 200)
    quota(org, bytes=10)
    refused(push(two), 504, "organization's accounts hold", "of the 10 bytes")
    same(shown(server(), "org", "show", org)["quota"], {"bytes": 10})


@case("the settings are everybody's quota, and one's own goes before them")
def settings():
    with Server(settings={"quota.user.tasks": "2", "quota.org.bytes": "1M"}) as mine:
        wire = mine.wire()
        same(wire.sync(mine.account, [new_task(), new_task()]).code, 200)
        refused(wire.sync(mine.account, [new_task()]), 504, "2 of the 2 tasks")
        mine.command("user", "quota", "Public", mine.account.user, "--tasks", "none")
        same(wire.sync(mine.account, [new_task()]).code, 200)
        mine.command("user", "quota", "Public", mine.account.user, "--tasks", "default")
        refused(wire.sync(mine.account, [new_task()]), 504)


@case("who is refused harms nobody in the same batch")
def neighbours():
    org, accounts = new_org(4)
    quota(org, accounts[0].user, tasks=1)
    for _ in range(5):
        messages = []
        for account in accounts:
            connection = server().wire().connect()
            connection.send(make_message(Wire.headers(account),
                                         Wire.payload([new_task(), new_task()])))
            messages.append(connection)
        codes = [connection.read_one().code for connection in messages]
        same(codes, [504, 200, 200, 200])
        for connection in messages:
            connection.close()
    same([stored(account) for account in accounts], [0, 10, 10, 10])


# Requests a minute


@case("requests: too many are answered with 420 and when to try again; then they are served")
def requests():
    org, (account,) = new_org()
    quota(org, account.user, requests=3)
    wire = server().wire()
    for _ in range(3):
        same(wire.sync(account).code, 201)
    answer = wire.sync(account)
    refused(answer, 420, "3 requests a minute", "Nothing is lost")
    seconds = int(re.search(r"try again in (\d+) seconds?\.", answer.messages).group(1))
    true(1 <= seconds <= 20, f"{seconds} s")
    same(wire.statistics(account).code, 420, "of any type")
    quota(org, account.user, requests="none")
    same(wire.sync(account).code, 201)


@case("requests: a real task is told, and nothing is lost")
def requests_task():
    org, (account,) = new_org()
    with Replica("user") as replica:
        replica.connect(server(), account).add("milk")
        replica.must_sync(init=True)
        quota(org, account.user, requests=1)
        replica.must_sync()
        replica.add("bread")
        refused_task(replica, "420", "1 requests a minute", "try again in")
        quota(org, account.user, requests=600)
        time.sleep(0.3)
        replica.must_sync()
        same(replica.waiting(), 0)


@case("requests: those over a kept connection count, and a wait is one")
def requests_kept():
    org, (account,) = new_org()
    quota(org, account.user, requests=3)
    key = push(account).key
    with server().wire().connect() as connection:
        connection.send(Wire.wait(account, key, connection="keep"))
        time.sleep(0.2)
        connection.send(make_message(Wire.headers(account, connection="keep"),
                                     Wire.payload([], key)))
        same([connection.read_one().code for _ in range(2)], [201, 201])
        connection.send(make_message(Wire.headers(account, connection="keep"),
                                     Wire.payload([], key)))
        refused(connection.read_one(), 420)


@case("requests: an organization's users share them, and others have their own")
def requests_org():
    org, (one, two) = new_org(2)
    _, (other,) = new_org()
    quota(org, requests=2)
    wire = server().wire()
    same([wire.sync(account).code for account in (one, two)], [201, 201])
    refused(wire.sync(one), 420, "users of your organization", "2 requests a minute together")
    same(wire.sync(other).code, 201)


@case("requests: a wrong key costs nothing of anybody's")
def requests_stranger():
    org, (account,) = new_org()
    quota(org, account.user, requests=1)
    wire, thief = server().wire(), type(account)(org, account.user, server().account.key)
    for _ in range(3):
        same(wire.sync(thief).code, 430)
    same(wire.sync(account).code, 201)


# The command


@case("quota: what it takes and says")
def command():
    org, (account,) = new_org()
    user = account.user
    same(quota(org, user, bytes="10M", tasks="none"),
         f"Quota of user '{user}': bytes 10.0 MiB, tasks any number, requests a minute as the "
         "settings say\n")
    same(shown(server(), "user", "show", org, user)["quota"], {"bytes": 10 << 20, "tasks": "none"})
    same(quota(org, requests=60),
         f"Quota of organization '{org}': bytes as the settings say, tasks as the settings say, "
         "requests a minute 60\n")
    for words, sentence in (
            (("--tasks", "many"), "'many' is no value for '--tasks', which is a number."),
            (("--bytes", "0"), "'0' is no value for '--bytes'"),
            (("--tasks", "-1"), "is no value for '--tasks'"),
            ((), "Usage: taskd user"), (("--tasks", ""), "Usage: taskd user")):
        done = server().command("user", "quota", org, user, *words, check=False)
        same(done.returncode, 255, words)
        true(sentence in done.stderr, f"{words}: {done.stderr}")


if __name__ == "__main__":
    need_server()
    need_ours()
    need_task()
    run()
