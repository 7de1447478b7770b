#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The commands of taskc that change tasks, and import and export beside a real `task` 2.6.2."""

import json
import os
import subprocess
import time

import tap
from replica import Clock, Replica, difference, need_task
from tap import case, same, true
from taskc import TASKC, Taskc, need_taskc
from terminal import on_terminal

need_taskc()
need_task(clocks=True)

UUIDS = [f"11111111-2222-4333-8444-00000000000{n}" for n in range(10)]
UDAS = {"est": "numeric", "note": "string", "when": "date", "span": "duration"}
# One of each kind of attribute, and what is hard to spell.
KINDS = {
    "plain": {},
    "words": {"project": "home.garden", "priority": "H", "note": "a UDA"},
    "dates": {"due": "20270301T120000Z", "scheduled": "20270201T000000Z",
              "wait": "20270101T000000Z", "until": "20280101T000000Z",
              "start": "20261101T080000Z", "when": "20270228T235959Z"},
    "number": {"est": 2.5},
    "duration": {"span": "P3D"},
    "tags": {"tags": ["fruit", "shop"]},
    "annotations": {"annotations": [
        {"entry": "20261101T000000Z", "description": "one: \"two\" \\ three"},
        {"entry": "20261101T000001Z", "description": "ümläut 🍏 [x]"}]},
    "depends": {"depends": UUIDS[0:2]},
    "recurring": {"status": "recurring", "due": "20270301T120000Z", "recur": "weekly",
                  "rtype": "periodic", "mask": "--"},
    "completed": {"status": "completed", "end": "20261110T000000Z"},
}


def sample():
    tasks = []
    for uuid, (kind, more) in zip(UUIDS, KINDS.items()):
        task = {"uuid": uuid, "description": f"{kind}: “quotes”, back\\slash / [brackets]",
                "status": "pending", "entry": "20261031T000000Z", "modified": "20261102T000000Z"}
        task.update(more)
        tasks.append(task)
    return tasks


def listed(tasks):
    """Exports of either program in one form: lists of dependencies, numbers as numbers, and the
    dates of an attribute of one's own, which Taskwarrior's files have in seconds, as dates."""
    for task in tasks:
        if isinstance(task.get("depends"), str):
            task["depends"] = sorted(task["depends"].split(","))
        if "est" in task:
            task["est"] = float(task["est"])
        if task.get("when", "").isdigit():
            task["when"] = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(int(task["when"])))
    return sorted(tasks, key=lambda task: task["uuid"])


def equal(taskc, task):
    diff = difference(listed(list(taskc.export().values())), listed(task.export()))
    true(not diff, diff)


@case("what task exports, taskc has, and task has again what taskc exports")
def _():
    clock = Clock()
    with Replica("one", clock, udas=UDAS) as one, Replica("two", clock, udas=UDAS) as two, \
            Taskc(clock=clock) as c:
        one.load(sample())
        c.must("import", "-", stdin=one.must("export").out)
        equal(c, one)
        same(c.must("import", "-", stdin=one.must("export").out).out,
             f"Imported 0 tasks, {len(KINDS)} unchanged.\n")
        c.must("export", "--output", c.path("all.json"))
        same(os.stat(c.path("all.json")).st_mode & 0o777, 0o600)
        two.must("import", c.path("all.json"))
        equal(c, two)
        same(difference(one.export(), two.export()), "")


@case("Taskwarrior's own files are read as what task makes of them")
def _():
    clock = Clock()
    with Replica("one", clock, udas=UDAS) as one, Taskc(clock=clock) as c:
        one.load(sample())
        one.must("rc.gc=on", "list")
        c.must("import", *(os.path.join(one.data, f"{name}.data")
                           for name in ("pending", "completed")))
        equal(c, one)
        c.must("import", "--merge", os.path.join(one.data, "backlog.data"))
        equal(c, one)


@case("add and modify make what task makes of the same words")
def _():
    clock = Clock()
    words = [
        ["Buy milk", "project:home", "+shop", "priority:H"],
        ["Due", "due:eow", "wait:2027-01-01T12:00", "sch:tomorrow", "until:2027-06-30"],
        ["Rent", "due:eom", "recur:monthly"],
        ["Number", "est:4"],
        ["Words", "note:free"],
        ["Done", "status:completed"],
        ["In 3 days", "due:3d"],
        ["Week", "due:sow", "scheduled:friday+18h"],
    ]
    changes = [["project:", "-shop", "+other"], ["due:2026-12-24", "wait:"], ["recur:weekly"],
               ["est:5.25"], ["note:"], ["status:pending"], ["priority:L", "tags:a,b"],
               ["Another", "text"]]
    with Replica("one", clock, udas=UDAS) as one, Taskc(clock=clock) as c:
        for task in words:
            one.must("add", *task)
            c.must("add", *task)

        def compare():
            tasks = [{t["description"]: t for t in listed(ts)}
                     for ts in (list(c.export().values()), one.export())]
            for side in tasks:
                for task in side.values():
                    task.pop("uuid")
            same(tasks[0], tasks[1])

        compare()
        clock.tick(60)
        by_text = [{t["description"]: t["uuid"] for t in ts}
                   for ts in (c.export().values(), one.export())]
        for task, change in zip(words, changes):
            c.must("modify", by_text[0][task[0]], *change)
            one.must(by_text[1][task[0]], "modify", *change)
        compare()


