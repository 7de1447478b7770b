# SPDX-License-Identifier: MIT
"""What taskc shows: tables and graphs at several widths, colour, history, conflicts."""

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import time
import unicodedata

from harness import Server
from tap import at_end, case, run, same, true
from taskc import TASKC, Taskc, need_taskc
from terminal import cells, on_terminal

need_taskc()

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
DESCRIPTIONS = {
    "wide": "\u6f22\u5b57 and kana \u30ab\u30bf\u30ab\u30ca in the middle of a text that is long "
            "enough to wrap \u6f22\u5b57\u6f22\u5b57\u6f22\u5b57\u6f22\u5b57\u6f22\u5b57 twice",
    "combining": "e\u0301claire a\u0308o\u0308u\u0308 " + "o\u0302" * 90,
    "emoji": "\U0001f389\U0001f389 party " + "\U0001f600" * 50,
    "long word": "antidisestablishmentarianism" * 8,
    "right to left": "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd "
                     "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645 " * 3,
    "control": "red \x1b[31m title \x1b]0;owned\x07 bell\x07 c1 \x9b2J back\x08 turned \u202etxt",
}


def many():
    """A replica with tasks that are hard to show."""
    replica = Taskc()
    for number, (name, text) in enumerate(DESCRIPTIONS.items()):
        replica.must("add", f"project:{name.replace(' ', '.')}", f"due:{number - 2}d", "+home",
                     "--", text)
    replica.must("annotate", "1", "with a note")
    replica.must("modify", "2", "project:a.project.with.a.name.that.is.far.too.long.for.a.column")
    replica.must("modify", "3", "priority:H", "depends:1")
    replica.must("start", "3")
    return replica


MANY = many()
at_end(MANY.close)


def fits(text, columns):
    for line in text.split("\n"):
        plain = COLOUR.sub("", line)
        true(cells(plain) <= columns, f"{cells(plain)} cells, not {columns}: {plain!r}")
        true(not [c for c in plain if unicodedata.category(c) == "Cc"], f"obeyed: {plain!r}")
        true("\u202e" not in plain, f"turned: {plain!r}")


def words_of(text):
    return re.sub(r"[\s|*/\\]+", "", COLOUR.sub("", text))


for WIDTH in (40, 80, 200):
    @case(f"everything fits into {WIDTH} columns")
    def _(width=WIDTH):
        for words in (["list"], ["list", "--dates", "iso"], ["log"], ["log", "--graph"],
                      ["show", "1"], ["show", "6"], ["diff", "2"], ["diff", "--since", "yesterday"],
                      ["list", "--columns", "id,description,project,tags,due"]):
            text = on_terminal(MANY, width, *words)
            true(text.count("\n") > 2, f"{words}: {text!r}")
            fits(text, width)


@case("the description wraps under itself, and nothing of it is lost")
def _():
    for width in (80, 200):
        text = COLOUR.sub("", on_terminal(MANY, width, "list"))
        lines = text.split("\n")
        start = lines[0].index("Description")
        column = words_of("".join(line[start:] for line in lines[1:]))
        for name in ("wide", "combining", "emoji", "long word", "right to left"):
            true(words_of(DESCRIPTIONS[name]) in column, f"{name} at {width}")
        continued = [line for line in lines[1:] if line[:start].strip() == "" and line.strip()]
        true(continued or width == 200, "nothing was wrapped")


@case("colour is for terminals that want it")
def _():
    text = on_terminal(MANY, 80, "list")
    true("\x1b[31m" in text and "\x1b[33m" in text, "overdue is red, due soon yellow")
    true(COLOUR.search(on_terminal(MANY, 80, "list", NO_COLOR="1")) is None, "NO_COLOR")
    true(COLOUR.search(on_terminal(MANY, 80, "list", "--color", "never")) is None, "--color never")
    true(COLOUR.search(MANY.must("list").out) is None, "a pipe")
    true(COLOUR.search(MANY.must("list", "--color", "always").out), "--color always")


