# SPDX-License-Identifier: MIT
"""Silent, slow, broken and hostile peers: nobody else may notice them."""

import os
import resource
import socket
import struct
import threading
import time

from harness import (KIND, Server, case, need_server, note, run, same, shared, skip, true,
                     wait_for)
from wire import Wire, make_message, new_uuid

COUNT = int(os.environ.get("TS_HOSTILE", "100"))
MEMORY = 64 << 20  # [bytes] that a hundred peers who send nothing may cost

server = shared()
HELLO = bytes.fromhex("16030100c8010000c40303")


def new_task(text="something", **attributes):
    return {"uuid": new_uuid(), "status": "pending", "entry": "20260101T000000Z",
            "modified": "20260101T000000Z", "description": text, **attributes}


def tcp(data=b""):
    s = socket.create_connection((server().host, server().port), 30)
    if data:
        s.sendall(data)
    return s


def tls(data=b"", cert=None):
    connection = Wire(server(), cert=cert).connect()
    if data:
        connection.send(data)
    return connection


def request(**more):
    return make_message({**Wire.headers(server().account), **more}, Wire.payload([new_task()]))


def waiting(announced=0):
    """The message of one who waits for news, which won't come."""
    account = server().account
    key = server().wire().sync(account).key
    return make_message(Wire.headers(account, "wait", timeout="600", connection="keep"),
                        Wire.payload([], key), announced)


def kept(data):
    """Somebody whose connection was kept, and who says this next."""
    headers = {**Wire.headers(server().account), "connection": "keep"}
    connection = tls(make_message(headers, Wire.payload([])))
    connection.read_one()
    connection.send(data)
    return connection


def reset_waiting():
    connection = tls(waiting())
    connection.reset()
    return connection


def reset_after_request():
    connection = tls(request())
    connection.reset()
    return connection


def reset_half_way():
    connection = tls(request()[:150])
    connection.reset()
    return connection


def reset_tcp():
    s = tcp(HELLO)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()
    return s


