# SPDX-License-Identifier: MIT
"""
What the tasks must be, worked out from what the replicas wrote down to send.

A key has a stamp (t, n): t the time of the edit, or, where the editor had seen a later time, that
time with n one higher. The later stamp wins; of equal ones the greater value does.
"""

import calendar
import collections
import decimal
import re
import time

NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?\Z")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def seconds(date):
    """Seconds of YYYYMMDDTHHMMSSZ or of a number."""
    if date.endswith("Z"):
        return calendar.timegm(time.strptime(date, "%Y%m%dT%H%M%SZ"))
    return int(date)


def canonical(value):
    """The value, numbers spelled in one way, as a number or as text."""
    text = value if isinstance(value, str) else repr(value)
    return str(decimal.Decimal(text).normalize()) if NUMBER.match(text) else text


def flatten(task):
    """A task's map: one key an element of a set. uuid and modified are not merged."""
    flat = {}
    for key, value in task.items():
        if key == "tags":
            flat.update({("tag", tag): "x" for tag in value})
        elif key == "depends":
            flat.update({("dep", uuid): "x" for uuid in UUID.findall(str(value))})
        elif key == "annotations":
            flat.update({("ann", a["entry"], a["description"]): "x" for a in value})
        elif key not in ("uuid", "modified", "id", "urgency"):
            flat[key] = value if isinstance(value, str) else repr(value)
    return flat


def rank(cell):
    """What decides between two cells (value or None, stamp)."""
    value, stamp = cell
    return stamp, value is not None, (value or "").encode()


class Model:
    def __init__(self):
        self.server = collections.defaultdict(dict)
        self.views = collections.defaultdict(lambda: collections.defaultdict(dict))
        self.pending = collections.defaultdict(set)

    def edit(self, who, task):
        """A state that `who` wrote down, a child of the one before."""
        view = self.views[who][task["uuid"]]
        state, now = flatten(task), seconds(task["modified"])
        for key in state.keys() | view.keys():
            old, (then, count) = view.get(key, (None, (-1, 0)))
            new = state.get(key)
            if old != new and (None in (old, new) or canonical(old) != canonical(new)):
                view[key] = (new, (now, 0) if now > then else (then, count + 1))
        self.pending[who].add(task["uuid"])

    def sync(self, who):
        for uuid in self.pending.pop(who, ()):
            head = self.server[uuid]
            for key, cell in self.views[who][uuid].items():
                if key not in head or rank(cell) > rank(head[key]):
                    head[key] = cell
        self.views[who].clear()
        for uuid, head in self.server.items():
            self.views[who][uuid] = dict(head)

    def expected(self):
        """uuid -> comparable() of what every replica must have"""
        return {
            uuid: settle({key: value for key, (value, _) in head.items() if value is not None})
            for uuid, head in self.server.items()}


def settle(flat):
    """A map that can be compared with another. An annotation's second is left out: Taskwarrior
    moves an annotation that it receives to the next second where the second is taken."""
    plain = {key: canonical(value) for key, value in flat.items() if key[0] != "ann"}
    plain["annotations"] = sorted(key[2] for key in flat if key[0] == "ann")
    return plain


def comparable(tasks):
    """An export, to compare with expected()."""
    return {task["uuid"]: settle(flatten(task)) for task in tasks}


def unlike(got, want):
    """The differences of two such maps, for a diagnostic; "" if there is none."""
    lines = []
    for uuid in sorted(got.keys() | want.keys()):
        left, right = got.get(uuid, {}), want.get(uuid, {})
        for key in left.keys() | right.keys():
            if left.get(key) != right.get(key):
                lines.append("%s %s: %r, %r" % (uuid, key, left.get(key), right.get(key)))
    return "; ".join(sorted(lines))
