# SPDX-License-Identifier: MIT
"""Connections that carry more than one request (connection: keep)."""

import ssl
import time

from fixtures import new_account, new_task, server
from harness import Server, case, need_server, run, same, true, wait_for
from wire import KEY_LINE, Wire, make_message, new_uuid


def sync(account, tasks=(), key=None, **more):
    """A message of a client that keeps its connection."""
    headers = Wire.headers(account, **{"connection": "keep", **more})
    return make_message(headers, Wire.payload(tasks, key))


def kept(answer, *codes):
    true(answer.code in codes, repr(answer))
    same(answer.headers.get("connection"), "keep")
    return answer


def is_over(connection):
    """The server ends the connection, in order, without a further word."""
    answer = connection.read_one()
    same(answer.raw, b"")
    return True


@case("many requests, of any type and account, over one connection")
def many():
    first, second = new_account(), new_account()
    with server().wire().connect() as connection:
        for account in (first, second, first):
            connection.send(sync(account, [new_task()]))
            key = kept(connection.read_one(), 200).key
            true(KEY_LINE.fullmatch(key), "a key")
            connection.send(sync(account, [], key))
            same(kept(connection.read_one(), 201).key, key)
            answer = connection.ask(Wire.headers(account, "statistics", connection="keep"))
            same(kept(answer, 200).headers["users"], "1")
    same(len(server().wire().sync(first).tasks), 2)
    same(len(server().wire().sync(second).tasks), 1)


@case("who doesn't ask for it is served as ever")
def not_asked():
    account = new_account()
    with server().wire().connect() as connection:
        answer = connection.ask(Wire.headers(account), Wire.payload([]))
        same((answer.code, answer.headers.get("connection")), (201, None))
        is_over(connection)
    with server().wire().connect() as connection:
        connection.send(sync(account))
        kept(connection.read_one(), 201)
        answer = connection.ask(Wire.headers(account, connection="close"), Wire.payload([]))
        same((answer.code, answer.headers.get("connection")), (201, None))
        is_over(connection)


@case("requests behind one another, in one piece or in many")
def pipelined():
    account = new_account()
    tasks = [new_task(str(n)) for n in range(6)]
    messages = [sync(account, [t]) for t in tasks]
    with server().wire().connect() as connection:
        connection.send(b"".join(messages[:3]))
        for _ in range(3):
            kept(connection.read_one(), 200)
        data = b"".join(messages[3:])
        for at in range(0, len(data), 7):
            connection.send(data[at:at + 7])
        for _ in range(3):
            kept(connection.read_one(), 200)
    same({t["uuid"] for t in server().wire().sync(account).tasks}, {t["uuid"] for t in tasks})


@case("each request's bytes are counted once, however many come together")
def bytes_in():
    with Server() as mine:
        headers = Wire.headers(mine.account, "statistics", connection="keep")
        message = make_message(headers, "ignored")
        with mine.wire().connect() as connection:
            connection.send(message * 20)
            counts = [int(kept(connection.read_one(), 200).headers["total bytes in"])
                      for _ in range(20)]
        same([b - a for a, b in zip(counts, counts[1:])], [len(message)] * 19)


@case("each request is checked anew")
def checked():
    account = new_account()
    with server().wire().connect() as connection:
        connection.send(sync(account))
        kept(connection.read_one(), 201)
        server().command("suspend", "user", "Public", account.key)
        connection.send(sync(account))
        answer = connection.read_one()
        same((answer.code, answer.headers.get("connection")), (431, None))
        is_over(connection)


@case("after a failure that leaves the end of the message certain, it goes on; else not")
def failures():
    account = new_account()
    with server().wire().connect() as connection:
        connection.send(sync(account, [], new_uuid(), **{"unknown-key": "refuse"}))
        kept(connection.read_one(), 500)
        connection.send(sync(account, ["{\"description\":\"\xe4"], encoding="x"))
        kept(connection.read_one(), 200)
        connection.send(sync(account))
        kept(connection.read_one(), 200, 201)
        connection.send(sync(account, key=None, protocol="v2"))
        kept(connection.read_one(), 500)
        connection.send(make_message({"connection": "keep", "type": "sync"}))
        same(connection.read_one().code, 430)
        is_over(connection)


