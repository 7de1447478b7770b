# SPDX-License-Identifier: MIT
"""Back-ups while the server serves, restoring them elsewhere, and clients that go on."""

import os
import shutil
import stat
import subprocess
import tempfile
import threading
import time

from harness import Server, case, need_server, run, same, shared, true
from replica import Replica, difference, need_task, settle
from wire import new_uuid

server = shared(settings={"wait.max": "1m"})


def backup(on, *words, check=True):
    path = os.path.join(on.folder, "%s.tar" % new_uuid())
    on.command("backup", *words, path, check=check)
    return path


class Restored:
    """A server made of a back-up, in a folder of its own."""

    def __init__(self, original, path, *words):
        self.server = Server()
        self.server.folder = tempfile.mkdtemp(prefix="taskd-test-")
        self.server.data = os.path.join(self.server.folder, "data")
        self.server.log = os.path.join(self.server.folder, "taskd.log")
        self.server.output = os.path.join(self.server.folder, "output")
        self.server.command("restore", *words, path)
        for name in ("account", "ca", "cert", "key"):
            setattr(self.server, name, getattr(original, name))
        self.server.configure(log=self.server.log, server="127.0.0.1:0")

    def __enter__(self):
        return self.server.start()

    def __exit__(self, *exc):
        self.server.__exit__(*exc)


def new_task(text):
    return {"uuid": new_uuid(), "status": "pending", "entry": "20260101T000000Z",
            "modified": "20260101T000000Z", "description": text}


class Load:
    """Users who push tasks one after the other, each remembering what was answered with 200."""

    def __init__(self, on, users=4):
        self.server, self.stop = on, threading.Event()
        self.accounts = [on.add_user("load %s" % new_uuid()) for _ in range(users)]
        self.answered = {account.user: [] for account in self.accounts}
        self.failures = []
        self.threads = [threading.Thread(target=self._push, args=(a,)) for a in self.accounts]

    def _push(self, account):
        wire, key = self.server.wire(), None
        try:
            while not self.stop.is_set():
                task = new_task("x" * 200)
                answer = wire.sync(account, [task], key)
                same(answer.code, 200)
                key = answer.key
                self.answered[account.user].append(task["uuid"])
        except Exception as failure:  # pylint: disable=broad-except
            self.failures.append(repr(failure))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()
        same(self.failures, [])

    def counts(self):
        return {user: len(tasks) for user, tasks in self.answered.items()}


@case("back-ups under load: each one is complete, verified, and holds what was answered before it")
def under_load():
    with Load(server()) as load:
        for _ in range(3):
            before = load.counts()
            path = backup(server())
            restored = Restored(server(), path)
            same(restored.server.command("verify").returncode, 0)
            with restored as other:
                for account in load.accounts:
                    tasks = [t["uuid"] for t in other.wire().sync(account).tasks]
                    pushed = load.answered[account.user]
                    same(sorted(tasks), sorted(pushed[:len(tasks)]), "a beginning of the history")
                    true(len(tasks) >= before[account.user],
                         "%d of %d tasks" % (len(tasks), before[account.user]))


@case("a restored server: the same certificates, accounts and keys; clients go on")
def elsewhere():
    account = server().add_user("goes on")
    with Replica("one") as one, Replica("two") as two:
        for replica in (one, two):
            replica.connect(server(), account)
        milk = one.add("milk")
        one.must_sync(init=True)
        two.must_sync(init=True)
        with Restored(server(), backup(server())) as other:
            for replica in (one, two):
                replica.connect(other, account)
            one.describe(milk, "oat milk")
            two.tags(milk, "+shop")
            settle([one, two])
            same(difference(one.export(), two.export()), "")
            same((one.task(milk)["description"], one.task(milk)["tags"]), ("oat milk", ["shop"]))


@case("an older back-up: what clients had sent since is neither lost nor undone")
def older():
    account = server().add_user("goes back")
    with Replica("one") as one, Replica("two") as two:
        for replica in (one, two):
            replica.connect(server(), account)
        milk, bread = one.add("milk"), one.add("bread")
        one.must_sync(init=True)
        two.must_sync(init=True)
        settle([one, two])
        server().restart()  # what is known of the devices is written when it stops
        path = backup(server())
        for replica in (one, two):
            replica.follow()
        one.describe(milk, "oat milk")
        later = one.add("later")
        settle([one, two])
        with Restored(server(), path) as other:
            for replica in (one, two):
                replica.connect(other, account)
            two.describe(bread, "rye bread")
            said = two.must_sync()
            true("Client sync key not found" in said.out + said.err, "%s" % (said,))
            same(two.task(milk)["description"], "oat milk", "the newer state is still there")
            for replica in (one, two):
                replica.must_sync(init=True)
            settle([one, two])
            same(difference(one.export(), two.export()), "")
            same([one.task(uuid)["description"] for uuid in (milk, bread, later)],
                 ["oat milk", "rye bread", "later"])


