# SPDX-License-Identifier: MIT
"""Certificates that end: warnings, renewal, and files that change under a running server."""

import os
import re
import shutil
import subprocess
import threading
import time

from accounts import Device, devices, need_ours, refused, shown
from certs import DAY, PEM, bundle, der, ends, openssl, pki_file, put, read_again, restart, short, \
    shown_by
from fixtures import new_task
from harness import Server, case, need_server, run, same, skip, true, wait_for
from pki import Authority
from replica import Clock, Replica, need_task
from taskc import Taskc, need_taskc
from wire import Wire, make_message

QUICK = {"cert.watch": "100ms"}
BOUND = {"cert.binding": "on"}

# Warnings


ENDS = "Your certificate for this device ends "
ASK = "taskd user bundle --renew Public alice phone"


def warned(replica, when=None):
    result = replica.must_sync()
    text = result.out + result.err
    if when is None:
        true(ENDS not in text, text)
    else:
        true(ENDS + when in text and ASK in text, text)


@case("a real `task sync` tells of the end: once 30, 14 and 7 days before, always on the last day")
def thresholds():
    with Server(settings=BOUND) as server:
        device = short(server, 70)
        with Replica("phone") as replica:
            device.connect(replica).add("milk")
            replica.must_sync(init=True)
            for days, sentences in ((35, [None]), (41, ["in 29 days", None, None]),
                                    (50, [None]), (57, ["in 13 days", None]),
                                    (64, ["in 6 days", None]),
                                    (69.2, ["t", "t", "t"])):
                restart(server, days)
                replica.clock = Clock(ahead=int(days * DAY))
                for sentence in sentences:
                    warned(replica, sentence)
        same(server.log_text().count("event=certificate-ends which=client"), 4, "lines of the log")
        restart(server, 0)


@case("a stage that nobody came in is passed over; the nearest one is told")
def passed_over():
    with Server(settings=BOUND) as server:
        device = short(server, 70)
        with Replica("phone") as replica:
            device.connect(replica).add("milk")
            restart(server, 64)
            replica.clock = Clock(ahead=64 * DAY)
            warned(replica, "in 6 days")
            warned(replica)
            restart(server, 66)
            warned(replica)
        restart(server, 0)


@case("who has another certificate already isn't warned of the end of the one before")
def renewed_is_silent():
    with Server(settings=BOUND) as server:
        device = short(server, 70)
        restart(server, 69.2)
        true(ENDS in device.sync().messages, "it is warned")
        bundle(server, "phone", "--renew", "phone")
        same(device.sync().messages, "")
        restart(server, 0)


@case("the ends of the server's and of the authority's certificate are in the log, once a stage")
def own_ends():
    with Server(settings={"cert.renew": "off"}) as server:
        for days, which, stages in ((812, "server", 1), (3640, "authority", 1)):
            restart(server, days)
            text = server.log_text()[server.log_start:]
            same(text.count(f"event=certificate-ends which={which}"), stages, text)
        server.reload()
        text = server.log_text()[server.log_start:]
        same(text.count("event=certificate-ends which=authority"), 1, "after a reload")
        restart(server, 0)


# The server's own


@case("the server renews its certificate before it ends; key, names and clients stay")
def renews():
    with Server() as server:
        path = pki_file(server, "server.cert.pem")
        before = (openssl(path, "-pubkey"), openssl(path, "-ext", "subjectAltName"),
                  openssl(path, "-subject"))
        end = ends(path)
        restart(server, 780)
        same(ends(path), end, "too early")
        restart(server, 800)
        true("event=certificate-renewed" in server.log_text(), "the log says so")
        true(ends(path) > end + 700 * DAY, "the new end")
        same((openssl(path, "-pubkey"), openssl(path, "-ext", "subjectAltName"),
              openssl(path, "-subject")), before, "what stays")
        with Replica("one", clock=Clock(ahead=830 * DAY)) as replica:
            replica.connect(server).add("milk")
            replica.must_sync(init=True)
        restart(server, 0)


@case("it doesn't with cert.renew=off, without the authority's key, or where another one signed")
def renews_not():
    with Server(settings={"cert.renew": "off"}) as server:
        path = pki_file(server, "server.cert.pem")
        end = ends(path)
        restart(server, 800)
        same(ends(path), end, "off")
        server.configure(**{"cert.renew": "on"})
        os.rename(pki_file(server, "ca.key.pem"), pki_file(server, "away.pem"))
        restart(server, 800)
        same(ends(path), end, "no key")
        true("should be renewed, but" in server.log_text(), "the log says why")
        os.rename(pki_file(server, "away.pem"), pki_file(server, "ca.key.pem"))
        other = Authority(os.path.join(server.folder, "other"))
        soon = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + 805 * DAY))
        for made, name in zip(other.issue("server", "server", end=soon), ("cert", "key")):
            put(made, pki_file(server, f"server.{name}.pem"))
        restart(server, 800)
        same(ends(path) < time.time() + 806 * DAY, True, "another authority's")
        restart(server, 0)