PEERS = {
    "idle TCP": tcp,
    "idle TLS": tls,
    "idle TLS without a certificate": lambda: tls(cert=False),
    "half a hello": lambda: tcp(HELLO),
    "half a prefix": lambda: tls(b"\0\0"),
    "half a header": lambda: tls(request()[:40]),
    "half a payload": lambda: tls(request()[:-30]),
    "4 GiB announced": lambda: tls(struct.pack(">I", 0xffffffff) + request()[4:]),
    "60 MB announced, nothing sent": lambda: tls(struct.pack(">I", 60000000)),
    "RST after the request": reset_after_request,
    "RST half way": reset_half_way,
    "RST in the handshake": reset_tcp,
    "garbage instead of TLS": lambda: tcp(os.urandom(300)),
    "garbage in TLS": lambda: tls(os.urandom(300)),
    "an HTTP request": lambda: tcp(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    "an HTTP request in TLS": lambda: tls(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    "waiting for news": lambda: tls(waiting()),
    "waiting, and garbage": lambda: tls(waiting() + os.urandom(300)),
    "waiting twice at once": lambda: tls(waiting() + waiting()),
    "waiting with half a key": lambda: tls(waiting()[:-20]),
    "waiting with too little announced": lambda: tls(waiting(-4)),
    "RST while it waits": reset_waiting,
    "kept and silent": lambda: kept(b""),
    "kept, and half a prefix": lambda: kept(b"\0\0"),
    "kept, and garbage": lambda: kept(os.urandom(300)),
    "kept, and 4 GiB announced": lambda: kept(struct.pack(">I", 0xffffffff) + request()[4:]),
    "kept, and half a request": lambda: kept(request(connection="keep")[:-30]),
    "kept, and 50 requests whose answers are not read":
        lambda: kept(request(connection="keep") * 50),
    "answers not read": lambda: tls(request(type="statistics")),
}


def real_client():
    """A client that syncs; gives how long it took."""
    start = time.monotonic()
    task = new_task("real")
    answer = server().wire().sync(server().account, [task])
    same(answer.code, 200)
    same(server().wire().sync(server().account, [], answer.key).code, 201)
    return time.monotonic() - start


def bounded(before, limit, what):
    """The server's memory may have grown by `limit` bytes."""
    grown = server().memory() - before
    if not server().sanitized():
        true(grown < limit, f"{what} cost {grown >> 20} MiB")


def attempt(make):
    try:
        return make()
    except OSError:
        return None  # refused or cut off, which is its right


def crowd(make):
    """COUNT such peers at once, held open, while a real client works."""
    real_client()
    before, peers = server().memory(), []
    try:
        for _ in range(COUNT):
            peers.append(attempt(make))
        took = max(real_client() for _ in range(3))
        true(took < 10, f"the real client needed {took:.1f} s")
        bounded(before, MEMORY, f"{COUNT} peers")
    finally:
        for peer in peers:
            if peer:
                peer.close()
    true(server().alive(), "the server is gone")
    real_client()


for _name, _make in PEERS.items():
    case(f"{COUNT} times {_name}: a real client syncs")(lambda m=_make: crowd(m))


@case("all of them at once")
def zoo():
    peers = [attempt(make) for make in PEERS.values() for _ in range(max(1, COUNT // 10))]
    true(real_client() < 10, "the real client is slow")
    for peer in peers:
        if peer:
            peer.close()
    real_client()


@case("header lines without end: an answer or the end, and bounded memory")
def endless_header():
    before = server().memory()
    with tls(struct.pack(">I", 50000000)) as connection:
        try:
            for _ in range(400):
                connection.send(b"x" * 100000)
        except OSError:
            pass
        bounded(before, MEMORY, "the headers")
    real_client()


@case("a million header lines, and one of a megabyte")
def many_headers():
    for lines in (b"a: b\n" * 1000000, b"a: " + b"b" * 1000000 + b"\n"):
        answer = server().wire().request(lines + b"\n", b"")
        if not answer.empty:
            true(answer.code >= 400, f"answered {answer}")
    real_client()


@case("peers who read their large answer slowly or not at all")
def slow_readers():
    account = server().add_user("large")
    tasks = [new_task("lorem ipsum " * 80) for _ in range(5000)]
    same(server().wire().sync(account, tasks).code, 200)
    before, peers = server().memory(), []
    ask = make_message(Wire.headers(account), "\n")
    for _ in range(COUNT // 5):
        peers.append(tls(ask))
    true(max(real_client() for _ in range(3)) < 10, "the real client is slow")
    bounded(before, 4 * MEMORY, f"{len(peers)} slow readers")
    answers = [peer.read_answer()[0] for peer in peers[:3]]
    for data in answers:
        same(struct.unpack(">I", data[:4])[0], len(data), "a slow reader's answer")
    for peer in peers:
        peer.close()


@case("a payload of 60 MB goes through bounded memory")
def large_payload():
    if KIND != "ours":
        skip("the reference server's limit is 1 MiB")
    account, before, peak = server().add_user("huge"), server().memory(), []
    tasks = [new_task("x" * 1000) for _ in range(50000)]
    done = threading.Event()

    def watch():
        while not done.wait(0.05):
            peak.append(server().memory())
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        answer = server().wire().sync(account, tasks)
    finally:
        done.set()
        watcher.join()
    same(answer.code, 200)
    same(len(server().wire().sync(account).tasks), len(tasks))
    note(f"memory before {before >> 20} MiB, at most {max(peak) >> 20} MiB")
    true(server().sanitized() or max(peak) - before < 256 << 20, "more than memory.limit")


@case("more connections than connection.limit: they wait, and get their turn")
def over_the_limit():
    if KIND != "ours":
        skip("the reference server serves one at a time")
    with Server(settings={"connection.limit": 20, "timeout.handshake": "2s"}) as small:
        idle = [socket.create_connection((small.host, small.port), 30) for _ in range(40)]
        answer = small.wire().sync(small.account, [new_task()])
        same(answer.code, 200)
        for s in idle:
            s.close()
        answers, wire = [], small.wire()

        def sync():
            try:
                answers.append(wire.sync(small.account).code)
            except OSError as error:
                answers.append(str(error))
        threads = [threading.Thread(target=sync) for _ in range(60)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        same([a for a in answers if a != 200], [], "of 60 clients at once, without a 200")
        true(small.alive(), "the server is gone")


@case("deadlines: whoever is silent is shown out")
def deadlines():
    if KIND != "ours":
        skip("the reference server has none")
    times = {"timeout.handshake": "1s", "timeout.header": "1s", "timeout.idle": "1s"}
    with Server(settings=times) as strict:
        wire = strict.wire()
        tls_idle, half = wire.connect(), wire.connect()
        half.send(make_message(Wire.headers(strict.account), Wire.payload([new_task()]))[:-30])
        tcp_idle = socket.create_connection((strict.host, strict.port), 30)
        for name, peer in (("idle TCP", tcp_idle), ("idle TLS", tls_idle.tls), ("half", half.tls)):
            peer.settimeout(30)
            try:
                while peer.recv(4096):
                    pass
            except TimeoutError:
                raise AssertionError(f"{name} is still connected") from None
            except OSError:
                pass
            peer.close()
        same(wire.sync(strict.account).code in (200, 201), True)


@case("no descriptors are left behind")
def descriptors():
    def count():
        return len(os.listdir(f"/proc/{server().pid}/fd"))
    wait_for(lambda: real_client() and count() < 60 + COUNT // 10,
             "the descriptors of those who left are closed")


soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 20 * COUNT + 200)), hard))
need_server()
run()
