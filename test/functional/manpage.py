# SPDX-License-Identifier: MIT
"""Manual pages as a reader sees them."""

import os
import re
import shutil
import subprocess

from tap import same, skip

SOURCES = os.environ.get("srcdir", os.path.join(os.path.dirname(__file__), "..", ".."))


def made(build, *names):
    """A file that the build makes, or the distribution has."""
    for top in (build, SOURCES):
        path = os.path.join(top, *names)
        if os.path.exists(path):
            return path
    return skip(f"{'/'.join(names)} was not made")


def page(path):
    """The text of a manual page, without wrapped lines and hyphens."""
    if not shutil.which("man"):
        skip("man is not installed")
    done = subprocess.run(
        ["man", "--warnings", "-E", "UTF-8", "-l", path], capture_output=True, check=False,
        env={**os.environ, "MANWIDTH": "1000", "LC_ALL": "C.UTF-8", "MANPAGER": "cat"})
    same((done.returncode, done.stderr), (0, b""), path)
    return re.sub("\x1b\\[[0-9;]*m|.\x08", "", done.stdout.decode())


def terms(text):
    """What the definition lists of reStructuredText define: programs' tables are such lists."""
    return re.findall(r"^``([^`]+)``", text, re.M)
