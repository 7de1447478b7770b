# SPDX-License-Identifier: MIT
"""Behind proxies: HAProxy with PROXY headers, and proxies of any kind that are made up here."""

import contextlib
import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile

import harness
from harness import (PATIENCE, Account, Server, case, free_port, listens, need_server, run, same,
                     shared, skip, true, wait_for)
from replica import Closing, Replica
from wire import Wire, make_message, new_uuid

PROXY = "127.0.0.9"  # the address that proxies come from
WRONG = "00000000-0000-4000-8000-000000000000"
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
SETTINGS = {"proxy.trusted": PROXY, "limits.exempt": "", "debug": "on"}

trusting = shared(settings=SETTINGS)


def new_task(text="something"):
    return {"uuid": new_uuid(), "status": "pending", "entry": "20260101T000000Z",
            "modified": "20260101T000000Z", "description": text}


class HAProxy(Closing):
    """Debian's HAProxy in front of a server; `send` is its word for the header's version."""

    def __init__(self, server, send):
        if not shutil.which("haproxy"):
            skip("haproxy is not installed")
        self.server, self.send = server, send
        self.host, self.port = "127.0.0.1", free_port()
        self.folder = tempfile.mkdtemp(prefix="ts-haproxy-")
        self.process = None

    def __getattr__(self, name):
        return getattr(self.server, name)

    def __enter__(self):
        path = os.path.join(self.folder, "haproxy.cfg")
        with open(path, "w", encoding="ascii") as file:
            file.write(f"""defaults
    mode tcp
    timeout connect 10s
    timeout client 1h
    timeout server 1h
listen tasks
    bind {self.host}:{self.port}
    server tasks {self.server.host}:{self.server.port} source {PROXY} check inter 100ms {self.send}
""")
        # pylint: disable=subprocess-popen-preexec-fn,consider-using-with
        self.process = subprocess.Popen(
            ["haproxy", "-db", "-f", path], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, preexec_fn=harness.die_with_parent)
        wait_for(lambda: listens(self.port), "HAProxy listens")
        return self

    def close(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder)

    def wire(self, **options):
        return Wire(self, **options)


def peers_of(server, pattern):
    """The addresses, without ports, in the log's lines that hold the pattern."""
    lines = [line for line in server.log_text().splitlines() if re.search(pattern, line)]
    return {re.search(r"peer=\[?(.*?)\]?:\d+ ", line + " ").group(1) for line in lines}


def each(function):
    """A case for each version of the header."""
    for send in ("send-proxy", "send-proxy-v2"):
        def test(send=send):
            with Server(settings=SETTINGS) as server, HAProxy(server, send) as proxy:
                function(server, proxy)
        case(f"HAProxy, {send}: {function.__doc__}")(test)


@each
def real_addresses(server, proxy):
    """the log has the clients' addresses, and nothing of the proxy's looks at the server"""
    for number in (2, 3):
        source = f"127.0.0.{number}"
        answer = proxy.wire(source=source).sync(server.account, [new_task(source)])
        same(answer.code, 200)
    wait_for(lambda: peers_of(server, "event=request") == {"127.0.0.2", "127.0.0.3"},
             "the log has both")
    wait_for(lambda: len(re.findall(rf" debug .*peer={PROXY}:", server.log_text())) > 3,
             "the proxy looks at the server")
    loud = [line for line in server.log_text().splitlines()
            if PROXY in line and " debug " not in line]
    same(loud, [], "lines about the proxy")


@each
def limits(server, proxy):
    """limits and delays are the clients' own"""
    server.configure(**{"connection.address": 2, "login.failures": 1, "login.delay": "1d",
                        "login.delay.max": "1d"})
    server.reload()
    wrong = Account(server.account.org, server.account.user, WRONG)
    with contextlib.ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(proxy.wire(source="127.0.0.2").connect())
        with contextlib.suppress(OSError):
            proxy.wire(source="127.0.0.2").connect().close()
            raise AssertionError("a third connection was let in")
        same(peers_of(server, "event=refused .*limit=connection.address"), {"127.0.0.2"})
        same(proxy.wire(source="127.0.0.3").sync(wrong).code, 430)
        late = stack.enter_context(proxy.wire(source="127.0.0.3").connect())
        late.send(make_message(Wire.headers(wrong), Wire.payload([])))
        wait_for(lambda: server.log_text().count("event=login-failed") == 2, "two log-ins fail")
        same(proxy.wire(source="127.0.0.4").sync(wrong).code, 430)
        same(proxy.wire(source="127.0.0.3").sync(server.account).code, 201)
        same(peers_of(server, "event=login-failed"), {"127.0.0.3", "127.0.0.4"})
        late.tls.settimeout(0)
        with contextlib.suppress(OSError):
            late.tls.recv(1)
            raise AssertionError("a log-in that failed was answered at once")


@each
def taskwarrior(server, proxy):
    """two replicas of Taskwarrior sync through it"""
    if not shutil.which("task"):
        skip("task is not installed")
    with Replica("one") as one, Replica("two") as two:
        for replica in (one, two):
            replica.connect(proxy)
        one.add("from one")
        one.must_sync(init=True)
        two.must_sync()
        same([t["description"] for t in two.export()], ["from one"])
        two.add("from two")
        two.must_sync()
        one.must_sync()
        same(sorted(t["description"] for t in one.export()), ["from one", "from two"])
    wait_for(lambda: peers_of(server, "event=request") == {"127.0.0.1"}, "the log has it")


# Headers of our own

