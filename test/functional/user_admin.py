# SPDX-License-Identifier: MIT
"""Users and organizations by name: taskd user, taskd org."""

import os
import pty
import re
import subprocess

from accounts import Device, need_ours, refused, refused_task, shown
from fixtures import new_task
from harness import UUID, Account, case, need_server, run, same, shared, true
from replica import Replica, need_task

server = shared()
numbers = iter(range(1, 1000))


def new_org(users=("bob",)):
    org = f"Org {next(numbers)}"
    server().command("org", "add", org)
    return org, [added(org, user) for user in users]


def added(org, user):
    text = server().command("user", "add", org, user).stdout
    return Account(org, user, re.search(f"New user key: ({UUID})\n", text).group(1))


def fails(sentence, *words):
    done = server().command(*words, check=False)
    same((done.returncode, done.stdout, done.stderr), (255, "", f"ERROR: {sentence}\n"))


@case("add, list, show: for people")
def listed():
    org, (bob, anna) = new_org(("bob", "Anna \u00d6"))
    same(server().wire().sync(bob, [new_task(), new_task()]).code, 200)
    server().command("user", "suspend", org, anna.user)
    lines = server().command("user", "list", org).stdout.splitlines()
    same(len(lines), 3, lines)
    same(lines[0].split(), ["Organization", "User", "State", "Tasks", "Versions", "Stored",
                            "Devices", "Last", "seen"])
    true(re.fullmatch(rf"{org} +Anna \u00d6 +suspended +0 +0 +0 bytes +0 +never", lines[1]), lines)
    true(re.fullmatch(rf"{org} +bob +active +2 +2 +\d+ bytes +1 +20\d\d-\d\d-\d\d \d\d:\d\d",
                      lines[2]), lines)
    same(len({line.index("active") for line in lines[2:]} | {lines[1].index("suspended")}), 1)
    text = server().command("user", "show", org, "bob").stdout
    for line in (r"User +bob", rf"Organization +{org}", "State +active", r"Tasks +2",
                 r"Binding +off: any certificate of the authority \(default\)",
                 r"Last seen +20.* \(.*\)", r"Requests +any number", r"Quarantine +0"):
        true(re.search(rf"^  {line}$", text, re.M), f"no {line} in {text}")
    true(re.search(r"^device +in use +20.* +harness 1\.0 +127\.0\.0\.1 +20", text, re.M), text)
    true(bob.key not in text, "the key")
    true(f"Key          {bob.key}\n" in server().command("user", "show", org, "bob",
                                                         "--secret").stdout, "the key, if asked")


@case("list and show: for programs")
def for_programs():
    org, (bob, anna) = new_org(("bob", "anna"))
    server().wire().sync(bob, [new_task()])
    users = shown(server(), "user", "list", org)
    same([u["user"] for u in users], ["anna", "bob"])
    one = shown(server(), "user", "show", org, "bob")
    same({k: one[k] for k in users[1]}, users[1], "show has what list has")
    same((one["tasks"], one["versions"], one["state"], one["binding"], one["aliases"]),
         (1, 1, "active", "default", []))
    same(one["device"][0]["client"], "harness 1.0")
    true(re.fullmatch(r"20\d{6}T\d{6}Z", one["seen"]), one["seen"])
    same("seen" in users[0], False, "never seen")
    true(not re.search(f"{bob.key}|{anna.key}", repr(one) + repr(users)), "a key")
    same(shown(server(), "user", "show", org, "bob", "--secret")["key"], bob.key)
    every = shown(server(), "user", "list")
    true({("Public", "alice"), (org, "bob")} <= {(u["org"], u["user"]) for u in every}, every)
    one_org = next(o for o in shown(server(), "org", "list") if o["org"] == org)
    same((one_org["users"], one_org["tasks"], one_org["state"]), (2, 1, "active"))
    same(shown(server(), "org", "show", org)["bytes"], one["bytes"])


@case("the commands by name do what the reference server's do")
def same_as_before():
    org, (bob,) = new_org()
    wire = server().wire()
    for verb, code in (("suspend", 431), ("resume", 201)):
        for words in ((("user", verb, org, "bob")), (("org", verb, org))):
            server().command(*words)
            same(wire.sync(bob).code, code if verb == "suspend" or words[0] == "org" else 431)
    server().command("org", "redirect", org, "other.example:53589")
    same(wire.sync(bob).headers["info"], "other.example:53589")
    server().command("org", "redirect", org)
    server().command("user", "remove", org, "bob")
    same(wire.sync(bob).code, 430)
    server().command("org", "remove", org)
    fails(f"Organization '{org}' does not exist.", "remove", "org", org)


