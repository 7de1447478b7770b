# SPDX-License-Identifier: MIT
"""The server as a service: what it tells systemd, the watchdog, sockets that are passed to it."""

import ctypes
import fcntl
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

from harness import PATIENCE, Server, case, need_server, run, same, skip, true, wait_for

PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 17, 0x4206, 0x4207
WATCHDOG_MS = 400
QUIET_MS = 2 * WATCHDOG_MS  # without a sign of life for that long the service would be ended
WAIT_FOR_ALL = 0x40000000  # __WALL

libc = ctypes.CDLL(None, use_errno=True)


class Manager:
    """Who started the server and hears of it, as systemd does."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="taskd-test-")
        self.path = os.path.join(self.folder, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.heard = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        shutil.rmtree(self.folder)

    def hear(self, ms):
        """The next message as a dictionary, or None if there is none for that long."""
        if not select.select([self.socket], [], [], ms / 1000)[0]:
            return None
        lines = self.socket.recv(4096).decode().splitlines()
        self.heard.append(dict(line.split("=", 1) for line in lines))
        return self.heard[-1]

    def wait(self, word):
        """The next message that holds the word."""
        def get():
            message = self.hear(100)
            return message if message and word in message else None
        return wait_for(get, f"the server says {word}")

    def is_fed(self):
        """Whether the watchdog gets something within twice its interval."""
        while self.hear(0):
            pass
        message = self.hear(QUIET_MS)
        return message is not None and "WATCHDOG" in message

    def server(self, **options):
        server = Server(**options).create()
        server.environment = {"NOTIFY_SOCKET": self.path}
        return server


def no_systemd(server):
    """Built without libsystemd?"""
    with open(f"/proc/{server.pid}/maps", encoding="ascii", errors="replace") as file:
        return "libsystemd" not in file.read()


@case("it says when it is ready, reloads and stops")
def tells():
    with Manager() as manager:
        server = manager.server()
        server.start()
        if no_systemd(server):
            skip("taskd is built without libsystemd")
        ready = manager.wait("READY")
        same(ready["READY"], "1")
        true(f"127.0.0.1:{server.port}; 0 connections" in ready["STATUS"], ready)
        same(server.wire().sync(server.account, []).code, 201)
        server.signal(signal.SIGHUP)
        reloading = manager.wait("RELOADING")
        true(int(reloading["MONOTONIC_USEC"]) > 0, reloading)
        same(manager.wait("READY")["READY"], "1")
        server.configure(**{"server.cert": "/nowhere"})
        server.signal(signal.SIGHUP)
        manager.wait("RELOADING")
        manager.wait("READY")  # it goes on with what it had
        true("Not reloaded" in server.log_text(), "the log says why")
        server.end()
        stopping = [m for m in iter(lambda: manager.hear(0), None)]
        same([m["STOPPING"] for m in stopping if "STOPPING" in m], ["1"])
        true(any(int(m.get("EXTEND_TIMEOUT_USEC", 0)) >= 30_000_000 for m in stopping), stopping)
        true(not any("WATCHDOG" in m for m in manager.heard), "nobody asked for signs of life")


@case("without anybody to tell it is the same server")
def tells_nobody():
    server = Server().create()
    server.environment = {"NOTIFY_SOCKET": "/nowhere/notify", "WATCHDOG_USEC": "1000"}
    with server:
        same(server.wire().sync(server.account, []).code, 201)


def threads(server, name):
    for tid in os.listdir(f"/proc/{server.pid}/task"):
        with open(f"/proc/{server.pid}/task/{tid}/comm", encoding="ascii") as file:
            if file.read().strip() == name:
                yield int(tid)


def trace(request, tid):
    if libc.ptrace(request, tid, None, None) != 0:
        skip(f"a thread can't be stopped here: {os.strerror(ctypes.get_errno())}")


class Stopped:
    """A thread of the server that doesn't get on."""

    def __init__(self, tid):
        self.tid = tid

    def __enter__(self):
        trace(PTRACE_SEIZE, self.tid)
        trace(PTRACE_INTERRUPT, self.tid)
        os.waitpid(self.tid, WAIT_FOR_ALL)

    def __exit__(self, *_):
        trace(PTRACE_DETACH, self.tid)


@case("the watchdog is fed only while every thread gets on")
def watchdog():
    with Manager() as manager:
        server = manager.server(settings={"threads": 2})
        server.environment["WATCHDOG_USEC"] = str(WATCHDOG_MS * 1000)
        server.start()
        if no_systemd(server):
            skip("taskd is built without libsystemd")
        manager.wait("WATCHDOG")
        workers = list(threads(server, "taskd-worker"))
        same(len(workers), 2)
        for tid in [*workers, server.pid]:
            with Stopped(tid):
                wait_for(lambda: not manager.is_fed(), "nobody speaks for a stuck thread")
            wait_for(manager.is_fed, "signs of life from a thread that goes on")
        true("A thread that serves connections doesn't get on" in server.log_text(), "it is logged")
        server.end()