V4 = socket.inet_aton("198.51.100.7") + socket.inet_aton("192.0.2.1") + struct.pack(">HH", 4660, 1)
V6 = socket.inet_pton(socket.AF_INET6, "2001:db8::7") * 2 + struct.pack(">HH", 4660, 1)


def v2(command, family, body):
    return SIGNATURE + bytes([command, family]) + struct.pack(">H", len(body)) + body


GOOD = {
    "version 1, IPv4": (b"PROXY TCP4 198.51.100.7 192.0.2.1 4660 1\r\n", "198.51.100.7"),
    "version 1, IPv6": (b"PROXY TCP6 2001:db8::7 ::1 4660 1\r\n", "2001:db8::7"),
    "version 1, unknown": (b"PROXY UNKNOWN\r\n", PROXY),
    "version 1, the longest": (b"PROXY UNKNOWN " + b"x" * 91 + b"\r\n", PROXY),
    "version 2, IPv4": (v2(0x21, 0x11, V4), "198.51.100.7"),
    "version 2, IPv6": (v2(0x21, 0x21, V6), "2001:db8::7"),
    "version 2, with more behind the addresses": (v2(0x21, 0x11, V4 + b"\4\0\3abc"),
                                                  "198.51.100.7"),
    "version 2, local": (v2(0x20, 0, b""), PROXY),
    "version 2, Unix": (v2(0x21, 0x31, b"x" * 216), PROXY),
    "version 2, the longest": (v2(0x21, 0x11, V4 + b"\4\1\xf1" + b"x" * 497), "198.51.100.7"),
}

BAD = {
    "none, but TLS": b"\x16\3\1\0\xc8\1\0\0\xc4\3\3",
    "one that is too long": b"PROXY UNKNOWN " + b"x" * 200 + b"\r\n",
    "one without a port": b"PROXY TCP4 198.51.100.7 192.0.2.1 4660\r\n",
    "one of version 3": v2(0x31, 0x11, V4),
    "one of version 2 that is too long": v2(0x21, 0x11, V4 + b"x" * 512),
    "half of one": b"PROXY TCP4 198",
}


def comes_through(header, address):
    server = trusting()
    for parts in ([header], [header[i:i + 1] for i in range(len(header))]):
        before = len(server.log_text())
        wire = server.wire(source=PROXY, before=parts)
        same(wire.sync(server.account).code in (200, 201), True, "the sync")
        pattern = rf"event=request peer=\[?{re.escape(address)}\]?:\d+ "
        wait_for(lambda: re.search(pattern, server.log_text()[before:]), pattern)


for _name, (_header, _address) in GOOD.items():
    case(f"a header of {_name}, in one piece and byte by byte")(
        lambda h=_header, a=_address: comes_through(h, a))


def is_ended(data):
    server, before = trusting(), len(trusting().log_text())
    with socket.create_connection((server.host, server.port), PATIENCE, (PROXY, 0)) as peer:
        peer.sendall(data)
        with contextlib.suppress(OSError):  # it may be gone by now
            peer.shutdown(socket.SHUT_WR)
            same(peer.recv(1), b"", "what was answered")
    line = wait_for(lambda: re.search(r" info event=handshake-failed .*",
                                      server.log_text()[before:]), "the log says so").group(0)
    true(f"peer={PROXY}:" in line and "class=proxy" in line, line)


for _name, _data in BAD.items():
    case(f"no header, {_name}: the connection ends, and the log says why")(
        lambda d=_data: is_ended(d))


@case("a proxy that says nothing is shown out after timeout.handshake")
def silent():
    with Server(settings={**SETTINGS, "timeout.handshake": "1s"}) as server:
        with socket.create_connection((server.host, server.port), PATIENCE, (PROXY, 0)) as peer:
            with contextlib.suppress(ConnectionResetError):
                same(peer.recv(1), b"")
        wait_for(lambda: "no PROXY header came" in server.log_text(), "the log says so")


@case("a proxy that connects and says nothing before it leaves makes no noise")
def looks():
    server, before = trusting(), len(trusting().log_text())
    socket.create_connection((server.host, server.port), PATIENCE, (PROXY, 0)).close()
    line = wait_for(lambda: re.search(r".*event=handshake-failed.*", server.log_text()[before:]),
                    "the log has it").group(0)
    true(" debug " in line, line)


@case("from elsewhere a header is not read: it is no TLS; and none is needed")
def from_elsewhere():
    server = trusting()
    same(server.wire(source="127.0.0.2").sync(server.account).code in (200, 201), True)
    header = GOOD["version 1, IPv4"][0]
    with contextlib.suppress(OSError):
        server.wire(source="127.0.0.2", before=[header]).connect().close()
        raise AssertionError("a stranger's header was believed")
    wait_for(lambda: peers_of(server, "class=not_tls") == {"127.0.0.2"}, "the log says so")
    true("peer=198.51.100.7" not in [line for line in server.log_text().splitlines()
                                     if "not_tls" in line], "the header's address in the log")


@case("proxy.trusted changes at a HUP signal")
def reloaded():
    with Server(settings=SETTINGS) as server:
        server.configure(**{"proxy.trusted": "10.0.0.0/8, fd00::/8"})
        server.reload()
        same(server.wire(source=PROXY).sync(server.account).code in (200, 201), True)
        server.configure(**{"proxy.trusted": "127.0.0.8/31"})
        server.reload()
        comes = server.wire(source=PROXY, before=[GOOD["version 2, IPv4"][0]])
        same(comes.sync(server.account).code in (200, 201), True)
        wait_for(lambda: peers_of(server, "event=request") == {PROXY, "198.51.100.7"}, "both")


need_server()
run()