@case("wrong names are told with those that are near, and never guessed")
def near():
    org, _ = new_org(("alice", "alicia", "Bob", "robert"))
    for wrong, right in (("alise", "'alice'"), ("alic", "'alice' or 'alicia'"), ("bob", "'Bob'"),
                         ("rob", "'Bob' or 'robert'"), ("Robert", "'robert'")):
        fails(f"User '{wrong}' does not exist; do you mean {right}?", "user", "suspend", org, wrong)
    fails("User 'zzz' does not exist.", "user", "show", org, "zzz")
    fails("Organization 'Publik' does not exist; do you mean 'Public'?", "org", "show", "Publik")
    fails("User 'alise' does not exist.", "suspend", "user", org, "alise")


@case("rename: clients that know the old name are served unchanged, new ones too")
def rename():
    org, (bob,) = new_org()
    with Replica("bob") as replica:
        replica.connect(server(), bob).add("milk")
        replica.must_sync(init=True)
        server().command("user", "rename", org, "bob", "robert")
        replica.add("bread")
        replica.must_sync()
        with Replica("new") as other:
            other.connect(server(), Account(org, "robert", bob.key))
            other.must_sync()
            same(len(other.export()), 2)
    same(shown(server(), "user", "show", org, "robert")["aliases"], ["bob"])
    fails("User 'bob' does not exist; do you mean 'robert'?", "user", "show", org, "bob")
    again = added(org, "bob")
    same(server().wire().sync(again).code, 201, "another bob, told apart by the key")
    same(len(server().wire().sync(bob).tasks), 2)
    fails("User 'bob' already exists.", "user", "rename", org, "robert", "bob")


@case("alias: one more name, until it is taken away")
def alias():
    org, (bob,) = new_org()
    other = Account(org, "Bobby", bob.key)
    wire = server().wire()
    same(wire.sync(other).code, 430)
    server().command("user", "alias", org, "bob", "Bobby")
    same(wire.sync(other).code, 201)
    same(wire.sync(Account(org, "Bobby", server().account.key)).code, 430)
    server().command("user", "alias", org, "bob", "Bobby", "--remove")
    same(wire.sync(other).code, 430)
    fails("User 'bob' has no alias 'Bobby'.", "user", "alias", org, "bob", "Bobby", "--remove")


@case("rekey: the old key opens nothing, a new bundle everything")
def rekey():
    org, (bob,) = new_org()
    with Replica("bob") as replica:
        replica.connect(server(), bob).add("milk")
        replica.must_sync(init=True)
        text = server().command("user", "rekey", org, "bob").stdout
        key = re.search(f"New user key: ({UUID})\n", text).group(1)
        true("needs a new bundle" in text and key != bob.key, text)
        replica.add("bread")
        refused_task(replica, "credentials are incorrect")
        refused(server().wire().sync(bob), 430, "no such organization, user and key")
        device = Device(server(), "bob", "new", org)
        same(device.account.key, key)
        device.connect(replica)
        replica.must_sync()
        same(len(replica.export()), 2)


def ask(answer, *words):
    """Run a command at a terminal where somebody answers; gives its output."""
    master, slave = pty.openpty()
    with subprocess.Popen([server().binary, *words, "--data", server().data,
                           "--confirmation=on"], stdin=slave, stdout=subprocess.PIPE,
                          text=True) as process:
        os.write(master, answer.encode())
        out = process.communicate(timeout=60)[0]
    os.close(slave)
    os.close(master)
    return out


@case("what can't be undone is asked at a terminal")
def confirmed():
    org, (bob,) = new_org()
    device = Device(server(), "bob", "phone", org)
    for words in (("user", "rekey", org, "bob"), ("user", "remove", org, "bob"),
                  ("org", "remove", org), ("device", "revoke", org, "bob", "phone"),
                  ("device", "forget", org, "bob", "phone")):
        out = ask("no\n", *words)
        true(out.startswith("Are you sure") and out.endswith("No changes made.\n"), out)
    same(device.sync().code, 201)
    true("Revoked device 'phone'" in ask("yes\n", "device", "revoke", org, "bob", "phone"), "yes")
    refused(device.sync(), 430, "revoked")
    same(server().wire().sync(bob).code, 201)


@case("wrong words are told with the usage")
def usage():
    for words in (("user",), ("user", "frob"), ("user", "show", "Public"), ("org", "add"),
                  ("device", "list", "Public"), ("user", "list", "--bogus"),
                  ("user", "bind", "Public", "alice")):
        done = server().command(*words, check=False)
        same((done.returncode, done.stdout), (255, ""))
        true(f"Usage: taskd {words[0]} " in done.stderr, done.stderr)
    fails("A binding is 'on', 'off' or 'default', not 'maybe'.", "user", "bind", "Public", "alice",
          "maybe")


if __name__ == "__main__":
    need_server()
    need_ours()
    need_task()
    run()
