# SPDX-License-Identifier: MIT
"""
Data directories of Taskserver that disks, editors and people have damaged: what is mended, what is
put aside, and that each of it is told. And adoptions that are stopped half-way.

TS_CRASH_STRIDE: look at each n-th step only (1: at all of them).
"""

import json
import os
import shutil
import subprocess
import tempfile

from harness import OURS, case, need_server, note, preloaded, run, same, skip, skip_all, true

STOPAT = os.environ.get("STOPAT", "")
STRIDE = int(os.environ.get("TS_CRASH_STRIDE", "3"))
STOPPED = 97
KEY = "11111111-2222-4333-8444-555555555555"
OTHER = "22222222-2222-4333-8444-555555555555"
HOME = f"orgs/Public/users/{KEY}"
DATA = f"{HOME}/tx.data"
K = [f"0000000{n}-1111-4111-8111-111111111111" for n in range(10)]


def uuid(number):
    return f"00000000-0000-4000-8000-{number:012}"


def line(number, **more):
    """A task line. An attribute that is None is left out."""
    task = {"description": f"task {number}", "entry": "20200101T000000Z",
            "modified": "20200101T000001Z", "status": "pending", "uuid": uuid(number)}
    task.update(more)
    return json.dumps({k: v for k, v in task.items() if v is not None})


def tx(*lines, end="\n"):
    return "\n".join(lines) + end


ONE, TWO = line(1), line(2)


class Place:
    """A data directory of Taskserver, made of files; None is a folder."""

    def __init__(self, files):
        self.root = tempfile.mkdtemp(prefix="taskd-adopt-")
        self.old = os.path.join(self.root, "old")
        self.new = os.path.join(self.root, "new")
        everything = {"config": "server=localhost:0\nserver.cert=/dev/null\n"
                                "server.key=/dev/null\n",
                      f"{HOME}/config": "user=alice\n", "orgs/Public/groups": None, **files}
        for path, content in everything.items():
            self.make(path, content)

    def make(self, path, content):
        path = os.path.join(self.old, path)
        if content is None:
            os.makedirs(path, exist_ok=True)
            return
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if content is not False:
            with open(path, "wb") as file:
                file.write(content if isinstance(content, bytes) else content.encode())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.root)

    def run(self, *words, env=None):
        return subprocess.run([OURS, *words], capture_output=True, text=True, check=False,
                              timeout=60, stdin=subprocess.DEVNULL,
                              env={**os.environ, **(env or {})})

    def must(self, *words):
        done = self.run(*words)
        if done.returncode != 0:
            raise AssertionError(f"taskd {' '.join(words)}: {done.stderr}")
        return done.stdout

    def adopt(self, *words):
        """(the findings as (kind, path, line, text), the totals)"""
        report = json.loads(self.must("adopt", "--json", *words, self.old, "--data", self.new))
        return [(f["kind"], f["path"].replace(self.old, "OLD"), f.get("line"), f["text"])
                for f in report["findings"]], report["totals"]

    def tasks(self, user="alice"):
        return json.loads(self.must("export", "Public", user, "--data", self.new))

    def tree(self):
        """Everything in the old directory."""
        found = {}
        for folder, _, names in os.walk(self.old):
            for name in names:
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    found[path] = file.read(), os.stat(path).st_mtime_ns
        return found


def counts(states, versions, same_=0, quarantined=0, keys=1, **more):
    return {"states": states, "versions": versions, "same": same_, "quarantined": quarantined,
            "keys": keys, **more}