class Load:
    """Clients of all kinds, until it is over; a failure of any of them is one of the test."""

    def __init__(self, server):
        self.server, self.over = server, threading.Event()
        self.faults, self.counts = [], {}
        self.threads = [threading.Thread(target=self._run, args=(f, f"{f.__name__} {n}"))
                        for f in (self.kept, self.fresh, self.waits) for n in range(2)]

    def _run(self, function, name):
        self.counts[name] = 0
        try:
            while not self.over.is_set():
                function(name)
        except (OSError, AssertionError) as error:
            self.faults.append(f"{name}: {error!r}")

    def _count(self, name, answer, *codes):
        true(answer.code in codes, repr(answer))
        self.counts[name] += 1

    def fresh(self, name):
        self._count(name, self.server.wire().sync(self.server.account, [new_task()]), 200)

    def kept(self, name):
        """One connection, from the beginning to the end."""
        headers = Wire.headers(self.server.account, connection="keep")
        with self.server.wire().connect() as connection:
            while not self.over.is_set():
                connection.send(make_message(headers, Wire.payload([])))
                answer = connection.read_one()
                self._count(name, answer, 200, 201)
                same(answer.headers.get("connection"), "keep")
                time.sleep(0.01)

    def waits(self, name):
        """It hears of what the others send."""
        key = self.server.wire().sync(self.server.account).key
        with self.server.wire().connect() as connection:
            connection.send(self.server.wire().wait(self.server.account, key))
            self._count(name, connection.read_one(), 200)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        self.more()
        return self

    def more(self):
        """Wait until each of them got on."""
        before = dict(self.counts)
        wait_for(lambda: self.faults or (len(self.counts) == len(self.threads) and all(
            self.counts[n] > before.get(n, 0) + 2 for n in self.counts)), "everybody got on")
        same(self.faults, [], "faults")

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()


@case("under load, new certificates are taken, and nobody is dropped")
def under_load():
    with Server(settings={**QUICK, "keep.requests": "1000000"}) as server, Load(server) as load:
        old = shown_by(server)
        for words in (("server",), ("ca",), ("server",)):
            count = server.log_text().count("event=certificates-read")
            server.command("certificate", "renew", *words)
            read_again(server, count)
            load.more()
        path = pki_file(server, "server.cert.pem")
        wait_for(lambda: shown_by(server) == der(path), "new connections see the new one")
        true(shown_by(server) != old, "it is another one")
        load.more()
        same(load.faults, [], "faults")


def own_files(server):
    """The server's certificate and key."""
    with open(os.path.join(server.data, "config"), encoding="utf-8") as file:
        text = file.read()
    return [re.search(rf"^server.{what}=(.*)$", text, re.M).group(1) for what in ("cert", "key")]


def comes_to_show(server, cert):
    wait_for(lambda: shown_by(server) == der(cert), "the new certificate is shown")


@case("files of another authority are taken when they change, with SIGHUP nowhere near")
def from_elsewhere():
    with Server(settings=QUICK, pki="openssl") as server:
        cert, key = own_files(server)
        for name in ("second", "third"):
            new_cert, new_key = server.authority.issue(name, "server")
            put(new_key, key)
            put(new_cert, cert)
            comes_to_show(server, new_cert)
        true("event=reloaded" not in server.log_text(), "a HUP")


@case("a key that doesn't fit its certificate yet: the old ones stay, and the log says it once")
def half_replaced():
    with Server(settings=QUICK, pki="openssl") as server:
        old = shown_by(server)
        cert, key = own_files(server)
        new_cert, new_key = server.authority.issue("another", "server")
        put(new_key, key)
        wait_for(lambda: "are of no use yet" in server.log_text(), "the log says so")
        for _ in range(8):
            same(shown_by(server), old)
            same(server.wire().sync(server.account).code, 201)
            time.sleep(0.1)
        same(server.log_text().count("are of no use yet"), 1, "times that the log says it")
        put(new_cert, cert)
        comes_to_show(server, new_cert)


