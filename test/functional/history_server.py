# SPDX-License-Identifier: MIT
"""An account's past on the server, as `taskd history` shows it, `revert` puts it back, and `export`
and `import` carry it elsewhere, with real replicas as clients."""

import itertools
import json
import os
import pty
import resource
import select
import shutil
import subprocess
import tempfile
import time

from harness import OURS, PATIENCE, case, need_server, run, same, shared, skip, true, wait_for
from replica import Replica, difference, loads, need_task
from scrape import metrics
from wire import Wire, new_uuid

server = shared(settings={"wait.max": "1m", "http.listen": "0"})
numbers = itertools.count(1)
DATE = "20260101T000000Z"
LITTLE = 48 << 20  # [bytes] of its own that a command may need, however much there is to tell


class Shared:
    """An account of its own, with replicas that have synced."""

    def __init__(self, *names):
        self.server = server()
        self.account = self.server.add_user("user %d" % next(numbers))
        self.replicas = [Replica(name).connect(self.server, self.account) for name in names]

    def __enter__(self):
        for number, replica in enumerate(self.replicas):
            replica.must_sync(init=number == 0)
        return (self, *self.replicas)

    def __exit__(self, *_):
        for replica in self.replicas:
            replica.close()

    def sync(self, rounds=1):
        for _ in range(rounds):
            for replica in self.replicas:
                replica.must_sync()

    def command(self, name, *words, stdin="", check=True):
        """`taskd NAME ORG USER WORDS`"""
        done = subprocess.run(
            [OURS, name, self.account.org, self.account.user, *words, "--data",
             self.server.data], input=stdin, capture_output=True, text=True, check=False,
            timeout=PATIENCE)
        if check and done.returncode != 0:
            raise AssertionError("taskd %s: %s" % (name, done.stdout + done.stderr))
        return done

    def history(self, *words):
        return json.loads(self.command("history", "--json", *words).stdout)

    def newest(self):
        return self.history("--limit", "1")[0]["version"]

    def tasks(self, *words):
        """What `taskd export` says, by uuid."""
        return {task["uuid"]: task
                for task in loads(self.command("export", *words).stdout)}

    def moment(self):
        """A time behind all that has been, and before all that comes."""
        now = int(time.time())
        wait_for(lambda: int(time.time()) > now + 1, "a second")
        return str(now + 1)

    def settled(self):
        """Everybody has the same, and another sync changes nothing."""
        self.sync(rounds=2)
        before = self.newest()
        wanted = [replica.export() for replica in self.replicas]
        self.sync()
        same(self.newest(), before, "the newest version")
        for replica, tasks in zip(self.replicas, wanted):
            same(difference(tasks, replica.export()), "", replica.name)
            same(difference(tasks, wanted[0]), "", replica.name)
            same(replica.waiting(), 0, "changes of %s that wait" % replica.name)
        return wanted[0]


def conflict(account, one, other):
    """A task whose project two replicas have changed at once; the other's is kept."""
    task = one.add("Water the garden", "project:home", "+summer")
    account.sync(rounds=2)
    one.modify(task, "project:work")
    account.moment()
    other.modify(task, "project:leisure", "-summer", "+winter")
    account.sync(rounds=2)
    return task


# History


@case("history: time, device, what changed, merges and the values that lost")
def _():
    with Shared("one", "other") as (account, one, other):
        task = conflict(account, one, other)
        text = account.command("history").stdout
        for words in ("Water the garden", "project: home -> work", "project: home -> leisure",
                      "-summer", "+winter", "merge of ", "beside the others, made of ",
                      "project: kept leisure, lost work (concurrent edit)"):
            true(words in text, "%r is not in\n%s" % (words, text))
        told = account.history()
        same(sorted((v["version"] for v in told), reverse=True), [v["version"] for v in told])
        merge = next(v for v in told if v["conflicts"])
        same(merge["conflicts"], [{"attribute": "project", "kept": "leisure", "lost": "work"}])
        same((len(merge["parents"]), merge["main"], merge["uuid"]), (2, True, task))
        true(abs(time.mktime(time.strptime(merge["time"], "%Y%m%dT%H%M%SZ")) - time.timezone -
                 time.time()) < 600, merge["time"])


