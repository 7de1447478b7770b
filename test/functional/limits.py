# SPDX-License-Identifier: MIT
"""Every limit of the settings: it refuses, says so, and is counted."""

import contextlib
import json
import os
import re
import socket
import struct
import threading
import time
import urllib.request

from harness import (Account, Server, case, need_server, note, run, same, true, wait_for)
from wire import Wire, make_message, new_uuid

WRONG = "00000000-0000-4000-8000-000000000000"
NEVER = "1d"  # a delay that no test waits for
EVERYBODY = {"limits.exempt": "", "http.listen": "0"}
tried = set()


def new_task(text="something", **attributes):
    return {"uuid": new_uuid(), "status": "pending", "entry": "20260101T000000Z",
            "modified": "20260101T000000Z", "description": text, **attributes}


def metrics(server):
    text = server.log_text()[server.log_start:]
    port = re.search(r"event=http .*:(\d+)", text).group(1)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        return answer.read().decode()


def hits(server, limit):
    """How often somebody ran into it."""
    found = re.search(rf'^taskd_limit_hits_total{{limit="{re.escape(limit)}"}} (\d+)$',
                      metrics(server), re.M)
    true(found, f"no metric has the limit {limit}")
    return int(found.group(1))


def limit_case(limit, what, **settings):
    """The decorated function runs into the limit of a server of its own; at least once, that is."""
    def register(function):
        def test():
            tried.add(limit)
            more = {name.replace("_", "."): value for name, value in settings.items()}
            with Server(settings={**EVERYBODY, **more}) as server:
                same(hits(server, limit), 0, f"hits of {limit} at first")
                function(server)
                true(hits(server, limit) > 0, f"hits of {limit}")
        case(f"{limit}: {what}")(test)
    return register


def ended(peer):
    """The other end closes without a word."""
    peer.settimeout(30)
    try:
        return peer.recv(1) == b""
    except ConnectionResetError:
        return True


def stays(peer):
    """It was let in: TLS answers to what is no TLS, or waits for more."""
    peer.settimeout(0.2)
    try:
        return peer.recv(1) != b""
    except TimeoutError:
        return True
    except ConnectionResetError:
        return False


def tcp(server, source="127.0.0.1"):
    return socket.create_connection((server.host, server.port), 30, (source, 0))


def kept(server, **options):
    """A connection that has logged in, and is kept."""
    connection = server.wire(**options).connect()
    headers = Wire.headers(server.account, connection="keep")
    same(connection.ask(headers, Wire.payload([])).headers.get("connection"), "keep")
    return connection


def ok(server, **options):
    same(server.wire(**options).sync(server.account, [new_task()]).code, 200, "a client's sync")


# Connections

@limit_case("connection.limit", "more wait to be accepted, and strangers make room",
            connection_limit=3, timeout_crowded="100ms")
def connections(server):
    with contextlib.ExitStack() as stack:
        for _ in range(6):
            stack.enter_context(tcp(server))
        ok(server)


@limit_case("connection.strangers", "those who have logged in don't count, strangers make room",
            connection_strangers=3, timeout_crowded="100ms")
def strangers(server):
    with contextlib.ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(kept(server))
        same(hits(server, "connection.strangers"), 0, "hits by those who have logged in")
        for _ in range(6):
            stack.enter_context(tcp(server))
        ok(server)


@limit_case("connection.address", "one address holds so many, another one comes in",
            connection_address=3)
def of_an_address(server):
    with contextlib.ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(kept(server))
        waiting = stack.enter_context(server.wire().connect())
        key = kept_key(server)
        waiting.send(Wire.wait(server.account, key))
        wait_for(lambda: connections_in(server, "wait") == 1, "somebody waits")
        true(ended(stack.enter_context(tcp(server))), "the fourth connection was let in")
        ok(server, source="127.0.0.2")
    wait_for(lambda: stays(tcp(server)), "there is room again")
    lines = re.findall(r"notice event=refused peer=127.0.0.1:\d+ limit=connection.address "
                       r"count=\d+$", server.log_text(), re.M)
    true(lines, "the log doesn't say so")


def kept_key(server):
    return server.wire(source="127.0.0.2").sync(server.account).key


def connections_in(server, state):
    found = re.search(rf'^taskd_connections{{state="{state}"}} (\d+)$', metrics(server), re.M)
    return int(found.group(1))


@limit_case("handshake.rate", "one address begins so many a second, another one comes in",
            handshake_rate=1)
def rate(server):
    peers = [tcp(server) for _ in range(40)]
    refused = sum(ended(peer) for peer in peers[3:] if not stays(peer))
    true(refused >= 20, f"{refused} of 40 were refused")
    ok(server, source="127.0.0.2")
    told = re.findall(r"event=refused peer=127.0.0.1:\d+ limit=handshake.rate count=(\d+)",
                      server.log_text())
    true(0 < len(told) < refused / 2, f"the log says so {len(told)} times")
    for peer in peers:
        peer.close()


