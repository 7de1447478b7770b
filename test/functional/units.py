# SPDX-License-Identifier: MIT
"""The units for systemd: without a mistake, and with little that a service could do harm with."""

import os
import re
import shutil
import subprocess
import tempfile

from harness import OURS
from tap import at_end, case, run, same, skip, skip_all, true

MOST = 2.0  # exposure, out of 10
SOURCES = os.path.join(os.environ.get("srcdir", "."), "systemd")
UNITS = ["taskd.service", "taskd.socket", "taskd-backup.service", "taskd-backup.timer"]

folder = tempfile.mkdtemp(prefix="taskd-test-")
at_end(lambda: shutil.rmtree(folder))


def fill_in():
    """The units, for the program that was built."""
    words = {"@bindir@/taskd": OURS, "@service@": "taskd", "@user@": "daemon"}
    for unit in UNITS:
        with open(os.path.join(SOURCES, unit + ".in"), encoding="utf-8") as file:
            text = file.read()
        for word, value in words.items():
            text = text.replace(word, value)
        true("@bindir" not in text, unit)
        with open(os.path.join(folder, unit), "w", encoding="utf-8") as file:
            file.write(text)


def analyze(*words):
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, check=False,
                          cwd=folder, env={**os.environ, "SYSTEMD_COLORS": "0"})


@case("systemd understands each line of each unit")
def verified():
    done = analyze("verify", "--man=no", *(os.path.join(folder, unit) for unit in UNITS))
    # Of what else is on this machine it complains as well.
    own = [line for line in done.stderr.splitlines() if "taskd" in line or folder in line]
    same(own, [])


@case("the services are exposed little")
def exposed():
    for unit in UNITS:
        if not unit.endswith(".service"):
            continue
        done = analyze("security", "--offline=yes", os.path.join(folder, unit))
        if "offline" in done.stderr:
            skip("this systemd-analyze can't look at files")
        found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
        true(found, done.stdout + done.stderr)
        true(float(found.group(1)) < MOST, found.group(0))


@case("a service knows what the server is started with")
def consistent():
    with open(os.path.join(folder, "taskd.service"), encoding="utf-8") as file:
        text = file.read()
    data = re.search(r"--data (\S+)", text).group(1)
    same(re.search(r"^ConditionPathExists=(.*)$", text, re.M).group(1), data + "/config")
    same("/var/lib/" + re.search(r"^StateDirectory=(.*)$", text, re.M).group(1), data)


if not shutil.which("systemd-analyze"):
    skip_all("there is no systemd-analyze")
if not OURS:
    skip_all("there is no $TASKD")
fill_in()
run()
