# SPDX-License-Identifier: MIT
"""A replica of taskc ($TASKC): a folder of its own, and a clock of its own where one is wanted."""

import collections
import glob
import json
import os
import shutil
import subprocess
import tempfile
import time

from replica import COMPUTED, Clocked, address, preload
from tap import skip_all, true

TASKC = os.environ.get("TASKC", "")
TIMEOUT = 120  # [s]

Result = collections.namedtuple("Result", "code out err")


def need_taskc():
    """Skip the whole file where there is no taskc to test."""
    if not TASKC or not os.access(TASKC, os.X_OK):
        skip_all(f"there is no {TASKC or '$TASKC'}")


class Taskc(Clocked):
    """
    folder: where it lives; None: one that close() removes. server: a harness.Server, which its
    remote `name` is (None: none yet). user: one of its accounts, by default the first one. clock:
    a replica.Clock, with `offset` seconds to it; None: real time.
    """

    def __init__(self, folder=None, server=None, user=None, name="home", clock=None, offset=0,
                 device=None, settings=None):
        self.own_folder = folder is None
        self.folder = folder or tempfile.mkdtemp(prefix="taskc-test-")
        os.makedirs(self.folder, exist_ok=True)
        self.clock, self.offset = clock, offset
        self.settings, self.remotes, self.environ = {}, {}, {}
        self.server = self.user = self.address = None
        self.configure(device=device or "test", **(settings or {}))
        if server is not None:
            self.connect(server, user, name)

    # Its files

    def path(self, *names):
        """A path in its folder, such as path("taskc.conf"): everything is in that one."""
        return os.path.join(self.folder, *names)

    def _write(self, path, values, mode=0o600):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(f"{name}={value}\n" for name, value in values.items()
                            if value is not None)
        os.chmod(path, mode)

    def configure(self, **settings):
        """Settings of taskc.conf; `__` in a name stands for a dot. None takes one away."""
        self.settings.update({k.replace("__", "."): v for k, v in settings.items()})
        self._write(self.path("taskc.conf"), self.settings)

    def connect(self, server, user=None, name="home", **settings):
        """Write the remote; settings: of its remote.conf, `__` stands for a dot."""
        account = user or server.account
        self.server, self.user, self.address = server, account, address(server)
        return self.remote(name, server=self.address, org=account.org, user=account.user,
                           secret=account.key, ca=server.ca, certificate=server.cert,
                           key=server.key, **settings)

    def remote(self, name="home", **settings):
        """Change settings of a remote's remote.conf."""
        values = self.remotes.setdefault(name, {})
        values.update({k.replace("__", "."): v for k, v in settings.items()})
        self._write(self.path("remotes", name, "remote.conf"), values)
        return self

    def follow(self):
        """A server that was started again may listen on another port."""
        if self.server is None or self.address == address(self.server):
            return
        for name, values in self.remotes.items():
            if values.get("server") == self.address:
                self.remote(name, server=address(self.server))
        self.address = address(self.server)

    def hook(self, name, text):
        """An executable hook; text: its lines behind "#!/bin/sh"."""
        path = self.path("hooks", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\n" + text + "\n")
        os.chmod(path, 0o755)
        return path

    def replica_files(self):
        return glob.glob(self.path("*.mdb"))

    def save(self):
        """A copy of its replica, for restore(); no command runs meanwhile."""
        copy = tempfile.mkdtemp(dir=self.folder, prefix="saved-")
        for path in self.replica_files():
            shutil.copy2(path, copy)
        return copy

    def restore(self, copy):
        for path in self.replica_files():
            os.unlink(path)
        for path in glob.glob(os.path.join(copy, "*.mdb")):
            shutil.copy2(path, self.folder)

    def close(self):
        if self.own_folder and not os.environ.get("TS_KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)

    # Running it

    def environment(self, runs=False):
        env = {k: v for k, v in os.environ.items()
               if not k.startswith(("TASKC_", "XDG_", "FAKETIME")) and k not in ("NO_COLOR",)}
        env.update(HOME=self.folder, TASKC_DIR=self.folder, TZ="UTC", LC_ALL="C.UTF-8")
        if self.clock or self.offset:
            stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(self.now))
            env.update(LD_PRELOAD=preload(), FAKETIME=("@" if runs else "") + stamp,
                       FAKETIME_DONT_FAKE_MONOTONIC="1")
        env.update(self.environ)
        if "LD_PRELOAD" in env:  # a sanitizer wants its own library to be the first
            env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        return env

    def run(self, *words, stdin="", runs=False, timeout=TIMEOUT):
        """One command: (code, out, err). The clock stands still in it, except where it `runs`."""
        done = subprocess.run(
            [TASKC, *words], input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True, timeout=timeout, env=self.environment(runs), cwd=self.folder,
            check=False)
        return Result(done.returncode, done.stdout.decode(errors="replace"),
                      done.stderr.decode(errors="replace"))

    def begin(self, *words, **options):
        """The same as a process that is not waited for; the caller ends it."""
        # pylint: disable=consider-using-with
        return subprocess.Popen([TASKC, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, env=self.environment(True),
                                cwd=self.folder, text=True, **options)

    def must(self, *words, **options):
        result = self.run(*words, **options)
        true(result.code == 0, f"taskc {' '.join(words)}: {result}")
        return result

    # What tests do most

    def add(self, *words):
        """Add a task; gives its uuid."""
        before = set(self.export())
        self.must("add", *words)
        new = set(self.export()) - before
        true(len(new) == 1, f"`taskc add` made {len(new)} tasks")
        return new.pop()

    def load(self, tasks):
        """`taskc import` of tasks as they are."""
        return self.must("import", "-", stdin=json.dumps(tasks, ensure_ascii=False))

    def export(self, *filters):
        """All tasks by uuid, without what is computed; tags and the like in order."""
        if not self.replica_files():
            return {}
        tasks = json.loads(self.must("export", *filters).out)
        for task in tasks:
            for name in COMPUTED:
                task.pop(name, None)
            task.update({k: sorted(task[k]) for k in ("tags", "depends") if k in task
                         and isinstance(task[k], list)})
            if "annotations" in task:
                task["annotations"].sort(key=lambda a: (a["entry"], a["description"]))
        return {task["uuid"]: task for task in tasks}

    def sync(self, *words, **options):
        """(code, out, err); never raises."""
        self.follow()
        return self.run("sync", *words, runs=True, **options)

    def must_sync(self, *words):
        result = self.sync(*words)
        true(result.code == 0, f"taskc sync {' '.join(words)}: {result}")
        return result

    def status(self, *words):
        """`taskc status --json`: the first remote's object."""
        return json.loads(self.run("status", "--json", *words).out)[0]


def settle(replicas, rounds=3):
    """Sync each replica, several rounds, until nobody has anything to say."""
    for _ in range(rounds):
        for replica in replicas:
            replica.must_sync()
