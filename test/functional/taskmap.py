# SPDX-License-Identifier: MIT
"""Tasks as maps of attributes, stamps and merging: the rules, written down a second time."""

import datetime
import re
from decimal import Decimal

from wire import dumps

DATES = {"entry", "end", "start", "due", "until", "wait", "scheduled", "modified"}
COMPUTED = {"id", "urgency"}
UUIDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")


def seconds(date):
    """Seconds since 1970 of a date in either spelling."""
    text = str(date)
    if text.isdigit():
        return int(text)
    moment = datetime.datetime.strptime(text, "%Y%m%dT%H%M%SZ")
    return int(moment.replace(tzinfo=datetime.timezone.utc).timestamp())


def date_text(time):
    moment = datetime.datetime.fromtimestamp(time, datetime.timezone.utc)
    return moment.strftime("%Y%m%dT%H%M%SZ")


def _leaves(path, value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(path + (key,), inner)
    elif isinstance(value, list) and value:
        yield path, ("array", dumps(value))
    elif value is None or value in ("", []):
        return
    elif path[1] in DATES and len(path) == 2:
        yield path, ("text", date_text(seconds(value)))
    else:
        yield path, ("text", str(value) if isinstance(value, str) else dumps(value))


def to_map(task):
    """The map of a task: keys are tuples, values (kind, text)."""
    map_ = {("attr", "status"): ("text", "pending")}
    for name, value in task.items():
        if name in COMPUTED or name in ("uuid", "modified") or value in (None, "", [], {}):
            continue
        if name == "tags":
            map_.update((("tag", tag), ("text", "x")) for tag in value)
        elif name == "annotations":
            map_.update((("annotation", date_text(seconds(a["entry"])), a["description"]),
                         ("text", "x")) for a in value)
        elif name == "depends":
            map_.update((("depends", u), ("text", "x")) for u in UUIDS.findall(dumps(value)))
        else:
            map_.update(_leaves(("attr", name), value))
    return map_


def plain(value):
    """What makes two values the same."""
    if value and value[0] == "text" and NUMBER.fullmatch(value[1]):
        return ("number", Decimal(value[1]))
    return value


def same_map(one, other):
    """Whether two maps (key -> value) are the same task."""
    return one.keys() == other.keys() and all(plain(one[k]) == plain(other[k]) for k in one)


def difference(one, other):
    """The keys that differ, for a person."""
    return "; ".join(f"{'.'.join(key)}: {one.get(key)} / {other.get(key)}"
                     for key in sorted(one.keys() | other.keys())
                     if plain(one.get(key)) != plain(other.get(key)))


def modified(task):
    """The time that stamps a state's changes."""
    if task.get("modified"):
        return seconds(task["modified"])
    return max(seconds(task[name]) for name in ("end", "start", "entry") if task.get(name))


# A stamped task is a dict: key -> (value or None where removed, (t, n))

def child(parent, task):
    """The state `task` as an edit of `parent`, both stamped."""
    map_, time = to_map(task), modified(task)
    state = {}
    for key in parent.keys() | map_.keys():
        value = map_.get(key)
        old, stamp = parent.get(key, (None, None))
        if key in parent and plain(old) == plain(value):
            state[key] = parent[key]
        elif stamp is None or time > stamp[0]:
            state[key] = (value, (time, 0))
        else:
            state[key] = (value, (stamp[0], stamp[1] + 1))
    return state


def _rank(entry):
    value, stamp = entry
    return (stamp, value is not None, value[1].encode() if value else b"")


def merge(one, other):
    """The merge of two stamped tasks."""
    merged = dict(one)
    for key, entry in other.items():
        if key not in merged or _rank(entry) > _rank(merged[key]):
            merged[key] = entry
    return merged


def live(state):
    """The map of a stamped task, without what is removed."""
    return {key: value for key, (value, _) in state.items() if value is not None}


class Space:
    """What a server should hold for one user: the main line of each task."""

    def __init__(self):
        self.lines = {}  # uuid -> [(transaction, stamped task)]
        self.now = 0     # the newest transaction
        self.keys = {}   # sync key -> transaction

    def head(self, uuid):
        return self.lines[uuid][-1][1]

    def base(self, uuid, key):
        """The stamped task at the transaction of `key`; {} where there was none."""
        at = self.keys.get(key, 0)
        found = [state for time, state in self.lines.get(uuid, []) if time <= at]
        return found[-1] if found else {}

    def sync(self, tasks, key):
        """Take what a client sends, in its order; key: None for no base."""
        self.now += 1
        tips = {}
        for task in tasks:
            uuid = task["uuid"]
            parent = tips[uuid] if uuid in tips else self.base(uuid, key)
            tips[uuid] = child(parent, task)
        for uuid, tip in tips.items():
            line = self.lines.setdefault(uuid, [])
            line.append((self.now, merge(line[-1][1], tip) if line else tip))

    def issued(self, key):
        """The server gave this key just now; it must not have stood for another state before."""
        before = self.keys.get(key, self.now)
        for uuid, line in self.lines.items():
            if line[-1][0] > before:
                old = self.base(uuid, key)
                if old != line[-1][1]:
                    raise AssertionError(f"the key {key} was issued before {uuid} changed, and "
                                         f"again: {difference(live(old), live(line[-1][1]))}")
        self.keys[key] = self.now


def equal_tasks(got, want, what=""):
    """Both are tasks as JSON gives them: the same map and time of change?"""
    if got is None:
        raise AssertionError(f"{what}: no task")
    if not same_map(to_map(got), to_map(want)):
        raise AssertionError(f"{what}: got / wanted: {difference(to_map(got), to_map(want))}")
    times = [seconds(t["modified"]) if t.get("modified") else None for t in (got, want)]
    if times[0] != times[1]:
        raise AssertionError(f"{what}: modified is {got.get('modified')}, not "
                             f"{want.get('modified')}")
