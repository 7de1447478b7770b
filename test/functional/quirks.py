# SPDX-License-Identifier: MIT
"""What clients do on the wire, and what a server has to tolerate: framing and headers."""

import itertools
import struct

from fixtures import check, new_account, new_task, server, stored, synced
from harness import Account, KIND, case, need_server, run, same, true
from taskmap import equal_tasks
from wire import Wire, make_message, new_uuid

STATISTICS = ["uptime", "transactions", "errors", "idle", "total bytes in", "total bytes out",
              "average request bytes", "average response bytes", "average response time",
              "maximum response time", "tps", "organizations", "users", "user data"]
numbers = itertools.count(1)


# Framing

@case("length prefix without the four (Mirakel)")
def length_without_four():
    account, task = new_account(), new_task("ends here")
    payload = Wire.payload([task]).rstrip("\n")
    for ending in ("", "\n", "\n\n\n"):
        answer = server().wire().request(Wire.headers(account), payload + ending, length_delta=-4)
        check(answer, 200)
        equal_tasks(stored(account).get(task["uuid"]), task, f"ending {ending!r}")
        same(answer.messages, "", "nothing to complain about")


@case("length prefix without the four, the rest in a record of its own")
def length_without_four_late():
    account, task = new_account(), new_task("ends here")
    payload = Wire.payload([task]).rstrip("\n")
    data = make_message(Wire.headers(account), payload, -4)
    check(server().wire().exchange([data[:-4], data[-4:]]), 200)
    equal_tasks(stored(account).get(task["uuid"]), task, "stored")


@case("trailing newlines vary")
def trailing_newlines():
    account = new_account()
    for ending in ("", "\n", "\n\n", "\n\n\n", "\n" * 50):
        task = new_task(f"{len(ending)} newlines")
        payload = Wire.payload([task]).rstrip("\n") + ending
        answer = check(server().wire().request(Wire.headers(account), payload), 200)
        same(answer.messages, "")
        equal_tasks(stored(account).get(task["uuid"]), task, "stored")


@case("blank lines between the tasks, the key not first")
def blank_lines():
    account, tasks = new_account(), [new_task("one"), new_task("two")]
    key = check(server().wire().sync(account, [new_task("zero")]), 200).key
    lines = [""] + [Wire.payload([t]) for t in tasks] + ["", key, ""]
    answer = check(server().wire().request(Wire.headers(account), "\n".join(lines)), 200)
    same(answer.messages, "")
    same(answer.tasks, [], "what is sent back")
    same(len(stored(account)), 3)


@case("prefix, headers and payload in records of their own")
def separate_records():
    synced(separate_records=True)


@case("prefix as 2 + 2 bytes")
def prefix_in_two():
    synced(fragments=[2, 2])


@case("prefix as 1 + 3 bytes, then cut inside of a header")
def prefix_in_other_two():
    synced(fragments=[1, 3, 10, 7])


@case("a record a byte")
def record_a_byte():
    synced(per_byte=True)


@case("a few bytes a TCP segment, handshake and all")
def tcp_fragments():
    synced(cut=1)
    synced(cut=3)
    synced(cut=100)


@case("cut inside of a character of several bytes")
def cut_character():
    account, task = new_account(), new_task("\u00e9\u20ac\U0001f600")
    data = make_message(Wire.headers(account), Wire.payload([task]))
    first = data.index("\u00e9".encode())
    for at in range(1, 9):
        check(server().wire().exchange([data[:first + at], data[first + at:]]), 200)
    equal_tasks(stored(account).get(task["uuid"]), task, "stored")


@case("reads until EOF: one answer, close_notify, nothing behind it")
def until_eof():
    answer = synced(read_until_eof=True)
    same(answer.extra, b"", "bytes behind the answer")
    if KIND == "ours":
        same(answer.clean, True, "close_notify")


@case("one request a connection: a second one on it is not served, and hurts nobody")
def second_request():
    account, task = new_account(), new_task()
    first = make_message(Wire.headers(account), Wire.payload([]))
    second = make_message(Wire.headers(account), Wire.payload([task]))
    answer = server().wire().exchange([first + second], until_eof=True)
    same(len(answer.raw), answer.length, "one answer")
    check(server().wire().sync(account), 200, 201)
    same(stored(account), {}, "of the second request")


