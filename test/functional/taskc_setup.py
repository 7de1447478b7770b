# SPDX-License-Identifier: MIT
"""`taskc setup` from the bundles of a real `taskd setup` and from the configuration of a real
Taskwarrior; `taskc config`."""

import json
import os
import re
import shutil
import stat
import subprocess
import tempfile

from awkward import NAMES
from harness import Server, case, need_server, run, same, shared, skip, true
from patient import Patient
from taskc import need_taskc

server = shared(pki="setup")


def bundle_of(device, user="alice", there=None, org="Public"):
    """The text of a new bundle."""
    return (there or server()).command("user", "bundle", org, user, "--device", device,
                                       "--output", "-").stdout


def bundle_text():
    with open(server().bundle, encoding="utf-8") as file:
        return file.read()


def settings_of(p, remote="default"):
    """remote.conf as taskc reads it"""
    listed = json.loads(p.must("config", "--json", "--remote", remote).out)
    return {one["name"]: one["value"] for one in listed if one["name"] != "secret"} | {
        "secret": p.must("config", "--remote", remote, "secret").out.rstrip("\n")}


@case("a bundle: two lines, files for nobody else, and everything works")
def _():
    with Patient() as p:
        done = p.must("setup", server().bundle)
        lines = done.out.splitlines()
        same(len(lines), 2, done)
        true("set up" in lines[0] and "Public/alice" in lines[0], lines[0])
        same(lines[1], "Run `taskc sync`.")
        same(done.err, "")
        for name in ("remote.conf", "key.pem", "certificate.pem", "ca.pem"):
            same(stat.S_IMODE(os.stat(p.find(name)).st_mode), 0o600, name)
        for name in ("remotes", "default"):
            same(stat.S_IMODE(os.stat(p.find(name)).st_mode), 0o700, name)
        p.set(server=f"127.0.0.1:{server().port}")
        p.must_be_well()
        same(p.run("setup", server().bundle, "--quiet").out, "")


@case("the same bundle again changes nothing")
def _():
    with Patient(bundle=server().bundle) as p:
        before = p.files()
        done = p.must("setup", server().bundle)
        true("was there already" in done.out, done)
        p.must("setup", "--replace", "-", stdin=bundle_text())
        same(p.files(), before)


@case("another bundle needs --replace, or another name")
def _():
    with Patient(bundle=server().bundle) as p:
        before, other = p.files(), bundle_of("phone")
        with open(os.path.join(os.path.dirname(p.find("remote.conf")), "my-secret"), "w",
                  encoding="utf-8") as file:
            file.write("kept\n")
        done = p.run("setup", "-", stdin=other)
        same(done.code, 3)
        true("--replace" in done.err and "--remote" in done.err, done.err)
        same({k: v for k, v in p.files().items() if not k.endswith("my-secret")}, before)
        p.must("setup", "-", "--replace", stdin=other)
        after = p.files()
        true(any(k.endswith("default/my-secret") for k in after), "a file of the user's is gone")
        changed = [os.path.basename(k) for k in sorted(after) if after[k] != before.get(k)]
        same([k for k in changed if k.endswith(".pem")], ["certificate.pem", "key.pem"])
        p.must("setup", "-", "--remote", "second", stdin=other)
        p.set(remote="second", server=f"127.0.0.1:{server().port}")
        p.must_be_well("second")
        done = p.run("doctor")
        true(done.code == 3 and "several remotes" in done.out, done)


@case("the device's name: --device, the bundle's, and what taskc.conf has stays")
def _():
    for words, device in (((), "phone"), (("--device", "pocket"), "pocket")):
        with Patient() as p:
            p.run("config", "device", "--unset")
            p.must("setup", "-", *words, stdin=bundle_of(f"phone{len(words)}"))
            got = p.must("config", "device").out.strip()
            same(got, device if words else "phone0")
            p.must("setup", "-", "--replace", stdin=bundle_of(f"other{len(words)}"))
            same(p.must("config", "device").out.strip(), got)


