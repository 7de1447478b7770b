# SPDX-License-Identifier: MIT
"""Clients that wait for news of their account (type: wait)."""

import select
import threading

from fixtures import new_account, new_task, server
from harness import Server, case, need_server, run, same, true, wait_for
from wire import Wire, dumps, make_message, new_uuid

LITTLE = 64 << 10  # [bytes] that one who waits may cost


def key_of(account, on=None):
    """The account's newest sync key."""
    return (on or server()).wire().sync(account, []).key


def push(account, key=None, on=None):
    answer = (on or server()).wire().sync(account, [new_task()], key)
    same(answer.code, 200)
    return answer.key


def park(account, key, on=None, **more):
    """A connection that waits."""
    connection = (on or server()).wire().connect()
    connection.send(Wire.wait(account, key, **more))
    return connection


def is_silent(connection, seconds=0.3):
    return not select.select([connection.raw if connection.cut else connection.tls], [], [],
                             seconds)[0]


def news(connection, code=200):
    """The answer: a key and nothing else."""
    answer = connection.read_one()
    same((answer.code, answer.task_lines, answer.messages), (code, [], ""), repr(answer))
    true(answer.key and len(answer.lines) == 1, "a key")
    connection.close()
    return answer.key


@case("who has an old key, an unknown one or none is answered at once")
def at_once():
    account = new_account()
    old = key_of(account)
    new = push(account, old)
    for key in (old, None, new_uuid(), "no key"):
        same(news(park(account, key)), new)


@case("who waits hears of another client's changes, and of nothing else")
def woken():
    account, other = new_account(), new_account()
    key = key_of(account)
    waiting = park(account, key)
    true(is_silent(waiting), "it waits")
    push(other)
    same(server().wire().sync(account, [], key).code, 201)
    true(is_silent(waiting), "nothing is new to it")
    new = push(account, key)
    same(news(waiting), new)
    same(server().wire().sync(account, [], key).key, new)


@case("at the end of the time the key is the one that the client has")
def timeout():
    account = new_account()
    key = key_of(account)
    for seconds in (0, 1):
        same(news(park(account, key, timeout=str(seconds)), 201), key)


@case("the longest wait is the server's to say")
def longest():
    with Server(settings={"wait.max": "1s"}) as mine:
        key = key_of(mine.account, mine)
        same(news(park(mine.account, key, mine, timeout="9999999999"), 201), key)
        same(news(park(mine.account, key, mine, timeout=None), 201), key)


@case("who forgets to announce the four bytes of the length waits all the same")
def short():
    account = new_account()
    key = key_of(account)
    with server().wire().connect() as connection:
        headers = Wire.headers(account, "wait", timeout="600")
        connection.send(make_message(headers, Wire.payload([], key), -4))
        true(is_silent(connection), "it waits")
        same(news(connection) if push(account, key) else None, key_of(account))


@case("who waits when a reload ends all waiting is told the news, and then that nobody may")
def forbidden():
    with Server() as mine:
        key = key_of(mine.account, mine)
        waiting = park(mine.account, key, mine)
        true(is_silent(waiting), "it waits")
        mine.configure(**{"wait.max": "0"})
        mine.reload()
        new = push(mine.account, key, mine)
        same(news(waiting), new)
        wait_for(lambda: park(mine.account, new, mine, timeout="0").read_one().code == 502,
                 "nobody may wait")


@case("where nobody may wait, clients learn it and ask now and then")
def off():
    with Server(settings={"wait.max": "0"}) as mine:
        answer = mine.wire().exchange([Wire.wait(mine.account, new_uuid())])
        same((answer.code, answer.status), (502, "Not implemented"))
        true("now and then" in answer.messages, answer.messages)


@case("who may not sync may not wait, and who waits sends no tasks")
def refused():
    account = new_account()
    key = key_of(account)
    ask = server().wire().exchange
    same(ask([Wire.wait(account, key, key=new_uuid())]).code, 430)
    same(ask([Wire.wait(account, key, user="nobody")]).code, 430)
    same(ask([Wire.wait(account, key, protocol="v2")]).code, 500)
    for odd in ("soon", "-1", "1.5", "99999999999999999999"):
        same(ask([Wire.wait(account, key, timeout=odd)]).code, 501)
    headers = Wire.headers(account, "wait")
    for payload in (Wire.payload([new_task()], key), f"{key}\n{dumps(new_task())}"):
        same(server().wire().request(headers, payload).code, 501)
    same(len(server().wire().sync(account).tasks), 0)
    server().command("suspend", "user", "Public", account.key)
    same(ask([Wire.wait(account, key)]).code, 431)


@case("who is suspended or removed meanwhile gets no data")
def suspended():
    account = new_account()
    key = key_of(account)
    waiting = park(account, key, timeout="2")
    true(is_silent(waiting), "it waits")
    server().command("suspend", "user", "Public", account.key)
    answer = waiting.read_one()
    same((answer.code, answer.lines), (431, []))


