# SPDX-License-Identifier: MIT
"""What people with a Taskwarrior do: init again, a second machine, restored copies, odd tasks."""

import itertools
import os
import shutil

from harness import Server, case, need_server, run, same, shared, true
from merge_model import comparable, unlike
from replica import Replica, difference, need_task, settle

UNKNOWN_KEY = "deadbeef-0000-4000-8000-000000000000"

server = shared()
numbers = itertools.count(1)


class Machines:
    """An account of its own with some replicas."""

    def __init__(self, count, on=None, **options):
        self.server = on or server()
        self.account = self.server.add_user("machines %d" % next(numbers))
        self.all = [self.another(**options) for _ in range(count)]

    def another(self, **options):
        return Replica("machine", **options).connect(self.server, self.account)

    def __enter__(self):
        return self.all

    def __exit__(self, *_):
        for replica in self.all:
            replica.close()


def descriptions(replica):
    return sorted(task["description"] for task in replica.export())


def equal(replicas):
    exports = [replica.export() for replica in replicas]
    for export in exports[1:]:
        same(difference(exports[0], export), "", "the first, another")
    return exports[0]


def told(result, *words):
    """The user is told something with these words in it."""
    same(result.code, 0, "%s" % (result,))
    text = (result.out + result.err).lower()
    for word in words:
        true(word in text, "the user is not told %r: %s" % (word, result))


# sync init


@case("task sync init twice")
def _():
    with Machines(2) as (one, two):
        one.add("first", "+tag")
        one.must_sync(init=True)
        one.add("second")
        one.must_sync(init=True)
        one.must_sync(init=True)
        same(one.backlog()[1], [], "the backlog")
        two.must_sync()
        same(descriptions(two), ["first", "second"])
        equal((one, two))


@case("task sync init again stores nothing and changes nothing")
def _():
    with Machines(1) as (one,):
        one.add("first", "+tag", "project:home")
        one.must_sync(init=True)
        key, before = one.backlog()[0], one.export()
        one.must_sync(init=True)
        same(one.backlog()[0], key, "the sync key")
        same(difference(one.export(), before), "")


@case("task sync init from a second machine with other tasks")
def _():
    with Machines(3) as (one, two, three):
        one.add("from one", "+tag")
        two.add("from two", "project:home")
        one.must_sync(init=True)
        two.must_sync(init=True)
        settle((one, two, three))
        same(descriptions(three), ["from one", "from two"])
        equal((one, two, three))


@case("task sync init from a second machine with a copy of the same tasks, edited since")
def _():
    with Machines(2) as (one, two):
        uuid = one.add("milk", "+shop")
        two.restore(one.save())
        one.must_sync(init=True)
        two.annotate(uuid, "two litres")
        two.tags(uuid, "+today")
        one.modify(uuid, "project:home")
        one.must_sync()
        two.must_sync(init=True)
        settle((one, two))
        task = next(t for t in equal((one, two)) if t["uuid"] == uuid)
        same(task["tags"], ["shop", "today"])
        same(task["project"], "home")
        same([a["description"] for a in task["annotations"]], ["two litres"])


@case("a second machine syncs without init first")
def _():
    with Machines(2) as (one, two):
        one.add("from one")
        two.add("from two")
        one.must_sync(init=True)
        two.must_sync()
        settle((one, two))
        same(descriptions(one), ["from one", "from two"])
        equal((one, two))


# What was restored


@case("a replica restored from an old copy")
def _():
    with Machines(2) as (one, two):
        uuid = one.add("milk")
        one.must_sync(init=True)
        copy = one.save()
        one.modify(uuid, "project:home")
        other = one.add("bread")
        one.must_sync()
        two.must_sync()
        two.annotate(other, "rye")
        two.must_sync()
        one.restore(copy)
        one.tags(uuid, "+after")
        settle((one, two))
        tasks = {task["uuid"]: task for task in equal((one, two))}
        same(tasks[uuid]["project"], "home")
        same(tasks[uuid]["tags"], ["after"])
        same([a["description"] for a in tasks[other]["annotations"]], ["rye"])