NO_TASK = "it is neither a task nor a sync key"
# name: (files, findings, totals, {task's number: what it must have})
BROKEN = {
    "nothing wrong": (
        {DATA: tx(ONE, TWO, K[1], line(1, project="p"), K[2])}, [], counts(3, 3, keys=2),
        {1: {"project": "p"}, 2: {}}),
    "nothing but the time was changed": (
        {DATA: tx(ONE, K[1], line(1, modified="20200102T000000Z"), K[2])}, [], counts(2, 2, keys=2),
        {1: {"modified": "20200102T000000Z"}}),
    "the last line is cut off": (
        {DATA: tx(ONE, K[1], TWO[:50], end="")},
        [("no-task", DATA, 3, "it is cut off")], counts(2, 1, quarantined=1), {1: {}}),
    "cut off, and written on": (
        {DATA: tx(ONE[:60] + TWO, K[1])},
        [("lost-newline", DATA, 1, "it lost a newline and was taken apart"),
         ("no-task", DATA, 1, "it is cut off")], counts(2, 1, quarantined=1), {2: {}}),
    "a key behind what was cut off": (
        {DATA: tx(ONE, K[1], TWO[:60] + K[2], TWO, K[3])},
        [("lost-newline", DATA, 3, "it lost a newline and was taken apart"),
         ("no-task", DATA, 3, "it is cut off")], counts(3, 2, quarantined=1, keys=3),
        {1: {}, 2: {}}),
    "tasks behind the last key": (
        {DATA: tx(ONE, K[1], TWO, line(3))},
        [("no-key-behind", DATA, 3, "2 tasks from here on had no sync key behind them; they got a "
          "new one")], counts(3, 3, keys_made=1), {1: {}, 2: {}, 3: {}}),
    "keys without tasks": (
        {DATA: tx(K[0], K[1], ONE, K[2], K[3])}, [],
        counts(1, 1, keys=4, transactions=1), {1: {}}),
    "a key that is there twice": (
        {DATA: tx(ONE, K[1], TWO, K[1], line(3), K[2])},
        [("key-twice", DATA, 4, "this sync key was there before: the first place counts")],
        counts(3, 3, keys=3, keys_twice=1), {1: {}, 2: {}, 3: {}}),
    "every spelling of dependencies": (
        {DATA: tx(ONE, TWO, line(3, depends=f"{uuid(1)},{uuid(2)}"),
                  line(4, depends=[uuid(1), uuid(2)]),
                  line(5, depends=json.dumps([uuid(1), uuid(2)])),
                  line(6, depends=json.dumps(json.dumps([uuid(1), uuid(2)]))), K[1])},
        [("depends-list", DATA, 4, "its dependencies were a list"),
         ("depends-text", DATA, 5, "its dependencies were a list printed into a text"),
         ("depends-text", DATA, 6, "its dependencies were a list printed into a text")],
        counts(6, 6), {n: {"depends": f"{uuid(1)},{uuid(2)}"} for n in (3, 4, 5, 6)}),
    "statuses that no client takes": (
        {DATA: tx(line(1, status="aitin"), line(2, status=None), K[1])},
        [("value", DATA, 1, "its status 'aitin' is unknown to Taskwarrior and became pending"),
         ("value", DATA, 2, "it had no status and became pending")],
        counts(2, 2), {1: {"status": "pending"}, 2: {"status": "pending"}}),
    "what a task needs, or doesn't": (
        {DATA: tx(line(1, uuid=None), line(2, description=None), line(3, entry=None),
                  line(4, modified=None), line(5, uuid="none"), "{}", K[1])},
        [("no-task", DATA, 1, "it has no uuid"), ("no-task", DATA, 2, "it has no description"),
         ("no-entry", DATA, 3, "it has no 'entry'"),
         ("no-modified", DATA, 4, "it has no 'modified'"),
         ("no-task", DATA, 5, "its uuid is not a UUID"), ("no-task", DATA, 6, "it has no uuid")],
        counts(6, 2, quarantined=4), {3: {}, 4: {}}),
    "dates that are numbers": (
        {DATA: tx(line(1, entry="1577836800", due=1577836800), line(2, due="never"), K[1])},
        [("date-number", DATA, 1, "a date of it was a number of seconds"),
         ("no-task", DATA, 2, "its due is not a date")],
        counts(2, 1, quarantined=1), {1: {"entry": "20200101T000000Z", "due": "20200101T000000Z"}}),
    "NUL bytes and what is no UTF-8": (
        {DATA: b"\0\0\0\n\0" + ONE.encode() + b"\n" + line(2, description="x").encode()
               .replace(b'"x"', b'"caf\xe9"') + f"\n{K[1]}\n".encode()},
        [("nul", DATA, 1, "NUL bytes were taken out of it"),
         ("nul", DATA, 2, "NUL bytes were taken out of it"),
         ("utf-8", DATA, 3, "what is no UTF-8 in it became U+FFFD")],
        counts(2, 2, blank=1), {1: {}, 2: {"description": "caf�"}}),
    "a file from Windows": (
        {DATA: "\ufeff" + tx(ONE, K[1]).replace("\n", "\r\n")},
        [("byte-order-mark", DATA, 1, "the byte order mark before it was taken away"),
         ("carriage-return", DATA, 1, "the carriage return behind it was taken away"),
         ("carriage-return", DATA, 2, "the carriage return behind it was taken away")],
        counts(1, 1), {1: {}}),
    "the same line again and again": (
        {DATA: tx(ONE, K[1], ONE, ONE, K[2], "rubbish", "rubbish", K[3])},
        [("no-task", DATA, 6, NO_TASK), ("no-task", DATA, 7, NO_TASK)],
        counts(5, 1, same_=2, quarantined=1, quarantined_again=1, keys=3), {1: {}}),
    "empty lines, and an old format": (
        {DATA: tx("", ONE, "", K[1], '[description:"x"]', "")},
        [("no-task", DATA, 5, NO_TASK)], counts(2, 1, quarantined=1, blank=3), {1: {}}),
    "a write that was never finished": (
        {DATA: tx(ONE, K[1]), f"{HOME}/tx.tmp.data": tx(ONE, K[1], TWO)},
        [("file", f"{HOME}/tx.tmp.data", None,
          "a write that Taskserver never finished nor confirmed")], counts(1, 1), {1: {}}),
    "only the temporary file is left": (
        {f"{HOME}/tx.tmp.data": tx(ONE, K[1])},
        [("temporary-file-taken", f"{HOME}/tx.tmp.data", None,
          "there was no tx.data, so it was taken")], counts(1, 1), {1: {}}),
    "files that nobody reads": (
        {DATA: tx(ONE, K[1]), f"{HOME}/tx.data~": "x", "orgs/README": "x", "orgs/Public/x": "y",
         "orgs/Public/users/z": "z"},
        [("file", "orgs/Public/x", None, "nothing reads it"),
         ("file", "orgs/Public/users/z", None, "nothing reads it"),
         ("file", f"{HOME}/tx.data~", None, "nothing reads it"),
         ("file", "orgs/README", None, "nothing reads it")], counts(1, 1), {1: {}}),
    "settings": (
        {"config": "server=localhost:0\nserver.cert=pki/c.pem\nserver.key=/nowhere\n"
                   "request.limit=1048576\nqueue.size=0\nnonsense=1\nextensions=/usr\n"
                   "log=/nowhere/log\n", "pki/c.pem": "", DATA: tx(ONE, K[1])},
        [("relative-path", "OLD/config", None, "server.cert=pki/c.pem is ROOT/old/pki/c.pem now"),
         ("file-in-old-directory", "OLD/pki/c.pem", None,
          "it stays in the old directory, and the server reads it there (server.cert)"),
         ("attention", "/nowhere", None, "the server can't read it (server.key)"),
         ("setting", "OLD/config", None, "request.limit=1048576: it was Taskserver's default, which "
          "a first sync may exceed"),
         ("setting", "OLD/config", None, "queue.size=0: '0' is no value for 'queue.size', "
          "which is between 1 and 65535."),
         ("setting", "OLD/config", None, "nonsense=1: taskd has no such setting"),
         ("setting", "OLD/config", None, "log=/nowhere/log: the server could not write it")],
        counts(1, 1, settings=4, settings_left=4), {1: {}}),
}


