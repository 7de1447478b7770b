#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The command line: words and exit codes, beside the reference server's where it is installed."""

import fcntl
import os
import pty
import re
import shutil
import subprocess
import tempfile

from harness import Server
from tap import at_end, case, run, same, skip, skip_all, true

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
OURS = os.environ.get("TASKD", "")
DEBIAN = os.environ.get("DEBIAN_TASKD", "/usr/bin/taskd")
NOBODY = "11111111-2222-4333-8444-555555555555"
folders = []


class Place:
    """A data directory, and the taskd that works on it."""

    def __init__(self, binary=OURS, init=True):
        self.binary, self.key = binary, NOBODY
        self.data = tempfile.mkdtemp(prefix="taskd-admin-")
        folders.append(self.data)
        if init:
            self.run("init", "--server=localhost:5355")

    def run(self, *words, data=True):
        """(exit code, stdout, stderr) of a command; KEY and DIR in its words are replaced."""
        words = [w.replace("KEY", self.key).replace("DIR", self.data) for w in words]
        env = {k: v for k, v in os.environ.items() if k != "TASKDDATA"}
        if data:
            env["TASKDDATA"] = self.data
        done = subprocess.run([self.binary, *words], env=env, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False, timeout=60)
        found = re.search(f"New user key: ({UUID})", done.stdout)
        if found:
            self.key = found.group(1)
        return done.returncode, done.stdout, done.stderr

    def names(self, text):
        """What differs from place to place, made the same again."""
        return text.replace(self.data, "DIR").replace(self.key, "KEY")

    def expect(self, words, code, out="", err=""):
        got = self.run(*words)
        same((got[0], self.names(got[1]), self.names(got[2])), (code, out, err),
             "taskd " + " ".join(words))

    def config(self):
        with open(os.path.join(self.data, "config"), encoding="utf-8") as file:
            return file.read()


@at_end
def remove_folders():
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def refused(sentence):
    return 255, "", f"ERROR: {sentence}\n"


# (words, exit code, stdout, stderr), one after the other
ACCOUNTS = [
    (("add", "org", "Public"), 0, "Created organization 'Public'\n"),
    (("add", "org", "Public"), *refused("Organization 'Public' already exists.")),
    (("add", "user", "Public", "Anna Ö"), 0,
     "New user key: KEY\nCreated user 'Anna Ö' for organization 'Public'\n"),
    (("add", "user", "Public", "Anna Ö"), *refused("User 'Anna Ö' already exists.")),
    (("add", "user", "None", "x"), *refused("Organization 'None' does not exist.")),
    (("suspend", "org", "Public"), 0, "Suspended organization 'Public'\n"),
    (("suspend", "org", "Public"), *refused("Already suspended.")),
    (("resume", "org", "Public"), 0, "Resumed organization 'Public'\n"),
    (("resume", "org", "Public"), *refused("Not suspended.")),
    (("suspend", "org", "None"), *refused("Organization 'None' does not exist.")),
    (("resume", "org", "None"), *refused("Organization 'None' does not exist.")),
    (("remove", "org", "None"), *refused("Organization 'None' does not exist.")),
    (("suspend", "user", "Public", "KEY"), 0,
     "Suspended user 'KEY' in organization 'Public'\n"),
    (("suspend", "user", "Public", "KEY"), *refused("Already suspended.")),
    (("resume", "user", "Public", "KEY"), 0, "Resumed user 'KEY' in organization 'Public'\n"),
    (("resume", "user", "Public", "KEY"), *refused("Not suspended.")),
    (("suspend", "user", "Public", "Anna Ö"), 0,
     "Suspended user 'Anna Ö' in organization 'Public'\n"),
    (("resume", "user", "Public", "Anna Ö"), 0,
     "Resumed user 'Anna Ö' in organization 'Public'\n"),
    (("suspend", "user", "Public", NOBODY), *refused(f"User '{NOBODY}' does not exist.")),
    (("resume", "user", "Public", "nobody"), *refused("User 'nobody' does not exist.")),
    (("remove", "user", "None", "KEY"), *refused("Organization 'None' does not exist.")),
    (("redirect", "org", "Public", "other.example:53589"), 0,
     "Redirected organization 'Public' to 'other.example:53589'\n"),
    (("redirect", "org", "Public"), 0, "Organization 'Public' is served here\n"),
    (("redirect", "org", "None", "h:1"), *refused("Organization 'None' does not exist.")),
    (("redirect", "org", "Public", "nowhere"),
     *refused("'nowhere' is not of the form host:port, such as tasks.example:53589 or "
              "[::1]:53589.")),
    (("quarantine", "Public", "Anna Ö"), 0, "Nothing is in quarantine.\n"),
    (("quarantine", "Public", "KEY", "--clear"), 0,
     "Cleared the quarantine of user 'KEY' in organization 'Public'\n"),
    (("quarantine", "Public", "nobody"), *refused("User 'nobody' does not exist.")),
    (("remove", "user", "Public", "KEY"), 0, "Removed user 'KEY' from organization 'Public'\n"),
    (("remove", "user", "Public", "KEY"), *refused("User 'KEY' does not exist.")),
    (("remove", "org", "Public"), 0, "Removed organization 'Public'\n"),
    (("remove", "org", "Public"), *refused("Organization 'Public' does not exist.")),
    (("add", "--quiet", "org", "B"), 0, ""),
    (("--quiet", "add", "org", "C"), 0, ""),
    (("add", "org", "D", "--quiet"), 0, ""),
    (("add", "--", "org", "--force"), 0, "Created organization '--force'\n"),
    (("add",), *refused("Subcommand not specified - expected 'org' or 'user'.")),
    (("add", "foo", "x"), *refused("Unrecognized argument 'foo'")),
    (("redirect", "user", "x"), *refused("Unrecognized argument 'user'")),
    (("add", "--bogus", "org", "x"), *refused("Unrecognized option '--bogus'.")),
    (("add", "--bogus=1", "org", "x"), *refused("There is no setting 'bogus'.")),
    (("add", "--queue.size=0", "org", "x"),
     *refused("'0' is no value for 'queue.size', which is between 1 and 65535.")),
    (("frobnicate",), *refused("Did not recognize command 'frobnicate'.")),
]