def register_names(org, user):
    @case("organization %r, user %r" % (org, user))
    def _():
        there = server()
        there.command("add", "org", org, check=False)
        account = there.add_user(user, org)
        with Patient() as p:
            p.must("setup", "-", stdin=bundle_of("it's a \"phone\" 🎉", user, org=org))
            p.set(server=f"127.0.0.1:{there.port}")
            got = settings_of(p)
            same((got["org"], got["user"], got["secret"]), (org, user, account.key))
            p.must_be_well()


for names in NAMES:
    register_names(*names)


def refused(text, *texts, words=()):
    """Setup says one sentence, and leaves nothing behind."""
    with Patient() as p:
        before = p.files()
        done = p.run("setup", "-", *words, stdin=text)
        true(done.code in (3, 64), f"exit {done.code}: {done}")
        for word in texts:
            true(word in done.err, f"no {word!r} in {done.err!r}")
        same(p.files(), before)


@case("bundles cut short anywhere")
def _():
    text = bundle_text().encode()
    end = text.index(b"set -eu")
    for size in [*range(0, 60, 7), *range(60, end - 20, 173)]:
        refused(text[:size], "bundle")


@case("files that are no bundles")
def _():
    text = bundle_text()
    refused("", "no bundle")
    refused("hello\n", "no bundle")
    refused(b"\x7fELF\0\0\0", "no bundle")
    refused(b"#" * (2 << 20), "more than")
    refused(text.replace("version 1\n", "version 2\n"), "version 2")
    refused(text.replace("server='", "server='\x1b[31m"), "server address")
    refused(re.sub("server='.*'", "server='nowhere'\"\"", text), "not in order")
    refused(re.sub("server='.*'", "server='a:b:c'", text), "host:port")
    refused(re.sub("user='.*'", "user='../../x'", text), "x")
    refused(re.sub("trust='.*'", "trust='some'", text), "trust")
    refused(re.sub("(?s)BEGIN CERTIFICATE.*?END CERT", "BEGIN CERTIFICATE-----\nAAAA\n-----END CERT",
                   text), "certificate")
    other = bundle_of("for-its-key")
    key = "(?s)-----BEGIN RSA.*?-----END RSA[^\n]*"
    refused(re.sub(key, re.search(key, other).group(), text), "do not match")


@case("a bundle is not run")
def _():
    with Patient() as p:
        text = re.sub("device='.*'", "device='$(touch ran) `touch ran`'", bundle_text())
        text = text.replace("set -eu\n", "touch ran\nset -eu\n")
        p.must("setup", "-", stdin=text)
        true(not os.path.exists(os.path.join(p.folder, "ran")), "it was run")


@case("names of remotes that are none")
def _():
    for name in ("../x", "", ".", "..", ".x", "a/b", "a b", "x" * 65):
        refused(bundle_text(), "can't be a remote's name", words=("--remote", name))


@case("wrong usage")
def _():
    with Patient() as p:
        for words in ((), ("a", "b"), ("--replace",)):
            same(p.run("setup", *words).code, 64, words)
        done = p.run("setup", "/nowhere/x")
        true(done.code == 3 and "/nowhere/x" in done.err, done)
        same(p.run("setup", server().bundle, "--device", "x" * 65).code, 3)


@case("a server by its IPv6 address")
def _():
    there = Server(pki="setup")
    there.host = "::1"
    there.create()
    text = re.sub("server='.*'", "server='::1:53589'", bundle_text())
    with Patient() as p:
        p.must("setup", "-", stdin=text)
        same(settings_of(p)["server"], "::1:53589")
        _, lines = p.doctor()
        same([line["state"] for line in lines if line["check"] == "name"], ["ok"])
    there.close()


# From Taskwarrior's configuration

