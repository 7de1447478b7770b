# SPDX-License-Identifier: MIT
"""
Moving from Debian's Taskserver and back, as five real replicas see it: they keep their
configuration, find nothing that isn't new, and go on.
"""

import os
import re

from harness import DEBIAN, OURS, UUID, Account, Server, case, need_server, note, run, same, \
    skip_all, true
from pki import Authority
from replica import Clock, Replica, difference, need_task, settle
from wire import new_uuid

UDAS = {"estimate": "numeric", "reviewed": "date", "note": "string"}
QUIET = "No changes"  # what `task sync` says where nobody has sent anything


class Old(Server):
    """Debian's Taskserver as its manual makes it: RSA, a port of its own, one organization."""

    def __init__(self):
        super().__init__(kind="debian", pki="openssl")

    def _by_hand(self):
        self.authority = Authority(os.path.join(self.folder, "pki"), algorithm="rsa")
        self.ca = self.authority.cert
        early = "20200101000000Z"  # replicas have clocks of their own
        self.cert, self.key = self.authority.issue("client", algorithm="rsa", start=early)
        cert, key = self.authority.issue("server", "server", "rsa", start=early)
        os.makedirs(self.data)
        self.command("init")
        self.configure(**{"ca.cert": self.ca, "server.cert": cert, "server.key": key,
                          "server.crl": self.authority.crl()})
        self.add_org("Public")
        self.account = self.add_user(self.user)

    def history(self, account):
        """The lines of an account's tx.data."""
        path = os.path.join(self.data, "orgs", account.org, "users", account.key, "tx.data")
        with open(path, encoding="utf-8") as file:
            return file.read().splitlines()


class Next(Server):
    """A server of another kind, with what one before it had: port, certificates, folder."""

    def __init__(self, before, kind, data):
        super().__init__(kind=kind, pki="openssl")
        for name in ("folder", "account", "authority", "ca", "cert", "key", "log", "output",
                     "port"):
            setattr(self, name, getattr(before, name))
        self.data = data

    def close(self):
        self.kill()


def run_taskd(*words):
    """A command of ours; its output."""
    server = Server(kind="ours")
    server.data = words[-1]
    return server.command(*words[:-1]).stdout


