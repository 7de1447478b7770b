# SPDX-License-Identifier: MIT
"""What clients put into tasks, and what must come back: nothing lost, nothing repaired unsaid."""

import json

from fixtures import new_account, new_task, server
from harness import KIND, Server, case, need_server, run, same, skip, true
from taskmap import equal_tasks, same_map, to_map
from wire import Num, dumps, loads, new_uuid


def without(task, *names):
    return {n: v for n, v in task.items() if n not in names}


def send(account, tasks, key=None):
    answer = server().wire().sync(account, tasks, key)
    same((answer.code, answer.status), (200, "Ok"))
    true(answer.key, "a key in the answer")
    return answer


def lines(account):
    """The heads as text: {uuid: line}"""
    answer = server().wire().sync(account)
    true(answer.code in (200, 201), f"answered {answer}")
    return {loads(line)["uuid"]: line for line in answer.task_lines}


def head(account, uuid):
    found = lines(account)
    true(uuid in found, f"{uuid} is not stored")
    return loads(found[uuid])


def round_trip(task):
    """Stored by a new account; the head, and its text."""
    account = new_account()
    send(account, [task])
    uuid = (loads(task) if isinstance(task, str) else task)["uuid"]
    line = lines(account).get(uuid)
    true(line, "the task is not stored")
    json.loads(line)
    return loads(line), line


# Attributes that are missing or wrong

@case("modified missing: stored, and can be changed later")
def no_modified():
    account, task = new_account(), without(new_task(), "modified")
    key = send(account, [task]).key
    true(same_map(to_map(head(account, task["uuid"])), to_map(task)), "stored as it came")
    later = {**task, "description": "later", "modified": "20260102T000000Z"}
    send(account, [later], key)
    equal_tasks(head(account, task["uuid"]), later, "the later one")


@case("entry missing: stored")
def no_entry():
    task = without(new_task(), "entry")
    same(round_trip(task)[0]["description"], "something")


@case("neither entry nor modified: stored, once")
def no_dates():
    account, task = new_account(), without(new_task(), "entry", "modified")
    key = send(account, [new_task()]).key
    first = send(account, [task], key)
    again = send(account, [task], key)
    same(again.key, first.key, "the key of a repeated request")
    same(head(account, task["uuid"])["description"], "something")


@case("status missing: pending")
def no_status():
    same(round_trip(without(new_task(), "status"))[0]["status"], "pending")


@case("a status that Taskwarrior refuses: pending, and the user is told, with 99 others stored")
def unknown_status():
    account = new_account()
    tasks = [new_task(f"task {n}") for n in range(100)]
    tasks[37]["status"] = "aitin"
    answer = send(account, tasks)
    true(answer.messages, "messages is empty")
    true(answer.task(tasks[37]["uuid"]), "its own client gets the repaired task")
    found = lines(account)
    same(len(found), 100)
    same({loads(line)["status"] for line in found.values()}, {"pending"})


@case("every status of Taskwarrior stays")
def known_status():
    account = new_account()
    tasks = [new_task(status=s, due="20260102T000000Z", recur="weekly")
             for s in ("pending", "waiting", "completed", "deleted", "recurring")]
    same(send(account, tasks).messages, "")
    for task in tasks:
        same(head(account, task["uuid"])["status"], task["status"])


@case("null, empty string, empty list: the attribute is absent")
def empty_values():
    task, _ = round_trip(new_task(project=None, priority="", tags=[], annotations=[], depends="",
                                  empty=[], uda=""))
    same(set(task), set(new_task()))


@case("computed attributes are dropped")
def computed():
    task, _ = round_trip(new_task(id=Num("7"), urgency=Num("12.5")))
    same(set(task) & {"id", "urgency"}, set())


# What is no task

BAD = {
    "no description": lambda: dumps(without(new_task(), "description")),
    "an empty description": lambda: dumps(new_task("")),
    "no uuid": lambda: dumps(without(new_task(), "uuid")),
    "a uuid that is none": lambda: dumps(new_task(uuid="1234")),
    "cut off": lambda: dumps(new_task())[:40],
    "no closing brace": lambda: dumps(new_task())[:-1],
    "an empty object": lambda: "{}",
    "no quotes": lambda: "{description: x}",
    "two objects": lambda: dumps(new_task()) + dumps(new_task()),
    "text behind it": lambda: dumps(new_task()) + "x",
    "nested a thousand deep":
        lambda: dumps(new_task())[:-1] + ',"x":' + "[" * 1000 + "]" * 1000 + "}",
    "100,000 open braces": lambda: '{"a":' * 100000,
}


