# SPDX-License-Identifier: MIT
"""
A sync is ended at each of its steps, and each of its steps fails: run again, it ends as if nothing
had happened. A step is a call that changes something outside of the process (test/fault/stopat.c).

TS_CRASH_STRIDE: look at each n-th step only (1: at all of them); TS_CRASH_JOBS: how many at once.
"""

import concurrent.futures
import os
import re

import taskc_scenes as scenes
from harness import at_end, case, need_server, note, run, same, skip_all, true
from taskc import need_taskc
from taskc_scenes import EditScene, Scene, told

STOPAT = os.environ.get("STOPAT", "")
STRIDE = int(os.environ.get("TS_CRASH_STRIDE", "0"))
JOBS = int(os.environ.get("TS_CRASH_JOBS", "4"))
STOPPED = 97
FILES = {"taskc.conf", "remotes", "tasks.mdb", "tasks.mdb-lock", "sync.lock", "home.status",
         "home.session"}
WRITES = re.compile("write|send")

SCENES = (
    Scene("a first sync that sends", scenes.first_up),
    Scene("a first sync that sends in several requests", scenes.first_up_large, {"batch": "4K"}),
    Scene("a first sync that fetches", scenes.first_down),
    Scene("a sync of conflicts", scenes.conflicts),
    Scene("a sync with a restored server", scenes.restored),
)
EDITS = tuple(
    EditScene(f"`taskc {command}`", scenes.in_use, command=(command, *words))
    for command, words in (
        ("add", ("a new task", "+tag", "due:2000000000")),
        ("modify", (scenes.IN_USE[1], "project:new", "-t1")),
        ("annotate", (scenes.IN_USE[0], "a note")),
        ("done", (scenes.IN_USE[2],)),
        ("undo", ())))


def steps_of(scene):
    """The names of the steps, in order."""
    with scene.make().fresh() as (_, here):
        log = here.path("steps")
        here.environ = {"LD_PRELOAD": STOPAT, "STOPAT_LOG": log}
        here.must(*scene.command)
        with open(log, encoding="ascii") as file:
            return [line.split()[1] for line in file]


def stopped(scene, step, name, **how):
    """Stop it there, look at what is left, and run it again."""
    with scene.fresh() as (server, here):
        here.environ = {"LD_PRELOAD": STOPAT, "STOPAT": str(step), **how}
        result = here.run(*scene.command, runs=True)
        here.environ = {}
        try:
            if "STOPAT_ERRNO" in how:
                true(result.code == 0 or told(result), "a sentence")
            else:
                true(result.code in (STOPPED, 0), f"exit code {result.code}: {result.err}")
            scene.check_stopped(here)
            scene.check_resumed(server, here)
            same(set(os.listdir(here.folder)) - FILES, set(), "files left behind")
        except AssertionError as error:
            raise AssertionError(f"step {step} ({name}) {how}: {result}\n{error}") from error
        return result.code


def all_steps(scene, stride, chosen=lambda name: True, **how):
    """At each of the steps that are chosen; gives the exit codes."""
    names = steps_of(scene)
    numbers = [n for n, name in enumerate(names, 1) if chosen(name)][::STRIDE or stride]
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        codes = list(pool.map(lambda n: stopped(scene, n, names[n - 1], **how), numbers))
    note(f"{len(numbers)} of {len(names)} steps, exit codes {sorted(set(codes))}")
    return codes


def register(scene):
    @case(f"{scene.name}, ended at each step")
    def _():
        codes = all_steps(scene, 1)
        true(codes.count(STOPPED) > len(codes) * 3 / 4, f"it was hardly ever ended: {codes}")

    @case(f"{scene.name}, ended in the middle of each write and each message")
    def _():
        true(STOPPED in all_steps(scene, 2, WRITES.search, STOPAT_HALF="1"), "it was ended")

    @case(f"{scene.name}, no space at each step")
    def _():
        true(max(all_steps(scene, 3, STOPAT_ERRNO="ENOSPC")) > 0, "nothing failed")

    @case(f"{scene.name}, a fault of the disk or the network at each step")
    def _():
        true(max(all_steps(scene, 3, STOPAT_ERRNO="EIO")) > 0, "nothing failed")


@at_end
def close():
    for scene in SCENES + EDITS:
        scene.close()


if __name__ == "__main__":
    need_server()
    need_taskc()
    if not STOPAT or not os.path.exists(STOPAT):
        skip_all(f"there is no {STOPAT or '$STOPAT'}")
    for scene_ in SCENES + EDITS:
        register(scene_)
    run()