class Story:
    """Five replicas of one person, with a grown history on Debian's server."""

    def __init__(self):
        self.old = Old()
        self.server = self.old
        self.clock = Clock()
        self.uuids = []
        self.replicas = {}

    def __enter__(self):
        self.old.start()
        for number, name in enumerate(("desk", "phone", "lagging", "pending", "new")):
            self.replicas[name] = Replica(name, self.clock, number % 2, UDAS).connect(self.old)
        return self

    def __exit__(self, *_):
        for replica in self.replicas.values():
            replica.close()
        self.server.kill()
        self.old.close()

    def __getattr__(self, name):
        try:
            return self.__dict__["replicas"][name]
        except KeyError:
            raise AttributeError(name) from None

    def tick(self):
        self.clock.tick(60)

    def grow(self):
        """Edits of every kind, some of them at the same time on two machines."""
        self.first_tasks()
        for replica in (self.phone, self.lagging, self.pending):
            replica.must_sync(init=True)
        self.edits()
        self.pending.must_sync()
        self.conflicts()
        self.lagging.must_sync()
        self.closing()
        for replica in (self.desk, self.phone, self.desk):
            replica.must_sync()
        self.tick()
        self.pending.modify(self.uuids[1], "estimate:7.5", "+mine")
        self.pending.add("added while nobody was looking", "project:garden")
        self.tick()

    def first_tasks(self):
        desk = self.desk
        texts = ("buy milk", "call Ümit “now”", "a/b c \"d\"", "recurring", "later", "doomed",
                 "long " * 50)
        self.uuids = [desk.add(text, *mods) for text, mods in zip(texts, (
            ("project:home", "+next"), ("+a", "+b", "priority:H"), ("estimate:2.5", "note:n o t e"),
            ("due:2000000000", "recur:weekly"), ("wait:2100000000", "until:2140000000"),
            ("due:1900000000",), ("reviewed:1800000000", "scheduled:1900000000")))]
        desk.must_sync(init=True)
        self.tick()
        desk.configure(recurrence="on")
        desk.run("list")
        desk.configure(recurrence="off")
        desk.annotate(self.uuids[0], "the blue one")
        desk.annotate(self.uuids[0], "or the 🎉 one")
        desk.depends(self.uuids[1], self.uuids[0], self.uuids[2])
        desk.must_sync()

    def edits(self):
        for number, replica in enumerate((self.desk, self.phone) * 4):
            self.tick()
            replica.must_sync()
            replica.modify(self.uuids[number % 3], "project:p%d" % number, "+t%d" % (number % 3))
            replica.must_sync()

    def conflicts(self):
        """The same tasks, without knowing of each other."""
        desk, phone = self.desk, self.phone
        settle((desk, phone), 2)
        for round_ in range(3):
            self.tick()
            desk.modify(self.uuids[0], "priority:L", "-next")
            desk.annotate(self.uuids[2], "from the desk %d" % round_)
            self.tick()
            phone.modify(self.uuids[0], "project:phone%d" % round_, "note:from the phone")
            phone.annotate(self.uuids[2], "from the phone %d" % round_)
            phone.modify(self.uuids[1], "priority:")
            settle((phone, desk), 2)

    def closing(self):
        desk, phone = self.desk, self.phone
        self.tick()
        desk.done(self.uuids[6])
        phone.delete(self.uuids[5])
        self.tick()
        desk.start(self.uuids[2])
        desk.denotate(self.uuids[0], "the blue one")
        desk.depends(self.uuids[1], "-" + self.uuids[0])
        self.tick()
        for number in range(5):
            phone.add("from the phone %d" % number, "project:mass", "+m%d" % number)

    # Moving

    def move(self, kind, data):
        """Stop what serves, and serve `data` at the same place."""
        self.server.stop()
        self.server = Next(self.server, kind, data)
        self.server.start()
        same(self.server.port, self.old.port, "the port")

    def quiet(self, *names):
        """Their sync changes nothing, neither here nor there."""
        for name in names:
            replica = self.replicas[name]
            before = replica.export()
            result = replica.must_sync()
            same(difference(before, replica.export()), "", "what changed on %s" % name)
            true(QUIET in result.out + result.err, "%s: %s" % (name, result))

    def all_equal(self):
        want = self.desk.export()
        for name, replica in self.replicas.items():
            same(difference(want, replica.export()), "", "desk, %s" % name)

    def edit_everywhere(self, word, together=True):
        """Each replica edits the same task, without knowing of the others unless not `together`,
        and one of its own; all get everything."""
        for number, replica in enumerate(self.replicas.values()):
            self.tick()
            if not together:
                replica.must_sync()
            replica.modify(self.uuids[1], "+%s%d" % (word, number))
            replica.add("%s %d" % (word, number), "project:" + word)
            if not together:
                replica.must_sync()
        settle(self.replicas.values(), 2)
        self.all_equal()
        tags = self.desk.task(self.uuids[1])["tags"]
        same([tag for tag in tags if tag.startswith(word)],
             ["%s%d" % (word, number) for number in range(len(self.replicas))])


def adopted(story, data):
    """Take the old directory over; what it said."""
    text = run_taskd("adopt", story.old.data, data)
    lines = story.old.history(story.old.account)
    tasks = [line for line in lines if line.startswith("{")]
    note("%d task lines, %d sync keys" % (len(tasks), sum(len(line) == 36 for line in lines)))
    words = re.search(r"task lines +(\d+) = (\d+) versions \+ (\d+) without a change \+ (\d+)", text)
    same(int(words.group(1)), len(tasks), "task lines")
    same(int(words.group(4)), 0, "in quarantine")
    return text


def one_that_lagged(story, want):
    before = story.lagging.export()
    true(difference(before, want), "nothing to fetch")
    story.lagging.must_sync()
    same(difference(want, story.lagging.export()), "", "what should be, what lagged")
    story.quiet("lagging", "desk")