@case("a backlog with a sync key that nobody knows")
def _():
    with Machines(2) as (one, two):
        uuid = one.add("milk", "+shop")
        one.must_sync(init=True)
        two.must_sync()
        two.modify(uuid, "project:home")
        two.must_sync()
        one.tags(uuid, "+today")
        path = os.path.join(one.data, "backlog.data")
        with open(path, encoding="utf-8") as file:
            text = file.read().replace(one.backlog()[0], UNKNOWN_KEY)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        told(one.sync(), "sync key")
        true(one.backlog()[0] != UNKNOWN_KEY, "it still has the unknown key")
        true("sync key" not in one.must_sync().out, "it is told again")
        settle((one, two))
        task = equal((one, two))[0]
        same((task["tags"], task["project"]), (["shop", "today"], "home"))


@case("a backlog with something that is no sync key")
def _():
    with Machines(2) as (one, two):
        one.add("milk")
        one.must_sync(init=True)
        two.must_sync()
        with open(os.path.join(two.data, "backlog.data"), "w", encoding="utf-8") as file:
            file.write("not-a-key\n")
        two.add("bread")
        same(two.sync().code, 0)
        settle((one, two))
        same(descriptions(one), ["bread", "milk"])
        equal((one, two))


@case("a server restored from an older copy of its data")
def _():
    with Server() as restored:
        with Machines(2, on=restored) as (one, two):
            old = one.add("milk", "+shop")
            one.must_sync(init=True)
            two.must_sync()
            restored.stop()
            shutil.copytree(restored.data, restored.folder + "/copy")
            restored.start()
            one.add("after the copy")
            one.must_sync()
            two.must_sync()
            two.annotate(old, "not synced yet")
            restored.stop()
            shutil.rmtree(restored.data)
            os.rename(restored.folder + "/copy", restored.data)
            restored.start()
            told(one.sync(), "sync key")
            told(two.sync(), "sync key")
            one.must_sync(init=True)  # what only the machines still have
            settle((one, two))
            same(descriptions(one), ["after the copy", "milk"])
            task = next(t for t in equal((one, two)) if t["uuid"] == old)
            same([a["description"] for a in task["annotations"]], ["not synced yet"])


# Tasks as Taskwarrior writes them


TEXTS = {
    "umlauts and more": "Grüße, żółć, 日本語, עברית, ελληνικά, ไทย",
    "emoji": "party 🎉 family 👨‍👩‍👧‍👦 flag 🇩🇪",
    "decomposed": "e\u0301 a\u0308",
    "spaces that look like none": "no\u00a0break zero\u200bwidth line\u2028separator",
    "quotes": "say \"hello\" and 'bye'",
    "slashes": "a/b \\ c\\n d\\/e /home/user/ https://example.org/?q=1&r=[2]",
    "brackets": "[x] {y} (z) <t> &open; &close; &quot;",
    "JSON": '{"uuid":"x","tags":["y"]}',
    "a sync key": "7f1c1f6e-0000-4000-8000-000000000001",
    "what looks like a number": "007.50",
    "tab": "tab\there",
    "lines": "one\ntwo",
    "carriage return": "one\rtwo",
    "backspace, form feed": "a\bb\fc",
    "control characters, which Taskwarrior doesn't escape": "a\x01b\x1fc\x7fd\u0085",
    "what looks like escapes": "\\u0041 \\ud83d\\ude00 \\n %n %s",
    "long": "long " + "abcdefghi " * 10000,
    "long and wide": "ü🎉" * 20000,
}


def through(one, two, texts):
    """What `one` is about to send with these texts, and what `two` gets, both as they are shown."""
    tasks = [{
        "description": text, "status": "pending", "entry": "20260102T030405Z",
        "annotations": [{"entry": "20260102T030406Z", "description": text}], "note": text,
    } for text in texts]
    one.load(tasks)
    one.must_sync(init=True)
    two.must_sync()
    return one.export(), two.export()


def register_text(name, text):
    @case("text that comes back as it was: " + name)
    def _():
        with Machines(2, udas={"note": "string"}) as (one, two):
            sent, got = through(one, two, [text])
            same(len(sent), 1, "tasks that Taskwarrior took")
            same(difference(sent, got), "", "sent, got")
            same(one.sync().code, 0)
            same(difference(one.export(), sent), "", "after one more sync")
            two.tags(got[0]["uuid"], "+seen")
            settle((one, two))
            for task in equal((one, two)):
                same(task.pop("tags"), ["seen"])
                same(task["description"], sent[0]["description"])
                same(task["annotations"], sent[0]["annotations"])
                same(task["note"], sent[0]["note"])


