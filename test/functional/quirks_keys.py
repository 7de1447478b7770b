# SPDX-License-Identifier: MIT
"""Sync keys as clients use them: none, old ones, unknown ones, and the same request again."""

from fixtures import check, new_account, new_task, server, stored
from harness import KIND, case, need_server, run, same, skip, true
from taskmap import equal_tasks
from wire import KEY_LINE, Wire, make_message, new_uuid

@case("first sync without key and tasks: everything and a key")
def download_first():
    account = new_account()
    empty = check(server().wire().sync(account), 200, 201)
    true(empty.key and len(empty.lines) == 1, "an empty account's key")
    task = new_task()
    check(server().wire().sync(account, [task], empty.key), 200)
    answer = check(server().wire().sync(account), 200)
    equal_tasks(answer.task(task["uuid"]), task, "everything")
    true(KEY_LINE.fullmatch(answer.lines[-1]), "the key is the last line")
    true(answer.raw.endswith(b"\n"), "it ends in a newline")


@case("201 carries the key, and only that")
def no_change():
    account = new_account()
    key = check(server().wire().sync(account, [new_task()]), 200).key
    for _ in range(3):
        answer = check(server().wire().sync(account, [], key), 201)
        same(answer.lines, [key])


@case("who sent tasks never gets a 201")
def never_201():
    account, task = new_account(), new_task()
    key = check(server().wire().sync(account, [task]), 200).key
    check(server().wire().sync(account, [task], key), 200)
    check(server().wire().sync(account, [task], key), 200)
    check(server().wire().sync(account, [task], init=True), 200)


@case("full upload without a key, twice")
def init_twice():
    account, tasks = new_account(), [new_task("one"), new_task("two", tags=["a"])]
    first = check(server().wire().sync(account, tasks, init=True), 200)
    again = check(server().wire().sync(account, tasks, init=True), 200)
    same((again.tasks, again.key), (first.tasks, first.key))
    same(stored(account), {t["uuid"]: t for t in tasks})


@case("full upload from two devices: the union, merged")
def init_from_two():
    account, shared_task = new_account(), new_task("shared", tags=["a"])
    a_only, b_only = new_task("a"), new_task("b")
    theirs = {**shared_task, "tags": ["b"], "modified": "20260102T000000Z", "project": "P"}
    check(server().wire().sync(account, [shared_task, a_only], init=True), 200)
    answer = check(server().wire().sync(account, [theirs, b_only], init=True), 200)
    merged = {**theirs, "tags": ["a", "b"]}
    equal_tasks(answer.task(shared_task["uuid"]), merged, "the shared one")
    equal_tasks(answer.task(a_only["uuid"]), a_only, "the other's")
    same(answer.task(b_only["uuid"]), None, "its own")
    same(len(stored(account)), 3)


@case("the same request many times: same key, same tasks, no growth")
def repeated():
    account, new = new_account(), new_task("new")
    key = check(server().wire().sync(account, [new_task("old")]), 200).key
    other = check(server().wire().sync(account, [new_task("other's")], key), 200)
    first = check(server().wire().sync(account, [new], key), 200)
    state, size = stored(account), data_size(account)
    for _ in range(30):
        again = check(server().wire().sync(account, [new], key), 200)
        same((again.key, again.tasks), (first.key, first.tasks))
    true(first.key != other.key, "the task made a transaction")
    same(stored(account), state)
    same(data_size(account), size, "user data")


def data_size(account):
    return int(server().wire().statistics(account).headers["user data"])


@case("the connection breaks behind the request: the change is there once")
def broken_connection():
    account, tasks = new_account(), [new_task(str(n)) for n in range(20)]
    key = check(server().wire().sync(account, [new_task("old")]), 200).key
    for number, task in enumerate(tasks):
        with server().wire().connect() as connection:
            connection.send(make_message(Wire.headers(account), Wire.payload([task], key)))
            if number % 2:
                connection.reset()
        check(server().wire().sync(account, [task], key), 200)
    same(len(stored(account)), 21)