@case("a message whose announced end lies in its headers can't be followed")
def torn():
    account = new_account()
    message = make_message(Wire.headers(account, "statistics", connection="keep"),
                           length_delta=-1)
    with server().wire().connect() as connection:
        connection.send(message)
        answer = connection.read_one()
        same((answer.code, answer.headers.get("connection")), (200, None))
        is_over(connection)


@case("half a request, then silence: it is told, and the connection ends")
def half():
    with Server(settings={"timeout.header": "1s", "timeout.idle": "1s"}) as mine:
        for part in (30, -10):
            with mine.wire().connect() as connection:
                connection.send(sync(mine.account))
                kept(connection.read_one(), 201)
                connection.send(sync(mine.account)[:part])
                answer = connection.read_one()
                same((answer.code, answer.headers.get("connection")), (400, None))
                is_over(connection)


@case("silence ends it after keep.timeout, without a word")
def silence():
    with Server(settings={"keep.timeout": "1s"}) as mine:
        with mine.wire().connect() as connection:
            for _ in range(4):
                connection.send(sync(mine.account))
                kept(connection.read_one(), 201)
                time.sleep(0.3)
            is_over(connection)


@case("after keep.requests the connection ends")
def counted():
    with Server(settings={"keep.requests": "3"}) as mine:
        with mine.wire().connect() as connection:
            for _ in range(2):
                connection.send(sync(mine.account))
                kept(connection.read_one(), 201)
            connection.send(sync(mine.account))
            answer = connection.read_one()
            same((answer.code, answer.headers.get("connection")), (201, None))
            is_over(connection)


@case("where it is turned off, nobody is kept")
def off():
    with Server(settings={"keep.timeout": "0"}) as mine, mine.wire().connect() as connection:
        connection.send(sync(mine.account))
        answer = connection.read_one()
        same((answer.code, answer.headers.get("connection")), (201, None))
        is_over(connection)


@case("in a crowd nobody is kept, and who is kept makes room")
def crowded():
    with Server(settings={"connection.limit": "8", "threads": "1"}) as mine:
        keepers = [mine.wire().connect() for _ in range(6)]
        for connection in keepers:
            connection.send(sync(mine.account))
            kept(connection.read_one(), 201)
        others = [mine.wire().connect() for _ in range(2)]
        others[0].send(sync(mine.account))
        same(others[0].read_one().headers.get("connection"), None)
        held = [mine.wire().connect() for _ in range(4)]
        same(mine.wire().sync(mine.account).code, 201)
        for connection in keepers + others + held:
            connection.close()


@case("who is kept makes room for a newcomer of another thread, too")
def crowded_threads():
    with Server(settings={"connection.limit": "1", "keep.timeout": "10m", "threads": "4"}) as mine:
        for _ in range(8):
            connection = mine.wire().connect()
            connection.send(sync(mine.account))
            kept(connection.read_one(), 201)


@case("at a stop who is between two requests doesn't hold it up")
def stop():
    with Server(settings={"keep.timeout": "10m", "timeout.stop": "10m"}) as mine:
        with mine.wire().connect() as connection:
            connection.send(sync(mine.account))
            kept(connection.read_one(), 201)
            same(mine.stop(), 0)
            is_over(connection)


@case("a reload holds for the next request of a connection")
def reload():
    with Server(pki="openssl") as mine:
        with mine.wire().connect() as connection:
            connection.send(sync(mine.account))
            kept(connection.read_one(), 201)
            mine.authority.revoke(mine.cert)
            mine.authority.crl()
            mine.reload()

            def refusal():
                connection.send(sync(mine.account))
                answer = connection.read_one()
                return answer if answer.code == 430 else kept(answer, 201) and None

            answer = wait_for(refusal, "the connection's thread has the new certificates")
            true("revoked" in answer.messages, answer.messages)


@case("TLS 1.2 as well")
def old_tls():
    account = new_account()
    with server().wire(max_tls=ssl.TLSVersion.TLSv1_2).connect() as connection:
        for _ in range(3):
            connection.send(sync(account, [new_task()]))
            kept(connection.read_one(), 200)


need_server()
run()
