# SPDX-License-Identifier: MIT
"""Administration and signals while the server runs, as a real `task sync` sees them."""

import itertools
import os
import re
import signal
import socket
import ssl
import subprocess

from harness import (KIND, PATIENCE, Server, case, need_server, run, same, shared, skip, true,
                     wait_for)
from replica import Replica, need_task
from wire import make_message

server = shared(pki="openssl")
numbers = itertools.count(1)


class Guest:
    """A user of an organization of their own, with a replica that has synced."""

    def __init__(self, on=None):
        self.server = on or server()
        number = next(numbers)
        self.org, self.user = "Org %d" % number, "user %d" % number
        self.server.add_org(self.org)
        self.account = self.server.add_user(self.user, self.org)
        self.replica = Replica("guest").connect(self.server, self.account)

    def __enter__(self):
        self.replica.add("milk")
        self.replica.must_sync(init=True)
        return self

    def __exit__(self, *_):
        self.replica.close()

    def admin(self, verb, what):
        names = (self.org,) if what == "org" else (self.org, self.account.key)
        return self.server.command(verb, what, *names, check=False)

    def refused(self, *words):
        """The next sync fails, the user reads this, and the edits wait for a better time."""
        self.replica.add("edited while refused")
        waiting = self.replica.backlog()
        result = self.replica.sync()
        same(result.code, 2, "%s" % (result,))
        for word in words:
            true(word in result.out + result.err, "%r is not in %s" % (word, result))
        same(self.replica.backlog(), waiting, "the backlog")

    def served(self):
        self.replica.must_sync()
        same(self.replica.backlog()[1], [], "the backlog")


def register_suspension(what):
    @case("suspend and resume %s: at once, 431" % what)
    def _():
        with Guest() as guest:
            same(guest.admin("suspend", what).returncode, 0)
            guest.refused("431", "Account suspended")
            same(guest.admin("resume", what).returncode, 0)
            guest.served()

    @case("remove %s: at once, 430" % what)
    def _():
        with Guest() as guest, Guest() as other:
            same(guest.admin("remove", what).returncode, 0)
            guest.refused("Sync failed", "credentials are incorrect")
            other.served()


register_suspension("user")
register_suspension("org")


@case("remove and add again: a new key, an empty account, the old key is refused")
def _():
    with Guest() as guest:
        old = guest.account
        same(guest.admin("remove", "user").returncode, 0)
        guest.account = guest.server.add_user(guest.user, guest.org)
        true(guest.account.key != old.key, "the same key again")
        guest.refused()
        guest.replica.configure(taskd__credentials=guest.account)
        guest.replica.must_sync(init=True)
        with Replica("fresh") as fresh:
            fresh.connect(guest.server, guest.account).must_sync()
            same(len(fresh.export()), len(guest.replica.export()), "tasks")


@case("a user added while the server runs syncs at once")
def _():
    with Guest() as guest:
        account = guest.server.add_user("late", guest.org)
        with Replica("late") as late:
            late.connect(guest.server, account).add("hello")
            late.must_sync(init=True)
            same(len(late.export()), 1, "tasks")
        guest.served()


@case("redirect: 301, the place is told, and back")
def _():
    if KIND != "ours":
        skip("the reference server has no such command")
    with Guest() as guest:
        guest.server.command("redirect", "org", guest.org, "elsewhere.example.org:53589")
        guest.refused("relocated", "elsewhere.example.org:53589")
        guest.server.command("redirect", "org", guest.org)
        guest.served()


# Signals


def serial(running):
    """The serial number of the certificate that the server shows."""
    pem = ssl.get_server_certificate((running.host, running.port), timeout=PATIENCE)
    done = subprocess.run(["openssl", "x509", "-noout", "-serial"], input=pem, text=True,
                          capture_output=True, check=True)
    return done.stdout


@case("HUP: a new server certificate is shown, without a connection lost")
def _():
    with Server(pki="openssl") as running, Guest(running) as guest:
        before, pid, port = serial(running), running.pid, running.port
        cert, key = running.authority.issue("renewed", "server")
        running.configure(**{"server.cert": cert, "server.key": key})
        with running.wire().connect() as held:
            running.signal(signal.SIGHUP)
            wait_for(lambda: serial(running) != before, "the new certificate")
            held.send(request(running.wire(), guest.account))
            true(b"code: 20" in held.read_answer()[0], "the held connection got no answer")
        same((running.pid, running.port, running.alive()), (pid, port, True))
        guest.served()


def request(wire, account, tasks=()):
    return make_message(wire.headers(account), wire.payload(tasks))


@case("HUP: a certificate that is revoked since is refused, others are not")
def _():
    with Server(pki="openssl") as running, Guest(running) as guest, Guest(running) as thief:
        cert, key = running.authority.issue("thief")
        thief.replica.configure(taskd__certificate=cert, taskd__key=key)
        thief.served()
        running.authority.revoke(cert)
        running.authority.crl()
        running.signal(signal.SIGHUP)
        wait_for(lambda: thief.replica.sync().code != 0, "the revoked certificate is refused")
        guest.served()


@case("HUP with a broken certificate: the old one stays in use")
def _():
    with Server(pki="openssl") as running, Guest(running) as guest:
        before = serial(running)
        broken = os.path.join(running.folder, "broken.pem")
        with open(broken, "w", encoding="ascii") as file:
            file.write("nothing\n")
        running.configure(**{"server.cert": broken})
        at = len(running.log_text())
        running.signal(signal.SIGHUP)
        wait_for(lambda: broken in running.log_text()[at:], "the log names the broken file")
        same(serial(running), before, "the certificate")
        guest.served()