@case("a client that the restored server never saw gets everything")
def stranger():
    account = server().add_user("never seen")
    wire = server().wire()
    wire.sync(account, [new_task("before")])
    path = backup(server())
    with Restored(server(), path) as other:
        answer = other.wire().sync(account, [], new_uuid())
        same([t["description"] for t in answer.tasks], ["before"])


@case("standard output is a stream; gzip on the way is welcome; plain tools can check it")
def stream():
    done = server().command("backup", "-", text=False)
    packed = subprocess.run(["gzip"], input=done.stdout, capture_output=True, check=True).stdout
    folder = tempfile.mkdtemp(dir=server().folder)
    with open(os.path.join(folder, "x.tar.gz"), "wb") as file:
        file.write(packed)
    said = server().command("restore", "--check", file.name).stdout
    true("every checksum is right" in said, said)
    subprocess.run(["tar", "xzf", file.name, "-C", folder], check=True)
    checked = subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=folder, check=False,
                             capture_output=True, text=True)
    same((checked.returncode, checked.stdout), (0, ""))
    true("END-OF" not in done.stdout.decode(errors="replace"), "no bundle is in it")


@case("a directory of back-ups keeps the newest")
def keep():
    folder = tempfile.mkdtemp(dir=server().folder)
    for number in range(4):
        with open(os.path.join(folder, "taskd-2020010%dT000000Z.tar" % number), "w",
                  encoding="ascii"):
            pass
    with open(os.path.join(folder, "taskd-notes.tar"), "w", encoding="ascii"):
        pass
    said = server().command("backup", "--keep", "2", folder).stdout
    true("Removed, because older: 3" in said, said)
    left = sorted(os.listdir(folder))
    same(len(left), 3)
    true("taskd-20200103T000000Z.tar" in left and "taskd-notes.tar" in left, "%s" % left)
    same(os.stat(os.path.join(folder, left[1])).st_mode & 0o777, 0o600)


@case("a back-up that can't be written leaves nothing")
def full():
    folder = tempfile.mkdtemp(dir=server().folder)
    path = os.path.join(folder, "x.tar")
    done = subprocess.run(["sh", "-c", 'ulimit -f 8; exec "$0" backup --data "$1" "$2"',
                           server().binary, server().data, path], capture_output=True, text=True,
                          check=False)
    true(done.returncode != 0 and "ERROR: " in done.stderr, "%s" % (done,))
    same(os.listdir(folder), [])


@case("a back-up that is killed leaves nothing; a device is written to, and stays one")
def killed():
    folder = tempfile.mkdtemp(dir=server().folder)
    pipe = os.path.join(server().data, "pki", "crl.pem")
    os.mkfifo(pipe)
    started = subprocess.Popen([server().binary, "backup", "--data", server().data,
                                "--server.crl=" + pipe, os.path.join(folder, "x.tar")])
    end = None
    while end is None and started.poll() is None:
        try:
            end = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)  # the back-up has come to that file
        except OSError:
            time.sleep(0.01)
    started.kill()
    started.wait()
    os.unlink(pipe)
    true(end is not None, "it was under way")
    os.close(end)
    same(os.listdir(folder), [])
    pipe = os.path.join(folder, "pipe")
    os.mkfifo(pipe)
    with subprocess.Popen(["tar", "tf", pipe], stdout=subprocess.PIPE, text=True) as reader:
        server().command("backup", pipe)
        true("SHA256SUMS" in reader.stdout.read(), "the archive came through")
    true(stat.S_ISFIFO(os.stat(pipe).st_mode), "it is a pipe still")


@case("restoring refuses what is there, and a directory that a server serves")
def refuses():
    path = backup(server())
    done = server().command("restore", path, check=False)
    true(done.returncode != 0 and "server runs" in done.stderr, done.stderr)
    done = server().command("restore", "--force", path, check=False)
    true(done.returncode != 0 and "server runs" in done.stderr, done.stderr)
    copy = os.path.join(server().folder, "copy")
    shutil.copytree(server().data, copy, ignore=shutil.ignore_patterns("*.sock"))
    server().data, data = copy, server().data
    try:
        done = server().command("restore", path, check=False)
        true(done.returncode != 0 and "--force" in done.stderr, done.stderr)
        server().command("restore", "--force", path)
        true(os.path.exists(os.path.join(copy, "tasks.mdb.before-restore")), "kept beside")
        same(server().command("verify").returncode, 0)
    finally:
        server().data = data


need_server()
need_task()
run()