for text_name, text_ in TEXTS.items():
    register_text(text_name, text_)


@case("all these texts in one sync, and the server's answer is what was sent")
def _():
    machines = Machines(2, udas={"note": "string"})
    with machines as (one, two):
        sent, got = through(one, two, TEXTS.values())
        same(difference(sent, got), "", "sent, got")
        answer = machines.server.wire().sync(machines.account)
        same(unlike(comparable(answer.tasks), comparable(sent)), "", "answered, sent")


def register_depends(name, settings):
    @case("dependencies, " + name)
    def _():
        with Machines(2, settings=settings) as (one, two):
            uuids = [one.add("task %d" % n) for n in range(4)]
            one.depends(uuids[3], *uuids[:3])
            one.depends(uuids[2], uuids[0])
            one.must_sync(init=True)
            two.must_sync()
            same(two.task(uuids[3])["depends"], sorted(uuids[:3]))
            two.depends(uuids[3], "-" + uuids[1])
            one.depends(uuids[1], uuids[0])
            settle((two, one))
            equal((one, two))
            same(one.task(uuids[3])["depends"], sorted((uuids[0], uuids[2])))
            same(two.task(uuids[1])["depends"], [uuids[0]])


register_depends("as arrays", {"json.depends.array": "on"})
register_depends("as a string", {"json.depends.array": "off"})


@case("a recurring task: parent, mask and children")
def _():
    with Machines(2) as (one, two):
        one.configure(recurrence="on")
        one.must("add", "recur:weekly", "due:now-8days", "until:now+90days", "--", "water plants")
        one.must("rc.recurrence=on", "list")
        sent = one.export()
        parents = [task for task in sent if task["status"] == "recurring"]
        children = [task for task in sent if "parent" in task]
        same(len(parents), 1, "parents")
        true(len(children) > 1, "there are no children: %s" % sent)
        true("-" in parents[0]["mask"], "no mask: %s" % parents)
        one.must_sync(init=True)
        two.must_sync()
        equal((one, two))
        two.done(children[0]["uuid"])
        settle((two, one))
        one.must("rc.recurrence=on", "list")
        settle((one, two))
        tasks = {task["uuid"]: task for task in equal((one, two))}
        same(tasks[children[0]["uuid"]]["status"], "completed")
        true("+" in tasks[parents[0]["uuid"]]["mask"], "the mask does not show what is done")


@case("wait, scheduled, until and due")
def _():
    with Machines(2) as (one, two):
        waiting = one.add("waits", "wait:2099-01-02", "due:2099-03-04T05:06:07Z")
        one.add("scheduled", "scheduled:2099-01-02", "until:2099-12-31")
        past = one.add("waited", "wait:2020-01-02")
        one.must("rc.gc=on", "list")
        one.must_sync(init=True)
        two.must_sync()
        two.must("rc.gc=on", "list")
        equal((one, two))
        same(two.task(waiting)["wait"], "20990102T000000Z")
        one.modify(waiting, "wait:")
        two.modify(past, "wait:2099-06-07")
        settle((one, two))
        equal((one, two))
        true("wait" not in two.task(waiting), "wait is still there")
        same(one.task(past)["wait"], "20990607T000000Z")


@case("attributes that only one machine knows survive edits by the other")
def _():
    udas = {"estimate": "numeric", "reviewed": "date", "note": "string", "effort": "duration"}
    with Machines(1, udas=udas) as (one,), Replica("plain") as plain:
        plain.connect(server(), one.settings["taskd.credentials"])
        uuid = one.add("task", "estimate:2.5", "reviewed:2026-01-02", "note:a note", "effort:P2D")
        one.must_sync(init=True)
        before = one.task(uuid)
        plain.must_sync()
        plain.modify(uuid, "project:home")
        plain.must_sync()
        one.must_sync()
        after = one.task(uuid)
        same(after.pop("project"), "home")
        same(sorted(after.items()), sorted({**before, "modified": after["modified"]}.items()))


if __name__ == "__main__":
    need_server()
    need_task()
    run()