TASK = {"uuid": "7f1c1f6e-0000-4000-8000-000000000001", "status": "pending",
        "description": "in flight", "entry": "20260101T000000Z"}


class Stopping:
    """A server that has got TERM while it had read a part of a request."""

    def __init__(self):
        self.running = Server(pki="openssl").start()
        self.guest = Guest(self.running)
        message = request(self.running.wire(), self.guest.account, [TASK])
        self.held, self.rest = self.running.wire().connect(), message[-20:]
        self.held.send(message[:-20])
        self.late = self.running.wire().connect()
        for connection in (self.held, self.late):
            wait_for(lambda c=connection: unread(self.running, c) == 0, "the server reads")
        at = len(self.running.log_text())
        self.running.signal(signal.SIGTERM)
        if self.running.kind == "ours":
            wait_for(lambda: "stopping" in self.running.log_text()[at:], "the log tells of it")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.held.close()
        self.late.close()
        self.guest.replica.close()
        self.running.close()

    def finish(self):
        self.held.send(self.rest)
        answer = self.held.read_answer()[0]
        true(b"code: 200" in answer, "not 200: %r" % answer)
        same(self.running.process.wait(PATIENCE), 0, "the exit code")


@case("TERM with a request half sent: it is answered and kept, then the server ends with 0")
def _():
    with Stopping() as stopping:
        stopping.finish()
        stopping.running.start()
        stopping.guest.replica.must_sync()
        same([t["description"] for t in stopping.guest.replica.export()], ["in flight"])


@case("TERM with a request half sent: who connects meanwhile is not left waiting")
def _():
    with Stopping() as stopping:
        wait_for(lambda: refuses(stopping.running), "no new connections are taken", PATIENCE / 3)
        stopping.finish()


@case("TERM: who has shaken hands already and asks then is told that the server stops")
def _():
    with Stopping() as stopping:
        wait_for(lambda: refuses(stopping.running), "no new connections are taken", PATIENCE / 3)
        stopping.late.send(request(stopping.running.wire(), stopping.guest.account, []))
        answer = stopping.late.read_answer()[0]
        true(b"code: 421" in answer and b"messages: " in answer, "not 421: %r" % answer)
        stopping.finish()


def unread(running, held):
    """How many bytes the server has not read yet from this connection; None: it has none."""
    port = held.tls.getsockname()[1]
    with open("/proc/net/tcp", encoding="ascii") as file:
        for words in map(str.split, file.readlines()[1:]):
            ends = [int(address.rsplit(":", 1)[1], 16) for address in words[1:3]]
            if ends == [running.port, port]:
                return int(words[4].split(":")[1], 16)
    return None


def refuses(running):
    try:
        socket.create_connection((running.host, running.port), PATIENCE).close()
        return False
    except OSError:
        return True


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    with open("/proc/%d/stat" % pid, encoding="utf-8", errors="replace") as file:
        return file.read().rsplit(")", 1)[1].split()[0] == "Z"


class Daemon(Server):
    """A server in the background, which is nobody's child."""

    def __init__(self):
        super().__init__(pki="openssl")
        self.create()
        self.pid_file = os.path.join(self.folder, "taskd.pid")
        self.configure(**{"pid.file": self.pid_file})
        self.output = self.log
        self.command("server", "--daemon")
        self.started = self.read_pid()
        self.port = wait_for(lambda: listening_port(self), "the server listens")

    def read_pid(self):
        with open(self.pid_file, encoding="ascii") as file:
            return int(file.read())

    def alive(self):
        return not gone(self.started)

    def stop(self, seconds=PATIENCE):
        if self.alive():
            os.kill(self.started, signal.SIGTERM)
        wait_for(lambda: not self.alive(), "the daemon ends", seconds)
        return 0

    def kill(self):
        if self.alive():
            os.kill(self.started, signal.SIGKILL)

    def __enter__(self):
        return self


def listening_port(running):
    if running.kind == "debian":
        return int(running.command("config", "server").stdout.split(":")[-1])
    ports = re.findall(r"listening.*\bport=(\d+)", running.log_text())
    return int(ports[-1]) if ports else 0


@case("--daemon: returns when it serves, writes pid.file, stops at TERM and removes the file")
def _():
    with Daemon() as daemon, Guest(daemon) as guest:
        true(daemon.alive(), "no process %d" % daemon.started)
        guest.served()
        daemon.stop()
        true(not os.path.exists(daemon.pid_file), "pid.file is still there")


@case("a second server on the same data directory is refused")
def _():
    with Daemon() as daemon:
        done = daemon.command("server", check=False)
        same(done.returncode, 255)
        true("Another server runs on" in done.stderr, done.stderr)
        true(daemon.alive(), "the first one is gone")
        true(os.path.exists(daemon.pid_file), "the first one's pid.file is gone")


@case("--daemon: what is wrong is told before it returns")
def _():
    daemon = Server(pki="openssl").create()
    daemon.configure(**{"server.key": daemon.folder + "/nothing.pem"})
    done = daemon.command("server", "--daemon", check=False)
    true(done.returncode != 0, "it says that it runs")
    true("nothing.pem" in done.stderr, "the file is not named: %r" % done.stderr)
    daemon.close()


if __name__ == "__main__":
    need_server()
    need_task()
    run()