@case("a list's order, columns and limits")
def _():
    with Taskc() as replica:
        for words in (["c", "project:b", "priority:L"], ["b", "project:a"], ["a", "due:2d"],
                      ["d", "priority:H"], ["late", "due:-1d"], ["hidden", "wait:30d"]):
            replica.must("add", *words)

        def order(*words):
            return [task["description"] for task in
                    json.loads(replica.must("list", "--json", *words).out)]
        same(order(), ["late", "a", "d", "c", "b"])
        same(order("--sort", "description-"), ["late", "d", "c", "b", "a"])
        same(order("--sort", "project+,id-"), ["b", "c", "late", "d", "a"])
        same(order("--limit", "2"), ["late", "a"])
        same(order("--all", "--limit", "1", "--sort", "wait+"), ["hidden"])
        same(order("status:waiting"), ["hidden"])
        same(order("6"), ["hidden"])
        same(replica.must("list", "--columns", "id,project", "project:a").out,
             "ID Project\n-- -------\n 2 a\n")
        replica.configure(columns="description,id", sort="description+")
        same(replica.must("list", "priority.any:").out.split("\n")[2:4], ["c            1",
                                                                          "d            4"])
        for words, code in ((["--limit", "many"], 64), (["--dates", "soon"], 64),
                            (["--columns", "id,,due"], 64), (["--sort", "+"], 64), (["99"], 3)):
            same(replica.run("list", *words).code, code, words)
        empty = replica.run("list", "project:none")
        same((empty.code, empty.out), (0, ""))


@case("a task as it was")
def _():
    with Taskc() as replica:
        uuid = replica.add("Buy milk", "project:home")
        replica.must("modify", "1", "project:garden", "+shop")
        replica.must("modify", "1", "project:attic", "-shop")
        for word, project in (("1", "attic"), ("1@-1", "garden"), ("1@-2", "home"),
                              (uuid + "@2", "garden"), ("1@now", "attic")):
            shown = json.loads(replica.must("show", word, "--json").out)
            same(shown["task"]["project"], project, word)
            true(re.search(rf"(?m)^project +{project}$", replica.must("show", word).out), word)
        for word, code in (("1@yesterday", 3), ("1@9", 3), ("1@x", 64), ("9", 3), ("1@", 64)):
            same(replica.run("show", word).code, code, word)
        same(replica.must("diff", "1").out.split("\n")[1:],
             ["-project: garden", "+project: attic", "-tags: shop", ""])
        same(replica.must("diff", "1@1", "@2").out.split("\n")[1:],
             ["-project: home", "+project: garden", "+tags: shop", ""])
        same(json.loads(replica.must("diff", "1@1", "--json").out)[0]["changes"],
             [{"attribute": "project", "from": "home", "to": "attic"}])
        same(replica.must("revert", "1", "--to", "2").out,
             "Reverted task 1 'Buy milk': project: attic -> garden; +shop\n")
        same(replica.export()[uuid]["project"], "garden")
        same(replica.must("revert", "1", "project", "tags").out,
             "Reverted task 1 'Buy milk': project: garden -> attic; -shop\n")
        same(replica.must("revert", "1", "--to", "4").code, 0)
        nothing = replica.must("revert", "1", "--to", "4")
        same((nothing.out, len(replica.must("log").out.split("\nversion"))), ("", 1))
        replica.must("done", "1")
        same(replica.must("revert", uuid, "status").code, 0)
        true("end" not in replica.export()[uuid], "no end any more")
        same([entry["command"] for entry in json.loads(replica.must("log", "--json").out)],
             ["revert", "done", "revert", "revert", "revert", "modify", "modify", "add"])
        same(len(json.loads(replica.must("log", "--json", "--limit", "2").out)), 2)
        same(json.loads(replica.must("log", "--json", "--since", "2100-01-01").out), [])


def disagree(server):
    """Two replicas; the second one's project has lost against the first one's."""
    one, two = (Taskc(server=server, device=name) for name in ("one", "two"))
    uuid = one.add("Buy milk", "project:home", "priority:L")
    one.must_sync()
    two.must_sync()
    two.must("modify", uuid, "project:it's lost", "+mine")
    time.sleep(1.1)  # the later edit wins; stamps are seconds
    one.must("modify", uuid, "project:kept")
    one.must_sync()
    two.must_sync()
    return one, two, uuid


@case("what lost is listed and can be put back with the line that is told")
def _():
    server = Server().create().start()
    one, two, uuid = disagree(server)
    lost = json.loads(two.must("conflicts", "--json").out)
    same(len(lost), 1)
    same({k: lost[0]["value"][k] for k in ("attribute", "kept", "lost")},
         {"attribute": "project", "kept": "kept", "lost": "it's lost"})
    same(two.status()["open_conflicts"], len(lost))
    true("lost to other edits; `taskc conflicts` lists" in two.must("status").out, "status tells")
    text = two.must("conflicts").out
    true("project: kept kept, lost it's lost (concurrent edit)" in text, text)
    line = next(line.strip() for line in text.split("\n") if "taskc revert" in line)
    same(line, lost[0]["revert"])
    true("it's lost" in two.must("show", uuid).out, "show tells of it")
    done = subprocess.run(line.replace("taskc", TASKC, 1), shell=True, check=False,
                          env=two.environment(), capture_output=True, text=True)
    same((done.returncode, done.stderr), (0, ""))
    same(two.export()[uuid]["project"], "it's lost")
    same(json.loads(two.must("conflicts", "--json").out), [])
    same(two.status()["open_conflicts"], 0)
    true("conflicts" not in two.must("status").out, "status tells of none")
    same([c["state"] for c in json.loads(two.must("conflicts", "--all", "--json").out)],
         ["restored"])
    two.must_sync()
    one.must_sync()
    same(one.export()[uuid]["project"], "it's lost")
    same(one.export()[uuid]["tags"], ["mine"])


