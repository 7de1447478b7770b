# SPDX-License-Identifier: MIT
"""The manual of taskd: whole, and about nothing that isn't there."""

import functools
import glob
import os
import re
import subprocess

import manpage
from harness import OURS, need_server
from manpage import SOURCES, terms
from tap import case, run, same, true
from taskc import TASKC, need_taskc

need_taskc()

BUILD = os.path.dirname(os.path.dirname(OURS))
CHAPTERS = sorted(glob.glob(os.path.join(SOURCES, "doc", "*.md")))
TEXTS = [*CHAPTERS, *sorted(glob.glob(os.path.join(SOURCES, "doc", "*.rst"))),
         os.path.join(SOURCES, "README.md"), os.path.join(SOURCES, "SECURITY.md")]
PROGRAMS = {"taskd": OURS, "taskc": TASKC}
# What looks like a setting, and is something else.
NO_SETTING = re.compile(
    r"""(taskd|tasks|new|sync)\.  # settings of Taskwarrior; hosts
        |.*\.(c|h|md|py|rst|sh|pem|data|mdb|sock|conf|log|new|tar|json|taskserver)$
        |.*\.(service|socket|timer)$
        |.*\.(due|project|scheduled|wait|until)$""", re.VERBOSE)
# Other programs' options.
FOREIGN = {"--now", "--user"}


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


@functools.lru_cache(None)
def help_of(program, *words):
    done = subprocess.run([PROGRAMS[program], "help", *words], capture_output=True, text=True,
                          check=False)
    same((done.returncode, done.stderr), (0, ""), f"{program} help {words}")
    return done.stdout


@functools.lru_cache(None)
def commands(program):
    return [form.split()[1] for form in terms(help_of(program, "--commands-rst"))]


@functools.lru_cache(None)
def options(program, command):
    return set(re.findall(r"--[a-z][\w-]*", help_of(program, command)))


@functools.lru_cache(None)
def verbs(program, command):
    """The words that a command such as `taskd user` wants first; none, if it takes any."""
    forms = re.findall(rf"^{program} {command} (?:\[options\] )?(\S+)",
                       help_of(program, command), re.M)
    words = [word for form in forms for word in form.split("|")]
    return set(words) if all(re.fullmatch(r"[a-z]+", word) for word in words) else set()


@functools.lru_cache(None)
def settings():
    lists = (("taskd", "--settings-rst"), ("taskc", "--settings-rst"), ("taskc", "--remote-rst"))
    return {name for program, part in lists for name in terms(help_of(program, part))}


def page(name):
    return manpage.page(manpage.made(BUILD, "doc", name))


@case("taskd(1) has every command, form and option")
def whole_manual():
    text = page("taskd.1")
    true(len(commands("taskd")) > 25, commands("taskd"))
    for command in commands("taskd"):
        for form in re.findall(rf"^taskd {command}\b.*", help_of("taskd", command), re.M):
            true(form in re.sub(r"\s+", " ", text), form)
    known = set(re.findall(r"--[a-z][\w-]*", text))
    for option in terms(help_of("taskd", "--options-rst")):
        true(re.search(rf"^ +{re.escape(option)}$", text, re.M), option)
    for source in glob.glob(os.path.join(SOURCES, "server", "**", "*.c"), recursive=True):
        if "struct ts_option " in read(source):
            for option in re.findall(r'\{\.name = "([a-z-]+)"', read(source)):
                true(f"--{option}" in known, f"--{option} of {source}")


@case("taskdrc(5) has every setting, with its default")
def whole_settings():
    text = page("taskdrc.5")
    listed = help_of("taskd", "--settings-rst")
    true(len(terms(listed)) > 60, listed)
    for name, default in re.findall(r"^``([^`]+)``(?: \(default ``(.+)``\))?$", listed, re.M):
        wanted = name + (f" (default {default})" if default else "")
        true(re.search(rf"^ +{re.escape(wanted)}(?: |$)", text, re.M), wanted)