@limit_case("login.failures", "a further one is answered late, and nobody else's answer waits",
            login_failures=2, login_delay=NEVER, login_delay_max=NEVER)
def logins(server):
    wrong = Account(server.account.org, server.account.user, WRONG)
    for _ in range(2):
        same(server.wire().sync(wrong).code, 430)
    with server.wire().connect() as late:
        late.send(make_message(Wire.headers(wrong), Wire.payload([new_task()])))
        wait_for(lambda: connections_in(server, "delay") == 1, "the answer waits")
        ok(server)
        same(server.wire(source="127.0.0.2").sync(wrong).code, 430)
        server.process.terminate()  # who stops has no reason to let anybody wait
        same(late.read_one().code, 430)
    same(server.process.wait(30), 0)
    server.start()
    with server.wire().connect() as late:
        for _ in range(2):
            same(server.wire().sync(wrong).code, 430)
        late.send(make_message(Wire.headers(wrong), Wire.payload([])))
        wait_for(lambda: connections_in(server, "delay") == 1, "the answer waits")
    wait_for(lambda: connections_in(server, "delay") == 0, "whoever goes away is noticed")


@case("login.delay: doubles up to login.delay.max")
def doubling():
    settings = {**EVERYBODY, "login.failures": 1, "login.delay": "200ms",
                "login.delay.max": "500ms"}
    with Server(settings=settings) as server:
        wrong = Account(server.account.org, server.account.user, WRONG)
        for least in (0, 0.2, 0.4, 0.5, 0.5):
            start = time.monotonic()
            same(server.wire().sync(wrong).code, 430)
            took = time.monotonic() - start
            true(took >= least, f"answered after {took:.3f} s and not {least} s")


@case("limits.exempt: those addresses have no limits an address")
def exempt():
    settings = {"limits.exempt": "10.0.0.0/8, 127.0.0.1", "connection.address": 1,
                "handshake.rate": 1, "login.failures": 1, "login.delay": NEVER,
                "login.delay.max": NEVER}
    with Server(settings=settings) as server:
        wrong = Account(server.account.org, server.account.user, WRONG)
        peers = [tcp(server) for _ in range(10)]
        for _ in range(5):
            same(server.wire().sync(wrong).code, 430)
        others = [tcp(server, "127.0.0.2") for _ in range(2)]
        true(ended(others[1]), "another address has no limits either")
        for peer in peers + others:
            peer.close()


@case("limits.exempt, proxy.trusted: what is no network is told, and changes nothing")
def nonsense():
    for setting in ("limits.exempt", "proxy.trusted"):
        with Server() as server:
            server.configure(**{setting: "127.0.0.1 nonsense"})
            server.signal(1)
            wait_for(lambda: "Not reloaded" in server.log_text(), "the reload fails")
            true(f"'{setting}' holds 'nonsense'" in server.log_text(), server.log_text()[-500:])
            ok(server)


# Messages

@limit_case("header.limit", "400", header_limit=1000)
def headers(server):
    more = Wire.headers(server.account, note="x" * 1000)
    same(server.wire().request(more, "\n").code, 400)
    ok(server)


@limit_case("request.limit", "504, and nothing is stored", request_limit="10K")
def size(server):
    answer = server.wire().sync(server.account, [new_task("x" * 20000)])
    same(answer.code, 504)
    true("request.limit" in answer.messages, answer.messages)
    same(server.wire().sync(server.account).tasks, [])


@limit_case("request.tasks", "504, and nothing is stored", request_tasks=10)
def tasks(server):
    answer = server.wire().sync(server.account, [new_task() for _ in range(11)])
    same(answer.code, 504)
    true("request.tasks" in answer.messages, answer.messages)
    same(server.wire().sync(server.account).tasks, [])
    many = [new_task("x" * 1000) for _ in range(1000)]
    same(server.wire().sync(server.account, many).code, 504)
    same(server.wire().sync(server.account, [new_task() for _ in range(10)]).code, 200)
    same(len(server.wire().sync(server.account).tasks), 10)


def quarantined(server, limit, bad, because):
    """One task is put aside with the reason; the other one of the request is stored."""
    good = new_task("good")
    answer = server.wire().sync(server.account, [bad, good])
    same(answer.code, 200)
    true(because in answer.messages, answer.messages)
    same([t["uuid"] for t in server.wire().sync(server.account).tasks], [good["uuid"]])
    same(hits(server, limit), 1)
    text = server.command("quarantine", server.account.org, server.account.user).stdout
    true(because in text, text)


@limit_case("task.limit", "the task goes to the quarantine", task_limit="2K")
def task_size(server):
    quarantined(server, "task.limit", new_task("x", note="y" * 1500, more="z" * 1500),
                "longer than the server's limit")


