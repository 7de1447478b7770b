# SPDX-License-Identifier: MIT
"""The codes of answers, each where it belongs, in the words that clients look for."""

import os
import struct

from fixtures import check, new_account, new_task, server, stored
from harness import Account, KIND, Server, case, need_server, run, same, skip, true
from wire import Wire, make_message, new_uuid

@case("garbage in the headers: 400")
def garbage_headers():
    account = new_account()
    good = "".join(f"{n}: {v}\n" for n, v in Wire.headers(account).items())
    for lines in ("garbage\n\n", good + "no colon here\n\n", good + "\x01\x02\n\n"):
        check(server().wire().request(lines.encode(), "\n"), 400)


@case("a message without an end of headers, and an empty one: 400 or 500")
def no_headers():
    for data in (b"", b"\n", b"\n\n", b"type: sync\n", b"x" * 100):
        check(server().wire().request(data), 400, 430, 500)


@case("an impossible length: an answer")
def impossible_length():
    for length in (0, 1, 3, 4):
        answer = server().wire().exchange([struct.pack(">I", length) + b"type: sync\n\n"])
        check(answer, 400, 430, 500)


@case("unknown type or protocol: 500")
def unknown_type():
    account = new_account()
    for more in ({"type": "teleport"}, {"type": None}, {"type": ""}, {"protocol": "v2"},
                 {"protocol": None}, {"protocol": ""}, {"protocol": "v10"}):
        headers = {**Wire.headers(account), **more}
        headers = {n: v for n, v in headers.items() if v is not None}
        check(server().wire().request(headers, "\n"), 500)


@case("not UTF-8: 401")
def not_utf8():
    account = new_account()
    line = Wire.payload([new_task("BAD")]).encode()
    for bad in (b"\xff", b"\xc3", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xe2\x82"):
        check(server().wire().request(Wire.headers(account), line.replace(b"BAD", bad)), 401)
    same(stored(account), {}, "of what is not UTF-8")


@case("unknown organization, unknown user, wrong key: the same answer, byte by byte")
def same_denial():
    account = new_account()
    answers = set()
    for org, user, key in (("Nobody", account.user, account.key), ("Public", "nobody", account.key),
                           ("Public", account.user, new_uuid()), ("Nobody", "x", "y"),
                           ("Public", "alice", account.key),
                           ("Public", account.user, account.key[:-1]),
                           ("Public", account.user, account.key + "0"), ("", "", "")):
        stranger = Account(org, user, key)
        answers.add(check(server().wire().sync(stranger, [new_task()]), 430).raw)
    same(len(answers), 1, "different answers to strangers")


@case("names that are paths: 430, and no file is touched")
def traversal():
    account = new_account()
    before = tree()
    bad = ["..", ".", "/", "../..", "../orgs/Public", "Public/", "./Public", "/etc", "Public\0",
           "\0", "a\0b", "%2e%2e", "..\\..", "x" * 10000, "../users/" + account.key]
    for word in bad:
        for name in ("org", "user", "key"):
            answer = server().wire().request({**Wire.headers(account), name: word}, "\n")
            check(answer, 430)
    same(tree(), before, "files of the server")
    check(server().wire().sync(account), 200, 201)


def tree():
    return sorted(os.path.join(f, n) for f, _, names in os.walk(server().data) for n in names)


@case("suspended: 431, to those who know the key only; resumed: 200")
def suspended():
    account = new_account()
    server().command("suspend", "user", "Public", account.key)
    check(server().wire().sync(account), 431)
    check(server().wire().statistics(account), 431)
    check(server().wire().sync(Account("Public", account.user, new_uuid())), 430)
    server().command("resume", "user", "Public", account.key)
    check(server().wire().sync(account), 200, 201)


@case("a suspended organization: 431")
def suspended_org():
    server().add_org("Sleepers")
    account = server().add_user("bob", "Sleepers")
    server().command("suspend", "org", "Sleepers")
    check(server().wire().sync(account), 431)
    server().command("resume", "org", "Sleepers")
    check(server().wire().sync(account), 200, 201)


@case("removed: 430")
def removed():
    account = new_account()
    check(server().wire().sync(account, [new_task()]), 200)
    server().command("remove", "user", "Public", account.key)
    check(server().wire().sync(account), 430)


@case("moved: 301 with info")
def redirect():
    if KIND != "ours":
        skip("the reference server has no command for it")
    server().add_org("Movers")
    account = server().add_user("carol", "Movers")
    server().command("redirect", "org", "Movers", "other.example:53589")
    answer = check(server().wire().sync(account, [new_task()]), 301)
    same(answer.headers.get("info"), "other.example:53589")
    server().command("redirect", "org", "Movers")
    check(server().wire().sync(account), 200, 201)


@case("over the limit: 504, and the client can read it")
def too_big():
    limits = {"request.limit": 100000}
    if KIND == "ours":
        limits["timeout.idle"] = "1s"
    with Server(settings=limits) as small:
        wire, account = small.wire(), small.account
        big = [new_task("x" * 1000) for _ in range(2000)]
        check(wire.sync(account, big), 504)
        check(wire.sync(account, big, read_until_eof=True), 504)
        with wire.connect() as connection:
            connection.send(make_message(Wire.headers(account), b"", 1000000))
            from_announcement = connection.read_answer()
        same(struct.unpack(">I", from_announcement[0][:4])[0], len(from_announcement[0]))
        true(b"code: 504" in from_announcement[0], "504 to one who announces too much and stops")
        check(wire.sync(account, big[:50]), 200)
        same(len(wire.sync(account).tasks), 50)


need_server()
run()
