# SPDX-License-Identifier: MIT
"""What the tests of clients' habits share: a server, accounts, tasks, and checks of answers."""

import itertools
import re

from harness import same, shared, true
from taskmap import equal_tasks
from wire import new_uuid

STATUS = {200: "Ok", 201: "No change", 301: "Redirect", 400: "Malformed data",
          401: "Unsupported encoding", 430: "Access denied", 431: "Account suspended",
          500: "Syntax error in request", 504: "Request too big"}

server = shared()
numbers = itertools.count(1)


def new_account():
    return server().add_user(f"user {next(numbers)}")


def new_task(text="something", **attributes):
    return {"uuid": new_uuid(), "status": "pending", "entry": "20260101T000000Z",
            "modified": "20260101T000000Z", "description": text, **attributes}


def check(answer, *codes):
    """Everything that all clients need of all answers; then the code."""
    true(not answer.empty, "the server closed without an answer")
    same(answer.length, len(answer.raw), "the announced length")
    for line in answer.header_lines:
        true(re.fullmatch(r"[^:]+: .*\S.*", line), f"old clients can't read the header {line!r}")
    true(re.fullmatch(r"\d{3}", answer.headers.get("code", "")), f"code in {answer.header_lines}")
    true(answer.code in codes, f"answered {answer}, not {codes}")
    same(answer.status, STATUS[answer.code])
    return answer


def stored(account):
    return {t["uuid"]: t for t in check(server().wire().sync(account), 200, 201).tasks}


def synced(**quirks):
    """A sync of one task, with a quirk, by a new account: must store it."""
    account, task = new_account(), new_task("caf\u00e9 " + "x" * 60)
    answer = check(server().wire().sync(account, [task], **quirks), 200)
    true(answer.key, "a key in the answer")
    equal_tasks(stored(account).get(task["uuid"]), task, "stored")
    return answer
