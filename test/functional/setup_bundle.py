# SPDX-License-Identifier: MIT
"""`taskd setup` and its bundles: one command a side, and an unchanged Taskwarrior syncs."""

import glob
import hashlib
import os
import re
import shlex
import shutil
import socket
import stat
import subprocess
import tempfile

from awkward import NAMES
from harness import KIND, Server, case, free_port, need_server, run, same, skip, skip_all, true
from replica import need_task


class Fresh(Server):
    """A server that only `taskd setup` has touched."""

    def __init__(self, *options, host="localhost", listen=None):
        super().__init__(kind="ours")
        self.host, self.listen = host, listen or host
        self.folder = tempfile.mkdtemp(prefix="taskd-test-")
        self.data = os.path.join(self.folder, "data")
        self.log = os.path.join(self.folder, "taskd.log")
        self.output = os.path.join(self.folder, "output")
        try:
            self.bundle = self.made("setup", *options, "--host", host,
                                    "--server=%s:%d" % (self.listen, free_port()))
            self.configure(log=self.log)
        except BaseException:
            self.close()
            raise

    def made(self, *words):
        """The bundle that a command has made: a new file, or what it wrote on standard output."""
        before = set(self.files())
        text = self.command(*words).stdout
        new = [path for path in set(self.files()) - before if is_bundle(path)]
        if not new and text.startswith("#!"):
            new = [os.path.join(self.folder, "bundle-%d.sh" % len(os.listdir(self.folder)))]
            with open(new[0], "w", encoding="utf-8") as file:
                file.write(text)
        same(len(new), 1, "bundles made by taskd %s: %s" % (" ".join(words), text))
        return new[0]

    def files(self):
        every = glob.glob(glob.escape(self.folder) + "/**", recursive=True, include_hidden=True)
        return [path for path in every if os.path.isfile(path)]

    def prints(self):
        """path -> hash of each file that is not the store's"""
        found = {}
        for path in self.files():
            if ".mdb" not in path and path not in (self.log, self.output):
                with open(path, "rb") as file:
                    found[path] = hashlib.sha256(file.read()).hexdigest()
        return found


def is_bundle(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    return "PRIVATE KEY-----" in text and "BEGIN CERTIFICATE-----" in text and "task" in text


class Person:
    """Somebody with a home directory who runs task."""

    def __init__(self, taskrc=None):
        self.home = tempfile.mkdtemp(prefix="ts-home-")
        self.rc = os.path.join(self.home, ".taskrc")
        if taskrc is not None:
            with open(self.rc, "w", encoding="utf-8") as file:
                file.write(taskrc)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.home, ignore_errors=True)

    def environment(self, **more):
        env = {k: v for k, v in os.environ.items() if not k.startswith("TASK")}
        return {**env, "HOME": self.home, "LC_ALL": "C.UTF-8", **more}

    def run(self, *words, **more):
        done = subprocess.run(words, env=self.environment(**more), cwd="/", capture_output=True,
                              text=True, stdin=subprocess.DEVNULL, timeout=60, check=False)
        same(done.returncode, 0, "%s: %s" % (" ".join(words), done.stdout + done.stderr))
        return done.stdout + done.stderr

    def apply(self, bundle, **more):
        return self.run("sh", bundle, **more)

    def task(self, *words, **more):
        quiet = ("rc.confirmation=off", "rc.verbose=nothing", "rc.news.version=2.6.0")
        return self.run("task", *quiet, *words, **more)

    def sync(self):
        self.task("sync")

    def descriptions(self):
        return sorted(re.findall(r'"description":"([^"]*)"', self.task("export")))

    def setting(self, name):
        return self.task("_get", "rc." + name).strip()


def travels(server, one_bundle, other_bundle):
    """A task goes from one fresh machine to another."""
    with Person() as one, Person() as other:
        one.apply(one_bundle)
        other.apply(other_bundle)
        one.task("add", "milk")
        one.sync()
        other.sync()
        same(other.descriptions(), ["milk"], "on the other machine, server %s" % server.host)
        same(one.setting("taskd.trust"), "strict")


