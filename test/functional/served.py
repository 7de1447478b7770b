# SPDX-License-Identifier: MIT
"""
Whatever one client sends, a real Taskwarrior 2.x must be able to pull what the server makes of it:
one task that it refuses would end every later sync of that user.
"""

import itertools
import os
import shutil
import subprocess

from harness import case, need_server, run, same, shared, skip_all, true
from wire import dumps, new_uuid

TASK = shutil.which("task")
ODD = [
    '"status":"aitin"', '"status":""', '"status":null', '"status":5', '"status":["pending"]',
    '"status":"recurring"', '"status":"recurring","recur":"weekly"', '"status":"PENDING"',
    '"recur":"weekly"', '"recur":"xyz","due":"20260101T000000Z"', '"recur":5',
    '"due":"tomorrow"', '"due":"yesterday-ish"', '"due":"18991231T000000Z"', '"due":""',
    '"due":"19691231T235959Z"', '"due":"00000000T000000Z"', '"due":"99991231T235959Z"',
    '"due":"20261301T000000Z"', '"due":"2026-01-01"', '"due":"20260101"', '"due":-1',
    '"due":0', '"due":1767225600', '"due":"1767225600"', '"due":1767225600.000000', '"due":1e300',
    '"due":99999999999999999999', '"due":253402300800', '"due":true', '"due":null', '"due":[1]',
    '"due":{"a":"b"}', '"wait":"someday"', '"end":"xx"', '"start":true', '"scheduled":"x"',
    '"until":[]', '"entry":"xx"', '"entry":""', '"entry":[1]', '"modified":"xx"', '"modified":""',
    '"modified":true', '"modified":"99999999999999999999"', '"entry":"99991231T235959Z"',
    '"annotations":"b"', '"annotations":["d"]', '"annotations":[1]', '"annotations":{"a":"b"}',
    '"annotations":[{"entry":"20260101T000000Z"}]', '"annotations":[{"description":"d"}]',
    '"annotations":[{"entry":"20260101T000000Z","description":5}]',
    '"annotations":[{"entry":"20260101T000000Z","description":""}]',
    '"annotations":[{"entry":"xx","description":"d"}]', '"annotations":[null]',
    '"annotations":[{"entry":1767225600,"description":"d"}]', '"annotations":true',
    '"annotations":[{"entry":"20260101T000000Z","description":"d","more":"x"}]',
    '"annotations":[{"entry":"20260101T000000Z","description":"d"},"e"]',
    '"tags":[1]', '"tags":[""]', '"tags":[null]', '"tags":[["a"]]', '"tags":[{"a":"b"}]',
    '"tags":{"a":"b"}', '"tags":true', '"tags":"a,b"', '"tags":"a"', '"tags":["a b"]', '"tags":5',
    '"depends":"foo"', '"depends":5', '"depends":[1]', '"depends":true', '"depends":{"a":"b"}',
    '"depends":["foo"]', '"depends":[null]', '"depends":","',
    '"description":5', '"description":true', '"description":[1]', '"description":{"a":"b"}',
    r'"description":"two\nlines"', r'"description":"\u0000"', r'"description":"a\u0000b"',
    r'"description":"\ud800"', '"description":" "', r'"description":"\\\\\"[]{}"',
    '"project":[1]', '"project":{"a":1}', '"project":5', '"priority":true', '"priority":"XX"',
    '"mask":5', '"imask":"x"', '"imask":3.000000', '"imask":[1]', '"parent":"foo"', '"parent":5',
    '"":"x"', '"a b":"c"', r'"a\"b":"c"', r'"a\tb":"c"', r'"a\\b":"c"', '"a:b":"c"', '"[":"]"',
    '"tag_home":"y"', '"dep_x":"y"', '"tags_x":"y"',
    '"x":[1,[2]]', '"x":1e400', '"x":-0', '"x":{"a":{"b":[]}}', '"x":{"":""}', '"x":null',
    r'"x":"\u0000"', r'"x":"\ud83d\ude00"', '"x":false', r'"x":"\u001b\u0008"', '"urgency":"x"',
    '"id":"x"', '"uuid":"x"', '"description":"again","description":"twice"',
]

server = shared()
numbers = itertools.count(1)


class Taskwarrior:
    """A replica of the account, in the server's folder."""

    def __init__(self, account):
        self.folder = os.path.join(server().folder, f"replica-{next(numbers)}")
        os.makedirs(self.folder)
        own = server()
        lines = {"data.location": self.folder, "confirmation": "off", "news.version": "2.6.0",
                 "verbose": "nothing", "hooks": "off", "gc": "off", "recurrence": "off",
                 "taskd.server": f"{own.host}:{own.port}", "taskd.ca": own.ca,
                 "taskd.certificate": own.cert, "taskd.key": own.key,
                 "taskd.credentials": f"{account.org}/{account.user}/{account.key}"}
        with open(os.path.join(self.folder, "rc"), "w", encoding="utf-8") as file:
            file.writelines(f"{name}={value}\n" for name, value in lines.items())

    def run(self, *words):
        environment = {**os.environ, "HOME": self.folder,
                       "TASKRC": os.path.join(self.folder, "rc")}
        environment.pop("TASKDATA", None)
        return subprocess.run([TASK, *words], env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", timeout=60, check=False)

    def pull(self):
        done = self.run("sync", "init")
        same(done.returncode, 0, f"`task sync` says {done.stdout.strip()!r}; its exit code")

    def export(self):
        done = self.run("export")
        same(done.returncode, 0, f"`task export` says {done.stdout[-300:]!r}; its exit code")
        return done.stdout  # not always JSON: 2.6.2 writes nan and bare control characters


def odd_line(attributes):
    """A task with these attributes, which replace its own."""
    task = {"uuid": new_uuid(), "status": "pending", "entry": "20260101T000000Z",
            "modified": "20260101T000000Z", "description": "odd one"}
    for name in list(task):
        if attributes.startswith(f'"{name}":'):
            del task[name]
    return dumps(task)[:-1] + f",{attributes}}}"


def pulled(attributes):
    account = server().add_user(f"user {next(numbers)}")
    good = {"uuid": new_uuid(), "status": "pending", "entry": "20260101T000000Z",
            "modified": "20260101T000000Z", "description": "good one"}
    answer = server().wire().sync(account, [odd_line(attributes), good])
    true(answer.code in (200, 400, 401), f"answered {answer}")
    if answer.code != 200:
        true(server().wire().sync(account, [good]).code == 200, "the good one alone")
    replica = Taskwarrior(account)
    replica.pull()
    true(good["uuid"] in replica.export(), "the good one arrived")
    again = replica.run("sync")
    same(again.returncode, 0, f"a second `task sync` says {again.stdout.strip()!r}; its exit code")


def version():
    done = subprocess.run([TASK, "--version"], capture_output=True, text=True, check=False)
    return done.stdout.strip()


need_server()
if not TASK or not version().startswith("2."):
    skip_all("Taskwarrior 2.x is needed")
for odd in ODD:
    case(f"Taskwarrior pulls what became of {odd}")(lambda a=odd: pulled(a))
run()
