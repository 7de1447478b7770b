# SPDX-License-Identifier: MIT
"""A device is a certificate: whose account it opens, and how it is revoked."""

import ssl
import threading
import time

from accounts import Device, devices, need_ours, refused, refused_task
from fixtures import new_task
from harness import PATIENCE, Account, Server, case, need_server, run, same, shared, true
from replica import Replica, need_task
from taskc import Taskc, need_taskc
from wire import Wire, make_message

bound = shared(settings={"cert.binding": "on"})
loose = shared()
names = iter(range(1, 1000))


def user_on(server):
    """A new user, and the name."""
    name = f"user {next(names)}"
    return server.add_user(name), name


def device_on(server, name="phone"):
    _, user = user_on(server)
    return Device(server, user, name)


OTHERS = "made for another account"
REVOKED = "certificate was revoked"


# Binding


@case("bound: a certificate opens its own user's account, and nobody else's")
def binding():
    mine, other = device_on(bound()), device_on(bound())
    same(mine.sync().code, 201)
    for account in (other.account, bound().account):
        refused(mine.sync(account=account), 430, OTHERS)
        answer = mine.sync([new_task()], account=account)
        refused(answer, 430, OTHERS)
        for word in (mine.account.user, other.account.user, "alice"):
            true(word not in answer.messages, "it says whose")
    wrong = Account("Public", mine.account.user, other.account.key)
    true(OTHERS not in mine.sync(account=wrong).messages, "the key comes first")


@case("bound: several devices of one user, and a replica each")
def several():
    first = device_on(bound())
    second = Device(bound(), first.account.user, "laptop")
    with Replica("one") as one, Replica("two") as two:
        first.connect(one).add("milk")
        one.must_sync(init=True)
        second.connect(two).must_sync()
        same([t["description"] for t in two.export()], ["milk"])
    known = devices(bound(), first.account.user)
    same(sorted(known), ["laptop", "phone"])


@case("bound: a real task is told that its certificate is another's")
def binding_told():
    mine, other = device_on(bound()), device_on(bound())
    with Replica("thief") as thief:
        mine.connect(thief, other.account).add("milk")
        refused_task(thief, OTHERS)


@case("binding is switched on and off for one user, and by default")
def one_user():
    for server, default in ((bound(), 430), (loose(), 201)):
        mine, other = device_on(server), device_on(server)
        user = mine.account.user
        same(other.sync(account=mine.account).code, default)
        for word, code in (("on", 430), ("off", 201), ("default", default)):
            stranger = device_on(server)
            server.command("user", "bind", "Public", user, word)
            same(stranger.sync(account=mine.account).code, code, f"{word}, {default}")
            same(mine.sync().code, 201, "its own")


@case("a certificate that was used while nothing was bound is the user's device later")
def adopted():
    server = loose()
    first, _ = user_on(server)
    second, _ = user_on(server)
    for account in (first, second):
        same(server.wire().sync(account, [new_task()]).code, 200)
        server.command("user", "bind", "Public", account.user, "on")
        same(server.wire().sync(account).code, 200, "the certificate that they share")
        same(list(devices(server, account.user)), ["device"])
    refused(device_on(server).sync(account=first), 430, OTHERS)


@case("no certificate: only where none is asked for, and never where an account is bound")
def no_certificate():
    with Server(settings={"trust": "allow all"}) as server:
        mine = device_on(server)
        none = server.wire(cert=False)
        answer = none.sync(mine.account, [new_task()], more={"client": "robot 1.0"})
        same(answer.code, 200, repr(answer))
        known = devices(server, mine.account.user)
        same((known["robot 1.0"]["certificate"], known["robot 1.0"]["client"]),
             (False, "robot 1.0"))
        server.command("user", "bind", "Public", mine.account.user, "on")
        for client in ("robot 1.0", known["phone"]["id"], known["phone"]["id"] + "x", None):
            answer = none.sync(mine.account, more={"client": client})
            refused(answer, 430, "own certificates only")
        same(mine.sync().code, 200)
        server.command("user", "bind", "Public", mine.account.user, "off")
        server.command("device", "revoke", "Public", mine.account.user, "robot 1.0")
        answer = none.sync(mine.account, more={"client": "robot 1.0"})
        refused(answer, 430, "program was revoked")
        same(none.sync(server.account, more={"client": "robot 1.0"}).code, 201, "another user's")