@case("history: the device is told by name")
def _():
    with Shared("one") as (account, one):
        one.add("milk")
        one.must_sync()
        device = account.history()[0]["device"]
        true(device and device != "unknown", "the device is %r" % device)
        words = account.command("history").stdout.splitlines()[0].split("  ")
        true(words[2] == device or device.startswith(words[2]), "%s, not %s" % (words, device))


@case("history of one task: by uuid, its beginning, a word of it; drawn as a tree")
def _():
    with Shared("one", "other") as (account, one, other):
        task = conflict(account, one, other)
        one.add("Buy milk")
        one.add("Buy more milk")
        account.sync()
        for words in ((task,), (task[:8],), (task[:13].upper(),), ("garden",), ("WATER the",)):
            same({v["uuid"] for v in account.history(*words)}, {task}, "%s" % (words,))
        same(len(account.history("garden", "more milk")), len(account.history("garden")) + 1)
        drawn = account.command("history", task, "--graph").stdout
        true("|\\" in drawn and "* |" in drawn or "| *" in drawn, drawn)
        for words, want in ((("milk",), "is in the descriptions of 2 tasks"),
                            ((task[:7],), "There is no task"), (("nothing",), "There is no task"),
                            ((new_uuid(),), "There is no task"), (("",), "Which task?")):
            done = account.command("history", *words, check=False)
            true(done.returncode == 255 and want in done.stderr, "%s: %s" % (words, done.stderr))


@case("history --dot is what graphviz reads")
def _():
    with Shared("one", "other") as (account, one, other):
        conflict(account, one, other)
        one.describe(one.add("a"), "\"quoted\" \\ and \u00fc")
        account.sync()
        text = account.command("history", "--dot").stdout
        true(text.startswith("digraph") and "style=dashed" in text, text)
        if not shutil.which("dot"):
            skip("dot is not installed")
        subprocess.run(["dot", "-Tsvg", "-o", os.devnull], input=text, text=True, check=True,
                       timeout=PATIENCE)


@case("history --since and --limit")
def _():
    with Shared("one") as (account, one):
        first = one.add("first")
        one.must_sync()
        then = account.moment()
        second = one.add("second")
        one.must_sync()
        same([v["uuid"] for v in account.history("--since", then)], [second])
        same([v["uuid"] for v in account.history()], [second, first])
        same([v["uuid"] for v in account.history("--limit", "1")], [second])
        same(len(account.history("--since", "2 days ago")), 2)
        for clock in ("00:00", "23:59", "12:00:01"):
            true(len(account.history("--since", clock)) in (0, 2), clock)
        for words, want in ((("--since", "friday"), "yet to come"),
                            (("--since", "long ago"), "is no time such as"),
                            (("--limit", "few"), "--limit is a number"), (("--what",), "--what")):
            done = account.command("history", *words, check=False)
            true(done.returncode == 255 and want in done.stderr, "%s: %s" % (words, done.stderr))


@case("history of nobody")
def _():
    with Shared("one") as (account, _):
        for org, user, want in (("Nowhere", account.account.user, "Organization"),
                                (account.account.org, "nobody at all", "User")):
            done = account.server.command("history", org, user, check=False)
            true(done.returncode == 255 and want + " '" in done.stderr, done.stderr)
        by_key = account.server.command("history", account.account.org, account.account.key)
        same(by_key.stdout, account.command("history").stdout)


# Revert


