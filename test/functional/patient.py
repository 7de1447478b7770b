# SPDX-License-Identifier: MIT
"""A taskc that was set up from a bundle, and what its doctor says of it."""

import glob
import json
import os

from harness import same, true
from taskc import Taskc


class Patient(Taskc):
    """bundle: the file that it is set up from; server: whose port it then uses."""

    def __init__(self, bundle=None, server=None, **options):
        super().__init__(**options)
        self.bundle = bundle or (server and server.bundle)
        if self.bundle:
            self.must("setup", self.bundle)
        if server:
            self.set(server=f"{server.host}:{server.port}")

    def set(self, remote="default", **settings):
        """Settings of its remote; `__` in a name stands for a dot."""
        for name, value in settings.items():
            self.must("config", "--remote", remote, name.replace("__", "."), value)

    def find(self, name):
        """The path of one of its files."""
        found = glob.glob(f"{glob.escape(self.folder)}/**/{name}", recursive=True)
        same(len(found), 1, f"files named {name}: {found}")
        return found[0]

    def files(self):
        """relative path -> contents of all its files but the replica's"""
        found = {}
        for folder, _, names in os.walk(self.folder):
            for name in names:
                path = os.path.join(folder, name)
                if not name.startswith("tasks.mdb"):
                    with open(path, "rb") as file:
                        found[os.path.relpath(path, self.folder)] = file.read()
        return found

    def doctor(self, *words):
        """(exit code, lines as objects)"""
        done = self.run("doctor", "--json", *words, runs=True)
        true(done.out, f"the doctor said nothing: {done}")
        return done.code, json.loads(done.out)

    def must_be_well(self, *words):
        code, lines = self.doctor(*words)
        bad = [line for line in lines if line["state"] in ("failure", "skipped")]
        true(code == 0 and not bad, f"exit {code}: {bad}")
        return lines

    def must_suffer(self, code, check, *texts):
        """The first fault is of `check`, its line has each of the texts; gives what is behind."""
        got, lines = self.doctor()
        bad = [line for line in lines if line["state"] == "failure"]
        true(bad, f"nothing failed: exit {got}: {lines}")
        same((got, bad[0]["check"]), (code, check), f"{bad}")
        line = f"{bad[0]['text']} {bad[0].get('advice', '')}"
        for text in texts:
            true(text in line, f"no {text!r} in {line!r}")
        return {line["check"]: line["state"] for line in lines}