def bad_line(make):
    account, bad = new_account(), make()
    good = [new_task("before"), new_task("behind")]
    answer = send(account, [good[0], bad, good[1]])
    true(answer.messages, "messages is empty")
    found = lines(account)
    same(set(found), {t["uuid"] for t in good}, "stored")
    again = send(account, [good[0], bad, good[1]])
    same(again.key, answer.key, "the key of the repeated request")
    send(account, [new_task("later")], answer.key)


for _name, _make in BAD.items():
    case(f"{_name}: that task only is left out, and the user is told")(lambda m=_make: bad_line(m))


@case("what was left out can be looked at")
def quarantine():
    if KIND != "ours":
        skip("the reference server has no quarantine")
    account = new_account()
    send(account, [without(new_task(), "description", "status") | {"project": "Lost+Found"}])
    text = server().command("quarantine", account.org, account.user).stdout
    true("Lost+Found" in text, f"`taskd quarantine` shows: {text}")
    server().command("quarantine", account.org, account.user, "--clear")
    text = server().command("quarantine", account.org, account.user).stdout
    true("Lost+Found" not in text, f"`taskd quarantine` after --clear: {text}")


@case("a task over the limit is left out, the others are stored")
def task_limit():
    if KIND != "ours":
        skip("the reference server has no such limit")
    with Server(settings={"task.limit": "10K"}) as small:
        good, big = new_task("x" * 8000), new_task("x" * 20000)
        answer = small.wire().sync(small.account, [big, good, new_task("behind")])
        same(answer.code, 200)
        true(answer.messages, "messages is empty")
        same(len(small.wire().sync(small.account).tasks), 2)


# Verbatim

@case("attributes nobody knows come back as they were sent")
def verbatim():
    values = ['3.50', '-0', '0', '1E+2', '1e-7', '123456789012345678901234567890', '0.1000000000',
              'true', 'false',
              '"3.50"', '"text"', '"20260101T000000Z"', '"1767225600"', '[1,2,[3]]',
              '["a","b"]', '[{"a":1}]', '[null]', '"  blanks  "', '"\u00fc\u4f60\U0001f600"',
              '99999999999999999999.000001', '" "']
    base = dumps(new_task())
    extra = ",".join(f'"uda{n:02}":{value}' for n, value in enumerate(values))
    _, line = round_trip(f"{base[:-1]},{extra}}}")
    for n, value in enumerate(values):
        true(f'"uda{n:02}":{value}' in line, f"uda{n:02} was {value}: {line}")


@case("attribute names of any kind, next to tags, annotations and depends")
def odd_names():
    other = new_uuid()
    names = ["tag_home", "tag_", "tags_home", "dep_" + other, "annotation_1767225600", "a/b", "a~b",
             "a~1b", "/", "~", "a\\b", 'a"b', "a b", "\u00fc", "jira.id", "progress", "a\tb", "0",
             "githubissueurl", "attr_a", "x:y", "$", "\x7f", "a=b"]
    task = new_task(tags=["home", "a/b", "~"], depends=other,
                    annotations=[{"entry": "20260101T000000Z", "description": "a/b ~ \"c\""}],
                    **{name: f"value of {name}" for name in names})
    got, _ = round_trip(task)
    equal_tasks(got, task, "odd names")
    same({n: v for n, v in got.items() if n in names}, {n: task[n] for n in names})


@case("nested objects come back whole")
def nested():
    meta = {"a": {"x": Num("1.50"), "y/z": "q", "": "no name", "deep": {"er": {"est": [Num("1")]}}},
            "b~c": True, "tag_x": "y", "tags": ["p", "q"], "modified": "20260101T000000Z"}
    task = new_task(meta=meta)
    got, line = round_trip(task)
    same(got["meta"], meta)
    true('"x":1.50' in line, "1.50 stays 1.50")


