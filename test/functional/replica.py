# SPDX-License-Identifier: MIT
"""A replica: a real Taskwarrior 2.6.2 with a directory, a configuration and a clock of its own."""

import collections
import glob
import json
import os
import re
import shutil
import subprocess
import tempfile
import time

from tap import skip_all

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
COMPUTED = ("id", "urgency")
SETTINGS = {
    "confirmation": "off",
    "recurrence.confirmation": "off",
    "dependency.confirmation": "off",
    "recurrence": "off",
    "hooks": "off",
    "bulk": "0",
    "color": "off",
    "detection": "off",
    "news.version": "2.6.0",
    "verbose": "footnote,affected,new-uuid,sync,recur",
}

Result = collections.namedtuple("Result", "code out err")


def need_task(clocks=False):
    """Skip the whole file where there is no Taskwarrior 2, or no faketime for its clocks."""
    if not shutil.which("task"):
        skip_all("task is not installed")
    version = subprocess.run(["task", "--version"], capture_output=True, text=True, check=False)
    if not version.stdout.startswith("2."):
        skip_all("task is not version 2")
    if clocks and not preload():
        skip_all("faketime is not installed")


def preload():
    """The library that `faketime` puts before a program. The program itself is not needed, and it
    fails where there is no shared memory, as in a simple chroot."""
    found = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
    return found[0] if found else ""


class Clock:
    """The time that all replicas of a test have in common. It starts after the present, so that
    certificates made just now are valid however far a replica's clock is behind."""

    def __init__(self, ahead=2 * 86400):
        self.now = int(time.time()) // 60 * 60 + ahead

    def tick(self, seconds=1):
        self.now += seconds
        return self.now


def loads(text, **options):
    """Taskwarrior's JSON: it writes most control characters into strings as they are."""
    return json.loads(text, strict=False, **options)


def address(server):
    return "%s:%s" % (server.host, server.port)


class Closing:
    """Is closed at the end of a `with`."""

    def close(self):
        raise NotImplementedError

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Clocked(Closing):
    """Has a clock (None: real time) and an offset to it in seconds."""

    clock, offset = None, 0

    @property
    def now(self):
        return (self.clock.now if self.clock else int(time.time())) + self.offset


