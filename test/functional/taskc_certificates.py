# SPDX-License-Identifier: MIT
"""taskc renews its certificate over the protocol, in time, and without losing a working pair."""

import contextlib
import os
import re
import shutil
import subprocess

import taskc_scenes as scenes
from accounts import need_ours
from certs import PEM, bundle, ends, openssl, pki_file, read_again
from fake import Fake, answer, read_request
from harness import Server, at_end, case, need_server, run, same, true, wait_for
from pki import Authority
from replica import preload
from taskc import Taskc, need_taskc
from taskc_crash import FILES, STOPAT, STOPPED, WRITES, all_steps
from taskc_scenes import QUICK, Scene
from wire import new_uuid

DAY = 86400
BOUND = {"cert.binding": "on", "cert.watch": "100ms"}
SAID = re.compile(r"The certificate of the remote home was renewed; it ends on \d{4}-\d\d-\d\d\.")


def own(taskc, name):
    return taskc.path("remotes", "home", name)


def short_lived(server, days=3):
    """The server's own client gets a certificate that is due."""
    device = bundle(server, "phone", "--device", "phone", "--days", str(days))
    server.ca, server.cert, server.key = device.ca, device.cert, device.key
    return device


def own_files(taskc, server):
    """Its own copies of what the server's first client has."""
    for name, source in (("ca", server.ca), ("certificate", server.cert), ("key", server.key)):
        shutil.copy(source, own(taskc, name + ".pem"))
    taskc.remote(ca="ca.pem", certificate="certificate.pem", key="key.pem")
    return taskc


def client_of(server, days=3, **settings):
    short_lived(server, days)
    return own_files(Taskc(server=server, settings={**QUICK, **settings}), server)


def fits(taskc):
    """The certificate is one of the key."""
    key = subprocess.run(["openssl", "pkey", "-in", own(taskc, "key.pem"), "-pubout"], check=True,
                         capture_output=True, text=True).stdout
    same(openssl(own(taskc, "certificate.pem"), "-pubkey").strip(), key.strip(), "the pair")


@case("a sync renews what is due, says so once, and the next one shows the new certificate")
def renews():
    with Server(settings=BOUND) as server, client_of(server) as taskc:
        before = ends(own(taskc, "certificate.pem"))
        os.chmod(own(taskc, "certificate.pem"), 0o640)
        with open(own(taskc, "key.pem"), encoding="ascii") as file:
            key = file.read()
        taskc.add("milk")
        said = taskc.must_sync().err
        true(SAID.search(said), said)
        true("ends on" not in SAID.sub("", said), said)
        true(ends(own(taskc, "certificate.pem")) > before + 300 * DAY, "the new end")
        with open(own(taskc, "key.pem"), encoding="ascii") as file:
            same(file.read(), key, "the key")
        fits(taskc)
        same(os.stat(own(taskc, "certificate.pem")).st_mode & 0o777, 0o640, "mode")
        taskc.add("bread")
        same(taskc.must_sync().err, "", "said at the next sync")
        lines = [line for line in server.log_text().splitlines() if "event=request" in line]
        same([re.search(r"device=(\S+).*type=(\S+)", line).groups() for line in lines],
             [("phone", "renew"), ("phone-old", "sync"), ("phone", "sync")])


@case("what isn't due is left alone, and so is everything with cert.ahead=0")
def not_due():
    with Server(settings=BOUND) as server:
        for days, settings in ((300, {}), (3, {"cert.ahead": "0"})):
            device = bundle(server, f"d{days}", "--device", f"d{days}", "--days", str(days))
            server.ca, server.cert, server.key = device.ca, device.cert, device.key
            with own_files(Taskc(server=server, settings=settings), server) as taskc:
                taskc.must_sync()
        true("type=renew" not in server.log_text(), "it asked")