@case("a number respelled by Taskwarrior is no edit, the older spelling stays")
def respelled():
    account, task = new_account(), new_task(estimate=Num("2.5"), points=Num("3"))
    key = send(account, [task]).key
    rewritten = {**task, "estimate": Num("2.500000"), "points": "3.000000"}
    same(send(account, [rewritten], key).key, key, "the key: nothing changed")
    line = lines(account)[task["uuid"]]
    true('"estimate":2.5,' in line and '"points":3,' in line, line)
    edited = {**rewritten, "description": "edited", "modified": "20260102T000000Z"}
    send(account, [edited], key)
    line = lines(account)[task["uuid"]]
    true('"estimate":2.5,' in line and '"points":3,' in line, line)


@case("strings: raw UTF-8, only the escapes that JSON demands")
def strings():
    base = dumps(new_task("WORDS"))
    sent = r"\u00e9 \ud83d\ude00 \/ \\ \" \t \n \r \b \f \u0001 \u007f ende"
    _, line = round_trip(base.replace("WORDS", sent))
    same(loads(line)["description"], json.loads(f'"{sent}"'))
    true("\u00e9 \U0001f600 / " in line, f"raw UTF-8 and a bare slash: {line}")


@case("a lone surrogate can't be UTF-8: an answer, and the others are stored")
def lone_surrogate():
    account, good = new_account(), new_task("good")
    answer = send(account, [dumps(new_task("WORDS")).replace("WORDS", r"a\ud800b"), good])
    found = lines(account)
    true(good["uuid"] in found, "the good one is stored")
    true(answer.messages or len(found) == 2, "told, or repaired")


@case("a NUL in a string does no harm")
def nul():
    account, good = new_account(), new_task("good")
    send(account, [dumps(new_task("WORDS")).replace("WORDS", r"a\u0000b"), good])
    true(good["uuid"] in lines(account), "the good one is stored")


@case("order of the answer: attributes by name, then annotations, tags, depends")
def order():
    task = new_task(tags=["b", "a"], depends=new_uuid(), zebra="z", alpha="a", Upper="u",
                    annotations=[{"entry": "20260101T000000Z", "description": "n"}])
    names = list(round_trip(dumps(dict(reversed(task.items()))))[0])
    same(names[-3:], ["annotations", "tags", "depends"])
    same(names[:-3], sorted(names[:-3]))


@case("a task with 10,000 attributes, tags and annotations")
def many_attributes():
    task = new_task(tags=[f"t{n}" for n in range(3000)],
                    annotations=[{"entry": "20260101T000000Z", "description": str(n)}
                                 for n in range(4000)],
                    **{f"uda{n}": str(n) for n in range(3000)})
    equal_tasks(round_trip(task)[0], task, "a large task")


# Annotations, dates, depends

@case("annotations with the same entry are all kept (Mirakel)")
def equal_annotations():
    notes = [{"entry": "20260101T000000Z", "description": f"line {n}"} for n in range(200)]
    got, _ = round_trip(new_task(annotations=notes))
    same(len(got["annotations"]), len(notes))
    same({n["description"] for n in got["annotations"]}, {n["description"] for n in notes})
    same({n["entry"] for n in got["annotations"]}, {"20260101T000000Z"})


@case("an annotation sent several times is one")
def repeated_annotation():
    note = {"entry": "20260101T000000Z", "description": "again"}
    same(round_trip(new_task(annotations=[note] * 5))[0]["annotations"], [note])


@case("an edited annotation is one removed and one added")
def edited_annotation():
    account = new_account()
    note = {"entry": "20260101T000000Z", "description": "before"}
    task = new_task(annotations=[note])
    key = send(account, [task]).key
    edited = {**task, "annotations": [{**note, "description": "after"}],
              "modified": "20260102T000000Z"}
    send(account, [edited], key)
    same(head(account, task["uuid"])["annotations"], edited["annotations"])