class Replica(Clocked):
    """`clock` None: real time; otherwise the clock's time and `offset` seconds."""

    def __init__(self, name="replica", clock=None, offset=0, udas=None, settings=None):
        self.name, self.clock, self.offset = name, clock, offset
        self.server = None
        self.home = tempfile.mkdtemp(prefix="ts-%s-" % name)
        self.data = os.path.join(self.home, ".task")
        self.rc = os.path.join(self.home, ".taskrc")
        os.mkdir(self.data)
        self.settings = dict(SETTINGS)
        self.settings["data.location"] = self.data
        for uda, kind in (udas or {}).items():
            self.settings["uda.%s.type" % uda] = kind
            self.settings["uda.%s.label" % uda] = uda
        self.configure(**{k.replace(".", "__"): v for k, v in (settings or {}).items()})

    def configure(self, **settings):
        """Set settings; `__` in a name stands for a dot. None takes one away."""
        for name, value in settings.items():
            self.settings[name.replace("__", ".")] = value
        with open(self.rc, "w", encoding="utf-8") as rc:
            for name, value in sorted(self.settings.items()):
                if value is not None:
                    rc.write("%s=%s\n" % (name, value))

    def connect(self, server, account=None, trust="strict"):
        """Point it at a server, as its first account or as another."""
        self.server = server
        self.configure(
            taskd__server=address(server),
            taskd__credentials=account or server.account,
            taskd__ca=server.ca, taskd__certificate=server.cert, taskd__key=server.key,
            taskd__trust=trust)
        return self

    def follow(self):
        """A server that was started again may listen on another port."""
        if self.server and address(self.server) != self.settings["taskd.server"]:
            self.configure(taskd__server=address(self.server))

    def close(self):
        shutil.rmtree(self.home, ignore_errors=True)

    # Running it

    def environment(self, runs=False):
        env = {k: v for k, v in os.environ.items() if not k.startswith(("TASK", "FAKETIME"))}
        env.update(HOME=self.home, TASKRC=self.rc, TASKDATA=self.data, TZ="UTC", LC_ALL="C.UTF-8")
        if self.clock or self.offset:
            stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(self.now))
            env.update(LD_PRELOAD=preload(), FAKETIME=("@" if runs else "") + stamp)
        return env

    def run(self, *args, stdin="", timeout=120, runs=False):
        """One command. The clock stands still in it, except where it `runs`."""
        done = subprocess.run(
            ["task", *args], input=stdin.encode(), capture_output=True, timeout=timeout,
            env=self.environment(runs), cwd=self.home, check=False)
        return Result(done.returncode, done.stdout.decode(errors="replace"),
                      done.stderr.decode(errors="replace"))

    def must(self, *args, **options):
        result = self.run(*args, **options)
        if result.code != 0:
            raise AssertionError("%s: task %s: %s" % (self.name, " ".join(args), result))
        return result

    # Edits

    def add(self, description, *mods):
        """The new task's uuid; mods are words such as "project:home" and "+tag"."""
        result = self.must("add", *mods, "--", description)
        return UUID.search(result.out + result.err).group()

    def modify(self, uuid, *mods):
        return self.must(uuid, "modify", *mods)

    def describe(self, uuid, description):
        return self.must(uuid, "modify", "--", description)

    def annotate(self, uuid, text):
        return self.must(uuid, "annotate", "--", text)

    def denotate(self, uuid, text):
        return self.must(uuid, "denotate", "--", text)

    def done(self, uuid):
        return self.must(uuid, "done")

    def delete(self, uuid):
        return self.must(uuid, "delete")

    def start(self, uuid):
        return self.must(uuid, "start")

    def stop(self, uuid):
        return self.must(uuid, "stop")

    def depends(self, uuid, *others):
        """An uuid adds a dependency, -uuid takes one away."""
        return self.must(uuid, "modify", "depends:" + ",".join(others))

    def tags(self, uuid, *tags):
        """+tag adds one, -tag takes one away."""
        return self.must(uuid, "modify", *tags)

    def load(self, tasks):
        """`task import` of tasks as they are."""
        return self.must("import", "-", stdin=json.dumps(tasks, ensure_ascii=False))

    # Sync and state

    def sync(self, init=False, timeout=120):
        """code, out (with what the server says to the user), err; never raises."""
        self.follow()
        return self.run("sync", *(["init"] if init else []), timeout=timeout, runs=True)

    def must_sync(self, init=False):
        result = self.sync(init)
        if result.code != 0:
            raise AssertionError("%s: task sync: %s" % (self.name, result))
        return result

    def export(self, *filters):
        """All tasks without what Taskwarrior computes, in order of uuid."""
        out = self.must("rc.json.array=on", *filters, "export").out
        tasks = [{k: v for k, v in task.items() if k not in COMPUTED} for task in loads(out)]
        for task in tasks:
            task.update({k: sorted(task[k]) for k in ("tags", "depends") if k in task})
            if "annotations" in task:
                task["annotations"].sort(key=lambda a: (a["entry"], a["description"]))
        return sorted(tasks, key=lambda task: task["uuid"])

    def task(self, uuid):
        """One task of the export, or None."""
        return next((task for task in self.export() if task["uuid"] == uuid), None)

    def backlog(self):
        """(sync key or None, the tasks that the next sync will send, numbers as their text)"""
        key, tasks = None, []
        path = os.path.join(self.data, "backlog.data")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                for line in filter(None, map(str.strip, file)):
                    if line.startswith("{"):
                        tasks.append(loads(line, parse_int=str, parse_float=str))
                    else:
                        key = line
        return key, tasks

    def waiting(self):
        """How many changes the next sync will send."""
        return len(self.backlog()[1])

    def save(self):
        """A copy of its data, for restore()."""
        copy = tempfile.mkdtemp(dir=self.home)
        shutil.copytree(self.data, copy, dirs_exist_ok=True)
        return copy

    def restore(self, copy):
        shutil.rmtree(self.data)
        shutil.copytree(copy, self.data)


def settle(replicas, rounds=3):
    """Sync each replica, several rounds, until nobody has anything to say."""
    for _ in range(rounds):
        for replica in replicas:
            replica.must_sync()


def difference(one, other):
    """What differs between two exports, for a diagnostic; "" if nothing."""
    lines = []
    one, other = ({task["uuid"]: task for task in tasks} for tasks in (one, other))
    for uuid in sorted(one.keys() | other.keys()):
        left, right = one.get(uuid, {}), other.get(uuid, {})
        for key in sorted(left.keys() | right.keys()):
            if left.get(key) != right.get(key):
                lines.append("%s %s: %.300r, %.300r" % (uuid, key, left.get(key), right.get(key)))
    return "\n".join(lines)
