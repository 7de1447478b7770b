# SPDX-License-Identifier: MIT
"""Test cases that print TAP, for automake's driver."""

import os
import sys
import time
import traceback

_cases = []
_on_failure = []
_at_end = []


class Skip(Exception):
    """The case can't be run here; the text says why."""


def skip(reason):
    raise Skip(reason)


def case(name):
    """Decorator: the function is a test case of that name, run in the order of the file."""
    def register(function):
        _cases.append((name, function))
        return function
    return register


def on_failure(function):
    """`function()` gives lines that help to understand a failure."""
    _on_failure.append(function)
    return function


def at_end(function):
    """`function()` cleans up when all cases have run."""
    _at_end.append(function)
    return function


def note(text):
    for line in str(text).splitlines() or [""]:
        print("#", line)
    sys.stdout.flush()


def skip_all(reason):
    print(f"1..0 # SKIP {reason}")
    sys.exit(0)


def _failed(number, name, error):
    print(f"not ok {number} - {name}")
    if isinstance(error, AssertionError) and str(error):
        note(error)
    frames = traceback.extract_tb(error.__traceback__)
    for frame in frames[-4:]:
        note(f"at {frame.name}, line {frame.lineno}: {frame.line}")
    if not isinstance(error, AssertionError):
        note(f"{type(error).__name__}: {error}")
    if os.environ.get("TS_LOGS", "1") != "0":
        for function in _on_failure:
            note("\n".join(function()))


def _run_one(number, name, function):
    start = time.monotonic()
    try:
        function()
    except Skip as reason:
        print(f"ok {number} - {name} # SKIP {reason}")
        return
    except (Exception, AssertionError) as error:  # pylint: disable=broad-except
        _failed(number, name, error)
        return
    print(f"ok {number} - {name}")
    took = time.monotonic() - start
    if took > 5:
        note(f"took {took:.1f} s")


def run(cases=None):
    """Run the cases (all, or those whose name holds a word of the command line)."""
    chosen = [c for c in (cases or _cases)
              if not sys.argv[1:] or any(word in c[0] for word in sys.argv[1:])]
    print(f"1..{len(chosen)}")
    sys.stdout.flush()
    try:
        for number, (name, function) in enumerate(chosen, 1):
            _run_one(number, name.replace("#", ""), function)
            sys.stdout.flush()
    finally:
        for function in _at_end:
            function()


def same(got, want, what=""):
    if got != want:
        raise AssertionError(f"{what + ': ' if what else ''}got {got!r}, not {want!r}")


def true(value, what):
    if not value:
        raise AssertionError(what)