@case("several versions of a task in one upload, the newest is the head")
def backlog():
    account, task = new_account(), new_task("first")
    key = check(server().wire().sync(account, [task]), 200).key
    states = [{**task, "description": str(n), "modified": f"20260101T0000{n:02}Z"}
              for n in range(1, 30)]
    answer = check(server().wire().sync(account, states, key), 200)
    same(answer.tasks, [], "it has the head itself")
    equal_tasks(stored(account)[task["uuid"]], states[-1], "the head")


@case("a task is answered once, as its head")
def one_line_a_task():
    account, task = new_account(), new_task("first")
    key = check(server().wire().sync(account, [task]), 200).key
    now = key
    for n in range(1, 10):
        state = {**task, "description": str(n), "modified": f"20260101T0000{n:02}Z"}
        now = check(server().wire().sync(account, [state], now), 200).key
    answer = check(server().wire().sync(account, [], key), 200)
    same([t["description"] for t in answer.tasks], ["9"])


@case("an unknown key: merged, everything sent, the user told")
def unknown_key():
    account, old, new = new_account(), new_task("old"), new_task("new")
    check(server().wire().sync(account, [old]), 200)
    answer = check(server().wire().sync(account, [new], new_uuid()), 200)
    equal_tasks(answer.task(old["uuid"]), old, "everything")
    true(answer.messages, "messages says so")
    same(set(stored(account)), {old["uuid"], new["uuid"]})
    follow = check(server().wire().sync(account, [], answer.key), 201)
    same(follow.messages, "")


@case("another user's key is an unknown one")
def foreign_key():
    bob, carol, task = new_account(), new_account(), new_task("bob's")
    key = check(server().wire().sync(bob, [task]), 200).key
    check(server().wire().sync(carol, [new_task("carol's")]), 200)
    answer = check(server().wire().sync(carol, [], key), 200)
    same([t["description"] for t in answer.tasks], ["carol's"])
    true(answer.messages, "messages says so")


@case("a key that is none: told, not refused")
def no_key():
    account, task = new_account(), new_task()
    for line in ("not-a-key", "0" * 36, "x" * 1000, "00000000-0000-0000-0000-00000000000"):
        answer = check(server().wire().sync(account, [task], line), 200)
        true(answer.messages, f"messages about {line[:40]}")
    same(set(stored(account)), {task["uuid"]})


@case("history: the newest known key counts")
def history():
    if KIND != "ours":
        skip("the reference server knows no history")
    account = new_account()
    one, two, three = new_task("1"), new_task("2", project="P"), new_task("3")
    k1 = check(server().wire().sync(account, [one]), 200).key
    k2 = check(server().wire().sync(account, [two], k1), 200).key
    k3 = check(server().wire().sync(account, [three], k2), 200).key
    gone = new_uuid()
    for key, words, want in ((gone, f"{new_uuid()} {k2} {k1}", {three["uuid"]}),
                             (gone, f"{k1} {k2}", {three["uuid"]}),
                             (gone, k1, {two["uuid"], three["uuid"]}), (gone, k3, set()),
                             (k2, f"{k1} not-a-key", {three["uuid"]})):
        answer = check(server().wire().sync(account, [], key, more={"history": words}), 200, 201)
        same({t["uuid"] for t in answer.tasks}, want, f"after {words}")
    del two["project"]
    two["modified"] = "20260102T000000Z"
    answer = server().wire().sync(account, [two], gone, more={"history": f"{k2} {k1}"})
    check(answer, 200)
    equal_tasks(stored(account)[two["uuid"]], two, "merged against the base of that key")


@case("the same uuid in two accounts is two tasks")
def two_accounts():
    bob, carol = new_account(), new_account()
    task = new_task("bob's")
    check(server().wire().sync(bob, [task]), 200)
    check(server().wire().sync(carol, [{**task, "description": "carol's"}]), 200)
    same(stored(bob)[task["uuid"]]["description"], "bob's")
    same(stored(carol)[task["uuid"]]["description"], "carol's")


need_server()
run()