@case("the life of a task is as in task")
def _():
    clock = Clock()
    with Replica("one", clock) as one, Taskc(clock=clock) as c:
        uuids = [one.add(f"Task {n}") for n in range(4)]
        c.must("import", "-", stdin=one.must("export").out)
        for command, n, *rest in [
                ("annotate", 0, "first"), ("annotate", 0, "second"), ("denotate", 0, "firs"),
                ("start", 1), ("start", 2), ("stop", 2), ("done", 1), ("delete", 2),
                ("modify", 3, "depends:" + uuids[0]), ("modify", 3, "depends:-" + uuids[0])]:
            clock.tick()
            c.must(command, uuids[n], *rest)
            one.must(uuids[n], command, *rest)
        equal(c, one)


@case("the mask of a template follows its tasks, as in task")
def _():
    clock = Clock()
    with Replica("one", clock, settings={"recurrence": "on"}) as one, Taskc(clock=clock) as c:
        one.must("add", "Rent", "due:2026-11-01", "recur:weekly", "until:2030-01-01")
        one.must("list")
        children = sorted((t for t in one.export() if "parent" in t), key=lambda t: t["imask"])
        true(len(children) > 2, "task made no tasks from the template")
        one.configure(recurrence="off")
        c.must("import", "-", stdin=one.must("export").out)
        clock.tick()
        for command, child in (("done", children[0]), ("delete", children[1])):
            c.must(command, child["uuid"])
            one.must(child["uuid"], command, stdin="no\n")
        mine = [t for t in c.export().values() if t["status"] == "recurring"]
        true(mine[0]["mask"].startswith("+X-"), mine)
        equal(c, one)


@case("what is said, and the exit codes")
def _():
    with Taskc() as c:
        same(c.run("add", "Buy", "milk").out, "Created task 1.\n")
        same(c.run("add", "Rent", "due:eom", "recur:monthly").out,
             "Created task 2 (recurrence template).\n")
        same(c.run("done", "1").out, "Completed task 1 'Buy milk'.\n")
        for words, code, text in [
                (("done", "1"), 3, "There is no task 1."),
                (("add",), 64, "needs a description"),
                (("add", "x", "due:never"), 64, "'never' is not a date"),
                (("add", "x", "recur:weekly"), 64, "needs a due date"),
                (("modify", "project:x"), 64, "Say first which tasks"),
                (("modify", "2"), 64, "Say what to change"),
                (("modify", "2", "depends:2"), 64, "circular"),
                (("done",), 64, "Say which tasks"),
                (("delete", "+nowhere"), 3, "No task matches"),
                (("undo", "word"), 64, "one word too many"),
                (("2", "modify", "x"), 64, "The command comes first"),
                (("nothing",), 64, "There is no command 'nothing'"),
                (("sta",), 64, "'sta' may be one of start, status."),
                (("list", "--color", "sometimes"), 64, "not 'sometimes'"),
                (("log", "--since", "tomorrow"), 64, "is yet to come"),
                (("diff", "--since", "tomorrow"), 64, "is yet to come"),
                (("import", c.folder), 3, "is a folder"),
                (("import", c.path("nothing")), 3, "Could not open")]:
            result = c.run(*words)
            same(result.code, code, " ".join(words))
            true(text in result.err, f"{words}: {result.err}")
            same(result.out, "", " ".join(words))


@case("several tasks that were not named want --all")
def _():
    with Taskc() as c:
        for n in range(3):
            c.must("add", f"Task {n}", "+x")
        result = c.run("done", "+x")
        same(result.code, 64)
        true("3 tasks; --all" in result.err, result.err)
        same(len(json.loads(c.must("export", "status:pending").out)), 3)
        c.must("start", "1-2")
        same(len(json.loads(c.must("export", "start.any:").out)), 2)
        same(c.run("modify", "--where", "+x", "project:p").code, 64)
        c.must("modify", "--all", "--where", "+x", "--where", "start.any:", "project:p")
        same(len(json.loads(c.must("export", "project:p").out)), 2)
        c.must("done", "--all", "+x")
        same(len(json.loads(c.must("export", "status:completed").out)), 3)