@case("what another process does is noticed")
def other_process():
    account, other = new_account(), new_account()
    waiting = park(account, key_of(account))
    staying = park(other, key_of(other))
    server().command("remove", "user", "Public", account.key)
    answer = waiting.read_one()
    same((answer.code, answer.lines), (430, []))
    true(is_silent(staying), "nobody else is woken")
    same(news(staying) if push(other) else None, key_of(other))


@case("at a stop whoever waits is told at once")
def stop():
    with Server() as mine:
        key = key_of(mine.account, mine)
        waiting = [park(mine.account, key, mine) for _ in range(5)]
        true(is_silent(waiting[-1]), "they wait")
        stopping = threading.Thread(target=mine.stop)
        stopping.start()
        same([w.read_one().code for w in waiting], [421] * 5)
        for connection in waiting:
            connection.close()
        stopping.join()


@case("500 wait at once, in two threads; each hears of its own account; each costs little")
def many():
    with Server(settings={"wait.user": "400", "threads": "2"}) as mine:
        first, second = mine.account, mine.add_user("bob")
        keys = {a: push(a, on=mine) for a in (first, second)}
        for connection in [park(first, None, mine) for _ in range(20)]:
            news(connection)
        before = mine.memory()
        waiting = {a: [park(a, keys[a], mine) for _ in range(250)] for a in (first, second)}
        true(is_silent(waiting[first][-1]) and is_silent(waiting[second][-1]), "they wait")
        each = (mine.memory() - before) / 500
        true(mine.sanitized() or each <= LITTLE, f"each costs {each:.0f} bytes")
        keys[first] = push(first, keys[first], mine)
        same({news(w) for w in waiting[first]}, {keys[first]})
        true(all(is_silent(w, 0) for w in waiting[second]), "the others wait on")
        keys[second] = push(second, keys[second], mine)
        same({news(w) for w in waiting[second]}, {keys[second]})


@case("a place is for one; whoever leaves frees it, orderly or not")
def places():
    with Server(settings={"wait.user": "1", "wait.connections": "2"}) as mine:
        first, second, third = mine.account, mine.add_user("bob"), mine.add_user("eve")
        keys = {a: key_of(a, mine) for a in (first, second, third)}

        def code(account):
            return mine.wire().exchange([Wire.wait(account, keys[account], timeout="0")]).code

        for leave in ("close", "reset"):
            waiting = park(first, keys[first], mine)
            wait_for(lambda: code(first) == 302, "the place is taken")
            same(code(second), 201)
            other = park(second, keys[second], mine)
            wait_for(lambda: code(third) == 302, "both are taken")
            getattr(waiting, leave)()
            wait_for(lambda: code(first) == 201, "the place is free")
            getattr(other, leave)()
            wait_for(lambda: code(third) == 201, "so is the other one")


@case("a crowd that waits keeps nobody out, and isn't pushed out")
def crowded():
    with Server(settings={"connection.limit": "4", "timeout.crowded": "1s"}) as mine:
        key = key_of(mine.account, mine)
        waiting = [park(mine.account, key, mine) for _ in range(30)]
        idle = [mine.wire().connect() for _ in range(4)]
        new = push(mine.account, key, mine)
        same({news(w) for w in waiting}, {new})
        for connection in idle:
            connection.close()


@case("a kept connection waits again and again; what it sends ends a wait")
def kept():
    account = new_account()
    key = key_of(account)
    with server().wire().connect() as connection:
        for _ in range(3):
            connection.send(Wire.wait(account, key, connection="keep"))
            true(is_silent(connection), "it waits")
            key = push(account, key)
            answer = connection.read_one()
            same((answer.code, answer.key, answer.headers["connection"]), (200, key, "keep"))
        connection.send(Wire.wait(account, key, connection="keep"))
        true(is_silent(connection), "it waits")
        answer = connection.ask(Wire.headers(account), Wire.payload([new_task()], key))
        same((answer.code, answer.key), (201, key))
        same(connection.read_one().code, 200)


@case("who is revoked while it waits is refused after a reload")
def revoked():
    with Server(pki="openssl") as mine:
        key = key_of(mine.account, mine)
        cert, secret = mine.authority.issue("other")
        waiting = park(mine.account, key, mine)
        mine.authority.revoke(mine.cert)
        mine.configure(**{"server.crl": mine.authority.crl()})
        mine.reload()
        true(is_silent(waiting), "it waits")
        pushed = mine.wire(cert=cert, key=secret).sync(mine.account, [new_task()], key)
        same(pushed.code, 200)
        answer = waiting.read_one()
        same((answer.code, answer.lines), (430, []))
        true("revoked" in answer.messages, answer.messages)


need_server()
run()