@limit_case("task.depth", "the task goes to the quarantine", task_depth=4)
def depth(server):
    quarantined(server, "task.depth", new_task(deep=[[[["x"]]]]), "nested deeper than 4 levels")


@limit_case("task.attributes", "the task goes to the quarantine", task_attributes=16)
def attributes(server):
    quarantined(server, "task.attributes", new_task(tags=[f"t{i}" for i in range(20)]),
                "more than 16 attributes")


@limit_case("value.limit", "the task goes to the quarantine", value_limit="1K")
def value(server):
    quarantined(server, "value.limit", new_task("x" * 1100), "more than 1024 bytes")


# What is held for all

@limit_case("memory.limit", "302, and a later try succeeds", memory_limit="1M")
def memory(server):
    line = b'{"description":"' + b"x" * 700000
    with contextlib.ExitStack() as stack:
        peers = [stack.enter_context(server.wire().connect()) for _ in range(2)]
        for peer in peers:
            peer.send(make_message(Wire.headers(server.account), line, 100))
        wait_for(lambda: hits(server, "memory.limit") > 0, "one has no memory")
    ok(server)


@limit_case("spool.limit", "302, and a smaller one is stored", spool_limit="10K",
            connection_memory="4K")
def spool(server):
    answer = server.wire().sync(server.account, [new_task("x" * 1000) for _ in range(30)])
    same(answer.code, 302)
    ok(server)


@limit_case("storage.queue", "302, and a later try succeeds", storage_queue=1)
def queue(server):
    many = [new_task("x" * 500, n=str(i)) for i in range(15000)]
    with contextlib.ExitStack() as stack:
        slow = stack.enter_context(server.wire().connect())
        few = [stack.enter_context(server.wire().connect()) for _ in range(8)]
        slow.send(make_message(Wire.headers(server.account), Wire.payload(many)))
        wait_for(lambda: connections_in(server, "store") == 1, "the first one is being stored")
        for peer in few:
            peer.send(make_message(Wire.headers(server.account), Wire.payload([new_task()])))
        codes = [peer.read_one().code for peer in few]
        same(slow.read_one().code, 200)
    true(302 in codes and set(codes) <= {200, 302}, f"answered {codes}")
    ok(server)


@limit_case("device.limit", "a program that changes its name fills nothing", trust="allow all",
            device_limit=3)
def devices(server):
    for number in range(10):
        answer = server.wire(cert=False).sync(server.account, [new_task()],
                                              more={"client": f"program {number}"})
        same(answer.code, 200)
    listed = json.loads(server.command("device", "list", server.account.org, server.account.user,
                                       "--json").stdout)
    names = [device["name"] for device in listed]
    same(len(names), 3, names)
    true("program 9" in names, names)


@limit_case("wait.connections", "302", wait_connections=2)
def waiting(server):
    others = [server.add_user(f"user {i}") for i in range(3)]
    waits(server, others, [None, None, 302])


@limit_case("wait.user", "302, and others may wait", wait_user=1, wait_connections=10)
def waiting_user(server):
    other = server.add_user("other")
    waits(server, [server.account, server.account, other], [None, 302, None])


def waits(server, accounts, codes):
    with contextlib.ExitStack() as stack:
        for number, (account, code) in enumerate(zip(accounts, codes), 1):
            peer = stack.enter_context(server.wire().connect())
            peer.send(Wire.wait(account, server.wire().sync(account).key))
            if code:
                same(peer.read_one().code, code)
            else:
                so_far = codes[:number].count(None)
                wait_for(lambda n=so_far: connections_in(server, "wait") == n, "one waits")


# Before log-in

@case("what strangers may make the server hold: nothing grows with what they announce or send")
def little_for_strangers():
    settings = {"http.listen": "0", "timeout.header": "1h", "timeout.handshake": "1h"}
    with Server(settings=settings) as server:
        ok(server)
        for what, count, most, make in (
                ("TCP connections", 200, 8 << 10, tcp),
                ("TLS connections", 100, 160 << 10, lambda s: s.wire().connect()),
                ("handshakes without end", 20, 160 << 10, long_hello),
                ("headers without end", 100, 200 << 10, endless_header),
                ("1 GB announced and 4 MB sent", 20, 300 << 10, unwanted)):
            before = server.memory()
            peers = [make(server) for _ in range(count)]
            each = (server.memory() - before) // count
            note(f"{what}: {each >> 10} KiB each")
            true(server.sanitized() or each < most, f"{what}: {each >> 10} KiB each")
            same(files_of(server), [], "temporary files")
            for peer in peers:
                peer.close()
        ok(server)