@case("a command changes all of its tasks or none")
def _():
    with Taskc() as c:
        one, two = c.add("one"), c.add("two")
        before = c.export()
        same(c.run("modify", one, two, "depends:" + two).code, 64)
        same(c.export(), before)


@case("--json prints the tasks")
def _():
    with Taskc() as c:
        task = json.loads(c.must("add", "--json", "x", "+a").out)[0]
        same((task["id"], task["description"], task["tags"]), (1, "x", ["a"]))
        task = json.loads(c.must("done", "--json", "1").out)[0]
        same((task["id"], task["status"]), (0, "completed"))
        same(json.loads(c.must("done", "--json", task["uuid"]).out), [])
        same(json.loads(c.must("undo", "--json").out), {"undone": "done", "tasks": 1})
        counts = json.loads(c.must("import", "--json", "-", stdin='{"description":"y"}\n{}\n').out)
        same((counts["added"], counts["refused"]), (1, 1))
        same(counts["refusals"][0]["line"], 2)


@case("behind -- every word is the description")
def _():
    with Taskc() as c:
        uuid = c.add("due:tomorrow", "--", "+not", "project:x", "--where", "-- 3")
        same(c.export()[uuid]["description"], "+not project:x --where -- 3")
        c.must("modify", uuid, "--", "8", "+more")
        same(c.export()[uuid]["description"], "8 +more")
        c.must("annotate", uuid, "--", "9", "--all")
        same(c.export()[uuid]["annotations"][0]["description"], "9 --all")


@case("undo takes commands back, one by one")
def _():
    with Taskc() as c:
        uuid = c.add("x")
        states = [c.export()]
        for words in (("modify", uuid, "project:p", "+a"), ("annotate", uuid, "n"),
                      ("done", uuid)):
            c.must(*words)
            states.append(c.export())

        def values(tasks):
            return {u: {k: v for k, v in t.items() if k != "modified"} for u, t in tasks.items()}

        for name, state in zip(("done", "annotate", "modify"), reversed(states[:-1])):
            same(c.must("undo").out, f"Undid '{name}' of task 1 'x'.\n")
            same(values(c.export()), values(state))
        same(c.must("undo").out, "Undid 'add' of task 1 'x'.\n")
        for count in (10, 11):
            c.load([{"uuid": f"{count:08}-2222-4333-8444-{n:012}", "description": f"{count} {n}"} for n in range(count)])
            lines = c.must("undo").out.splitlines()
            same(lines[0] if count > 10 else len(lines),
                 "Undid 'import' of 11 tasks." if count > 10 else count)


@case("whether several tasks are meant is asked with their names")
def _():
    with Taskc() as c:
        c.load([{"uuid": f"{n:08}-2222-4333-8444-000000000001", "description": f"is {n}",
                 "entry": f"20260101T0000{n:02}Z", "project": "few" if n <= 2 else "many"}
                for n in range(1, 14)])
        same(on_terminal(c, 80, "done", "project:few", keys=b"n\n"),
             "That means 2 tasks:\n  task 1 'is 1'\n  task 2 'is 2'\nGo on? (y/N) n\n"
             "taskc: Nothing was changed.\n")
        shown = on_terminal(c, 80, "done", "project:many", keys=b"y\n").splitlines()
        same(shown[:2] + shown[10:13], ["That means 11 tasks:", "  task 3 'is 3'",
                                        "  task 12 'is 12'", "  and 1 more", "Go on? (y/N) y"])
        same(len(c.export("status:pending")), 2)


@case("bad records are told, with the line, and the good ones are taken")
def _():
    lines = ['{"description":"no uuid"}', '{"uuid":"x","description":"bad uuid"}', "rubbish",
             '{"description":"cut', json.dumps({"uuid": UUIDS[1], "description": "good"}), UUIDS[5],
             '{"description":"not UTF-8 \udcff"}']
    with Taskc() as c:
        text = "\n".join(lines).encode("utf-8", "surrogateescape")
        result = c.must("import", "-", stdin=text)
        same(result.out, "Imported 2 tasks, 4 refused.\n")
        same([line.split(":")[1] for line in result.err.splitlines()], ["2", "3", "4", "7"])
        result = c.run("import", "-", stdin="rubbish\n" * 50)
        same(result.code, 3)
        same(result.err.count("Not taken, because"), 20)
        true("And 30 more were not taken." in result.err, result.err)