def taskrc(p, text, name=".taskrc"):
    path = os.path.join(p.folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def files_of(there, folder):
    """The client's files of a server, in a folder under Taskwarrior's usual names."""
    os.makedirs(folder, exist_ok=True)
    for source, name in ((there.ca, "ca.pem"), (there.cert, "c.pem"), (there.key, "k.pem")):
        shutil.copy(source, os.path.join(folder, name))


def usual(there, folder="~/.task"):
    return (f"taskd.server={there.host}:{there.port}\ntaskd.credentials={there.account}\n"
            f"taskd.ca={folder}/ca.pem\ntaskd.certificate={folder}/c.pem\n"
            f"taskd.key={folder}/k.pem\n")


@case("from what a real Taskwarrior wrote")
def _():
    if not shutil.which("task"):
        skip("task is not installed")
    there = server()
    org, user = "Two \"words\" ü", "it's #1 $x"
    there.command("add", "org", org)
    account = there.add_user(user, org)
    with Patient() as p:
        path = os.path.join(p.folder, "bundle.sh")
        with open(path, "w", encoding="utf-8") as file:
            file.write(bundle_of("laptop", user, org=org))
        env = {**p.environment(), "TASKRC": p.folder + "/.taskrc"}
        subprocess.run(["sh", path], env=env, check=True, stdout=subprocess.DEVNULL)
        done = p.must("setup", "--from-taskrc")
        true("set up" in done.out, done)
        p.set(server=f"127.0.0.1:{there.port}")
        got = settings_of(p)
        same((got["org"], got["user"], got["secret"]), (org, user, account.key))
        p.must_be_well()


@case("a taskrc with ~, an include, a relative path, comments, and escapes")
def _():
    there = server()
    with Patient() as p:
        files_of(there, p.folder + "/certs")
        taskrc(p, f"taskd.server = 127.0.0.1\\u003a{there.port} # here\n"
                  f"taskd.credentials={str(there.account).replace('/', chr(92) + '/')}\n",
               "inc/server.rc")
        taskrc(p, "taskd.ca=certs/ca.pem\ntaskd.key=$HOME/certs/k.pem\ninclude nowhere.theme\n")
        path = taskrc(p, "data.location=~/.task\ncolor=off\ninclude ~/inc/server.rc\n"
                         "include .taskrc\n# taskd.server=x:1\nnonsense\n"
                         "taskd.certificate=~\\/certs\\/c.pem\n", "main.rc")
        p.must("setup", "--from-taskrc", path)
        p.must_be_well()


def register_trust(word, trust):
    @case(f"taskd.trust={word} is {trust}")
    def _():
        with Patient() as p:
            files_of(server(), p.folder + "/.task")
            taskrc(p, usual(server()) + f"taskd.trust={word}\ntaskd.ciphers=NORMAL:-VERS-TLS1.3\n")
            done = p.run("setup", "--from-taskrc")
            same(done.code, 0 if trust else 3, done)
            if trust:
                same(settings_of(p)["trust"], trust)
                same(settings_of(p)["priorities"], "NORMAL:-VERS-TLS1.3")
                p.must_be_well()


for spelling in (("strict", "strict"), ("", "strict"), ("no", "strict"), ("yes", "allow all"),
                 ("allow all", "allow all"), ("ignore hostname", "ignore hostname"),
                 ("1", "allow all"), ("sometimes", None)):
    register_trust(*spelling)


def register_fault(what, change, *texts):
    @case(f"a taskrc {what}")
    def _():
        with Patient() as p:
            files_of(server(), p.folder + "/.task")
            taskrc(p, change(usual(server())))
            before = p.files()
            done = p.run("setup", "--from-taskrc")
            same(done.code, 3, done)
            for text in texts:
                true(text in done.err, done.err)
            same(p.files(), before)


register_fault("without a server", lambda t: t.replace("taskd.server", "taskd.x"), "taskd.server")
register_fault("without credentials", lambda t: re.sub("taskd.credentials.*", "", t),
               "taskd.credentials")
register_fault("with credentials of two words",
               lambda t: re.sub("taskd.credentials=.*", "taskd.credentials=a/b", t), "ORG/USER/KEY")
register_fault("with a file that isn't there", lambda t: t.replace("k.pem", "none.pem"),
               "taskd.key", "none.pem")
register_fault("without a key", lambda t: re.sub("taskd.key.*", "", t), "come together")
register_fault("that includes itself and nothing else", lambda t: "include ~/.taskrc\n",
               "taskd.server")


@case("where a taskrc is looked for")
def _():
    with Patient() as p:
        done = p.run("setup", "--from-taskrc")
        true(done.code == 3 and p.folder + "/.taskrc" in done.err, done)
        files_of(server(), p.folder + "/.task")
        for number, (place, environ) in enumerate((
                (".config/task/taskrc", {}),
                ("xdg/task/taskrc", {"XDG_CONFIG_HOME": p.folder + "/xdg"}),
                (".taskrc", {}), ("own", {"TASKRC": p.folder + "/own"}),
                ("own2", {"TASKRC": "~/own2"}))):
            p.environ = environ
            taskrc(p, usual(server()).replace("/alice/", f"/u{number}/"), place)
            p.must("setup", "--from-taskrc", "--replace")
            same(settings_of(p)["user"], f"u{number}", place)


# taskc config

@case("config shows settings, where they come from, and changes one")
def _():
    with Patient() as p:
        p.must("config", "width", "100")
        def one(name, *words):
            return json.loads(p.must("config", "--json", name, *words).out)
        same(one("width"), {"name": "width", "value": "100", "from": "taskc.conf"})
        same(one("batch")["from"], "default")
        same(one("batch", "--set", "batch=1M")["from"], "--set")
        same(p.must("config", "width").out, "100\n")
        listed = p.must("config").out
        true(re.search(r"width +taskc.conf +100", listed), listed)
        p.must("config", "columns", "id", "due", "description")
        same(p.must("config", "columns").out, "id due description\n")
        p.must("config", "width", "--unset")
        same(one("width")["from"], "default")
        for words in (("width", "many"), ("colour", "never"), ("colour",), ("width", "--unset"),
                      ("device", "a\nb")):
            done = p.run("config", *words)
            true(done.code == 3 and done.err.startswith("taskc: "), done)


@case("config repairs a taskc.conf that nothing else can read")
def _():
    with Patient(bundle=server().bundle) as p:
        p.must("config", "width", "100")
        with open(os.path.dirname(p.find("remotes")) + "/taskc.conf", "a",
                  encoding="utf-8") as file:
            file.write("colour=never\nwidth=many\n")
        same(p.run("setup", server().bundle).code, 3)
        true("taskc.conf" in p.must("config").err, "no remark")
        same(p.must("config", "--quiet").err, "")
        p.must("config", "colour", "--unset")
        p.must("config", "width", "90")
        same(p.must("config", "width").out, "90\n")
        p.must("setup", server().bundle)


@case("config of a remote: the secret is hidden in the list")
def _():
    with Patient(bundle=server().bundle) as p:
        text = p.must("config", "--remote", "default").out
        true(server().account.key not in text and "hidden" in text, text)
        p.must("config", "--remote", "default", "org", "with # sign")
        same(p.must("config", "--remote", "default", "org").out, "with # sign\n")
        same(stat.S_IMODE(os.stat(p.find("remote.conf")).st_mode), 0o600)
        done = p.run("config", "--remote", "none")
        true(done.code == 3 and "no remote 'none'" in done.err, done)
        same(p.run("config", "--remote", "../remotes/default", "org", "x").code, 3)
        with open(p.find("remote.conf"), "a", encoding="utf-8") as file:
            file.write("pasword=x\n")
        p.must("config", "--remote", "default", "pasword", "--unset")
        p.must("config", "--remote", "default", "org")


@case("setup where nothing can be written says so")
def _():
    with tempfile.NamedTemporaryFile() as file, Patient() as p:
        done = p.run("setup", server().bundle, "--dir", file.name)
        same(done.code, 3)
        true(file.name in done.err, done)


if __name__ == "__main__":
    need_server()
    need_taskc()
    run()