@case("the answer begins in one record with its prefix")
def answer_in_one_record():
    account = new_account()
    with server().wire().connect() as connection:
        connection.send(make_message(Wire.headers(account), Wire.payload([new_task()])))
        data = connection.recv()
        same(struct.unpack(">I", data[:4])[0], len(data), "the first record is the whole answer")


@case("large answer: 20,000 tasks, exact to the byte")
def large_answer():
    account = new_account()
    tasks = [new_task(f"task {n} " + "lorem ipsum " * 8) for n in range(20000)]
    answer = check(server().wire().sync(account, tasks), 200)
    same(answer.tasks, [], "sent back")
    answer = check(server().wire().sync(account, read_until_eof=True), 200)
    same(len(answer.tasks), len(tasks))
    same(answer.extra, b"")
    same({t["uuid"] for t in answer.tasks}, {t["uuid"] for t in tasks})


# Headers

@case("statistics with the payload `null` (Dart)")
def statistics_null():
    for payload in ("null", "", "\n", "null\n\n", "{}"):
        answer = server().wire().request(Wire.headers(new_account(), "statistics"), payload)
        check(answer, 200)
        missing = [name for name in STATISTICS if name not in answer.headers]
        same(missing, [], "statistics left out")


@case("statistics are for those who may sync")
def statistics_denied():
    stranger = Account("Public", "alice", new_uuid())
    check(server().wire().statistics(stranger), 430)


@case("empty org, user and key headers: 430")
def empty_headers():
    account = new_account()
    for empty in (("org",), ("user",), ("key",), ("org", "user", "key"), ("user", "key")):
        for kind in ("sync", "statistics"):
            more = {name: "" for name in empty}
            check(server().wire().request(Wire.headers(account, kind, **more), "null"), 430)
            lines = "".join(f"{n}:{v and ' ' + v}\n" for n, v in
                            Wire.headers(account, kind, **more).items()) + "\n"
            check(server().wire().request(lines.encode(), ""), 430)


@case("org, user or key header missing: 430")
def missing_credentials():
    account = new_account()
    for name in ("org", "user", "key"):
        check(server().wire().request(Wire.headers(account, **{name: None}), ""), 430)


@case("client header missing or anything")
def client_header():
    account = new_account()
    names = [None, "task 2.6.2", "Mirakel 3.0", "foreground 1.4.3", "x", "", "\u00fcber: client; 1",
             "com.ccextractor.taskwarriorflutter 1.2", "taskc-py 0.0.2"]
    for name in names:
        task = new_task(f"by {name}")
        answer = server().wire().request(Wire.headers(account, client=name), Wire.payload([task]))
        check(answer, 200)
    same(len(stored(account)), len(names))


@case("headers in any order and any case, unknown ones among them")
def header_order():
    account = new_account()
    headers = list(Wire.headers(account).items()) + [("x-unknown", "a: b"), ("X-Other", "")]
    for turn in range(len(headers)):
        pairs = headers[turn:] + headers[:turn]
        check(server().wire().request(pairs, "\n"), 200, 201)
    for change in (str.upper, str.title):
        check(server().wire().request([(change(n), v) for n, v in headers], "\n"), 200, 201)


@case("blanks around header values, or none")
def header_blanks():
    account = new_account()
    for form in ("{}:{}\n", "{}:   {}  \n", "{}: {}\r\n"):
        lines = "".join(form.format(*pair) for pair in Wire.headers(account).items())
        answer = server().wire().request((lines + "\n").encode(), "\n")
        if "\r" not in form:
            check(answer, 200, 201)
        else:
            true(not answer.empty, "an answer of some kind")


@case("a user name with spaces and other characters")
def user_names():
    for name in ("Paul Beckingham", "J\u00fcrgen \u4f60\u597d", "a.b-c_d@example.com", "x: y"):
        try:
            account = server().add_user(f"{name} {next(numbers)}")
        except AssertionError:
            if name != "x: y":
                raise
            continue
        check(server().wire().sync(account, [new_task()]), 200)


need_server()
run()
