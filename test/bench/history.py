#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write the history of an account: N task lines, oldest first, as Taskwarrior sends them.

With --tasks T there are T tasks, each edited N/T times; without, every line is a new task. Task i
has the uuid that `tdbench --conflict-base` reckons with.
"""

import argparse
import json
import sys
import time

PROJECTS = ("home.garden", "home.repairs", "work.reports", "travel", "reading")
WORDS = ("buy milk and water the plants", "call the plumber about the tap",
         "write the minutes of the meeting", "book the train to the coast",
         "return the books to the library")


def stamp(seconds):
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(seconds))


def uuid(number):
    return "%08x-0000-4000-8000-%012x" % (number, number)


def new_task(number, now):
    return {"description": "task %d %s" % (number, WORDS[number % len(WORDS)]),
            "entry": stamp(now), "modified": stamp(now), "priority": "M",
            "project": PROJECTS[number % len(PROJECTS)], "status": "pending",
            "tags": ["next", "bench"], "uuid": uuid(number)}


def after(values, value):
    return values[(values.index(value) + 1) % len(values)]


def edit(task, turn, now):
    """What people do to a task: one attribute at a time, and never to what it was."""
    task["modified"] = stamp(now)
    kind = turn % 5
    if kind == 0:
        task["project"] = after(PROJECTS, task["project"])
    elif kind == 1:
        task["priority"] = after("HML", task["priority"])
    elif kind == 2:
        task["due"] = stamp(now + 86400 * (1 + turn % 30))
    elif kind == 3:
        task["tags"] = ["next", "bench"] + ["waiting"] * (turn // 5 % 2 == 0)
    else:
        task["description"] = task["description"].split(" (")[0] + " (%d)" % turn


def lines(count, task_count):
    tasks = []
    turns = [0] * task_count
    for i in range(count):
        now = 1600000000 + i
        number = i % task_count
        if i < task_count:
            tasks.append(new_task(number, now))
        else:
            edit(tasks[number], turns[number], now)
            turns[number] += 1
        yield json.dumps(tasks[number], sort_keys=True, separators=(",", ":"))


def write(path, count, task_count=0):
    with open(path, "w") as to:
        for line in lines(count, task_count or count):
            to.write(line + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("lines", type=int)
    parser.add_argument("--tasks", type=int, default=0)
    options = parser.parse_args()
    for line in lines(options.lines, options.tasks or options.lines):
        sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