def has(task, want):
    for name, value in want.items():
        same(task.get(name), value, f"{name} of {task['uuid']}")


def register(name, files, findings, totals, tasks):
    @case(f"broken: {name}")
    def _():
        with Place(files) as place:
            before = place.tree()
            want = [(k, p, n, t.replace("ROOT", place.root)) for k, p, n, t in findings]
            got, sums = place.adopt("--dry-run")
            same(got, want, "findings of the dry run")
            same(os.path.exists(place.new), False, "a dry run left something")
            got, sums = place.adopt()
            same(got, want, "findings")
            same({k: sums[k] for k in totals}, totals, "totals")
            stored = {task["uuid"]: task for task in place.tasks()}
            true({uuid(n) for n in tasks} <= set(stored), f"tasks: {sorted(stored)}")
            same(len(stored), sums["tasks"], "tasks in the store")
            for number, what in tasks.items():
                has(stored[uuid(number)], what)
            same(place.tree(), before, "the old directory")


LONG = "n" * 255


@case("broken: users and organizations whose names and keys are no good")
def bad_accounts():
    files = {f"{HOME}/config": "user=alice\n", DATA: tx(ONE, K[1]),
             f"orgs/Public/users/{OTHER}/tx.data": tx(TWO, K[2]),
             "orgs/Public/users/secret/config": "user=zoe\n",
             "orgs/Public/users/secret/tx.data": tx(ONE, TWO, K[1]),
             f"orgs/Public/users/{KEY[::-1]}": None,
             "orgs/Public/users/33333333-2222-4333-8444-555555555555/config": "user=a\\b\n",
             "orgs/Public/users/44444444-2222-4333-8444-555555555555/config": f"user={LONG}\n",
             f"orgs/{LONG}/users": None, "orgs/a\\b/users": None}
    with Place(files) as place:
        got, sums = place.adopt()
        users = "orgs/Public/users/"
        same(got, [
            ("user-key", users + "secret", None, "its name can't be the key of user 'zoe', who got "
             "a new one: the clients have to be told"),
            ("name", users + OTHER, None, "a user without a name, whom nobody could log in as, is "
             f"'{OTHER}' now"),
            ("name", users + "33333333-2222-4333-8444-555555555555", None, "the name 'a\\b' is not "
             "allowed; the user is 'a_b' now, and the clients have to be told"),
            ("empty-user", users + KEY[::-1], None, "it holds neither a name nor tasks"),
            ("name", "orgs/a\\b", None, "the name is not allowed; the organization is 'a_b' now, "
             "and the clients have to be told")])
        same((sums["users"], sums["organizations"], sums["versions"]), (5, 3, 4))
        same(place.tasks(LONG), [], "tasks of the user with the longest name that there is")
        same(len(place.tasks("zoe")), 2, "tasks of the user with a new key")
        same(len(place.tasks(OTHER)), 1, "tasks of the user without a name")