@case("setup, sh BUNDLE, task sync: from nothing")
def _():
    with Fresh("--org", "Public", "--user", "alice") as server, Person() as alice:
        alice.apply(server.bundle)
        alice.task("add", "milk")
        alice.task("sync", "init")
        alice.task("add", "bread")
        alice.sync()
        for path in glob.glob(alice.home + "/**", recursive=True, include_hidden=True):
            if os.path.isfile(path) and "PRIVATE KEY" in open(path, errors="replace").read():
                same(stat.S_IMODE(os.stat(path).st_mode) & 0o077, 0, "others' rights to " + path)


@case("setup without options makes something that works")
def _():
    with Fresh() as server:
        travels(server, server.bundle, server.bundle)


@case("a bundle keeps what a .taskrc and the tasks already hold")
def _():
    with Fresh("--org", "Public", "--user", "alice") as server:
        with Person("color=off\nuda.estimate.type=numeric\ndata.location=~/tasks\n") as alice:
            os.mkdir(alice.home + "/tasks")
            alice.task("add", "old", "estimate:3")
            alice.apply(server.bundle)
            alice.apply(server.bundle)
            same(alice.setting("uda.estimate.type"), "numeric")
            same(alice.setting("color"), "off")
            same(alice.descriptions(), ["old"])
            alice.task("sync", "init")
            with Person() as other:
                other.apply(server.bundle)
                other.sync()
                same(other.descriptions(), ["old"])


@case("a bundle honours $TASKRC")
def _():
    with Fresh("--org", "Public", "--user", "alice") as server, Person() as alice:
        elsewhere = os.path.join(alice.home, "config with space", "taskrc")
        os.mkdir(os.path.dirname(elsewhere))
        with open(elsewhere, "w", encoding="utf-8") as file:
            file.write("data.location=%s/tasks\n" % alice.home)
        os.mkdir(alice.home + "/tasks")
        alice.apply(server.bundle, TASKRC=elsewhere)
        alice.task("add", "milk", TASKRC=elsewhere)
        alice.task("sync", TASKRC=elsewhere)
        true(not os.path.exists(alice.rc), "~/.taskrc was made")


@case("another bundle for another device has a certificate of its own")
def _():
    with Fresh("--org", "Public", "--user", "alice") as server:
        phone = server.made("user", "bundle", "Public", "alice", "--device", "phone")
        laptop = server.made("user", "bundle", "Public", "alice", "--device", "laptop")
        keys = set()
        for path in (server.bundle, phone, laptop):
            with open(path, encoding="utf-8") as file:
                keys.add(re.search(r"BEGIN [A-Z ]*PRIVATE KEY-----\n(.*?)-----END", file.read(),
                                   re.S).group(1))
        same(len(keys), 3, "private keys")
        travels(server, server.bundle, phone)


@case("what is printed says how to go on, in words that a shell takes")
def _():
    with Fresh("--org", "Public", "--user", "alice") as server:
        path = os.path.join(server.folder, "it's a bundle.sh")
        text = server.command("user", "bundle", "Public", "alice", "--output", path).stdout
        again = server.command("setup", "--org", "Public", "--user", "alice").stdout
        for printed, bundle in (text, path), (again, server.bundle):
            words = [shlex.split(line) for line in printed.splitlines() if line[:1] == "\t"]
            for expected in (["sh", bundle], ["task", "sync", "init"],
                             ["taskc", "setup", bundle], ["taskc", "sync"]):
                true(expected in words, f"{expected} is not in\n{printed}")


@case("a bundle that can't be written can be made again")
def _():
    with Fresh("--org", "Public", "--user", "alice") as server:
        before = server.prints()
        words = ("user", "bundle", "Public", "alice", "--device", "phone", "--output")
        done = server.command(*words, server.folder + "/none/x", check=False)
        true(done.returncode != 0 and "can't be written" in done.stderr, done.stderr)
        with open("/dev/full", "wb") as full:
            done = subprocess.run([server.binary, *words, "-", "--data", server.data], stdout=full,
                                  stderr=subprocess.PIPE, text=True, check=False)
        true(done.returncode != 0 and "The bundle can't be written" in done.stderr, done.stderr)
        same(changed(before, server.prints()), [], "files that changed")
        travels(server, server.bundle, server.made(*words, "-"))


