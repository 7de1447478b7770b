# SPDX-License-Identifier: MIT
"""`taskc doctor`: each thing that can be wrong is broken on purpose, and named in a sentence."""

import os
import socket
import threading
import time

from harness import Server, case, free_port, need_server, run, same, shared, skip, true
from patient import Patient
from pki import Authority
from replica import preload
from taskc import need_taskc

server = shared(pki="setup")
by_hand = shared(pki="openssl")


def patient(**options):
    return Patient(server=server(), **options)


def patient_by_hand(name, **dates):
    """With a certificate of its own, from an authority that makes any kind."""
    there = by_hand()
    cert, key = there.authority.issue(name, **dates)
    p = Patient(bundle=server().bundle)
    account = there.account
    p.set(server=f"{there.host}:{there.port}", org=account.org, user=account.user,
          secret=account.key, ca=there.ca, certificate=cert, key=key)
    return p


@case("a client in order: everything is ok, and the server says its version")
def _():
    with patient() as p:
        lines = {line["check"]: line for line in p.must_be_well()}
        same(list(lines), ["settings", "remote", "files", "modes", "certificate", "clock", "dates",
                           "name", "connection", "tls", "account", "replica", "sync"])
        true("taskd " in lines["account"]["text"], lines["account"])
        same(lines["sync"]["state"], "warning")
        done = p.run("doctor")
        same(done.code, 0)
        same(done.err, "")
        for line in done.out.splitlines():
            true(line.startswith(("ok    ", "WARN  ")), line)
        p.must_be_well("default")


@case("no remote")
def _():
    with Patient() as p:
        states = p.must_suffer(3, "remote", "no remote", "taskc setup")
        same(states["account"], "skipped")
        same(states["clock"], "ok")


@case("a remote that isn't there")
def _():
    with patient() as p:
        done = p.run("doctor", "other")
        same(done.code, 3)
        true("There is no remote 'other'" in done.out, done.out)


def config_fault(text, *texts):
    @case(f"taskc.conf with {text!r}")
    def _():
        with patient() as p:
            with open(os.path.dirname(p.find("remotes")) + "/taskc.conf", "a",
                      encoding="utf-8") as file:
                file.write(text + "\n")
            states = p.must_suffer(3, "settings", *texts)
            same(states["remote"], "skipped")
            same(states["clock"], "ok")


config_fault("colour=never", "taskc.conf", "colour")
config_fault("timeout.connect=soon", "taskc.conf:", "timeout.connect")
config_fault("nonsense", "taskc.conf:", "nonsense")


def remote_fault(settings, check, code, *texts):
    @case(f"remote.conf with {settings}")
    def _():
        with patient() as p:
            p.set(**settings)
            p.must_suffer(code, check, *texts)


remote_fault({"server": "127.0.0.1:many"}, "remote", 3, "host:port")
remote_fault({"secret": ""}, "remote", 3, "no key of the user's")
remote_fault({"secret": "", "secret.file": "none"}, "remote", 3, "/none can't be read")
remote_fault({"secret": "", "secret.file": "credential:key"}, "remote", 3, "credential")
remote_fault({"secret": "", "secret.command": "exit 7"}, "remote", 3, "secret.command")
remote_fault({"user": ""}, "remote", 3, "`user`")
remote_fault({"ca": "none.pem"}, "files", 3, "`ca`", "none.pem", "taskd user bundle")
remote_fault({"key": ""}, "certificate", 3, "come together")
remote_fault({"priorities": "SECURE17"}, "certificate", 3, "SECURE17")
remote_fault({"server": "nowhere.invalid:53589"}, "name", 1, "nowhere.invalid")
remote_fault({"secret": "7f1c1f6e-0000-4000-8000-00000000000a"}, "account", 2, "430",
             "does not let", "remote.conf")
remote_fault({"org": "Private"}, "account", 2, "430", "does not let")


@case("an unknown name in remote.conf")
def _():
    with patient() as p:
        with open(p.find("remote.conf"), "a", encoding="utf-8") as file:
            file.write("pasword=x\n")
        p.must_suffer(3, "remote", "remote.conf", "pasword")


@case("secrets from a file, a command, and systemd")
def _():
    with patient() as p:
        key = server().account.key
        with open(os.path.join(p.folder, "secret"), "w", encoding="utf-8") as file:
            file.write(key + "\n")
        os.chmod(os.path.join(p.folder, "secret"), 0o600)
        p.environ["CREDENTIALS_DIRECTORY"] = p.folder
        for name, value in (("secret.file", p.folder + "/secret"), ("secret.command", f"echo {key}"),
                            ("secret.file", "credential:secret")):
            p.set(**{"secret": "", "secret.file": "", "secret.command": ""})
            p.set(**{name: value})
            p.must_be_well()