@case("revert reaches every client: changed back, brought back, deleted, left alone")
def _():
    with Shared("one", "other", "third") as (account, one, other, third):
        changed, deleted, done, left = (one.add(text, "project:home") for text in
                                        ("changed", "deleted", "done", "left"))
        one.annotate(changed, "a note")
        account.sync(rounds=2)
        before = one.export()
        then = account.moment()
        other.modify(changed, "project:work", "+tag", "due:tomorrow")
        other.denotate(changed, "a note")
        other.delete(deleted)
        other.done(done)
        new = other.add("new")
        account.sync(rounds=2)
        newest = account.newest()
        dry = account.command("revert", "--at", then, "--dry-run").stdout
        for words in ("change %s 'changed': " % changed[:8], "project: work -> home", "-tag",
                      "annotation added: ", "bring back %s 'deleted': " % deleted[:8],
                      "delete %s 'new': " % new[:8], "status: completed -> pending",
                      "2 changed, 1 brought back, 1 deleted, 1 as they were"):
            true(words in dry, "%r is not in\n%s" % (words, dry))
        true("'left'" not in dry, dry)
        same(account.newest(), newest, "a dry run changes nothing")
        told = account.command("revert", "--at", then).stdout
        true("2 changed, 1 brought back, 1 deleted, 1 as they were" in told, told)
        tasks = account.settled()
        after = {task["uuid"]: task for task in tasks}
        same(after[new]["status"], "deleted")
        true("end" in after.pop(new), "an end")
        for task in before:
            task.pop("modified")
            after[task["uuid"]].pop("modified")
            same(after[task["uuid"]], task)
        made = account.history("--limit", "4")
        same({(v["device"], v["command"]) for v in made}, {("taskd", "revert")})
        true(left not in {v["uuid"] for v in made}, "what is the same is not touched")
        again = account.command("revert", "--at", then).stdout
        true("0 changed, 0 brought back, 0 deleted" in again and "undo" not in again, again)
        same(third.waiting(), 0)


@case("a revert can be reverted, by the command that it says")
def _():
    with Shared("one", "other") as (account, one, _):
        task = one.add("task", "project:home")
        account.sync()
        version = account.newest()
        one.modify(task, "project:work")
        new = one.add("new")
        account.sync()
        wanted = account.tasks()
        told = account.command("revert", "--before", str(version + 1)).stdout
        same(account.tasks()[task]["project"], "home")
        same(account.tasks()[new]["status"], "deleted")
        account.settled()
        undo = told.split("To undo this: taskd revert ")[1].strip().rsplit(" ", 1)[1]
        account.command("revert", "--at", undo)
        got = account.tasks()
        for uuid, want in wanted.items():
            same({k: v for k, v in got[uuid].items() if k != "modified"},
                 {k: v for k, v in want.items() if k != "modified"})
        same({t["uuid"]: t["status"] for t in account.settled()},
             {task: "pending", new: "pending"})


@case("revert of some tasks, --json, and nothing where there is nothing")
def _():
    with Shared("one") as (account, one):
        some, more = one.add("some", "project:home"), one.add("more", "project:home")
        one.must_sync()
        version = account.newest()
        one.modify(some, "project:work")
        one.modify(more, "project:work")
        one.must_sync()
        words = ("revert", "--before", str(version + 1), "some", "--json")
        dry = json.loads(account.command(*words, "--dry-run").stdout)
        same((dry["changed"], dry["dry_run"]), (1, True))
        same(dry["tasks"][0]["changes"],
             [{"attribute": "project", "from": "work", "to": "home"}])
        told = json.loads(account.command(*words).stdout)
        same((told["changed"], told["returned"], told["deleted"], told["same"], told["dry_run"]),
             (1, 0, 0, 0, False))
        true("undo" in told, told)
        same({u: t["project"] for u, t in account.tasks().items()}, {some: "home", more: "work"})
        account.settled()


@case("edits that waited while the account was reverted merge by the usual rules")
def _():
    with Shared("one", "other") as (account, one, other):
        task = one.add("task", "project:home", "priority:L")
        account.sync(rounds=2)
        version = account.newest()
        one.modify(task, "project:work")
        account.sync(rounds=2)
        other.modify(task, "project:late", "priority:H")
        account.moment()
        account.command("revert", "--before", str(version + 1))
        tasks = account.settled()
        same((tasks[0]["project"], tasks[0]["priority"]), ("home", "H"))
        merge = account.history("--limit", "1")[0]
        same(merge["conflicts"], [{"attribute": "project", "kept": "home", "lost": "late"}])
        account.moment()
        other.modify(task, "project:later")
        same(account.settled()[0]["project"], "later")


@case("who waits for news hears of a revert")
def _():
    with Shared("one") as (account, one):
        task = one.add("task", "project:home")
        one.must_sync()
        version = account.newest()
        one.modify(task, "project:work")
        one.must_sync()
        key = one.backlog()[0]
        connection = account.server.wire().connect()
        connection.send(Wire.wait(account.account, key))
        same(select.select([connection.tls], [], [], 0.3)[0], [], "it waits")
        account.command("revert", "--before", str(version + 1))
        answer = connection.read_one()
        true(answer.code == 200 and answer.key != key, "%r" % answer)
        connection.close()