@case("import --merge keeps what is newer in each attribute; --dry-run changes nothing")
def _():
    with Taskc() as c:
        mine = {"uuid": UUIDS[0], "description": "x", "entry": "20260101T000000Z",
                "status": "pending"}
        c.load([dict(mine, project="new", modified="20260301T000000Z")])
        older = json.dumps(dict(mine, project="old", priority="H", modified="20260201T000000Z"))
        before = c.export()
        same(c.must("import", "--merge", "--dry-run", "-", stdin=older).out,
             "Would import 0 tasks, 1 changed.\n")
        same(c.export(), before)
        c.must("import", "--merge", "-", stdin=older)
        task = c.export()[UUIDS[0]]
        same((task["project"], task["priority"]), ("new", "H"))
        same(c.must("import", "--merge", "-", stdin=older).out, "Imported 0 tasks, 1 unchanged.\n")
        c.must("import", "-", stdin=older)
        same(c.export()[UUIDS[0]]["project"], "old")


def edit(c, script, *words):
    """`taskc edit` with a shell script as the editor; the file is $1."""
    path = c.path("editor")
    with open(path, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\n" + script + "\n")
    os.chmod(path, 0o755)
    c.environ.update(EDITOR=path, TMPDIR=c.path("tmp"))
    os.makedirs(c.path("tmp"), exist_ok=True)
    return c.run("edit", *words)


@case("edit applies what was changed, and nothing else")
def _():
    with Taskc() as c:
        uuid = c.add("Buy milk", "project:home", "+shop", "est:3")
        same(edit(c, "exit 0", "1").err, "Nothing was changed.\n")
        result = edit(c, "stat -c %a \"$1\" > mode; sed -i 's/^project:.*/project: work/; "
                      "s/^tags:.*/tags: shop fruit/; $a annotation: a note' \"$1\"", "1")
        same(result.out, "Modified task 1 'Buy milk'.\n", str(result))
        with open(c.path("mode"), encoding="ascii") as file:
            same(file.read(), "600\n")
        task = c.export()[uuid]
        same((task["project"], task["tags"], task["est"], len(task["annotations"])),
             ("work", ["fruit", "shop"], "3", 1))
        same(os.listdir(c.path("tmp")), [])
        result = edit(c, "sed -i 's/\"work\"/\"play\"/' \"$1\"", "--json", "1")
        same(json.loads(result.out)[0]["project"], "play")


@case("edit leaves alone what changed while the editor was open")
def _():
    with Taskc() as c:
        uuid = c.add("x", "project:p")
        result = edit(c, f"{TASKC} modify 1 priority:H project:q +between\n"
                      "sed -i 's/^description:.*/description: y/' \"$1\"", "1")
        same(result.code, 0, str(result))
        task = c.export()[uuid]
        same((task["description"], task["priority"], task["project"], task["tags"]),
             ("y", "H", "q", ["between"]))


@case("a text that can't be read is kept")
def _():
    with Taskc() as c:
        c.add("x")
        before = c.export()
        for script, text in [("sed -i 's/^due:.*/due: rubbish/' \"$1\"", "Line 8: 'rubbish'"),
                             ("echo '{' > \"$1\"", "Line 1"),
                             ("sed -i 's/^recur:.*/recur: rubbish/' \"$1\"", "not a period"),
                             ("echo more >> \"$1\"; exit 3", "ended with status 3")]:
            result = edit(c, script, "1")
            same(result.code, 3, str(result))
            true(text in result.err, result.err)
            kept = result.err.strip().rsplit(" ", 1)[1].rstrip(".")
            true(os.path.exists(kept), result.err)
            os.unlink(kept)
        result = edit(c, "exit 3", "1")
        same((result.code, result.err), (3, f"taskc: The editor '{c.path('editor')}' ended with "
                                            "status 3.\n"))
        same(os.listdir(c.path("tmp")), [])
        same(c.export(), before)


@case("two that edit at once lose nothing")
def _():
    with Taskc() as c:
        c.add("x")
        children = [c.begin("modify", "1", f"+tag{n}") for n in range(8)]
        for child in children:
            out, err = child.communicate(timeout=120)
            same(child.returncode, 0, out + err)
        task = next(iter(c.export().values()))
        same(task["tags"], [f"tag{n}" for n in range(8)])


@case("on a terminal it asks")
def _():
    with Taskc() as c:
        for n in range(2):
            c.must("add", f"Task {n}", "+x")
        for answer, code, left in (("n", 3, 2), ("y", 0, 0)):
            master, slave = os.openpty()
            with subprocess.Popen([TASKC, "done", "+x"], stdin=slave, stdout=subprocess.PIPE,
                                  stderr=slave, env=c.environment(), cwd=c.folder) as child:
                os.close(slave)
                os.write(master, answer.encode() + b"\n")
                child.communicate(timeout=120)
                same(child.returncode, code)
            os.close(master)
            same(len(json.loads(c.must("export", "status:pending").out)), left)


tap.run()