def mode_fault(name):
    @case(f"{name} that others can read")
    def _():
        with patient() as p:
            path = p.find(name)
            for mode in (0o644, 0o640, 0o602):
                os.chmod(path, mode)
                states = p.must_suffer(3, "modes", path, f"chmod 600 '{path}'")
                same(states["account"], "ok")
            os.chmod(path, 0o600)
            p.must_be_well()


mode_fault("key.pem")
mode_fault("remote.conf")


def file_fault(name, change, *texts):
    @case(f"{name}: {change.__doc__}")
    def _():
        with patient() as p:
            change(p.find(name))
            p.must_suffer(3, *texts)


def gone(path):
    """missing"""
    os.unlink(path)


def rubbish(path):
    """rubbish"""
    with open(path, "w", encoding="utf-8") as file:
        file.write("rubbish\n")


def cut(path):
    """cut short"""
    os.truncate(path, os.path.getsize(path) // 2)


for pem in ("ca.pem", "certificate.pem", "key.pem"):
    file_fault(pem, gone, "files", pem, "taskd user bundle")
    file_fault(pem, rubbish, "certificate", pem, "taskd user bundle")
    file_fault(pem, cut, "certificate", pem, "taskd user bundle")


@case("the key of another certificate")
def _():
    with patient() as p:
        other = server().command("user", "bundle", "Public", "alice", "--device", "other-key",
                                 "--output", "-").stdout
        key = other[other.index("-----BEGIN RSA"):]
        with open(p.find("key.pem"), "w", encoding="utf-8") as file:
            file.write(key[:key.index("END-OF-KEY")])
        p.must_suffer(3, "certificate", "do not match")


@case("a certificate of its own that expired")
def _():
    with patient_by_hand("old", start="20200101000000Z", end="20240229000000Z") as p:
        p.must_suffer(3, "dates", "This machine's certificate expired on 2024-02-29",
                      "taskd user bundle")


@case("a certificate of its own that isn't valid yet")
def _():
    with patient_by_hand("early", start="20400102030405Z", end="20420102030405Z") as p:
        p.must_suffer(3, "dates", "valid from 2040-01-02 on", "clock")


@case("a certificate of its own that ends soon is a warning")
def _():
    soon = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + 5 * 86400))
    with patient_by_hand("soon", end=soon) as p:
        warnings = [line for line in p.must_be_well() if line["state"] == "warning"]
        true(any("expires on" in line["text"] for line in warnings), warnings)


def certify_server(there, **dates):
    cert, key = there.authority.issue("server-again", "server", **dates)
    there.configure(**{"server.cert": cert, "server.key": key})
    return there.restart()


def server_dates(text, **dates):
    @case(f"a server's certificate that {text}")
    def _():
        there = Server(pki="openssl").create()
        certify_server(there, **dates)
        with patient() as p:
            account = there.account
            cert, key = there.cert, there.key
            p.set(server=f"{there.host}:{there.port}", org=account.org, user=account.user,
                  secret=account.key, ca=there.ca, certificate=cert, key=key)
            states = p.must_suffer(1, "tls", f"The server's certificate {text}")
            same(states["account"], "skipped")
        there.end()
        there.close()


server_dates("expired on 2024-02-29", start="20200101000000Z", end="20240229000000Z")
server_dates("is valid from 2040-01-02 on", start="20400102030405Z", end="20420102030405Z")


@case("another authority than the server's")
def _():
    with patient() as p:
        other = Authority(os.path.join(p.folder, "pki"), name="Another CA")
        p.set(ca=other.cert)
        p.must_suffer(1, "tls", "not signed by a certificate authority that is trusted",
                      "taskd CA", "taskd user bundle")


@case("an authority that was made anew")
def _():
    with patient() as p:
        other = Authority(os.path.join(p.folder, "pki"), name="taskd CA 127.0.0.1")
        p.set(ca=other.cert)
        _, lines = p.doctor()
        true(any(line["check"] == "dates" and "set up anew" in line["text"] for line in lines),
             lines)


@case("another host name than the server's certificate has")
def _():
    there = Server(pki="setup")
    there.host = "127.0.0.2"
    with there, Patient(bundle=there.bundle) as p:
        p.set(server=f"127.0.0.2:{there.port}")
        p.must_suffer(1, "tls", "made out for", ", not for 127.0.0.2", "--host")
        p.set(trust="ignore hostname")
        p.must_be_well()