# Sockets

def listening(kind=socket.SOCK_STREAM, family=socket.AF_INET, address="127.0.0.1"):
    s = socket.socket(family, kind)
    s.bind((address, 0))
    if kind == socket.SOCK_STREAM:
        s.listen(10)
    return s


RECEIVE = """
import os, sys
for i, number in enumerate(sys.argv[1].split(",")):
    os.dup2(int(number), 3 + i)
os.execve(sys.argv[2], sys.argv[2:], {**os.environ, "LISTEN_PID": str(os.getpid())})
"""


def hand_over(server, *sockets, name="test"):
    """As systemd does: the sockets from number 3 on, in the process that the variable names."""
    numbers = [fcntl.fcntl(s.fileno(), fcntl.F_DUPFD_CLOEXEC, 40) for s in sockets]
    server.before = [sys.executable, "-c", RECEIVE, ",".join(map(str, numbers))]
    server.passed = numbers
    server.environment = {"LISTEN_FDS": str(len(sockets)),
                          "LISTEN_FDNAMES": ":".join([name] * len(sockets))}
    for s in sockets:
        s.close()


def has_systemd():
    with Server() as server:
        return not no_systemd(server)


@case("sockets that are passed are served, not the setting, and outlive the server")
def passed():
    if not has_systemd():
        skip("taskd is built without libsystemd")
    first, second = listening(), listening()
    ports = [s.getsockname()[1] for s in (first, second)]
    server = Server().create()
    server.configure(server="nowhere.invalid:1")
    hand_over(server, first, second)
    server.start()
    same(re.findall(r"listening.*port=(\d+)", server.log_text()), [str(p) for p in ports])
    for port in ports:
        server.port = port
        same(server.wire().sync(server.account, []).code, 201)
    server.reload()
    same(server.wire().sync(server.account, []).code, 201)
    server.end()
    with socket.create_connection(("127.0.0.1", ports[1])) as early:  # nobody serves it yet
        server.start()
        server.port = ports[1]
        same(server.wire().sync(server.account, []).code, 201)
        same(early.send(b"\0"), 1)
        server.end()


@case("a socket for both families shows IPv4 addresses as such")
def both_families():
    if not has_systemd():
        skip("taskd is built without libsystemd")
    if not socket.has_ipv6:
        skip("there is no IPv6 here")
    try:
        server, both = Server().create(), socket.socket(socket.AF_INET6)
        both.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        both.bind(("::", 0))
        both.listen(10)
    except OSError as error:
        skip(str(error))
    hand_over(server, both)
    with server:
        same(server.wire().sync(server.account, []).code, 201)
        wait_for(lambda: "code=201" in server.log_text(), "the request's line")
        true(re.search(r"peer=127\.0\.0\.1:\d+", server.log_text()), server.log_text())


@case("a socket that can't be served is refused with a sentence")
def refused():
    if not has_systemd():
        skip("taskd is built without libsystemd")
    for wrong in (listening(socket.SOCK_DGRAM), socket.socket()):
        server = Server().create()
        hand_over(server, listening(), wrong, name="odd")
        with open(server.output, "wb") as output:
            done = subprocess.run(
                [*server.before, server.binary, "server", "--data", server.data], check=False,
                env={**os.environ, **server.environment}, pass_fds=server.passed, stdout=output,
                stderr=output, stdin=subprocess.DEVNULL, timeout=PATIENCE)
        same(done.returncode, 255)
        with open(server.output, encoding="utf-8") as file:
            true("The socket 'odd' that was passed" in file.read(), "the sentence")
        server.close()


@case("systemd-socket-activate starts it at the first connection")
def activated():
    program = shutil.which("systemd-socket-activate")
    if not program:
        skip("there is no systemd-socket-activate")
    if not has_systemd():
        skip("taskd is built without libsystemd")
    server = Server().create()
    with listening() as s:
        server.port = s.getsockname()[1]
    with open(server.output, "ab") as output:
        # pylint: disable=consider-using-with
        server.process = subprocess.Popen(
            [program, "-l", f"127.0.0.1:{server.port}", server.binary, "server", "--data",
             server.data], stdin=subprocess.DEVNULL, stdout=output, stderr=output)

    def synced():
        try:
            return server.wire().sync(server.account, [])
        except ConnectionRefusedError:
            return None  # it doesn't listen yet
    same(wait_for(synced, "systemd-socket-activate listens").code, 201)
    server.end()


need_server()
run()