def long_hello(server):
    """A hello that announces 16 MB, and comes as far as the server lets it."""
    peer = tcp(server)
    hello = b"\1" + (16000000).to_bytes(3, "big") + b"\3\3" + b"x" * 8000000
    with contextlib.suppress(OSError):
        for at in range(0, len(hello), 16000):
            part = hello[at:at + 16000]
            peer.sendall(b"\x16\3\1" + struct.pack(">H", len(part)) + part)
    return peer


def endless_header(server):
    peer = server.wire().connect()
    peer.send(struct.pack(">I", 1 << 30) + b"name: " + b"x" * 15000)
    return peer


def unwanted(server):
    """A payload behind a log-in that failed."""
    peer = server.wire().connect()
    wrong = Account(server.account.org, server.account.user, WRONG)
    peer.send(make_message(Wire.headers(wrong), b"x" * (4 << 20), 1 << 30))
    return peer


def files_of(server):
    folder, found = f"/proc/{server.pid}/fd", []
    for name in os.listdir(folder):
        with contextlib.suppress(OSError):
            path = os.readlink(os.path.join(folder, name))
            found += [path] if "(deleted)" in path and path.startswith(server.data) else []
    return found


@case("a handshake without end is ended, and the log says why")
def long_handshake():
    with Server() as server:
        with long_hello(server) as peer:
            wait_for(lambda: "event=handshake-failed" in server.log_text(), "the log says so")
            peer.settimeout(30)
            with contextlib.suppress(OSError):
                while peer.recv(4096):
                    pass
        true("too much that holds no data" in server.log_text(), server.log_text()[-300:])


@case("a stranger's message is thrown away for timeout.idle, then answered")
def unwanted_for_long():
    with Server(settings={"timeout.idle": "1s"}) as server:
        wrong = Account(server.account.org, server.account.user, WRONG)
        stop = threading.Event()
        with server.wire().connect() as peer:
            peer.send(make_message(Wire.headers(wrong), b"x", 1 << 30))

            def trickle():
                with contextlib.suppress(OSError):
                    while not stop.wait(0.1):
                        peer.send(b"x")
            thread = threading.Thread(target=trickle)
            thread.start()
            try:
                same(peer.read_one().code, 430)
            finally:
                stop.set()
                thread.join()


# What fail2ban reads

HOST = r"\[?(?P<ip>[0-9.]+|[0-9a-f:]+)\]?"  # its <ADDR>
MANUAL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../doc/protection.md")


def expressions():
    """The filter in the manual, as fail2ban compiles it."""
    with open(MANUAL, encoding="utf-8") as file:
        text = file.read().split("<!-- filter: begin -->")[1].split("<!-- filter: end -->")[0]
    line = re.search(r"_line = (.*)", text).group(1)
    found = re.findall(r"(%\(_line\)s.*)", text)
    return [re.compile(e.replace("%(_line)s", line).replace("<ADDR>", HOST)) for e in found]


def banned(text):
    """The addresses in lines that match; fail2ban takes the time off a line's front."""
    found = []
    for line in text.splitlines():
        for rest in (line, line.split("Z", 1)[-1], f"host taskd[1]: {line}"):
            matches = [m for m in (e.search(rest) for e in expressions()) if m]
            found += [m.group("ip") for m in matches]
    return found


@case("doc/protection.md: fail2ban's filter finds those whose log-ins failed, and nobody else")
def fail2ban():
    settings = {**EVERYBODY, "login.failures": 0, "connection.address": 2,
                "proxy.trusted": "127.0.0.9"}
    with Server(settings=settings) as server:
        forged = 'x" peer=127.0.0.66:1 event=login-failed peer=127.0.0.77:1 '
        ok(server, source="127.0.0.2")
        for user, key in ((server.account.user, WRONG), (forged, WRONG), ("x", "")):
            wrong = Account(server.account.org, user, key)
            same(server.wire(source="127.0.0.3").sync(wrong).code, 430)
        header = b"PROXY TCP6 2001:db8::7 ::1 4660 1\r\n"
        same(server.wire(source="127.0.0.9", before=[header]).sync(wrong).code, 430)
        same(server.wire(source="127.0.0.4", cert=False).sync(server.account).code, 430)
        peers = [tcp(server, "127.0.0.5") for _ in range(3)]
        true(ended(peers[-1]), "a third connection was let in")
        for peer in peers:
            peer.close()
        found = banned(server.log_text())
        same(set(found), {"127.0.0.3", "2001:db8::7", "127.0.0.4", "127.0.0.5"})
        same(len(found), 3 * 6, "matches of six lines, each read in three forms")


@case("each limit of the metrics was tried")
def all_of_them():
    with Server(settings=EVERYBODY) as server:
        names = re.findall(r'^taskd_limit_hits_total{limit="([^"]+)"}', metrics(server), re.M)
    left = [name for name in names if name not in tried and not name.startswith("quota.")]
    same(left, [], "limits without a test")


need_server()
run()