def one_with_edits(story, want):
    """What it edited is merged, and nothing else changes."""
    story.pending.must_sync()
    story.desk.must_sync()
    got = story.desk.export()
    same(difference(got, story.pending.export()), "", "desk, pending")
    true(any(t["description"] == "added while nobody was looking" for t in got), "the new task")
    changed = story.desk.task(story.uuids[1])
    same(float(changed["estimate"]), 7.5)
    true("mine" in changed["tags"], changed)
    old = {t["uuid"]: t for t in want}
    kept = [t for t in got if t["uuid"] in old and t["uuid"] != story.uuids[1]]
    same(difference([old[t["uuid"]] for t in kept], kept), "", "tasks that nobody edited")


def one_that_is_new(story):
    story.new.must_sync(init=True)
    same(difference(story.desk.export(), story.new.export()), "", "desk, new")


@case("Debian's server, then ours, then Debian's again: the same port, nothing to change anywhere")
def there_and_back():
    with Story() as story:
        story.grow()
        want = story.desk.export()
        story.old.stop()
        data, back = (os.path.join(story.old.folder, name) for name in ("ours", "back"))
        before = story.old.history(story.old.account)
        note(adopted(story, data))
        same(run_taskd("verify", data).count("in order"), 1, "verify")
        story.move("ours", data)
        story.quiet("desk", "phone")
        one_that_lagged(story, want)
        one_with_edits(story, want)
        one_that_is_new(story)
        story.edit_everywhere("ours")
        same(story.old.history(story.old.account), before, "the old directory")
        story.server.end()
        note(run_taskd("export", "--taskd-layout", back, data))
        story.move("debian", back)
        story.quiet(*story.replicas)
        story.edit_everywhere("back", together=False)  # two tags at once are too much for it


@case("what Debian's server would send to each sync key, ours sends, and back again")
def every_key():
    with Story() as story:
        story.grow()
        keys = [line for line in story.old.history(story.old.account) if len(line) == 36]
        account = story.old.account

        def answers():
            wire = story.server.wire()
            for key in [None] + keys:
                answer = wire.sync(account, key=key)
                true(answer.code in (200, 201), answer)
                yield key, answer.key, {t["uuid"]: plain(t) for t in answer.tasks}

        want = list(answers())
        story.old.stop()
        data, back = (os.path.join(story.old.folder, name) for name in ("ours", "back"))
        adopted(story, data)
        story.move("ours", data)
        compare(want, answers())
        story.server.end()
        run_taskd("export", "--taskd-layout", back, data)
        story.move("debian", back)
        compare(want, answers())


def compare(want, got):
    for one, other in zip(want, got):
        same(other[:2], one[:2], "sync keys")
        same(difference(one[2].values(), other[2].values()), "", "after the key %s" % one[0])


def number_or_text(value):
    try:
        return float(value)
    except ValueError:
        return str(value)


def plain(task):
    """A task without what may be spelled in several ways."""
    task = {k: v if isinstance(v, list) else number_or_text(v) for k, v in task.items()}
    if "depends" in task:
        task["depends"] = sorted(re.findall(UUID, str(task["depends"])))
    if "tags" in task:
        task["tags"] = sorted(task["tags"])
    if "annotations" in task:
        task["annotations"] = sorted((a["entry"], a["description"]) for a in task["annotations"])
    return task


@case("in the old directory itself; the store is beside what is there, which stays")
def in_place():
    with Old() as old:
        wire, account = old.wire(), old.account
        first = wire.sync(account, [{"uuid": new_uuid(), "description": "one",
                                     "status": "pending", "entry": "20260101T000000Z"}])
        old.stop()
        before = old.history(account)
        config = os.path.join(old.data, "config")
        with open(config, encoding="utf-8") as file:
            settings = file.read()
        run_taskd("adopt", old.data, old.data)
        with open(config + ".taskserver", encoding="utf-8") as file:
            same(file.read(), settings, "the old configuration")
        ours = Next(old, "ours", old.data)
        ours.start()
        same(ours.wire().sync(account, key=first.key).code, 201)
        second = ours.wire().sync(account, [{"uuid": new_uuid(), "description": "two",
                                             "status": "pending", "entry": "20260101T000000Z"}],
                                  first.key)
        same(second.code, 200)
        ours.end()
        same(old.history(account), before, "the old history")
        os.replace(config + ".taskserver", config)
        old.start()
        same(old.wire().sync(account, key=first.key).code, 201)