@case("accounts: each command's words and exit code")
def accounts():
    place = Place()
    for row in ACCOUNTS:
        place.expect(*row)


MODIFIED = 0, "Config file DIR/config modified.\n"
NOTE = "Note: taskd has no setting 'a'; it is kept in the file.\n"

CONFIG = [
    (("config", "a", "b"), *MODIFIED, NOTE),
    (("config", "a", ""), *MODIFIED, NOTE),
    (("config", "--force", "log", "/tmp/x.log"), *MODIFIED),
    (("config", "a"), *MODIFIED),
    (("config", "a"), *refused("No entry named 'a' found.")),
    (("config", "--quiet", "log"), 0, ""),
    (("config", "trust", "allow", "all"), *MODIFIED),
    (("config", "trust", "nobody"),
     *refused("'nobody' is no value for 'trust', which is one of strict|allow all.")),
    (("config", "queue.size", "many"),
     *refused("'many' is no value for 'queue.size', which is a number.")),
    (("config", "queue.size", "9" * 30),
     *refused(f"'{'9' * 30}' is no value for 'queue.size', which is between 1 and 65535.")),
    (("config", "log", "a\nb=c"), *refused("A setting's value is one line.")),
]


@case("config: lists, sets, blanks and removes")
def config():
    place = Place()
    for row in CONFIG:
        place.expect(*row)
    same(place.config().splitlines()[1:], ["server=localhost:5355", "trust=allow all"], "the file")
    width = max(len(place.data), len("localhost:5355"))
    rows = [("Variable", "Value"), ("-" * 8, "-" * width), ("debug", "on"), ("root", place.data),
            ("server", "localhost:5355"), ("trust", "allow all")]
    table = "".join(f"{name:8}  {value:{width}}\n" for name, value in rows)
    same(place.run("config", "--debug=on"),
         (0, f"\nConfiguration read from {place.data}/config\n\n{table}\n", ""))


@case("config: a file with a fault in it can be repaired")
def repair():
    place = Place()
    place.run("config", "a", "b")
    with open(os.path.join(place.data, "config"), "a", encoding="utf-8") as file:
        file.write("queue.size=many\n")
    code, _, err = place.run("status")
    true(code == 255 and "config:4: 'many' is no value for 'queue.size'" in err, err)
    true("'many' is no value" in place.run("diagnostics")[1], "diagnostics says what is wrong")
    place.expect(("config", "queue.size", "10"), 0, "Config file DIR/config modified.\n")
    same(place.run("status")[0], 0)
    true("Unknown: a\n" in place.run("diagnostics")[1], "diagnostics names what is unknown")


