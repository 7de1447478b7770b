# SPDX-License-Identifier: MIT
"""`taskd doctor`: each thing that can be wrong is named in a sentence, and nothing else is."""

import json
import os
import re
import shutil
import socket
import subprocess

from harness import (Server, case, free_port, need_server, preloaded, run, same, skip,
                     true)
from pki import Authority
from replica import preload

# Facts of the machine that the tests run on, not of what they look at.
NOISE = ("disk", "limits")


def look(server, *words, clock=None):
    """(exit code, {check: (state, the line)}); `clock` as faketime has it."""
    fake = preloaded(preload(), FAKETIME=clock) if clock else {}
    done = subprocess.run([server.binary, "doctor", "--data", server.data, *words],
                          capture_output=True, text=True, check=False, timeout=60,
                          env={**os.environ, **fake})
    lines = {}
    for line in done.stdout.splitlines():
        match = re.match(r"(ok|WARN|FAIL|skip)\s+(\S+): (.*)", line)
        true(match, f"no line of the doctor's: {line!r}")
        lines[match[2]] = (match[1], match[3])
    return done.returncode, lines


def wrong(lines):
    return {check: line for check, line in lines.items()
            if line[0] in ("WARN", "FAIL") and check not in NOISE}


def fresh(**options):
    return Server(**options).create()


def register(name, breaks, check, state, *words, **options):
    @case(f"{name}: {state} {check}")
    def _():
        server = fresh(**options)
        try:
            breaks(server)
            code, lines = look(server)
            same(lines[check][0], state, f"{lines}")
            for word in words:
                true(word in lines[check][1], f"{word!r} is not in {lines[check]}")
            same(list(wrong(lines)), [check], "what is wrong")
            same(code != 0, state == "FAIL", "the exit code")
        finally:
            server.close()


def path(server, name):
    return os.path.join(server.data, *name.split("/"))


def remove(name):
    return lambda server: os.unlink(path(server, name))


def set_(name, value):
    def breaks(server):
        with open(path(server, "config"), "a", encoding="utf-8") as file:
            file.write(f"{name}={value}\n")
    return breaks


def chmod(name, mode):
    return lambda server: os.chmod(path(server, name), mode)


def other_key(server):
    """A key that doesn't belong to the certificate."""
    authority = Authority(os.path.join(server.folder, "other"))
    _, key = authority.issue("other", "server")
    shutil.copy(key, path(server, "pki/server.key.pem"))


def no_names(server):
    authority = Authority(os.path.join(server.folder, "other"))
    key = os.path.join(server.folder, "plain.key.pem")
    cert = os.path.join(server.folder, "plain.cert.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
                    "/CN=localhost", "-days", "900", "-keyout", key, "-out", cert], check=True,
                   capture_output=True)
    os.chmod(key, 0o600)
    server.configure(**{"server.cert": cert, "server.key": key, "ca.cert": authority.cert})


def quarantined(server):
    server.start()
    try:
        answer = server.wire().sync(server.account, ["this is no task, and far too long for a key"])
        same(answer.code, 200)
    finally:
        server.stop()


def garbage(name):
    def breaks(server):
        with open(path(server, name), "wb") as file:
            file.write(b"not what it should be" * 1000)
    return breaks


register("no server certificate", remove("pki/server.cert.pem"), "files", "FAIL",
         "pki/server.cert.pem", "server.cert", "taskd setup")
register("no authority", remove("pki/ca.cert.pem"), "files", "FAIL", "pki/ca.cert.pem", "ca.cert")
register("no chain", set_("server.ca", "/nonexistent/chain.pem"), "files", "FAIL", "server.ca")
register("a certificate that is none", garbage("pki/server.cert.pem"), "chain", "FAIL",
         "server.cert.pem")
register("a key of another certificate", other_key, "chain", "FAIL", "key")
register("the server's key for all to read", chmod("pki/server.key.pem", 0o644), "modes", "WARN",
         "server.key.pem", "chmod 600")
register("the authority's key for all to read", chmod("pki/ca.key.pem", 0o640), "modes", "WARN",
         "ca.key.pem", "640")