# Revoking


def revoke(device):
    device.server.command("device", "revoke", "Public", device.account.user, device.name)


@case("revoked: refused from the next connection on, and told so, with the right key only")
def revoked():
    for server in (bound(), loose()):
        mine = device_on(server)
        other = Device(server, mine.account.user, "laptop")
        with Replica("lost") as lost:
            mine.connect(lost).add("milk")
            lost.must_sync(init=True)
            lost.add("bread")
            revoke(mine)
            refused_task(lost, REVOKED)
        same(other.sync().code, 200, "the other device")
        wrong = Account("Public", mine.account.user, server.account.key)
        true(REVOKED not in mine.sync(account=wrong).messages, "only who has the key is told")
        same(devices(server, mine.account.user)["phone"]["state"], "revoked")


@case("revoked: a connection that was kept is told at its next request, and ends")
def revoked_kept():
    mine = device_on(bound())
    for tasks in ((), [new_task()]):
        device = Device(bound(), mine.account.user, f"device {next(names)}")
        with device.kept() as connection:
            revoke(device)
            answer = device.ask(connection, tasks)
            refused(answer, 430, REVOKED)
            same(answer.headers.get("connection"), None)
            same(connection.read_one().raw, b"")
    same(mine.sync().tasks, [], "nothing was stored")


def waiting(device, account=None):
    """A connection that waits for news, and does so by now."""
    account = account or device.account
    key = device.sync(account=account).key
    connection = device.wire().connect()
    connection.send(Wire.wait(account, key))
    time.sleep(0.3)
    return connection


@case("revoked: who waits for news is told at once; others of the user wait on")
def revoked_waiting():
    mine = device_on(bound())
    other = Device(bound(), mine.account.user, "laptop")
    with waiting(mine) as lost, waiting(other) as still:
        revoke(mine)
        refused(lost.read_one(), 430, REVOKED)
        other.push(other.sync().key)
        same(still.read_one().code, 200)


@case("suspended, rekeyed or bound: who waits for news is told at once")
def lost_waiting():
    server = loose()
    for verb, words, code in (("suspend", (), 431), ("rekey", (), 430), ("bind", ("on",), 430)):
        mine, stranger = device_on(server), device_on(server)
        with waiting(stranger, mine.account) as connection:
            server.command("user", verb, "Public", mine.account.user, *words)
            same(connection.read_one().code, code, verb)


@case("bound by a reload: who waits with a stranger's certificate is told")
def bound_waiting():
    with Server() as server:
        mine, stranger = device_on(server), device_on(server)
        with waiting(mine) as own, waiting(stranger, mine.account) as connection:
            server.configure(**{"cert.binding": "on"})
            server.reload()
            refused(connection.read_one(), 430, OTHERS)
            mine.push(mine.sync().key)
            same(own.read_one().code, 200)


@case("revoked: a session that is resumed gains nothing")
def revoked_resumed():
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        mine = device_on(bound())
        wire = mine.wire(min_tls=version, max_tls=version, tickets=True)
        with wire.connect() as connection:
            connection.send(make_message(Wire.headers(mine.account), Wire.payload([])))
            same(connection.read_one().code, 201)
            wire.session = connection.tls.session
        revoke(mine)
        with wire.connect() as connection:
            true(connection.tls.session_reused, "resumed")
            connection.send(make_message(Wire.headers(mine.account), Wire.payload([])))
            refused(connection.read_one(), 430, REVOKED)


@case("revoked by everybody who had it: a certificate opens no other account either")
def revoked_for_all():
    server = loose()
    mine, accounts = device_on(server), [user_on(server)[0] for _ in range(3)]
    mine.push()
    mine.push(account=accounts[0])
    revoke(mine)
    refused(mine.sync(), 430, REVOKED)
    mine.push(account=accounts[0])
    mine.push(account=accounts[1])
    for account in accounts[:2]:
        server.command("device", "revoke", "Public", account.user, "phone")
    refused(mine.sync(account=accounts[2]), 430, REVOKED)
    refused(mine.sync([new_task()], account=accounts[2]), 430, REVOKED)
    same(devices(server, accounts[2].user), {})