@case("init: makes what is missing and keeps what is there")
def init():
    place = Place(init=False)
    place.expect(("init",), 0, "You must specify the 'server' variable before attempting a server "
                 "start, for example:\n  taskd config server localhost:53589\n\n"
                 "Created DIR/config\n")
    same(os.stat(os.path.join(place.data, "config")).st_mode & 0o777, 0o600, "the file's mode")
    place.run("add", "org", "Public")
    place.expect(("init", "--server=localhost:1", "--odd=1"), *MODIFIED)
    same(place.config().splitlines()[1:], ["server=localhost:1", "odd=1"], "overrides are kept")
    place.expect(("init",), 0, "Kept DIR/config\n")
    place.expect(("add", "org", "Public"), *refused("Organization 'Public' already exists."))
    place.expect(("init", "--queue.size=x", "--server=localhost:2"),
                 *refused("'x' is no value for 'queue.size', which is a number."))


@case("the data directory: --data, $TASKDDATA, none, a missing one")
def data_directory():
    place = Place()
    for words in (("status",), ("add", "org", "x"), ("config",), ("init",), ("server",)):
        same(place.run(*words, data=False), refused("The '--data' option is required."), words[0])
        same(place.run(*words, "--data", "DIR/none", data=False),
             refused("The '--data' path does not exist."), words[0])
    for option in (("--data", "DIR"), ("--data=DIR",)):
        same(place.run("status", *option, data=False)[0], 0, option[0])
    place.expect(("status", "--data"), *refused("The '--data' option requires an argument."))
    place.expect(("status", "--data", "DIR/config"),
                 *refused("The '--data' path is not a directory."))
    empty = Place(init=False)
    empty.expect(("add", "org", "x"),
                 *refused("There is no store in 'DIR'; 'taskd init' makes one."))


BAD_NAMES = ["../x", "a/b", ".", "..", "", "x" * 300, "a\nb", "a\x01b", "a\x1b[31mb", " a", "a ",
             "a\\b", "/etc", "a\x9b31mb", "\u202ea", "\u2066a\u2069", "\u200ea"]


@case("names that are paths, or no text, are refused with a sentence")
def names():
    place = Place()
    place.run("add", "org", "Public")
    for name in BAD_NAMES:
        for words in (("add", "org", name), ("add", "user", "Public", name),
                      ("remove", "org", name), ("suspend", "user", "Public", name)):
            code, out, err = place.run(*words)
            same((code, out), (255, ""), repr(words))
            true(re.fullmatch(r"ERROR: [^\x00-\x1f\x7f-\x9f\u2028-\u202e]+\.\n", err), f"{words!r}: {err!r}")
    same(sorted(os.listdir(place.data))[0], "config", "nothing else was made")


@case("what is no text is never written to a terminal")
def harmless():
    place = Place()
    code, out, err = place.run("suspend", "org", "a\x9b31m\u202eb\u00e9")
    same((code, out, err), refused("Organization 'a??31m???b\u00e9' does not exist."))


@case("a log or pid file that is no file is told, and nothing hangs")
def no_files():
    place = Place()
    pipe, link = os.path.join(place.data, "pipe"), os.path.join(place.data, "link")
    os.mkfifo(pipe)
    code, _, err = place.run("server", f"--log={pipe}")
    true(code == 255 and f"Can't open the log '{pipe}'" in err, err)
    os.symlink("target", link)
    server = Server("ours", pki="openssl", settings={"pid.file": link}).create()
    done = server.command("server", check=False)
    true(done.returncode == 255 and "no symbolic link" in done.stderr, done.stderr)
    true(not os.path.exists(os.path.join(place.data, "target")), "the link was followed")


@case("servers that share a pid file don't remove each other's")
def pid_file():
    path = os.path.join(Place(init=False).data, "pid")
    with Server("ours", pki="openssl", settings={"pid.file": path}) as one:
        with Server("ours", pki="openssl", settings={"pid.file": path}) as two:
            one.stop()
            with open(path, encoding="ascii") as file:
                same(file.read(), f"{two.pid}\n")
            two.stop()
            true(not os.path.exists(path), "the pid file is there still")


@case("debug.tls: GnuTLS tells the log, with debug only")
def debug_tls():
    for debug in ("on", "off"):
        with Server("ours", pki="openssl", settings={"debug": debug, "debug.tls": 2}) as server:
            server.wire().connect().close()
            server.stop()
            same(" debug GnuTLS 2: " in server.log_text(), debug == "on", debug)