@case("the old server must not run, and says so; a dry run may look at it")
def running():
    with Old() as old:
        server = Server(kind="ours")
        server.data = os.path.join(old.folder, "ours")
        refused = server.command("adopt", old.data, check=False)
        same(refused.returncode, 255)
        same(refused.stderr, "ERROR: The old server seems to run: somebody listens at 127.0.0.1:%d"
             ". Stop it first, so that it stores nothing more; --force goes on anyway.\n" % old.port)
        same(os.path.exists(server.data), False, "the new directory is there")
        text = server.command("adopt", "--dry-run", old.data).stdout
        true("what it stores from now on is not taken over" in text, text)
        true(text.endswith("\nNothing was changed.\n"), text)
        same(os.path.exists(server.data), False, "the new directory is there")
        same(server.command("adopt", "--force", old.data).returncode, 0)


@case("users of one name, suspensions and redirects, on both ways")
def accounts():
    with Old() as old:
        bobs = [old.add_user("Bob") for _ in range(2)]
        old.add_org("Away")
        away = old.add_user("Ann Lee", "Away")
        with open(os.path.join(old.data, "orgs", "Away", "redirect"), "w",
                  encoding="ascii") as file:
            file.write("other.example:53589\n")
        closed = old.add_user("closed")
        old.command("suspend", "user", "Public", closed.key)
        everybody = bobs + [away, closed, Account("Public", "nobody", bobs[0].key)]
        for bob in bobs:
            same(old.wire().sync(bob, [{"uuid": new_uuid(), "description": bob.key,
                                        "status": "pending", "entry": "20260101T000000Z"}]).code,
                 200)

        def answers(server):
            for account in everybody:
                answer = server.wire().sync(account)
                yield (answer.code, answer.headers.get("info"),
                       [task["description"] for task in answer.tasks])

        want = list(answers(old))
        same([code for code, _, _ in want], [200, 200, 301, 431, 430], "Debian's answers")
        old.stop()
        data, back = (os.path.join(old.folder, name) for name in ("ours", "back"))
        run_taskd("adopt", old.data, data)
        ours = Next(old, "ours", data)
        ours.start()
        same(list(answers(ours)), want, "ours")
        ours.end()
        told = run_taskd("export", "--taskd-layout", back, data)
        true("User 'Bob-2' of organization 'Public' has other names: Taskserver knows 'Bob' only."
             in told, told)
        again = Next(ours, "debian", back)
        again.start()
        same(list(answers(again)), want, "Debian's again")
        again.kill()


@case("nothing is ever written over what is there")
def nothing_over():
    with Old() as old:
        old.stop()
        ours = Server(kind="ours")
        ours.data = os.path.join(old.folder, "ours")
        ours.command("adopt", old.data)
        twice = ours.command("adopt", old.data, check=False)
        same(twice.stderr, "ERROR: There is a store in '%s' already, and nothing is ever taken "
             "over into one.\n" % ours.data)
        full = ours.command("export", "--taskd-layout", old.data, check=False)
        same(full.stderr, "ERROR: '%s' is there already, and nothing is written over it.\n"
             % old.data)
        other = Server(kind="ours")
        other.data = old.folder
        same(other.command("adopt", old.data, check=False).stderr,
             "ERROR: '%s' is not empty. Name a new directory, or the old one itself; --force takes "
             "this one all the same.\n" % old.folder)
        nowhere = other.command("adopt", ours.data, check=False)
        same(nowhere.stderr, "ERROR: '%s' is no data directory of Taskserver: there is no folder "
             "'orgs' in it.\n" % ours.data)


if __name__ == "__main__":
    need_server()
    need_task(clocks=True)
    for binary in (DEBIAN, OURS):
        if not os.access(binary, os.X_OK):
            skip_all("there is no " + (binary or "$TASKD"))
    run()