@case("setup again where a crash left a bundle without its certificate")
def _():
    with Fresh("--org", "Public", "--user", "alice") as server:
        for path in glob.glob(server.data + "/pki/clients/*.pem"):
            os.unlink(path)
        with open(server.bundle, "w", encoding="utf-8") as file:
            file.write("half")
        server.command("setup", "--org", "Public", "--user", "alice", "--host", "localhost")
        travels(server, server.bundle, server.bundle)


@case("a bundle that is given to others is readable by its owner only")
def _():
    with Fresh() as server:
        same(stat.S_IMODE(os.stat(server.bundle).st_mode) & 0o077, 0, "others' rights")


@case("setup twice changes nothing and keeps the keys")
def _():
    options = ("--org", "Public", "--user", "alice")
    with Fresh(*options) as server:
        before = server.prints()
        server.command("setup", *options, "--host", "localhost")
        same(changed(before, server.prints()), [], "files that changed")
        server.restart()
        travels(server, server.bundle, server.bundle)


def changed(before, after):
    return sorted(path for path in before.keys() | after.keys()
                  if before.get(path) != after.get(path))


@case("setup again with another host only: no account that nobody asked for")
def only_a_host():
    with Fresh("--org", "Home", "--user", "ann") as server:
        before = server.command("user", "list").stdout
        text = server.command("setup", "--host", "added.example.org").stdout
        true("renewed" in text and "ORG USER" in text, text)
        same(server.command("user", "list").stdout, before)
        same(len(glob.glob(os.path.join(server.data, "bundles", "*"))), 1)


@case("setup again while the server runs, with another host and another user")
def _():
    with Fresh("--org", "Public", "--user", "alice") as server:
        authority = server.command("config").stdout
        bob = server.made("setup", "--host", "127.0.0.1", "--org", "Public", "--user", "bob")
        same([line for line in server.command("config").stdout.split("\n") if "cert" in line],
             [line for line in authority.split("\n") if "cert" in line], "settings")
        server.restart()
        with Person() as alice, Person() as other:
            alice.apply(server.bundle)
            alice.sync()
            other.apply(bob)
            for host in ("localhost", "127.0.0.1"):
                other.task("config", "taskd.server", "%s:%d" % (host, server.port))
                same(other.setting("taskd.trust"), "strict")
                other.sync()


def register_names(org, user):
    @case("organization %r, user %r" % (org, user))
    def _():
        with Fresh("--org", org, "--user", user) as server:
            phone = server.made("user", "bundle", org, user, "--device", "it's a \"phone\" 🎉")
            travels(server, server.bundle, phone)


for names in NAMES:
    register_names(*names)


@case("a name with a slash is refused, and nothing is made")
def _():
    with tempfile.TemporaryDirectory() as folder:
        server = Server(kind="ours")
        server.data = folder + "/data"
        for words in (("--org", "a/b"), ("--user", "a/b"), ("--org", "a\\b"), ("--org", ".."),
                      ("--user", "")):
            done = server.command("setup", *words, "--host", "localhost", check=False)
            true(done.returncode != 0, "setup %s: %s" % (words, done.stdout))
            true("ERROR" in done.stderr, "no sentence: %r" % done.stderr)


def register_address(host, family, listen):
    @case("server address %s, listening on %s, trust strict" % (host, listen))
    def _():
        try:
            socket.create_server((listen.strip("[]*") or "", 0), family=family).close()
        except OSError as error:
            skip("no such address here: %s" % error)
        with Fresh(host=host, listen=listen) as server:
            travels(server, server.bundle, server.bundle)


register_address("127.0.0.1", socket.AF_INET, "127.0.0.1")
register_address("127.0.0.1", socket.AF_INET, "*")
register_address("localhost", socket.AF_INET, "localhost")
register_address("localhost", socket.AF_INET, "*")
register_address("::1", socket.AF_INET6, "[::1]")
register_address("[::1]", socket.AF_INET6, "[::1]")
register_address("::1", socket.AF_INET6, "*")


if __name__ == "__main__":
    need_server()
    need_task()
    if KIND != "ours":
        skip_all("the reference server has no setup")
    run()