def on_terminal(account, answer, *words):
    """What `taskd revert` writes to a terminal where somebody types `answer`."""
    pid, master = pty.fork()
    if pid == 0:
        os.execv(OURS, [OURS, "revert", account.account.org, account.account.user, *words,
                        "--confirmation=on", "--data", account.server.data])
    text = b""
    while b"(yes/no)" not in text:
        text += os.read(master, 4096)
    os.write(master, answer)
    try:
        while True:
            text += os.read(master, 4096)
    except OSError:
        pass  # it has ended
    os.close(master)
    same(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0, "the exit code")
    return text.decode()


@case("revert asks on a terminal")
def _():
    with Shared("one") as (account, one):
        task = one.add("task", "project:home")
        one.must_sync()
        version = account.newest()
        one.modify(task, "project:work")
        one.must_sync()
        for answer, want, project in ((b"no\n", "No changes made.", "work"),
                                      (b"yes\n", "Reverted user", "home")):
            text = on_terminal(account, answer, "--before", str(version + 1))
            true("(1 changed, 0 brought back, 0 deleted)?" in text and want in text, text)
            same(account.tasks()[task]["project"], project)


@case("times that can't be reverted to")
def _():
    with Shared("one") as (account, one):
        one.add("task")
        one.must_sync()
        for words, want in ((("--at", "1999-01-01"), "The account was made later than that"),
                            (("--at", "tomorrow"), "yet to come"),
                            (("--at", "3000000000"), "yet to come"),
                            (("--at", "nonsense"), "is no time such as"),
                            (("--before", "0"), "There is no version 0"),
                            (("--before", "99"), "There is no version 99"),
                            ((), "Say one of --at TIME and --before VERSION"),
                            (("--at", "now", "--before", "1"), "Say one of")):
            done = account.command("revert", *words, check=False)
            true(done.returncode == 255 and want in done.stderr, "%s: %s" % (words, done.stderr))
        same(account.newest(), 1)


# Export and import


def fill(replica):
    """Tasks of every kind."""
    one = replica.add("with \u00fc, \"quotes\" and \\", "project:home.garden", "+a", "+b",
                      "due:2030-01-01", "estimate:2.5")
    replica.annotate(one, "a note / with a slash")
    replica.depends(replica.add("blocked", "priority:H"), one)
    replica.delete(replica.add("deleted"))
    replica.done(replica.add("done"))
    replica.add("waiting", "wait:2030-01-01")
    replica.add("often", "recur:weekly", "due:2030-01-01")


@case("export is what `task import` takes back, equal to what the replica has")
def _():
    with Shared("one") as (account, one), Replica("empty", udas={"estimate": "numeric"}) as empty:
        one.configure(uda__estimate__type="numeric", uda__estimate__label="estimate")
        fill(one)
        one.must_sync()
        text = account.command("export").stdout
        true(all(line.rstrip(",").startswith("{") for line in text.splitlines()[1:-1]), text)
        empty.must("import", "-", stdin=text)
        same(difference(empty.export(), one.export()), "")
        same(len(account.tasks()), len(one.export()))
        same({t["status"] for t in account.tasks("--pending").values()},
             {"pending", "recurring"})
    with Shared("none") as (account, _):
        same(account.command("export").stdout, "[\n]\n")


@case("import of `task export`: counted, and every replica has it with the next sync")
def _():
    with Shared("one", "other") as (account, one, _), \
            Replica("old", udas={"estimate": "numeric"}) as old:
        for replica in account.replicas:
            replica.configure(uda__estimate__type="numeric", uda__estimate__label="estimate")
        fill(old)
        text = old.must("rc.json.array=on", "export").out
        count = len(old.export())
        told = account.command("import", "-", "--dry-run", stdin=text).stdout
        true("Would import" in told and "%d new, 0 changed, 0 the same" % count in told, told)
        same(account.tasks(), {})
        told = account.command("import", stdin=text).stdout
        true("%d new, 0 changed, 0 the same, 0 refused" % count in told, told)
        same(difference(account.settled(), old.export()), "")
        told = account.command("import", stdin=text).stdout
        true("0 new, 0 changed, %d the same, 0 refused" % count in told, told)
        version = account.newest()
        task = next(t for t in loads(text) if t["status"] == "pending")
        task.update(project="elsewhere", modified="20400101T000000Z")
        told = json.loads(account.command("import", "--json", stdin=json.dumps(task)).stdout)
        same((told["added"], told["changed"], told["same"]), (0, 1, 0))
        same(account.history()[0]["command"], "import")
        true(account.newest() > version, "a version")
        same(one.must_sync().code, 0)
        same(one.task(task["uuid"])["project"], "elsewhere")