def graph_rows(text):
    return [re.match(r"[*|/\\ ]*", line).group(0) for line in text.split("\n") if line]


@case("a tree is drawn, and written for Graphviz")
def _():
    server = Server().create().start()
    _, two, uuid = disagree(server)
    text = two.must("log", uuid, "--graph").out
    fits(text, 80)
    entries = json.loads(two.must("log", uuid, "--json").out)
    same(len(re.findall(r"(?m)^[| ]*\*[| ]*\d", text)), len(entries), text)
    true(any(len(e["parents"]) == 2 for e in entries), "a merge")
    true(any("|\\" in row for row in graph_rows(text)), f"a fork\n{text}")
    true(any("|/" in row for row in graph_rows(text)), f"a join\n{text}")
    dot = two.must("log", uuid, "--dot").out
    nodes = set(re.findall(r"(?m)^\t\tv(\d+) \[", dot))
    edges = set(re.findall(r"(?m)^\tv(\d+) -> v(\d+)", dot))
    same(nodes, {str(e["version"]) for e in entries})
    same(edges, {(str(p), str(e["version"])) for e in entries for p in e["parents"]})
    same(dot.count("{"), dot.count("}"))
    same(len(re.findall(r'(?<!\\)(?:\\\\)*"', dot)) % 2, 0)
    if shutil.which("dot"):
        drawn = subprocess.run(["dot", "-Tsvg"], input=dot, capture_output=True, text=True,
                               check=False)
        same((drawn.returncode, drawn.stderr), (0, ""))


@case("a tree of all tasks is drawn task by task, the one that changed last first")
def _():
    with Taskc() as replica:
        for name in "abc":
            replica.must("add", name)
        for number in "3", "1":
            replica.must("modify", number, "+again")
        for words, expected in ([], "1 1 3 3 2"), (["2-3"], "3 3 2"), (["--limit", "3"], "1 1 3"):
            text = replica.must("log", "--graph", *words).out
            rows = [line for line in text.split("\n") if "*" in line]
            same([row.split()[6] for row in rows], expected.split(), text)
            same({row[:2] for row in rows}, {"* "}, text)
        same([e["id"] for e in json.loads(replica.must("log", "--json").out)], [1, 3, 3, 2, 1])


@case("the status is shown where not all are pending")
def _():
    with Taskc() as replica:
        for words in (["a"], ["b"], ["c", "wait:30d"]):
            replica.must("add", *words)
        replica.must("done", "2")
        true("Status" not in replica.must("list").out, "all pending")
        text = replica.must("list", "--all", "--sort", "description+").out
        same([line.split()[-3] for line in text.split("\n")[2:-1]],
             ["pending", "completed", "waiting"], text)
        true("Status" in replica.must("list", "--columns", "status,description").out, "chosen")


@case("who reads only the beginning is told nothing")
def _():
    with Taskc() as replica:
        tasks = "".join(f'{{"description":"{"x" * 200} {n}"}}' for n in range(2000))
        replica.must("import", "-", stdin=tasks)
        for words in ["list"], ["export"], ["log"]:
            with replica.begin(*words) as process:
                true(process.stdout.read(10), f"{words} printed nothing")
                process.stdout.close()
                same(process.stderr.read(), "", f"{words}")
                same(process.wait(), -signal.SIGPIPE, f"{words}")
        with open("/dev/full", "wb") as full:
            done = subprocess.run([TASKC, "list"], env=replica.environment(), stdout=full,
                                  stderr=subprocess.PIPE, text=True, check=False)
        same((done.returncode, done.stderr),
             (3, "taskc: Could not write to standard output.\n"))


@case("quotes and control characters in a tree for Graphviz")
def _():
    with Taskc() as replica:
        replica.must("add", "--", 'a "quoted" \\ back\\" and \x1b[31m red\nline')
        dot = replica.must("log", "--dot").out
        same(len(re.findall(r'(?<!\\)(?:\\\\)*"', dot)) % 2, 0)
        true("\x1b" not in dot, "nothing to obey")
        if shutil.which("dot"):
            drawn = subprocess.run(["dot", "-Tsvg"], input=dot, capture_output=True, text=True,
                                   check=False)
            same((drawn.returncode, drawn.stderr), (0, ""))


run()