register("tasks for all to read", chmod("tasks.mdb", 0o644), "modes", "WARN", "tasks.mdb")
register("a directory for all to write", chmod("", 0o777), "data", "WARN", "chmod go-w")
if os.geteuid() == 0:
    register("another's directory", lambda s: os.chown(s.data, 65534, -1), "data", "WARN",
             "belongs to nobody", "run as root")
register("the authority's key is elsewhere", remove("pki/ca.key.pem"), "renewal", "WARN",
         "ca.key.pem")
register("renewal is off", set_("cert.renew", "off"), "renewal", "WARN", "cert.renew")
register("a slip of the pen", set_("sevrer", "x:1"), "settings", "WARN", "sevrer")
register("a wrong value", set_("task.limit", "huge"), "settings", "FAIL", "task.limit", "huge")
register("nowhere to listen", set_("server", ""), "settings", "FAIL", "server")
register("a log that can't be", set_("log", "/nonexistent/taskd.log"), "log", "FAIL",
         "/nonexistent/taskd.log")
register("lines in the quarantine", quarantined, "accounts", "WARN", "quarantine", "tasks: 1.")
register("no user", lambda s: s.command("remove", "user", "Public", s.account.key, "--force"),
         "accounts", "WARN", "no user")
register("a store that is none", garbage("tasks.mdb"), "store", "FAIL", "tasks.mdb")
register("no store", remove("tasks.mdb"), "store", "FAIL", "taskd setup")


@case("nothing is wrong with what setup makes, before it runs, while it runs, and for a program")
def good():
    server = fresh()
    try:
        code, lines = look(server)
        same((code, wrong(lines)), (0, {}))
        true("free" in lines["ports"][1], lines["ports"][1])
        server.configure(server="127.0.0.1:%d" % free_port())
        server.start()
        code, lines = look(server)
        same((code, wrong(lines)), (0, {}))
        true("answers at" in lines["running"][1], lines["running"][1])
        done = server.command("doctor", "--json")
        same({line["state"] for line in json.loads(done.stdout) if line["check"] not in NOISE},
             {"ok"})
    finally:
        server.close()


@case("a port that another program has")
def taken():
    server = fresh()
    try:
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            s.listen()
            server.configure(server="127.0.0.1:%d" % s.getsockname()[1])
            code, lines = look(server)
            same((code, list(wrong(lines))), (255, ["ports"]))
            true("ss -ltnp" in lines["ports"][1], lines["ports"][1])
    finally:
        server.close()


@case("a certificate without names, and from elsewhere")
def nameless():
    server = fresh()
    try:
        no_names(server)
        _, lines = look(server)
        same(lines["names"][0], "FAIL", f"{lines}")
        true("common name only" in lines["names"][1], lines["names"][1])
    finally:
        server.close()


@case("what would follow from a fault is not told as one")
def skipped():
    server = fresh()
    try:
        os.unlink(path(server, "pki/server.cert.pem"))
        _, lines = look(server)
        same([lines[check][0] for check in ("chain", "names", "dates", "renewal")], ["skip"] * 4)
    finally:
        server.close()


@case("a running server with another certificate than its file's")
def stale():
    server = fresh(settings={"cert.watch": "0"})
    try:
        server.configure(server="127.0.0.1:%d" % free_port())
        server.start()
        server.command("setup", "--host", "127.0.0.1", "--host", "localhost", "--host",
                       "added.example.org", "--user", server.user)
        code, lines = look(server)
        same((code, list(wrong(lines))), (0, ["running"]))
        true("HUP" in lines["running"][1], lines["running"][1])
    finally:
        server.close()


@case("faked clocks: certificates that end soon, and that have ended")
def ends():
    if not preload():
        skip("faketime is not installed")
    server = fresh()
    try:
        code, lines = look(server, clock="+815d")
        same((code, lines["dates"][0]), (0, "WARN"), f"{lines['dates']}")
        code, lines = look(server, clock="+830d")
        same((code, lines["dates"][0]), (255, "FAIL"), f"{lines['dates']}")
        true("expired" in lines["dates"][1], lines["dates"][1])
        code, lines = look(server, clock="1999-01-01 00:00:00")
        same((code, lines["clock"][0]), (255, "FAIL"), f"{lines['clock']}")
    finally:
        server.close()


need_server()
run()
