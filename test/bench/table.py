#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make README's tables of the rows that run.py printed: table.py <rows."""

import json
import sys

MODES = {"noop": "no change", "push": "one new task", "pull": "first sync, everything",
         "conflict": "conflict, the task last seen at the start"}


def number(value):
    return "%.0f" % value if value >= 100 else "%.3g" % value


def cell(row, server, *names):
    if server not in row:
        return "–"
    return " / ".join(number(row[server][name]) for name in names)


def rate_cells(row):
    names = ("merge_p50_ms", "merge_p99_ms") if "merge_p50_ms" in row["ours"] else (
        "p50_ms", "p99_ms")
    for server in ("ours", "reference"):
        yield cell(row, server, "per_s")
        yield cell(row, server, *names)
    yield cell({"": row}, "", "ratio") if row["ratio"] else "–"


RATES = ("taskd syncs/s", "p50 / p99 ms", "reference syncs/s", "p50 / p99 ms", "ratio")


def speed(row):
    return [MODES[row["mode"]], str(row["clients"]), *rate_cells(row)]


def cost(row):
    return [str(row["versions"]), MODES[row["mode"]], *rate_cells(row)]


def disk(row):
    return [row["history"], number(row["bytes_a_line"]), cell(row, "ours", "bytes_a_version"),
            cell(row, "reference", "bytes_a_version"), number(row["ratio"] or 0)]


def memory(row):
    return [row["when"], cell(row, "ours", "rss_kb"), cell(row, "reference", "rss_kb")]


HOWS = {"full": "full", "resume": "resumed session", "keep": "one for all syncs"}


def handshakes(row):
    return [HOWS[row["how"]], str(row["clients"]), cell(row, "ours", "per_s"),
            cell(row, "ours", "p50_ms", "p99_ms")]


def wait(row):
    names = ("kb_a_client", "idle_cpu_ms", "wake_one_ms", "wake_all_ms")
    return [str(row["clients"]), *(number(row[name]) for name in names)]


def replicas(row):
    """Seconds and MB of each client."""
    return [str(row["tasks"]), row["mode"], cell(row, "taskc", "s"), cell(row, "taskc", "rss_mb"),
            cell(row, "task", "s"), cell(row, "task", "rss_mb"), str(row["ratio"] or "–")]


TABLES = {
    "speed": (speed, ("a sync with", "clients", *RATES)),
    "cost": (cost, ("versions stored", "a sync with", *RATES)),
    "disk": (disk, ("history", "bytes a JSON line", "taskd bytes a version",
                    "reference bytes a line", "ratio")),
    "handshakes": (handshakes, ("handshake", "clients", "taskd syncs/s", "p50 / p99 ms")),
    "wait": (wait, ("clients waiting", "resident kB each", "CPU ms/s while idle",
                    "from a push to its only waiter, ms", "to all others, ms")),
    "replicas": (replicas, ("tasks", "a sync with", "taskc s", "MB", "task s", "MB", "ratio")),
    "memory": (memory, ("when", "taskd resident kB", "reference resident kB")),
}


def main():
    rows = [json.loads(line) for line in sys.stdin if line.startswith("{")]
    for name, (cells, heads) in TABLES.items():
        print("| " + " | ".join(heads) + " |")
        print("| " + " | ".join("---" for _ in heads) + " |")
        for row in rows:
            if row["row"] == name:
                print("| " + " | ".join(cells(row)) + " |")
        print()


if __name__ == "__main__":
    main()