@case("with cert.watch=0 nothing is taken before a HUP")
def unwatched():
    with Server(settings={"cert.watch": "0"}) as server:
        old = shown_by(server)
        server.command("certificate", "renew", "server")
        time.sleep(0.5)
        same(shown_by(server), old)
        server.reload()
        wait_for(lambda: shown_by(server) != old, "the new one is shown")


# One authority for the server, another for its clients


def two_authorities(server, own_ca):
    """The server's certificate is from elsewhere."""
    other = Authority(os.path.join(server.folder, "elsewhere"), "Elsewhere CA")
    cert, key = other.issue("server", "server")
    server.configure(**{"server.cert": cert, "server.key": key,
                        "server.ca": other.cert if own_ca else ""})
    return other


@case("the server's chain from elsewhere, the clients' from us: task and taskc sync, strictly")
def separate():
    with Server().create() as server:
        other = two_authorities(server, True)
        server.restart()
        device = Device(server, "alice", "phone")
        with open(other.cert, encoding="ascii") as one, open(device.ca, encoding="ascii") as two:
            same(PEM.findall(two.read()), PEM.findall(one.read()), "the bundle's authority")
        with Replica("one") as replica, Taskc() as taskc:
            device.connect(replica).configure(taskd__ca=device.ca)
            replica.add("milk")
            replica.must_sync(init=True)
            device.server.ca, device.server.cert, device.server.key = \
                device.ca, device.cert, device.key
            taskc.connect(server)
            taskc.must_sync()
            same([t["description"] for t in taskc.export().values()], ["milk"])
        done = server.command("certificate", "renew", "server", check=False)
        true("another authority" in done.stderr, done.stderr)


def with_roots(ca, *words, **options):
    """Run a command where the system trusts this authority and no other."""
    script = f"mount --bind '{ca}' /etc/ssl/certs/ca-certificates.crt && exec \"$@\""
    return subprocess.run(["unshare", "-rm", "sh", "-c", script, "sh", *words], check=False,
                          capture_output=True, text=True, **options)


@case("a server's certificate of a public authority: bundles name none, the system's roots count")
def public():
    with Server().create() as server:
        other = two_authorities(server, False)
        server.restart()
        text = server.command("user", "bundle", "Public", "alice", "--device", "phone",
                              "--key-type", "ecdsa", "--output", "-").stdout
        path = os.path.join(server.folder, "phone.sh")
        with open(path, "w", encoding="utf-8") as file:
            file.write(re.sub(r"^server='.*'$", f"server='127.0.0.1:{server.port}'", text,
                              flags=re.M))
        with Replica("one", settings={"taskd.ca": "/no/such/file"}) as replica, Taskc() as taskc:
            env = replica.environment()
            subprocess.run(["sh", path], env=env, check=True, stdin=subprocess.DEVNULL,
                           capture_output=True)
            same(replica.run("_get", "rc.taskd.ca").out.strip(), "", "taskd.ca")
            taskc.must("setup", path)
            true(taskc.run("sync").code != 0, "an unknown authority is believed")
            if with_roots(other.cert, "true").returncode != 0:
                skip("roots can't be put in place here")
            replica.add("milk")
            done = with_roots(other.cert, "task", "sync", "init", env=env)
            same(done.returncode, 0, repr(done))
            done = with_roots(other.cert, os.environ["TASKC"], "sync", env=taskc.environment())
            same(done.returncode, 0, repr(done))
            same([t["description"] for t in taskc.export().values()], ["milk"])


# Clients' certificates, by the protocol


def ask(device, account=None):
    return device.wire().request(Wire.headers(account or device.account, "renew"))


def renewed(server, device, answer):
    """The Device with the certificate of an answer, which is checked."""
    same(answer.code, 200, repr(answer))
    pems = PEM.findall(answer.payload)
    with open(server.ca, encoding="ascii") as file:
        same(pems[1:], PEM.findall(file.read())[:1], "the authority")
    new = Device.__new__(Device)
    new.__dict__.update(device.__dict__)
    new.cert = device.cert + ".new"
    with open(new.cert, "w", encoding="ascii") as file:
        file.write(pems[0])
    for what in ("-pubkey", "-subject"):
        same(openssl(new.cert, what), openssl(device.cert, what), what)
    true(ends(new.cert) > ends(device.cert) + 300 * DAY, "a later end")
    return new


@case("renew: the same key and name, a later end; both are one device, and revoked as one")
def by_protocol():
    with Server(settings=BOUND) as server:
        device = short(server, 3)
        same(device.push() is not None, True)
        new = renewed(server, device, ask(device))
        same(new.sync().code, 200)
        same(device.sync().code, 200)
        known = devices(server, "alice")
        same(sorted(known), ["device", "phone", "phone-old"])
        server.command("device", "revoke", "Public", "alice", "phone")
        for one in (new, device):
            refused(one.sync(), 430, "revoked")
            refused(ask(one), 430, "revoked")
        true(any(row["name"].endswith("phone-old") and row["state"] == "revoked"
                 for row in shown(server, "certificate", "list")), "in the list")


