#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measure this taskd beside the reference server, Debian's taskd 1.1.0, in one run.

Prints a line of JSON for each row: the medians of each server's runs, which take turns, and the
ratio ours/reference (of syncs a second, of bytes, of memory). Without a reference server the rows
have our figures only. Load and servers share the machine; every sync is a connection with a full
TLS handshake, ECDSA P-256 on both sides. Ours answers when a change is on disk; the reference
never waits for the disk.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile

import clients
import history
import servers

CLIENTS = (1, 8, 64)
SIZES = (0, 10000, 100000)
WAITING = (1000, 2500)
LINES_PER_SYNC = 3
CONFLICT_STEP = 3000  # tasks at the start of the history that one run may use up


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.reference = options.reference or servers.find_reference()

    def start_servers(self, users):
        made = [servers.Ours(self.options.taskd, users)]
        if self.reference:
            made.append(servers.Reference(self.reference, users))
        return [server.start() for server in made]

    def load(self, server, mode, users, **more):
        """One run of tdbench; its row."""
        words = {"server": "127.0.0.1:%d" % server.port, "ca": server.ca, "cert": server.cert,
                 "key": server.key, "accounts": server.accounts_file(users), "mode": mode,
                 "server-pid": server.pid, "label": server.name, **more}
        command = [self.options.tdbench]
        for name, value in words.items():
            command += ["--" + name.replace("_", "-"), str(value)]
        run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if run.returncode != 0:
            raise SystemExit("failed: " + " ".join(command))
        row = json.loads(run.stdout)
        if row["errors"]:
            say("%s %s: %d errors, the first: %s" % (server.name, mode, row["errors"],
                                                     row.get("first_error")))
        return row


def close(made):
    for server in made:
        server.close()


def say(text):
    print(text, file=sys.stderr, flush=True)


def show(row):
    print(json.dumps(row), flush=True)


def figures(rows):
    """The medians of one server's runs."""
    def median(pick):
        return round(statistics.median(pick(r) for r in rows), 3)

    out = {"per_s": median(lambda r: r["per_s"]), "p50_ms": median(lambda r: r["ms"]["p50"]),
           "p99_ms": median(lambda r: r["ms"]["p99"]), "errors": sum(r["errors"] for r in rows),
           "cpu_ms": median(lambda r: r.get("server", {}).get("cpu_ms", 0))}
    if "merge_ms" in rows[0]:
        out["merge_p50_ms"] = median(lambda r: r["merge_ms"]["p50"])
        out["merge_p99_ms"] = median(lambda r: r["merge_ms"]["p99"])
    return out


def ratio(values, name):
    if len(values) < 2 or not values["reference"][name]:
        return None
    return round(values["ours"][name] / values["reference"][name], 3)


def compare(bench, made, what, **load):
    """Interleaved runs of one row on each server."""
    runs = {server.name: [] for server in made}
    for turn in range(bench.options.runs):
        for server in made:
            more = {k: v(turn) if callable(v) else v for k, v in load.items()}
            runs[server.name].append(bench.load(server, **more))
    values = {name: figures(rows) for name, rows in runs.items()}
    show({**what, **values, "ratio": ratio(values, "per_s")})
    return values


def memory(made, when):
    values = {server.name: server.memory_kb() for server in made}
    show({"row": "memory", "when": when, **values, "ratio": ratio(values, "rss_kb")})


def speed(bench):
    """(a) Many clients with an account each."""
    users = ["user%d" % i for i in range(max(CLIENTS))]
    made = bench.start_servers(users)
    memory(made, "idle")
    for mode in ("noop", "push"):
        for clients in CLIENTS:
            compare(bench, made, {"row": "speed", "mode": mode, "clients": clients}, mode=mode,
                    users=users[:clients], clients=clients, seconds=bench.options.seconds)
    memory(made, "after the syncs of many clients")
    close(made)


def cost_rows(bench, made, size):
    what = {"row": "cost", "versions": size}
    options = {"users": ["h%d" % size], "seconds": bench.options.seconds}
    if size > 0:
        compare(bench, made, {**what, "mode": "pull"}, mode="pull", requests=1, **options)
    for mode in ("noop", "push"):
        compare(bench, made, {**what, "mode": mode}, mode=mode, **options)
    if size > 0:
        options["requests"] = 2 * CONFLICT_STEP
        options["conflict_base"] = lambda turn: turn % 3 * CONFLICT_STEP
    compare(bench, made, {**what, "mode": "conflict"}, mode="conflict", **options)