@case("forgotten: as if never seen, and while it is in use it stays so where accounts are bound")
def forgotten():
    mine = device_on(bound())
    same(mine.sync().code, 201)
    bound().command("device", "forget", "Public", mine.account.user, "phone")
    refused(mine.sync(), 430, OTHERS)
    bound().restart()
    refused(mine.sync(), 430, OTHERS)
    again = device_on(loose())
    again.push()
    revoke(again)
    refused(again.sync(), 430, REVOKED)
    loose().command("device", "forget", "Public", again.account.user, "phone")
    same(again.sync().code, 200)


def said(process, words):
    """Read what it says until it has said that."""
    lines = []
    for line in process.stderr:
        lines.append(line)
        if words in line:
            return
    raise AssertionError(f"{words!r} is not in {lines}")


@case("a waiting taskc is told that its device was revoked")
def taskc_revoked():
    mine = device_on(bound())
    with Taskc(server=bound(), user=mine.account) as client:
        client.remote(certificate=mine.cert, key=mine.key)
        client.must_sync()
        process = client.begin("watch")
        alarm = threading.Timer(PATIENCE, process.kill)
        alarm.start()
        said(process, "Watching")
        revoke(mine)
        said(process, REVOKED)
        process.terminate()
        process.communicate()
        alarm.cancel()
        result = client.sync()
        same(result.code, 2, repr(result))
        true(REVOKED in result.err, result.err)


# What is known of devices


@case("what is seen of a device: when, with what, from where, how far")
def seen():
    server = loose()
    mine = device_on(server)
    before = devices(server, mine.account.user)["phone"]
    same((before["state"], "seen" in before), ("new", False))
    first = mine.push()
    known = devices(server, mine.account.user)["phone"]
    same((known["state"], known["client"], known["address"], known["synced"]),
         ("in use", "harness 1.0", "127.0.0.1", 0))
    true(known["first"] and known["seen"] and known["until"] > known["seen"], repr(known))
    mine.sync([], first)
    mine.sync([], None, more={"client": "other 2.0"})
    mine.sync([], first, more={"client": "third 3.0"})
    server.restart()
    known = devices(server, mine.account.user)["phone"]
    same((known["client"], known["synced"]), ("third 3.0", 1))


@case("`synced` is what a device came with, never what it was answered")
def synced():
    mine, key = device_on(loose()), None
    for _ in range(4):
        key = mine.push(key)
    loose().restart()
    same(devices(loose(), mine.account.user)["phone"]["synced"], 3)


@case("addresses are not kept where they are not logged")
def no_address():
    with Server(settings={"ip.log": "off"}) as server:
        mine = device_on(server)
        mine.push()
        same(devices(server, mine.account.user)["phone"]["address"], "")


@case("devices are renamed; a wrong name is told with those that are near")
def rename():
    mine = device_on(bound())
    user = mine.account.user
    bound().command("device", "rename", "Public", user, "phone", "tablet")
    same(list(devices(bound(), user)), ["tablet"])
    same(mine.sync().code, 201)
    done = bound().command("device", "revoke", "Public", user, "tabled", check=False)
    same((done.returncode, done.stderr),
         (255, "ERROR: Device 'tabled' does not exist; do you mean 'tablet'?\n"))
    Device(bound(), user, "laptop")
    done = bound().command("device", "rename", "Public", user, "tablet", "laptop", check=False)
    same(done.stderr, f"ERROR: User '{user}' has a device 'laptop' already.\n")


@case("a removed user's devices and what was seen of them are gone")
def removed():
    mine = device_on(loose())
    mine.sync()
    loose().command("remove", "user", "Public", mine.account.user)
    loose().restart()
    account = loose().add_user(mine.account.user)
    same(devices(loose(), account.user), {})


if __name__ == "__main__":
    need_server()
    need_ours()
    need_task()
    need_taskc()
    run()