@case("import refuses line by line, keeps what it refused, and gives a uuid")
def _():
    with Shared("one") as (account, one), tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "tasks.json")
        with open(path, "w", encoding="utf-8") as file:
            file.write("[\n{\"description\":\"no uuid\"},\nrubbish\n{\"uuid\":\"x\",\"description\":"
                       "\"bad uuid\"},\n{\"uuid\":\"%s\"},\n{\"description\":\"cut" % new_uuid())
        done = account.command("import", path)
        true("1 new, 0 changed, 0 the same, 4 refused" in done.stdout, done.stdout)
        same([line.split(": ")[0] for line in done.stderr.splitlines()],
             ["%s:%d" % (path, number) for number in (3, 4, 5, 6)])
        quarantine = account.command("quarantine").stdout
        for line in ("rubbish", "bad uuid", "cut"):
            true(line in quarantine, quarantine)
        one.must_sync()
        same([task["description"] for task in one.export()], ["no uuid"])
        done = account.command("import", os.path.join(folder, "nothing"), check=False)
        true(done.returncode == 255 and "Could not open" in done.stderr, done.stderr)


# Much of it


def limited(*words):
    """Run a command that may have LITTLE memory of its own; gives what it printed."""
    limit = (LITTLE, LITTLE)
    # pylint: disable=subprocess-popen-preexec-fn
    done = subprocess.run([OURS, *words], capture_output=True, text=True, check=False,
                          timeout=PATIENCE,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, limit))
    same((done.returncode, done.stderr), (0, ""), " ".join(words[:2]))
    return done.stdout


@case("100,000 versions: imported, told, exported and reverted in bounded memory")
def _():
    tasks, states = 20000, 5
    with Shared() as (account,), tempfile.TemporaryDirectory() as folder:
        if account.server.sanitized():
            skip("a sanitizer needs memory of its own")
        path = os.path.join(folder, "many.json")
        with open(path, "w", encoding="ascii") as file:
            for number in range(tasks * states):
                day = number // tasks + 1
                file.write(json.dumps({
                    "uuid": "5eed0000-0000-4000-8000-%012d" % (number % tasks),
                    "description": "task %d" % (number % tasks), "project": "p%d" % day,
                    "status": "pending", "entry": DATE, "modified": "202602%02dT000000Z" % day,
                }) + "\n")
        who = (account.account.org, account.account.user, "--data", account.server.data)
        true("%d new" % tasks in limited("import", *who, path), "imported")
        same(limited("history", *who).count("\n"), tasks * (states - 1) * 2 + tasks * 5)
        same(len(json.loads(limited("history", *who, "--json"))), tasks * states)
        same(limited("history", *who, "--graph").count("* "), tasks * states)
        same(limited("export", *who).count("\n"), tasks + 2)
        told = limited("revert", *who, "--before", "5", "--dry-run")
        same(told.count("\n"), tasks + 1, "lines of the dry run")
        true("%d deleted, 0 as they were" % tasks in told, told[-200:])
        none = metrics(account.server)["taskd_store_readers"]
        for words, begin in ((("history",), b"100000"), (("export",), b"["),
                             (("revert", "--before", "5", "--dry-run"), b"delete ")):
            with subprocess.Popen([OURS, *words, *who], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE) as reader:
                true(reader.stdout.readline().startswith(begin), "the beginning of it")
                wait_for(lambda: metrics(account.server)["taskd_store_readers"] == none,
                         "whoever reads slowly holds nothing in the store")
                reader.stdout.close()
                same(reader.stderr.read(), b"", "nobody reads on")


need_server()
need_task()
run()