@case("a server that doesn't renew is asked once a day, and the sync goes on")
def once_a_day():
    with Server(settings={**BOUND, "cert.renew": "off"}) as server, client_of(server) as taskc:
        for _ in range(3):
            taskc.add("milk")
            said = taskc.must_sync().err
            true("ends on" in said and "user bundle --renew" in said, said)
        same(server.log_text().count("type=renew"), 1, "questions")
        taskc.environ = {"LD_PRELOAD": preload(), "FAKETIME": f"+{DAY + 60}s",
                         "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        taskc.must_sync()
        taskc.must_sync()
        same(server.log_text().count("type=renew"), 2, "questions on the next day")


def take(connection, fake):
    """The connection's TLS, and the type of its request."""
    tls = fake.tls(connection)
    kind = re.search(rb"type: (\w+)\n", read_request(tls))
    true(kind, "a type")
    return tls, kind.group(1).decode()


class Old:
    """A server that knows `sync` only, as Debian's: 500 for anything else, or no word at all."""

    def __init__(self, word):
        self.word, self.asked, self.key = word, [], new_uuid()

    def talk(self, connection, fake):
        tls, kind = take(connection, fake)
        self.asked.append(kind)
        if kind == "sync":
            tls.sendall(answer(self.key + "\n"))
        elif self.word:
            tls.sendall(answer(code="500", status="Unrecognized message type."))
        tls.close()


@case("a server that doesn't know of it: the sync works, and it is asked no more that day")
def unknown():
    with Server(settings=BOUND) as server, client_of(server) as taskc:
        for word in (True, False):
            old = Old(word)
            state = taskc.path("home.renewal")
            if os.path.exists(state):
                os.unlink(state)
            with Fake(pki_file(server, "server.cert.pem"), pki_file(server, "server.key.pem"),
                      server.ca, old.talk) as fake:
                taskc.remote(server=f"127.0.0.1:{fake.port}")
                for _ in range(2):
                    taskc.run("sync")
            same(old.asked.count("renew"), 1, f"questions of {old.asked}")
            true(old.asked.count("sync") >= 2, f"syncs of {old.asked}")


@case("a renewed authority is taken along")
def authority():
    with Server(settings=BOUND) as server, client_of(server) as taskc:
        count = server.log_text().count("event=certificates-read")
        old = openssl(own(taskc, "ca.pem"), "-serial")
        server.command("certificate", "renew", "ca")
        read_again(server, count)
        said = taskc.must_sync().err
        true(SAID.search(said) and "authority of the remote home was renewed" in said, said)
        with open(own(taskc, "ca.pem"), encoding="ascii") as mine, \
                open(pki_file(server, "ca.cert.pem"), encoding="ascii") as theirs:
            same(PEM.findall(mine.read()), PEM.findall(theirs.read()))
        true(openssl(own(taskc, "ca.pem"), "-serial") != old, "another number")
        fits(taskc)
        taskc.must_sync()


@case("another authority is told of, and not taken")
def other_authority():
    with Server(settings=BOUND) as server, client_of(server) as taskc:
        strange = Authority(os.path.join(server.folder, "strange"))
        with open(strange.cert, encoding="ascii") as file:
            payload = file.read()
        with open(own(taskc, "ca.pem"), encoding="ascii") as file:
            mine = file.read()

        def talk(connection, fake):
            tls, kind = take(connection, fake)
            tls.sendall(answer(payload, code="201") if kind == "renew"
                        else answer(new_uuid() + "\n"))
            tls.close()
        with Fake(pki_file(server, "server.cert.pem"), pki_file(server, "server.key.pem"),
                  server.ca, talk) as fake:
            taskc.remote(server=f"127.0.0.1:{fake.port}")
            done = taskc.run("sync")
        true("another certificate authority" in done.err, repr(done))
        with open(own(taskc, "ca.pem"), encoding="ascii") as file:
            same(file.read(), mine, "the authority")


@case("an answer that isn't what was asked for changes nothing")
def nonsense():
    with Server(settings=BOUND) as server, client_of(server) as taskc:
        stranger = bundle(server, "other", "--device", "other")
        with open(stranger.cert, encoding="ascii") as file:
            foreign = file.read()
        with open(own(taskc, "certificate.pem"), encoding="ascii") as file:
            mine = file.read()
        for payload in ("", "x\n", foreign, mine, foreign[:200], foreign + "\0", "x" * 3000000):
            def talk(connection, fake):
                tls, kind = take(connection, fake)
                # pylint: disable-next=cell-var-from-loop
                tls.sendall(answer(payload if kind == "renew" else new_uuid() + "\n"))
                tls.close()
            if os.path.exists(taskc.path("home.renewal")):
                os.unlink(taskc.path("home.renewal"))
            with Fake(pki_file(server, "server.cert.pem"), pki_file(server, "server.key.pem"),
                      server.ca, talk) as fake:
                taskc.remote(server=f"127.0.0.1:{fake.port}")
                done = taskc.run("sync")
                true(done.code == 0, f"{payload[:40]!r}: {done}")
            with open(own(taskc, "certificate.pem"), encoding="ascii") as file:
                same(file.read(), mine, f"after {payload[:40]!r}")


# Crashes

FILES.add("home.renewal")


class RenewScene(Scene):
    """A sync of a change, with a certificate that is due. Whatever happens on the way, the pair
    works, and in the end it is a new one."""

    @contextlib.contextmanager
    def fresh(self):
        with super().fresh() as (server, here):
            here.remote(ca="ca.pem", certificate="certificate.pem", key="key.pem")
            yield server, here

    def check_stopped(self, here):
        fits(here)
        super().check_stopped(here)

    def __init__(self, name, surely):
        super().__init__(name, due)
        self.surely = surely

    def check_end(self, server, here):
        super().check_end(server, here)
        fits(here)
        later = ends(own(here, "certificate.pem")) > 300 * DAY + ends(server.cert)
        true(later or not self.surely, "renewed")
        same(sorted(os.listdir(here.path("remotes", "home"))),
             ["ca.pem", "certificate.pem", "key.pem", "remote.conf"], "files of the remote")


def due(server, here, there):
    """The templates' files are copied with them."""
    scenes.in_use(server, here, there)
    short_lived(server)
    own_files(here, server)


STOPS = RenewScene("a renewal", True)
FAULTS = RenewScene("a renewal", False)  # one that failed is tried again tomorrow


if STOPAT and os.path.exists(STOPAT):
    @case("a renewal, ended at each step: the pair works, and the next sync renews")
    def _():
        codes = all_steps(STOPS, 1)
        true(codes.count(STOPPED) > len(codes) / 2, f"it was hardly ever ended: {codes}")

    @case("a renewal, ended in the middle of each write and each message")
    def _():
        true(STOPPED in all_steps(STOPS, 1, WRITES.search, STOPAT_HALF="1"), "it was ended")

    @case("a renewal, no space at each step")
    def _():
        all_steps(FAULTS, 2, STOPAT_ERRNO="ENOSPC")


@at_end
def close():
    STOPS.close()
    FAULTS.close()


if __name__ == "__main__":
    need_server()
    need_ours()
    need_taskc()
    run()
