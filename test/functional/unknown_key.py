# SPDX-License-Identifier: MIT
"""A client that wants to hear that its sync key is unknown (unknown-key: refuse)."""

import os
import shutil

from fixtures import new_account, new_task, server
from harness import Server, case, need_server, run, same, true
from wire import make_message, new_uuid

REFUSE = {"unknown-key": "refuse"}
STATUS = "Client sync key not found."


def ask(account, tasks=(), key=None, on=None, init=False, **more):
    more = {**REFUSE, **{name.replace("_", "-"): value for name, value in more.items()}}
    return (on or server()).wire().sync(account, tasks, key, init, more=more)


def refused(answer, since=None):
    same((answer.code, answer.status, answer.headers.get("since")), (500, STATUS, since),
         repr(answer))
    same(answer.lines, [])
    true("Nothing was stored" in answer.messages, answer.messages)


@case("nothing is stored under an unknown key, with tasks or without")
def unknown():
    account = new_account()
    for key in (new_uuid(), "nonsense"):
        refused(ask(account, [], key))
        refused(ask(account, [new_task()], key))
        refused(ask(account, ["no task at all, but long enough to be one"], key))
    same(server().wire().sync(account).tasks, [])


@case("one account's key is unknown to another")
def foreign():
    account, other = new_account(), new_account()
    key = ask(account, [new_task()]).key
    refused(ask(other, [new_task()], key))
    same(ask(account, [], key).code, 201)


@case("a first sync, a full upload and a known key are as ever")
def known():
    account = new_account()
    first = ask(account, [new_task()])
    same((first.code, first.status), (200, "Ok"))
    same(ask(account, [], first.key).code, 201)
    same(ask(account, [new_task()], first.key, history=new_uuid()).code, 200)
    same(ask(account, [new_task()], new_uuid(), init=True).code, 200)
    same(len(server().wire().sync(account).tasks), 3)


@case("a key of the history that is known is told: the newest one")
def history():
    account = new_account()
    keys = [ask(account, [new_task()]).key for _ in range(3)]
    lost = new_uuid()
    refused(ask(account, [new_task()], lost, history=f"{keys[1]} {new_uuid()} {keys[0]}"), keys[1])
    refused(ask(account, [], lost, history=" ".join(keys)), keys[2])
    refused(ask(account, [], lost, history=f"{new_uuid()} {lost}"))
    same(len(server().wire().sync(account).tasks), 3)


@case("who doesn't ask for it gets what there always was")
def not_asked():
    account = new_account()
    key = server().wire().sync(account, [new_task()]).key
    for value in ({}, {"unknown-key": "merge"}):
        answer = server().wire().sync(account, [new_task()], new_uuid(), more=value)
        same((answer.code, answer.headers.get("since")), (200, None))
        true(answer.messages.startswith(STATUS), answer.messages)
    answer = server().wire().sync(account, [], new_uuid(), more={"history": key})
    same((answer.code, len(answer.tasks)), (200, 2))


@case("one refused request spoils nothing for the others of its batch")
def batch():
    account, other = new_account(), new_account()
    connections = []
    for n in range(20):
        connection = server().wire().connect()
        headers = server().wire().headers(account if n % 2 else other, **REFUSE)
        payload = server().wire().payload([new_task()], new_uuid() if n % 2 else None)
        connections.append((connection, headers, payload))
    for connection, headers, payload in connections:
        connection.send(make_message(headers, payload))
    codes = [connection.read_one().code for connection, _, _ in connections]
    for connection, _, _ in connections:
        connection.close()
    same(codes, [200, 500] * 10)
    same(len(server().wire().sync(account).tasks), 0)
    same(len(server().wire().sync(other).tasks), 10)


@case("data restored from a backup: the client hears where to go on, and loses nothing")
def restored():
    with Server() as mine:
        old = ask(mine.account, [new_task("old")], on=mine).key
        mine.stop()
        backup = os.path.join(mine.folder, "backup.mdb")
        shutil.copyfile(os.path.join(mine.data, "tasks.mdb"), backup)
        mine.start()
        lost = new_task("lost with the disk")
        new = ask(mine.account, [lost], old, on=mine).key
        mine.stop()
        shutil.copyfile(backup, os.path.join(mine.data, "tasks.mdb"))
        mine.start()
        refused(ask(mine.account, [], new, on=mine, history=old), old)
        again = ask(mine.account, [lost], old, on=mine)
        same(again.code, 200)
        same({t["description"] for t in mine.wire().sync(mine.account).tasks},
             {"old", "lost with the disk"})


need_server()
run()