def paragraphs(text):
    """The text without its examples, and the examples: what is indented or fenced."""
    fenced = re.findall(r"^```.*?^```", text, re.M | re.S)
    text = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    indented = re.findall(r"^(?: {2,}|\t)\S.*", text, re.M)
    return re.sub(r"^ {4,}\S.*|^\t.*", "", text, flags=re.M), "\n".join(fenced + indented)


def spans(prose):
    """What stands in quotes for code, over the ends of lines as well."""
    return [" ".join(span.split()) for span in re.findall(r"``?([^`]+)``?", prose)]


def calls(text):
    """(program, words) of each call of ours in examples and in quotes."""
    prose, examples = paragraphs(text)
    for line in [*examples.splitlines(), *spans(prose)]:
        for call in re.finditer(r"(?:^|[\s'\"(]|bin/)(?<!exec )(task[dc]) ([^|;&`]*)", line):
            words = call.group(2).split()
            if words and re.fullmatch(r"[a-z]{3,}|--[a-z].*", words[0]):
                yield call.group(1), words


def wrong_option(program, command, option):
    name, is_setting, _ = option[2:].partition("=")
    return not ("--" + name.rstrip(".,:") in options(program, command)
                or (is_setting and name in settings()))


def wrong_call(program, words):
    """The word that is wrong in a call, or None."""
    command, *rest = (words[2:] if words[0] == "--data" else words) or ["--"]
    if command.startswith("--") or (program == "taskc" and command not in commands("taskc")):
        return None  # `taskc` takes beginnings of commands, too
    if command not in commands(program):
        return command
    names = [word for word in rest if not word.startswith("--")]
    wanted = verbs(program, command)
    if wanted and names and re.fullmatch("[a-z]+", names[0]) and names[0] not in wanted:
        return names[0]
    if command == "config" and names and "." in names[0] and names[0] not in settings():
        return names[0]
    given = [word for word in rest if re.match("--[a-z]", word)]
    return next((o for o in given if wrong_option(program, command, o)), None)


@case("no chapter calls a command, a verb or an option that doesn't exist")
def calls_exist():
    seen = 0
    for path in TEXTS:
        for program, words in calls(read(path)):
            seen += 1
            wrong = wrong_call(program, words)
            true(wrong is None, f"{path}: {program} {' '.join(words)}: {wrong}")
    true(seen > 150, seen)


@case("no chapter speaks of an option alone that doesn't exist")
def options_exist():
    known = {o for p in PROGRAMS for c in commands(p) for o in options(p, c)} | FOREIGN
    known |= set(re.findall(r"AS_HELP_STRING\(\[(--[\w-]+)", read(f"{SOURCES}/configure.ac")))
    for path in TEXTS:
        for span in spans(paragraphs(read(path))[0]):
            option = re.match(r"--[a-z][\w-]*", span)
            if option and not span.split("=")[0][2:] in settings():
                true(option.group() in known, f"{path}: {span}")


def setting_names(path, text):
    marks = r"(?<![*\w])\*([^*\n]+)\*(?![*\w])" if path.endswith(".rst") else r"(?!)"
    for span in [*spans(paragraphs(text)[0]), *re.findall(marks, text)]:
        name = re.match(r"([a-z]+(?:\.[a-z]+)+)(?:[= ].*)?$", span)
        if name and not NO_SETTING.match(span):
            yield name.group(1)


@case("no chapter names a setting that doesn't exist")
def settings_exist():
    seen = set()
    for path in TEXTS:
        for name in setting_names(path, read(path)):
            seen.add(name)
            true(name in settings(), f"{path}: {name}")
    true(len(seen) > 40, f"{len(seen)} only")


@case("links lead somewhere, and every chapter is listed")
def links():
    listed = read(os.path.join(SOURCES, "doc", "README.md"))
    for path in [*CHAPTERS, os.path.join(SOURCES, "README.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", read(path)):
            true(os.path.exists(os.path.join(os.path.dirname(path), target)), f"{path}: {target}")
        name = os.path.basename(path)
        true(name == "README.md" or f"]({name})" in listed, f"{name} is not in doc/README.md")


if __name__ == "__main__":
    need_server()
    run()
