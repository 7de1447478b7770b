# SPDX-License-Identifier: MIT
"""Completion: the scripts are in order, and complete what they should."""

import os
import re
import shutil
import subprocess
import tempfile

from tap import at_end, case, run, same, skip, true
from taskc import TASKC, Taskc, need_taskc

need_taskc()

folder = tempfile.mkdtemp(prefix="ts-complete-")
at_end(lambda: shutil.rmtree(folder, ignore_errors=True))
replica = Taskc(os.path.join(folder, "replica"))
replica.remote("home", server="localhost")
replica.remote("work", server="localhost")
replica.must("add", "--", "Buy milk: 'now'")
replica.must("add", "--", "Paint it\tblue")
SHELLS = ("bash", "zsh", "fish")
BASH = """
source "$1"; shift
COMP_TYPE=$1; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_taskc taskc "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
((${#COMPREPLY[@]})) && printf '%s\\n' "${COMPREPLY[@]}"
exit 0
"""


def script(shell):
    path = os.path.join(folder, f"taskc.{shell}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(replica.must("help", "--completion", shell).out)
    return path


def environment():
    env = replica.environment()
    env["PATH"] = os.path.dirname(TASKC) + ":" + env["PATH"]
    return env


def shell_run(*argv):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          env=environment(), cwd=folder, check=False, timeout=60)
    same((done.returncode, done.stderr), (0, ""), " ".join(argv[:2]))
    return done.stdout


def bash(*words, kind="9"):
    """What bash offers for the last of the words."""
    return shell_run("bash", "-c", BASH, "bash", script("bash"), kind, "taskc",
                     *words).splitlines()


def fish(line):
    """What fish offers: {word: description}"""
    if not shutil.which("fish"):
        skip("fish is not installed")
    text = shell_run("fish", "--no-config", "-c",
                     f"source {script('fish')}; complete -C '{line}'")
    return dict((row.split("\t") + [""])[:2] for row in text.splitlines())


def commands():
    return re.findall(r"^  (\w+)  ", replica.must("help").out.split("Options")[0], re.M)


for name in SHELLS:
    @case(f"{name} reads the script without a word")
    def parses(shell=name):
        if not shutil.which(shell):
            skip(f"{shell} is not installed")
        same(shell_run(shell, "-n", script(shell)), "")


@case("another shell is wrong usage")
def other():
    same(replica.run("help", "--completion", "csh").code, 64)


@case("bash: commands")
def bash_commands():
    true(len(commands()) > 15, commands())
    same(bash(""), commands())
    same(bash("wat"), ["watch"])
    same(bash("--dir", "/x", "--quiet", "wat"), ["watch"])
    same(bash("help", "ver"), [])
    same(bash("help", "wa"), ["watch"])


@case("bash: options, the command's own and those of all")
def bash_options():
    same(bash("watch", "--task"), ["--taskwarrior", "--taskrc"])
    same(bash("watch", "home", "--j"), ["--json"])
    same(bash("--qu"), ["--quiet"])
    same(bash("sync", "--task"), [])
    true("--commands-rst" not in bash("help", "--"), "what is for the build is not offered")


@case("bash: values of options, apart or behind =")
def bash_values():
    same(bash("--color", "a"), ["auto", "always"])
    same(bash("list", "--color", "=", "n"), ["never"])
    same(bash("help", "--completion", "="), ["bash", "zsh", "fish"])
    with open(os.path.join(folder, "some file"), "w", encoding="ascii"):
        pass
    same(bash("import", "some"), ["some file"])
    same(bash("watch", "--taskrc", "some"), ["some file"])


@case("bash: tasks, with descriptions where it shows a list")
def bash_tasks():
    same(bash("done", ""), ["1", "2"])
    same(bash("done", "2"), ["2"])
    same(bash("done", "", kind="63"), ["1  Buy milk: 'now'", "2  Paint it blue"])
    same(bash("modify", "1", ""), ["1", "2"])


@case("bash: remotes")
def bash_remotes():
    same(bash("sync", ""), ["home", "work"])
    same(bash("sync", "h"), ["home"])


@case("without a replica nothing is offered, and nothing said")
def empty():
    with Taskc() as nothing:
        for option in ("--complete-tasks", "--complete-remotes"):
            same(nothing.run("help", option)[:], (0, "", ""), option)
        true(not os.path.exists(nothing.path("data")), "no replica is made by looking")


@case("fish: commands, options, tasks with descriptions, remotes")
def fish_all():
    same(sorted(fish("taskc ")), sorted(commands()))
    true("--taskwarrior" in fish("taskc watch --task"), "options")
    same(fish("taskc done "), {"1": "Buy milk: 'now'", "2": "Paint it blue"})
    same(sorted(fish("taskc sync ")), ["home", "work"])
    same(sorted(fish("taskc --color ")), ["always", "auto", "never"])


@case("zsh: the functions offer tasks and remotes")
def zsh_all():
    if not shutil.which("zsh"):
        skip("zsh is not installed")
    text = shell_run("zsh", "-fc", """
        _arguments() { : }
        _describe() { local -a all; all=("${(@P)4}"); print -rl -- $all }
        source $1; _taskc_tasks; _taskc_remotes; _taskc_commands""", "zsh", script("zsh"))
    lines = text.splitlines()
    same(lines[:4], ["1:Buy milk: 'now'", "2:Paint it blue", "home", "work"])
    same([line.split(":")[0] for line in lines[4:]], commands())


run()
