# SPDX-License-Identifier: MIT
"""The four use cases of the Task Server Sync Algorithm, over TLS."""

import itertools

from harness import case, need_server, run, same, shared, true
from taskmap import equal_tasks

server = shared()
numbers = itertools.count(1)

T0 = {"uuid": "5d0bd41e-2a0f-4f83-9d0b-0f0000000004", "status": "pending",
      "entry": "20260101T120000Z", "modified": "20260101T120000Z", "project": "ONE",
      "due": "20260102T000000Z", "priority": "H", "tags": ["tag1"],
      "description": "Original description"}


def changed(task, minute, **attributes):
    return {**task, "modified": f"20260101T13{minute:02}00Z", **attributes}


def begin(*states):
    """A new account; its first client has synced these states. (account, key)"""
    account = server().add_user(f"user {next(numbers)}")
    key = None
    for state in states:
        key = sync(account, [state], key).key
    return account, key


def sync(account, tasks, key):
    answer = server().wire().sync(account, tasks, key)
    same((answer.code, answer.status), (200, "Ok"))
    true(answer.key and answer.key != key, "there is a new sync key")
    return answer


def stored(account):
    return server().wire().sync(account).task(T0["uuid"])


@case("use case 1: client syncs a new task")
def use_case_1():
    account, _ = begin()
    answer = sync(account, [T0], None)
    equal_tasks(stored(account), T0, "Server: T0")
    same(answer.tasks, [], "the client has T0, nothing is sent back")


@case("use case 2: client modifies task and syncs")
def use_case_2():
    account, key = begin(T0)
    t1 = changed(T0, 1, due="20260123T000000Z", project="TWO")
    answer = sync(account, [t1], key)
    equal_tasks(stored(account), t1, "Server: T0 --> T1")
    equal_tasks(answer.task(T0["uuid"]) or t1, t1, "Client: T1")


@case("use case 3: client changes a task and syncs, server has an unsynced change to the same task")
def use_case_3():
    account, key = begin(T0)
    t1 = changed(T0, 1, due="20260123T000000Z", project="TWO")
    t2 = changed(T0, 2, description="Modified description")
    sync(account, [t1], key)
    answer = sync(account, [t2], key)
    t3 = {**t1, **changed(t1, 2, description="Modified description")}
    equal_tasks(answer.task(T0["uuid"]), t3, "Client: T3")
    equal_tasks(stored(account), t3, "Server: T3")


@case("use case 3, in conflict: the later modified adjudicates")
def use_case_3_conflict():
    account, key = begin(T0)
    t1 = changed(T0, 34, due="20260123T000000Z", project="TWO")
    t2 = changed(T0, 20, description="Modified description", project="THREE")
    sync(account, [t1], key)
    answer = sync(account, [t2], key)
    t3 = {**t1, "description": "Modified description"}
    equal_tasks(answer.task(T0["uuid"]), t3, "Client: T3")


@case("use case 4: client and server changed a task twice, the edits were made alternately")
def use_case_4():
    account, key = begin(T0)
    t1 = changed(T0, 1, project="TWO")
    t3 = changed(t1, 3, priority="L")
    t2 = changed(T0, 2, project="THREE")
    t4 = changed(t2, 4, description="Modified description")
    middle = sync(account, [t1], key)
    sync(account, [t3], middle.key)
    answer = sync(account, [t2, t4], key)
    t5 = {**t4, "priority": "L"}
    equal_tasks(answer.task(T0["uuid"]), t5, "Client: T5")
    equal_tasks(stored(account), t5, "Server: T5")
    other = server().wire().sync(account, [], middle.key)
    equal_tasks(other.task(T0["uuid"]), t5, "the other client, at its next sync")


need_server()
run()