@case("the quarantine keeps the lines, each with its place")
def quarantine():
    with Place({DATA: tx(ONE, "rubbish", K[1], TWO[:40])}) as place:
        place.adopt()
        text = place.must("quarantine", "Public", "alice", "--data", place.new)
        for words in (f"Line 2 of Taskserver's tx.data: {NO_TASK}.", "  rubbish\n",
                      "Line 4 of Taskserver's tx.data: it is cut off.", f"  {TWO[:40]}\n"):
            true(words in text, text)


@case("times of transactions are those of the tasks: never back, never beyond now")
def times():
    days = ("20200102", "20200101", "20200103", "20990101")
    lines = [text for n, day in enumerate(days)
             for text in (line(n, modified=day + "T000000Z", entry=None), K[n])]
    with Place({DATA: tx(*lines)}) as place:
        place.adopt()
        told = json.loads(place.must("history", "Public", "alice", "--json", "--data", place.new))
        got = [version["time"] for version in sorted(told, key=lambda v: v["version"])]
        same(got[:3], ["20200102T000000Z", "20200102T000000Z", "20200103T000000Z"])
        true("20200103T000000Z" < got[3] < "20990101T000000Z", got)


@case("many findings of a kind: a few are shown, the rest is counted; --all shows each")
def many():
    with Place({DATA: tx(*[line(n, depends=[uuid(0)]) for n in range(25)], K[1])}) as place:
        words = ("adopt", "--dry-run", place.old, "--data", place.new)
        text = place.must(*words)
        true("Mended (25)\n" in text, text)
        same(text.count("dependencies were a list"), 10)
        true("  and 15 more of these kinds; --all shows each\n" in text, text)
        same(place.must(*words, "--all").count("dependencies were a list"), 25)


