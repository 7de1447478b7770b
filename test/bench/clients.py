# SPDX-License-Identifier: MIT
"""Measure `taskc sync` beside `task sync` (Taskwarrior 2.6.2), as processes, against our server.

The same account for both: everything down to an empty replica, then syncs without and with a
change, then everything up to an empty account.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "functional"))

import replica  # noqa: E402


def peak_mb(pid):
    """The most memory that a process had, since it is this program; 0 when it is gone."""
    try:
        with open("/proc/%d/status" % pid, encoding="ascii", errors="replace") as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0


def measure(command, environment):
    """Run it; its time [s], processor time [s] and most memory [MB], looked at every 2 ms."""
    begin = time.monotonic()
    with tempfile.TemporaryFile() as output:
        # pylint: disable=consider-using-with
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL,
                                   stdout=output, stderr=subprocess.STDOUT)
        peak, ended = 0, 0
        while not ended:
            peak = max(peak, peak_mb(process.pid))
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            time.sleep(0 if ended else 0.002)
        seconds = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        if process.returncode != 0:
            raise SystemExit("failed: %s: %s" % (" ".join(command), output.read()[-2000:]))
    return {"s": seconds, "cpu_s": usage.ru_utime + usage.ru_stime, "rss_mb": peak}


class Taskc:
    name = "taskc"

    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder
        self.environment = dict(os.environ, TASKC_DIR=folder, TZ="UTC")

    def words(self, *words):
        return [self.binary, *words]

    def run(self, *words):
        subprocess.run(self.words(*words), env=self.environment, check=True,
                       stdout=subprocess.DEVNULL)

    def connect(self, server, user, remote):
        bundle = os.path.join(self.folder, remote + ".bundle")
        os.makedirs(self.folder, exist_ok=True)
        with open(bundle, "w", encoding="utf-8") as to:
            to.write(bundle_text(server, server.accounts[user]))
        self.run("setup", bundle, "--remote", remote)
        os.unlink(bundle)

    def sync(self, remote, _first):
        return measure(self.words("sync", remote), self.environment)

    def count(self):
        done = subprocess.run(self.words("export"), env=self.environment, check=True,
                              stdout=subprocess.PIPE)
        return done.stdout.count(b'"uuid"')

    def change(self):
        self.run("add", "one more")


class Task:
    name = "task"

    def __init__(self, _binary, _folder):
        self.replica = replica.Replica("bench")
        self.environment = dict(os.environ, TASKRC=self.replica.rc, TASKDATA=self.replica.data,
                                HOME=self.replica.home, TZ="UTC")

    def connect(self, server, user, _remote):
        self.replica.connect(server, server.accounts[user])

    def sync(self, _remote, first):
        return measure(["task", "sync"] + ["init"] * first, self.environment)

    def count(self):
        done = subprocess.run(["task", "rc.gc=off", "export"], env=self.environment, check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return done.stdout.count(b'"uuid"')

    def change(self):
        subprocess.run(["task", "add", "one more"], env=self.environment, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def close(self):
        self.replica.close()


def bundle_text(server, account):
    """What `taskd user bundle` makes, of certificates from elsewhere."""
    text = "#!/bin/sh\n# taskd bundle, version 1\n"
    values = {"server": "%s:%d" % (server.host, server.port), "org": account.org,
              "user": account.user, "secret": account.key, "trust": "strict", "device": "bench",
              "credentials": repr(account)}
    for name, value in values.items():
        text += "%s='%s'\n" % (name, value)
    for name, path in (("ca", server.ca), ("certificate", server.cert), ("key", server.key)):
        with open(path, encoding="ascii") as file:
            text += "%s() { cat <<'END-OF-%s'\n%sEND-OF-%s\n}\n" % (
                name, name.upper(), file.read(), name.upper())
    return text


def figures(runs):
    return {name: round(statistics.median(run[name] for run in runs), 4) for name in runs[0]}


def measure_client(client, server, runs):
    """{what: figures} of one client with an account of many tasks and an empty one."""
    rows = {}
    client.connect(server, "full", "full")
    rows["first sync, everything down"] = figures([client.sync("full", True)])
    rows["no change"] = figures([client.sync("full", False) for _ in range(runs)])
    changed = []
    for _ in range(runs):
        client.change()
        changed.append(client.sync("full", False))
    rows["one new task"] = figures(changed)
    tasks = client.count()
    client.connect(server, client.name, "empty")
    rows["first sync, everything up"] = figures([client.sync("empty", True)])
    return rows, tasks


KINDS = (Taskc, Task)


def compare(binary, server, kinds, runs, show):
    """Both clients in turn; a row for each kind of sync."""
    made, results = [], {}
    with tempfile.TemporaryDirectory(prefix="tdbench.") as folder:
        for kind in kinds:
            if kind is Task and not shutil.which("task"):
                continue
            client = kind(binary, os.path.join(folder, kind.name))
            made.append(client)
            results[kind.name], tasks = measure_client(client, server, runs)
        for what in results["taskc"]:
            values = {name: rows[what] for name, rows in results.items()}
            ratio = "task" in values and round(values["task"]["s"] / values["taskc"]["s"], 1)
            show({"row": "replicas", "tasks": tasks, "mode": what, **values,
                  "ratio": ratio or None})
    for client in made:
        if hasattr(client, "close"):
            client.close()