def cost(bench):
    """(b) One client whose account has a history."""
    sizes = [size for size in SIZES if size <= bench.options.versions]
    made = bench.start_servers(["h%d" % size for size in sizes])
    for size in filter(None, sizes):
        path = os.path.join(bench.folder, "lines")
        history.write(path, size)
        for server in made:
            server.give_history(bench, "h%d" % size, path, LINES_PER_SYNC)
    for server in made:
        server.restart()
    for size in sizes:
        cost_rows(bench, made, size)
    memory(made, "after the syncs with long histories")
    close(made)


def disk(bench):
    """(c) Bytes of a stored version: every line a new task; each task edited 50 times."""
    count = min(bench.options.versions, 30000)
    for name, tasks in (("new tasks", count), ("50 edits a task", count // 50)):
        path = os.path.join(bench.folder, "lines")
        history.write(path, count, tasks)
        made = bench.start_servers(["user"])
        for server in made:
            server.give_history(bench, "user", path, LINES_PER_SYNC)
            server.stop()
        values = {s.name: {"bytes_a_version": round(s.disk("user") / count, 1)} for s in made}
        show({"row": "disk", "history": name, "versions": count,
              "bytes_a_line": round(os.stat(path).st_size / count, 1), **values,
              "ratio": ratio(values, "bytes_a_version")})
        close(made)


def handshakes(bench):
    """(d) Syncs without changes: a full handshake each, a resumed one each, one connection."""
    users = ["user%d" % i for i in range(8)]
    made = [servers.Ours(bench.options.taskd, users).start()]
    for clients in (1, 8):
        for how in ("full", "resume", "keep"):
            compare(bench, made, {"row": "handshakes", "how": how, "clients": clients}, mode="noop",
                    how=how, users=users[:clients], clients=clients, seconds=bench.options.seconds)
    close(made)


def wait(bench):
    """(e) Clients that wait: what one costs, and how soon they hear of a push."""
    for clients in WAITING:
        if clients > resource.getrlimit(resource.RLIMIT_NOFILE)[1] // 8:  # what one user may have
            say("Too few file descriptors for %d clients that wait." % clients)
            continue
        server = servers.Ours(bench.options.taskd, ["one", "all"], {"wait.user": clients}).start()
        runs = [bench.load(server, "wait", ["one", "all"], clients=clients,
                           seconds=bench.options.seconds) for _ in range(bench.options.runs)]
        names = ("kb_a_client", "idle_cpu_ms", "wake_one_ms", "wake_all_ms")
        show({"row": "wait", "clients": clients, "errors": sum(r["errors"] for r in runs),
              **{name: round(statistics.median(r[name] for r in runs), 2) for name in names},
              "kb_a_client": runs[0]["kb_a_client"]})  # later runs find memory that is there
        close([server])


def replicas(bench):
    """(f) taskc beside task, as processes; task takes long with many tasks, so fewer for both."""
    for tasks, kinds in ((bench.options.tasks, clients.KINDS), (bench.options.versions, clients.KINDS[:1])):
        server = servers.Ours(bench.options.taskd, ["full", "taskc", "task"]).start()
        path = os.path.join(bench.folder, "lines")
        history.write(path, tasks)
        server.give_history(bench, "full", path, LINES_PER_SYNC)
        clients.compare(bench.options.taskc, server, kinds, bench.options.runs, show)
        close([server])


ROWS = {"speed": speed, "cost": cost, "disk": disk, "handshakes": handshakes, "wait": wait,
        "replicas": replicas}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--taskd", default="server/taskd", help="the taskd to measure")
    parser.add_argument("--taskc", default="client/taskc", help="the taskc to measure")
    parser.add_argument("--tdbench", default="test/bench/tdbench", help="the load generator")
    parser.add_argument("--reference", help="the reference taskd (default: the system's)")
    parser.add_argument("--seconds", type=float, default=5, help="of a run")
    parser.add_argument("--runs", type=int, default=3, help="of a row, for each server")
    parser.add_argument("--versions", type=int, default=100000, help="of the longest history")
    parser.add_argument("--tasks", type=int, default=10000, help="of a replica beside Taskwarrior")
    parser.add_argument("rows", nargs="*",
                        help="of speed, cost, disk, handshakes, wait (default: all)")
    options = parser.parse_args()
    options.taskd = os.path.abspath(options.taskd)
    options.taskc = os.path.abspath(options.taskc)
    with tempfile.TemporaryDirectory(prefix="tdbench.") as folder:
        bench = Bench(options, folder)
        if not bench.reference:
            say("There is no reference taskd here: our figures only.")
        for name in options.rows or ROWS:
            ROWS[name](bench)


if __name__ == "__main__":
    main()