@case("trust 'allow all' is a warning")
def _():
    with patient() as p:
        p.set(trust="allow all")
        true(any(line["check"] == "tls" and line["state"] == "warning"
                 for line in p.must_be_well()), "no warning")


@case("nobody listens there")
def _():
    with patient() as p:
        p.set(server=f"127.0.0.1:{free_port()}")
        states = p.must_suffer(1, "connection", "can't be reached", "start the server")
        same((states["tls"], states["replica"]), ("skipped", "ok"))


class Fake:
    """Somebody who accepts connections and says `text`, once, before or after it has read."""

    def __init__(self, text=b""):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.text, self.open = text, []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                there, _ = self.socket.accept()
                self.open.append(there)
                there.sendall(self.text)
            except OSError:
                return

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in [self.socket, *self.open]:
            one.close()


@case("something that accepts and says nothing")
def _():
    with patient() as p, Fake() as fake:
        p.set(server=f"127.0.0.1:{fake.port}")
        p.must("config", "timeout.handshake", "300ms")
        p.must_suffer(1, "tls", "did not finish the TLS handshake", "stuck")


@case("something that speaks no TLS")
def _():
    with patient() as p, Fake(b"220 mail.example ESMTP at your service\r\n" * 20) as fake:
        p.set(server=f"127.0.0.1:{fake.port}")
        p.must_suffer(1, "tls", "taskd that listens there")


@case("a suspended account")
def _():
    there = server()
    account = there.add_user("bob", "Public")
    with patient() as p:
        p.set(user="bob", secret=account.key)
        there.command("suspend", "user", "Public", "bob")
        p.must_suffer(2, "account", "431", "suspended", "taskd resume")
        there.command("resume", "user", "Public", "bob")
        p.must_be_well()


def set_clock(p, day):
    """A sanitizer wants to be the first library, but need not."""
    if not preload():
        skip("faketime is not installed")
    p.environ.update(LD_PRELOAD=preload(), FAKETIME=f"@{day} 00:00:00",
                     FAKETIME_DONT_FAKE_MONOTONIC="1",
                     ASAN_OPTIONS="verify_asan_link_order=0")


@case("a clock of 1970")
def _():
    with patient() as p:
        set_clock(p, "1970-01-02")
        states = p.must_suffer(3, "clock", "1970-01-02", "set the clock right")
        same((states["tls"], states["connection"]), ("skipped", "ok"))


@case("a clock before the certificates")
def _():
    with patient() as p:
        set_clock(p, "2021-01-02")
        p.must_suffer(3, "dates", "valid from", "the clock says 2021-01-02", "set the clock right")


def replica_fault(size, text):
    @case(f"a replica's file of {size} bytes")
    def _():
        with patient() as p:
            os.truncate(p.find("tasks.mdb"), size)
            done = p.run("doctor")
            same(done.code, 3, done)
            true(text in done.out + done.err, done)


replica_fault(100, "FAIL  replica: ")
replica_fault(12288, "replica")


@case("a replica with many tasks whose file was cut in the middle")
def _():
    with patient() as p:
        p.load([{"description": f"task {n} " + "x" * 500, "status": "pending",
                 "entry": "20260101T000000Z"} for n in range(2000)])
        true("2000 tasks" in p.must("doctor").out, "tasks")
        path = p.find("tasks.mdb")
        for part in (2, 8, 32):
            os.truncate(path, os.path.getsize(path) // part)
            done = p.run("doctor")
            same(done.code, 3, done)
            true("cut short" in done.err or "FAIL  replica: " in done.out, done)


@case("how the last sync went")
def _():
    with patient() as p:
        p.must("sync")
        lines = {line["check"]: line for line in p.must_be_well()}
        same(lines["sync"]["state"], "ok", lines["sync"])
        p.load([{"description": "milk", "status": "pending", "entry": "20260101T000000Z"}])
        true("1 change waiting" in p.must("doctor").out, "a waiting change")
        p.set(secret="7f1c1f6e-0000-4000-8000-00000000000a")
        same(p.run("sync").code, 2)
        _, lines = p.doctor()
        true(any(line["check"] == "sync" and line["state"] == "warning" for line in lines), lines)


@case("no replica is a warning")
def _():
    with patient() as p:
        os.unlink(p.find("tasks.mdb"))
        true(any(line["check"] == "replica" and line["state"] == "warning"
                 for line in p.must_be_well()), "no warning")


if __name__ == "__main__":
    need_server()
    need_taskc()
    run()