@case("renew: what isn't due, or would end no later, is left as it is (201)")
def not_due():
    with Server(settings={**BOUND, "cert.life": "40d"}) as server:
        device = short(server, 60)
        answer = ask(device)
        same((answer.code, len(PEM.findall(answer.payload))), (201, 1), repr(answer))
        same(sorted(devices(server, "alice")), ["device", "phone"])
        same(ask(short(server, 3, "laptop")).code, 200)
        server.configure(**{"cert.life": "5d"})
        server.reload()
        same(ask(short(server, 3, "tablet")).code, 201)


@case("renew: the same question again, because the answer was lost")
def lost():
    with Server(settings=BOUND) as server:
        device = short(server, 3)
        first = renewed(server, device, ask(device))
        shutil.copy(first.cert, first.cert + ".kept")
        second = renewed(server, device, ask(device))
        same(second.sync().code, 201)
        first.cert += ".kept"
        same(first.sync().code, 201)
        true("phone" in devices(server, "alice"), "the name is there")


@case("renew: who asks again and again gets ten certificates, and then a sentence")
def many():
    with Server(settings=BOUND) as server:
        device = short(server, 3)
        answers = [ask(device) for _ in range(12)]
        same([a.code for a in answers], [200] * 10 + [420] * 2)
        true("renewed 10 times" in answers[-1].messages, answers[-1].messages)
        same(device.sync().code, 201)
        same(len([d for d in devices(server, "alice") if d.startswith("phone")]), 11)


@case("renew: not with cert.renew=off or trust=allow all, nor without the authority's key (502)")
def not_offered():
    with Server(settings=BOUND) as server:
        device = short(server, 3)
        for settings in ({"cert.renew": "off"}, {"cert.renew": "on", "trust": "allow all"}):
            server.configure(**settings)
            server.reload()
            same(ask(device).code, 502)
        server.configure(trust="strict")
        server.reload()
        os.rename(pki_file(server, "ca.key.pem"), pki_file(server, "away.pem"))
        same(ask(device).code, 502)
        os.rename(pki_file(server, "away.pem"), pki_file(server, "ca.key.pem"))
        same(ask(device).code, 200)


@case("renew: not for who shows no certificate, another account's, or the wrong key (430)")
def not_for_all():
    with Server(settings=BOUND) as server:
        device = short(server, 3)
        other = server.add_user("bob")
        refused(ask(device, other), 430, "another account")
        same(server.wire(cert=False).request(Wire.headers(device.account, "renew")).code, 430)
        device.account.key = other.key
        same(ask(device).code, 430)
        same(sorted(devices(server, "alice")), ["device", "phone"])


# By the operator


@case("user bundle --renew: a new key for the same device; the old one lives until it is revoked")
def by_operator():
    with Server(settings=BOUND) as server:
        old = short(server, 3)
        new = bundle(server, "phone", "--renew", "phone")
        true(openssl(new.cert, "-pubkey") != openssl(old.cert, "-pubkey"), "another key")
        for device in (old, new):
            same(device.sync().code, 201)
        server.command("device", "revoke", "Public", "alice", "phone-old")
        for device in (old, new):
            refused(device.sync(), 430, "revoked")
        third = bundle(server, "phone", "--renew", "phone")
        same(third.sync().code, 201)
        done = server.command("user", "bundle", "--renew", "Public", "alice", "fridge",
                              check=False)
        true("no device 'fridge'" in done.stderr, done.stderr)
        done = server.command("user", "bundle", "Public", "alice", "--device", "phone",
                              check=False)
        true("--renew" in done.stderr, done.stderr)


@case("a new set-up binds certificates to their users; init doesn't")
def binding():
    with Server() as server:
        for word, found in (("setup", True), ("init", False)):
            folder = os.path.join(server.folder, word)
            os.mkdir(folder)
            subprocess.run([server.binary, word, "--data", folder], check=True,
                           stdin=subprocess.DEVNULL, capture_output=True)
            with open(os.path.join(folder, "config"), encoding="utf-8") as file:
                same("cert.binding=on\n" in file.read(), found, folder)
        same(server.command("certificate", "list").stdout.count("\n"), 4, "lines of the list")


if __name__ == "__main__":
    need_server()
    need_ours()
    need_task(clocks=True)
    need_taskc()
    run()