SETUP = [
    ((), ("--port", "0"), "'0' is no port; 1 to 65535 are."),
    ((), ("--port", "65536"), "'65536' is no port; 1 to 65535 are."),
    ((), ("--host", "x y"), "'x y' is neither a host name nor an address."),
    ((), ("--host", "good", "--host", "a:80"), "'a:80' is neither a host name nor an address."),
    (("a#b",), (), "The data directory can't be 'DIR/a#b': the configuration can't hold a path "
     "with '#' or a line's end in it."),
]


@case("setup: what can't be is refused before anything is made")
def setup_refuses():
    place = Place(init=False)
    for names_, words_, sentence in SETUP:
        data = "/".join(("DIR", *(names_ or ("data",))))
        code, out, err = place.run("setup", "--data", data, *words_, data=False)
        same((code, out, place.names(err)), refused(sentence), words_)
        same(os.listdir(place.data), [], "made")


@case("status, diagnostics, help, --version")
def words():
    place = Place()
    place.run("add", "org", "Public")
    place.run("add", "user", "Public", "u")
    code, out, err = place.run("status")
    same((code, err), (0, ""))
    for line in (r" Server: localhost:5355\n", r" Users: 1\n", r" Organizations: 1, 0 of them"):
        true(re.search(line, out), f"no {line} in {out}")
    with open(os.path.join(place.data, "pid"), "w", encoding="ascii") as file:
        file.write(f"{os.getpid()}\n")
    true("Running: no\n" in place.run("status", f"--pid.file={file.name}")[1], "no server")
    lock = os.open(place.data, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    true(f"yes, process {os.getpid()}" in place.run("status", f"--pid.file={file.name}")[1], "pid")
    true("Running: yes\n" in place.run("status")[1], "no pid file")
    os.close(lock)
    out = place.run("diagnostics", "--timeout.idle=90s")[1]
    true("Set: timeout.idle=90s\n" in out and "Set: server=localhost:5355\n" in out, out)
    true("timeout.close" not in out, "a setting that is as it comes")
    code, out, err = place.run("diagnostics", data=False)
    true(code == 0 and "By specifying the '--data' location, more diagnostics can be generated."
         in out, out)
    for option in (("--version",), ("-v",)):
        true("taskd 2.0.0 built for linux" in place.run(*option, data=False)[1], option[0])
    for option in (("help",), ("--help",), ("-h",), ()):
        code, out, err = place.run(*option, data=False)
        true(code == 0 and out.startswith("\nUsage: taskd -v|--version\n"), out)
    for command in re.findall(r"^(?:Usage:|      ) taskd (\w+)", out, re.M):
        code, out, err = place.run("help", command, data=False)
        true(code == 0 and out.startswith(f"\ntaskd {command}"), out)
    place.expect(("help", "foo"), *refused("No help for 'foo'; 'taskd help' lists the commands."))
    for more in (("help", "add", "org"), ("server", "extra", "words"), ("init", "x"),
                 ("status", "x"), ("diagnostics", "x"), ("validate", "{}", "x")):
        code, out, err = place.run(*more)
        true(code == 255 and out == "" and err.startswith(f"Usage: taskd {more[0]}"), f"{more} {err}")
    code, out, err = place.run("add", "user", "Public")
    true(code == 255 and out == "" and err.startswith("Usage: taskd add [options] org <"), err)


@case("validate: JSON as an argument and in a file")
def validate():
    place = Place()
    task = '{"uuid":"%s","description":"x","status":"pending"}' % NOBODY
    code, out, err = place.run("validate", task, data=False)
    true(code == 0 and out.startswith("JSON syntax ok.\n\n{") and err == "", out + err)
    path = os.path.join(place.data, "task.json")
    with open(path, "w", encoding="utf-8") as file:
        file.write(task + "\n")
    same(place.run("validate", path)[1], out)
    same(place.run("validate", '{"a":[1,true,"x"]}'),
         (0, 'JSON syntax ok.\n\n{"a":[1,true,"x"]}\n\n'
             "It is no task, because it has no uuid.\n", ""))
    for bad in ('{"a":', "[", '{"a":1}}', "/nonexistent"):
        code, out, err = place.run("validate", bad)
        true(code == 255 and out == "" and err.startswith("ERROR: "), f"{bad}: {out}{err}")
    same(place.run("validate"), refused("You must specify either a JSON string or a JSON file."))


@case("client: what is wrong is said")
def client():
    place = Place()
    request = os.path.join(place.data, "request")
    with open(request, "w", encoding="ascii") as file:
        file.write("type: statistics\n\n")
    for to in ("localhost", "localhost:0", "::1:1"):
        code, out, err = place.run("client", to, request)
        true(code == 255 and "is not of the form host:port" in err, err)
    for to in ("127.0.0.1:1", "[::1]:1"):
        code, out, err = place.run("client", to, request)
        true(code == 255 and out == f">>> {request}\n" and err.startswith("ERROR: Could not "), err)
    code, out, err = place.run("client", "localhost:1")
    true(code == 255 and err.startswith("Usage: taskd client "), err)


@case("client: sends requests and prints the answers, as the reference server's does")
def client_sends():
    server = Server("ours", pki="openssl").start()
    request = os.path.join(server.folder, "request")
    with open(request, "w", encoding="utf-8") as file:
        file.write("type: sync\nprotocol: v1\nclient: test 1\norg: Public\n"
                   f"user: {server.account.user}\nkey: {server.account.key}\n\n")
    words = ("client", f"--client.cert={server.cert}", f"--client.key={server.key}",
             f"--ca.cert={server.ca}", "--trust=strict", f"localhost:{server.port}", request,
             request)
    code, out, err = Place().run(*words, data=False)
    same(code, 0, out + err)
    same(out.count(f">>> {request}\n<<<\n"), 2, out)
    true("\ncode: 201\nstatus: No change\n" in out, out)
    if os.access(DEBIAN, os.X_OK):
        theirs = subprocess.run([DEBIAN, *words], capture_output=True, text=True, check=False)
        same(theirs.stdout.rstrip("\n"), out.rstrip("\n"), "the reference server's client")
    code, out, err = Place().run(*[w for w in words if not w.startswith("--ca.cert")], data=False)
    true(code == 255 and "certificate" in err, "an unknown authority is refused")


def ask(place, words, answer):
    """Run a command at a terminal; gives its output."""
    master, slave = pty.openpty()
    with subprocess.Popen([place.binary, *words, "--data", place.data], stdin=slave,
                          stdout=subprocess.PIPE, text=True) as process:
        os.write(master, answer.encode())
        out = process.communicate(timeout=60)[0]
    os.close(slave)
    os.close(master)
    return out


@case("confirmation: asked at a terminal only, and not with --force")
def confirmation():
    place = Place()
    place.run("add", "org", "Public")
    out = ask(place, ("config", "server", "localhost:1"), "no\n")
    same(out, "Are you sure you want to change the value of 'server' from 'localhost:5355' to "
              "'localhost:1'? (yes/no) No changes made.\n")
    true("server=localhost:5355" in place.config(), "unchanged")
    out = ask(place, ("config", "server", "localhost:1"), "yes\n")
    true(out.endswith(f"Config file {place.data}/config modified.\n"), out)
    out = ask(place, ("remove", "org", "Public"), "n\n")
    same(out, "Are you sure you want to remove organization 'Public' with all its users and their "
              "tasks? (yes/no) No changes made.\n")
    same(ask(place, ("config", "--force", "server", "localhost:2"), ""),
         f"Config file {place.data}/config modified.\n")
    same(ask(place, ("remove", "--confirmation=off", "org", "Public"), ""),
         "Removed organization 'Public'\n")


# Where both say and do the same
BESIDE = [
    ("init", "--server=localhost:5355"), ("add", "org", "A"), ("add", "org", "A"),
    ("add", "user", "A", "Bob B"), ("suspend", "user", "A", "KEY"), ("resume", "user", "A", "KEY"),
    ("suspend", "org", "A"), ("resume", "org", "A"), ("resume", "org", "N"),
    ("suspend", "user", "N", "x"), ("remove", "user", "A", "KEY"), ("remove", "org", "A"),
    ("remove", "org", "A"), ("add", "--quiet", "org", "B"), ("config", "log", "/tmp/x"),
    ("config", "log", ""), ("config", "log"), ("config", "none"), ("config", "--quiet", "log", "x"),
    ("add", "foo", "x"), ("frobnicate",),
    ("add", "--data", "DIR/none", "org", "x"),
]


@case("the reference server says the same")
def beside():
    if not os.access(DEBIAN, os.X_OK):
        skip(f"there is no {DEBIAN}")
    ours, theirs = Place(init=False), Place(DEBIAN, init=False)
    for words_ in BESIDE:
        got, want = ours.run(*words_), theirs.run(*words_)
        # It tells its errors on standard output; we keep that for results
        same((got[0], ours.names(got[1] + got[2])), (want[0], theirs.names(want[1] + want[2])),
             "taskd " + " ".join(words_))


if __name__ == "__main__":
    if not os.access(OURS, os.X_OK):
        skip_all("$TASKD names no program")
    run()
