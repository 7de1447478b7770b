# SPDX-License-Identifier: MIT
"""A server that root starts, and that goes on as somebody else."""

import os
import pwd
import re
import shutil
import signal
import subprocess

from harness import PATIENCE, Server, case, need_server, run, same, skip, skip_all, true, wait_for

USER = "nobody"


def give(path, user):
    """The folder and all in it."""
    entry = pwd.getpwnam(user)
    for folder, _, files in os.walk(path):
        for name in [folder, *(os.path.join(folder, f) for f in files)]:
            os.chown(name, entry.pw_uid, entry.pw_gid)


def prepared(**settings):
    """A server whose data are the user's, in a folder that the user may look into."""
    server = Server(settings=settings).create()
    os.chmod(server.folder, 0o711)
    give(server.folder, USER)
    server.configure(**{"run.user": USER})
    return server


def status(server):
    with open(f"/proc/{server.pid}/status", encoding="ascii") as file:
        return dict(re.findall(r"^(\w+):\s*(.*)$", file.read(), re.M))


def sentence(server):
    """What a server says that doesn't start."""
    done = subprocess.run([server.binary, "server", "--data", server.data], check=False,
                          capture_output=True, text=True, timeout=PATIENCE,
                          stdin=subprocess.DEVNULL)
    same(done.returncode, 255)
    return done.stderr


@case("it becomes the user for good, and its files are the user's")
def becomes():
    server = prepared()
    pid_file = os.path.join(server.data, "taskd.pid")
    server.configure(**{"pid.file": pid_file})
    entry = pwd.getpwnam(USER)
    with server:
        words = status(server)
        same(words["Uid"].split(), [str(entry.pw_uid)] * 4)
        same(words["Gid"].split(), [str(entry.pw_gid)] * 4)
        true("0" not in words["Groups"].split(), "root's group")
        same((words["CapEff"], words["CapPrm"], words["NoNewPrivs"]), ("0" * 16, "0" * 16, "1"))
        for path in (server.log, pid_file):
            same(os.stat(path).st_uid, entry.pw_uid, path)
        same(server.wire().sync(server.account, []).code, 201)
        server.reload()
        same(server.wire().sync(server.account, []).code, 201)
        true("runs as root" not in server.log_text(), "no warning")


@case("a port that only root may take is taken before")
def binds():
    inside = ["unshare", "--net", "sh", "-c", 'ip link set lo up; exec "$@"', "sh"]
    server = prepared()
    if subprocess.run([*inside, "true"], check=False, capture_output=True).returncode != 0 or \
            not shutil.which("ip"):
        skip("there can be no network of its own here")
    server.configure(server="127.0.0.1:443")
    server.before = inside
    with server:
        same(server.port, 443)
        same(status(server)["Uid"].split()[1], str(pwd.getpwnam(USER).pw_uid))


@case("whose data, log or keys they are not hears a sentence")
def sentences():
    server = prepared()
    server.configure(**{"run.user": "daemon"})
    true("belongs to 'nobody', and the server would run as 'daemon'" in sentence(server), "daemon")
    server.configure(**{"run.user": ""})
    true("belongs to 'nobody', and the server would run as 'root'" in sentence(server), "root")
    server.configure(**{"run.user": "no.such.user"})
    true("no such user" in sentence(server), "nobody of that name")
    server.configure(**{"run.user": USER})
    key = re.search(r"^server.key=(.*)$", server._config_text(), re.M).group(1)
    os.chown(key, 0, 0)
    os.chmod(key, 0o600)
    said = sentence(server)
    true(os.path.basename(key) in said, said)


@case("in the background it serves as the user as well")
def daemon():
    server = prepared()
    pid_file = os.path.join(server.data, "taskd.pid")
    server.configure(**{"pid.file": pid_file})
    done = server.command("server", "--daemon")
    same((done.stdout, done.stderr), ("", ""))
    with open(pid_file, encoding="ascii") as file:
        pid = int(file.read())
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            true(re.search(rf"^Uid:\s{pwd.getpwnam(USER).pw_uid}\s", file.read(), re.M), "the user")
    finally:
        os.kill(pid, signal.SIGTERM)
        wait_for(lambda: not os.path.exists(f"/proc/{pid}"), "its end")


@case("what root does with another user's data leaves nothing that is root's")
def settles():
    server = prepared()
    server.configure(verbose="on")
    server.add_user("bob")
    server.command("user", "bundle", "Public", "bob", "--device", "phone")
    for folder, folders, files in os.walk(server.data):
        for name in [*folders, *files]:
            path = os.path.join(folder, name)
            same(os.lstat(path).st_uid, pwd.getpwnam(USER).pw_uid, path)
    with server:
        same(server.wire().sync(server.account, []).code, 201)


@case("who stays root is warned")
def warned():
    with Server() as server:
        true("The server runs as root" in server.log_text(), server.log_text())


need_server()
if os.geteuid() != 0:
    skip_all("this needs root")
run()