CRASH = {DATA: tx(*[line(n) + "\n" + K[n] for n in range(1, 9)], "rubbish")}


def run_stopped(place, step):
    done = place.run("adopt", place.old, "--data", place.new,
                     env=preloaded(STOPAT, STOPAT=str(step)))
    same(done.returncode, STOPPED, f"step {step}: {done.stderr}")


def count_steps():
    with Place(CRASH) as place:
        log = os.path.join(place.root, "steps")
        same(place.run("adopt", place.old, "--data", place.new,
                       env=preloaded(STOPAT, STOPAT_LOG=log)).returncode, 0)
        with open(log, encoding="ascii") as file:
            return len(file.readlines())


@case("stopped at any step: there is nothing that a server would serve, or everything")
def stopped():
    if not STOPAT:
        skip("there is no $STOPAT")
    steps, whole = count_steps(), 0
    for step in sorted({*range(1, steps, STRIDE), *range(steps - 5, steps + 1)}):
        with Place(CRASH) as place:
            before = place.tree()
            run_stopped(place, step)
            if os.path.exists(os.path.join(place.new, "tasks.mdb")):
                whole += 1
            else:
                place.adopt()
            same(len(place.tasks()), 8, f"tasks after step {step}")
            same(sorted(set(os.listdir(place.new)) - {"tasks.mdb-lock", "adopt.new"}),
                 ["config", "tasks.mdb"], f"what is there after step {step}")
            same(place.tree(), before, "the old directory")
    note(f"{steps} steps, {whole} of them behind the last one that counts")
    true(0 < whole < 4, "when the store was there")


@case("no room at any step: an error that says so, and nothing is left")
def no_room():
    if not STOPAT:
        skip("there is no $STOPAT")
    steps, refused = count_steps(), 0
    for step in range(2, steps + 1, STRIDE):
        with Place(CRASH) as place:
            done = place.run("adopt", place.old, "--data", place.new, env=preloaded(
                STOPAT, STOPAT=str(step), STOPAT_ERRNO="ENOSPC"))
            if done.returncode == 0 or os.path.exists(os.path.join(place.new, "tasks.mdb")):
                same(len(place.tasks()), 8, f"tasks after step {step}")
                continue
            refused += 1
            true("ERROR: " in done.stderr and "No space left" in done.stderr
                 or "full" in done.stderr, f"step {step}: {done.stderr}")
            same(os.path.exists(place.new), False, f"something is left after step {step}")
            place.adopt()
    true(refused > steps // STRIDE // 2, f"{refused} of {steps} steps")


@case("stopped in the old directory itself: the next run takes the old configuration")
def stopped_in_place():
    if not STOPAT:
        skip("there is no $STOPAT")
    steps = count_steps()
    for step in range(max(1, steps - 25), steps + 1):
        with Place({**CRASH, "config": "server=localhost:0\nqueue.size=10\n"}) as place:
            place.new = place.old
            place.run("adopt", place.old, env=preloaded(STOPAT, STOPAT=str(step)))
            if not os.path.exists(os.path.join(place.old, "tasks.mdb")):
                _, sums = place.adopt()
                same((sums["settings"], sums["settings_left"]), (1, 1), f"after step {step}")
            same(len(place.tasks()), 8, f"tasks after step {step}")
            with open(os.path.join(place.old, "config.taskserver"), encoding="ascii") as file:
                same(file.read(), "server=localhost:0\nqueue.size=10\n")


@case("a configuration behind a link, as Debian has it: the link stays")
def linked_config():
    with Place({}) as place:
        config, link = os.path.join(place.root, "etc-config"), os.path.join(place.old, "config")
        os.rename(link, config)
        os.symlink(config, link)
        place.must("adopt", place.old)
        same(os.readlink(link), config)
        true(os.path.exists(config), "the configuration")
        place.must("export", "Public", "alice", "--data", place.old)


if __name__ == "__main__":
    need_server()
    if not OURS:
        skip_all("there is no $TASKD")
    for title, row in BROKEN.items():
        register(title, *row)
    run()