@case("dates as epoch seconds are served as dates")
def epoch_dates():
    for spell in (str, Num):
        task = new_task(entry=spell("1767225600"), modified=spell("1767225601"),
                        due=spell("1767312000"),
                        annotations=[{"entry": spell("1767225602"), "description": "n"}])
        got, _ = round_trip(task)
        same((got["entry"], got["modified"], got["due"], got["annotations"][0]["entry"]),
             ("20260101T000000Z", "20260101T000001Z", "20260102T000000Z", "20260101T000002Z"))


@case("a date spelled the other way is no edit")
def epoch_no_edit():
    account, task = new_account(), new_task(due="20260102T000000Z")
    key = send(account, [task]).key
    other = {**task, "due": "1767312000", "entry": Num("1767225600"), "modified": "1767225600"}
    same(send(account, [other], key).key, key)


@case("absurd dates do no harm")
def absurd_dates():
    account, good = new_account(), new_task("good")
    for date in ("yesterday", "20261301T000000Z", "99999999999999999999", Num("1e300"), Num("-1"),
                 "00000000T000000Z", "99991231T235959Z", "2026-01-01", Num("0"), [Num("1")], True):
        for name in ("due", "modified", "entry"):
            send(account, [new_task(f"{name} {date}", **{name: date}), good])
    found = lines(account)
    true(good["uuid"] in found, "the good one is stored")
    for line in found.values():
        for name in ("due", "modified", "entry"):
            date = loads(line).get(name, "20260101T000000Z")
            true(isinstance(date, str) and len(date) == 16 and date[8] == "T",
                 f"Taskwarrior refuses {name}: {line}")


@case("depends in every spelling is served as one string with commas")
def depends():
    one, two = sorted(new_uuid() for _ in range(2))
    array = json.dumps([one, two])
    spellings = [f"{one},{two}", f"{two},{one}", [one, two], [two, one], array,
                 array.replace(" ", ""), json.dumps(array), f"[{one},{two}]", f"{one}, {two}",
                 [f"{one},{two}"], array.replace('"', '\\"')]
    for spelling in spellings:
        got, _ = round_trip(new_task(depends=spelling))
        true(isinstance(got.get("depends"), str), f"{spelling!r}: {got}")
        same(sorted(got["depends"].split(",")), [one, two], f"{spelling!r}")


@case("depends on one, and on none")
def depends_one():
    one = new_uuid()
    for spelling in (one, [one], f'["{one}"]'):
        same(round_trip(new_task(depends=spelling))[0]["depends"], one)
    for spelling in ("", [], "[]", "[ ]", '""'):
        true("depends" not in round_trip(new_task(depends=spelling))[0], f"{spelling!r}")


@case("depends spelled the other way is no edit")
def depends_no_edit():
    account, deps = new_account(), sorted(new_uuid() for _ in range(3))
    task = new_task(depends=",".join(deps))
    key = send(account, [task]).key
    for other in (deps, deps[::-1], json.dumps(deps), ",".join(deps[::-1])):
        same(send(account, [{**task, "depends": other}], key).key, key, f"{other!r}")


@case("tags in another order are no edit, a tag twice is one")
def tags():
    account, task = new_account(), new_task(tags=["a", "b"])
    key = send(account, [task]).key
    same(send(account, [{**task, "tags": ["b", "a", "b"]}], key).key, key)
    same(head(account, task["uuid"])["tags"], ["a", "b"])


@case("tags with any characters, and tags that are no list")
def tags_string():
    same(sorted(round_trip(new_task(tags=["one", "t\u00e4g", "a.b", "x y"]))[0]["tags"]),
         sorted(["one", "t\u00e4g", "a.b", "x y"]))
    account = new_account()
    send(account, [new_task(tags="a,b"), new_task("good")])
    true(len(lines(account)) >= 1, "the good one is stored")


@case("recurring tasks keep recur, mask, imask, parent")
def recurring():
    task = new_task(status="recurring", recur="weekly", due="20260102T000000Z", mask="-+X-",
                    until="20270101T000000Z")
    equal_tasks(round_trip(task)[0], task, "the parent")
    child = new_task(parent=task["uuid"], imask=Num("3"), recur="weekly",
                     due="20260109T000000Z")
    got, line = round_trip(child)
    equal_tasks(got, child, "the child")
    true('"imask":3' in line, line)


need_server()
run()
