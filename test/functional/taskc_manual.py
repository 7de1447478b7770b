# SPDX-License-Identifier: MIT
"""The manual, the help and the units: complete, and in order."""

import configparser
import os
import re
import shutil
import subprocess
import tempfile

import manpage
from manpage import SOURCES, terms
from tap import at_end, case, run, same, skip, true
from taskc import TASKC, Taskc, need_taskc

need_taskc()

BUILD = os.path.dirname(os.path.dirname(TASKC))
replica = Taskc()
at_end(replica.close)


def made(*names):
    return manpage.made(BUILD, *names)


def page(name):
    return manpage.page(made("doc", name))


def help_of(*words):
    result = replica.must("help", *words)
    same(result.err, "")
    return result.out


def commands():
    return [form.split()[1] for form in terms(help_of("--commands-rst"))]


def options(command):
    return re.findall(r"^  (--[\w-]+)", help_of(command), re.M)


@case("no page has a warning")
def warnings():
    for name in ("taskc.1", "taskc.conf.5", "taskd.1", "taskdrc.5", "taskd-protocol.7"):
        page(name)
        if shutil.which("groff"):
            done = subprocess.run(["groff", "-k", "-man", "-Tutf8", "-ww", made("doc", name)],
                                  capture_output=True, check=False)
            same((done.returncode, done.stderr), (0, b""), name)


@case("taskc(1) has every command, option and exit status")
def whole_manual():
    text = page("taskc.1")
    true(len(commands()) > 15, commands())
    for command in commands():
        true(re.search(rf"^ +taskc {command}\b", text, re.M), f"taskc {command}")
        for option in options(command):
            true(re.search(rf"^ +{option}\b", text, re.M), f"taskc {command} {option}")
    codes = terms(help_of("--exit-codes-rst"))
    same(codes, ["0", "1", "2", "3", "4", "5", "6", "64"])
    for code in codes:
        true(re.search(rf"^ +{code} +\S", text, re.M), f"exit status {code}")
    true("@" not in re.sub(r"@-?\w+|\[@VERSION\]|TASK@", "", text), "a table is missing")


@case("taskc.conf(5) has every setting")
def whole_settings():
    text = page("taskc.conf.5")
    settings = terms(help_of("--settings-rst")) + terms(help_of("--remote-rst"))
    true(len(settings) > 30, settings)
    for setting in settings:
        true(re.search(rf"^ +{re.escape(setting)}\b", text, re.M), setting)


@case("each command explains itself, in both ways")
def helps():
    for command in commands():
        text = help_of(command)
        true(text.startswith(f"\ntaskc {command}"), text)
        same(replica.must(command, "--help")[:], (0, text, ""), command)
        true(max(map(len, text.splitlines())) <= 90, f"{command}: too wide")
        true("--commands-rst" not in text, "what is for the build is not shown")


@case("the overview lists them; an unknown one is wrong usage")
def overview():
    text = help_of()
    for command in commands():
        true(re.search(rf"^  {command} +\w", text, re.M), command)
    same(replica.must("--help").out, text)
    true(replica.must("--version").out.startswith("taskc "), "--version")
    same(replica.run("help", "nonsense").code, 64)
    same(replica.run("help", "add", "done").code, 64)
    result = replica.run("watch", "--nonsense")
    same(result.code, 64)
    true("Usage: taskc watch [REMOTE]" in result.err, result.err)


UNITS = ("taskc-sync.service", "taskc-sync.timer", "taskc-watch.service")


def unit(name):
    if name.endswith(".timer"):
        return os.path.join(SOURCES, "systemd", name)
    return made("systemd", name)


@case("systemd finds nothing wrong with the units")
def units_verified():
    if not shutil.which("systemd-analyze"):
        skip("systemd-analyze is not installed")
    folder = tempfile.mkdtemp(prefix="ts-units-")
    try:
        for name in UNITS:
            with open(unit(name), encoding="utf-8") as file:
                text = re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={TASKC}", file.read())
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(re.sub(r"(?m)^Documentation=.*\n", "", text))
        done = subprocess.run(
            ["systemd-analyze", "verify", "--user", "--man=no",
             *(os.path.join(folder, name) for name in UNITS)], capture_output=True, text=True,
            check=False, env={**os.environ, "XDG_RUNTIME_DIR": folder})
        if "bus" in done.stderr or "Failed to initialize manager" in done.stderr:
            skip("systemd-analyze can't run here")
        same((done.returncode, done.stderr), (0, ""))
    finally:
        shutil.rmtree(folder)


@case("the units run what there is, and are restarted when that helps")
def units_read():
    read = {}
    for name in UNITS:
        parser = configparser.ConfigParser(strict=True, interpolation=None)
        parser.optionxform = str
        parser.read(unit(name), encoding="utf-8")
        read[name] = parser
    for name in ("taskc-sync.service", "taskc-watch.service"):
        words = read[name]["Service"]["ExecStart"].split()
        true(words[0].startswith("/") and words[0].endswith("/taskc"), words)
        true(words[1] in commands(), words)
        for word in words[2:]:
            true(word in options(words[1]), words)
    watch = read["taskc-watch.service"]["Service"]
    same(watch["Type"], "notify")
    same(watch["Restart"], "on-failure")
    same(watch["RestartPreventExitStatus"], "5 64")
    same(read["taskc-sync.service"]["Service"]["Type"], "oneshot")
    same(read["taskc-sync.timer"]["Install"]["WantedBy"], "timers.target")


run()
