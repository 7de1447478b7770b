# SPDX-License-Identifier: MIT
"""`taskc sync` and `taskc status` with real servers, ours and Debian's, and with some that stall."""

import fcntl
import itertools
import json
import os
import shutil
import signal
import stat
import time

import fake
from fake import Fake, answer, read_request
from harness import Server, case, need_server, run, same, shared, true, wait_for
from proxy import BEFORE, IN, Proxy
from taskc import Taskc, need_taskc, settle
from wire import new_uuid

DONE, CONNECT, REFUSED, LOCAL, LOCKED, HISTORY, OLD, USAGE = 0, 1, 2, 3, 4, 5, 6, 64
KINDS = ("ours", "debian")

servers = {"ours": shared(kind="ours", pki="openssl"), "debian": shared(kind="debian")}
numbers = itertools.count(1)


def server(kind="ours"):
    return servers[kind]()


def new_account(kind="ours"):
    return server(kind).add_user(f"user {next(numbers)}")


def device(account, kind="ours", **settings):
    return Taskc(server=server(kind), user=account, settings={"retry.count": "0", **settings})


def counts(result):
    """What `taskc sync --json` printed."""
    same((result.code, result.err), (0, ""), f"{result}")
    return json.loads(result.out)


def on_server(account, kind="ours"):
    """Descriptions of its tasks; Debian's server answers each state, the last one counts."""
    tasks = server(kind).wire().sync(account).tasks
    return sorted({t["uuid"]: t["description"] for t in tasks}.values())


def texts(replica):
    return sorted(t["description"] for t in replica.export().values())


def both_kinds(name):
    """Decorator: the case is run with our server and with Debian's."""
    def register(function):
        for kind in KINDS:
            case(f"{name} ({kind})")(lambda kind=kind: function(kind))
        return function
    return register


# Good ones

@both_kinds("two replicas: what each adds and changes arrives at the other")
def round_trips(kind):
    account = new_account(kind)
    with device(account, kind) as one, device(account, kind) as two:
        first = one.add("buy milk", "+shop")
        two.add("walk the dog")
        same(counts(one.sync("--json"))["sent"], 1)
        got = counts(two.sync("--json"))
        same((got["sent"], got["received"]), (1, 1))
        one.must_sync()
        same(one.export(), two.export(), "after the first syncs")
        one.must("modify", first, "project:home")
        two.must("modify", first, "+urgent")
        settle((one, two), 2)
        task = one.export()[first]
        same((task["project"], task["tags"]), ("home", ["shop", "urgent"]))
        same(one.export(), two.export())
        for replica in (one, two):
            same(replica.sync("--json").code, DONE)
            got = counts(replica.sync("--json"))
            same((got["sent"], got["received"]), (0, 0), "nothing is left")


@both_kinds("an empty replica of an account that was never used")
def never_used(kind):
    with device(new_account(kind), kind) as replica:
        for _ in range(2):
            same(replica.sync(), (DONE, "", ""))
        replica.add("the first one")
        replica.must_sync()
        same(replica.status()["waiting"], 0)


@both_kinds("two replicas that have the same task before either has synced")
def same_task_twice(kind):
    account = new_account(kind)
    with device(account, kind) as one, device(account, kind) as two:
        uuid = one.add("in both")
        two.restore(one.save())
        two.must("modify", uuid, "+second")
        one.must("modify", uuid, "project:first")
        settle((one, two), 2)
        same(one.export(), two.export())
        task = one.export()[uuid]
        same((task.get("tags"), task.get("project")), (["second"], "first"))


@both_kinds("many tasks go in several requests")
def batches(kind):
    account = new_account(kind)
    with device(account, kind, batch="4K") as replica:
        for number in range(8):
            replica.must("add", f"{number}" + " x" * 600)
        got = counts(replica.sync("--json"))
        same(got["sent"], 8)
        true(got["bytes_out"] > 8 * 1200 + 3 * 100, f"several requests: {got}")
        same(on_server(account, kind), texts(replica))
        same(counts(replica.sync("--json"))["sent"], 0)


def through(replica, where=None):
    """A sync through a proxy that hangs up there; gives its records too."""
    with Proxy(replica.server, where) as proxy:
        replica.remote(server=f"{proxy.host}:{proxy.port}")
        result = replica.sync()
        replica.remote(server=replica.address)
        return result, proxy.records[-1]


def lose_answer(kind, first):
    """The server stores what is sent, and nobody hears of it."""
    account = new_account(kind)
    with device(account, kind) as one, device(account, kind) as two:
        one.remote(resume="off")
        if not first:
            one.add("first")
            one.must_sync()
        uuid = one.add("new")
        with device(new_account(kind), kind) as other:
            other.add("counts the records")
            other.remote(resume="off")
            result, records = through(other)
            same(result.code, DONE)
        for number in (records[IN], records[IN] - 1):  # the last one may only say goodbye
            one.must("modify", uuid, f"+try{number}")
            result, _ = through(one, (1, IN, number, BEFORE))
            if result.code != DONE:
                break
        same(result.code, CONNECT, f"{result}")
        true("new" in on_server(account, kind), "the server has stored it")
        one.must("modify", uuid, "project:later")
        settle((one, two, one), 1)
        same(one.export(), two.export())
        same(one.export()[uuid]["project"], "later")
        same(one.status()["waiting"], 0)


@both_kinds("an answer that was lost: the next sync sends the same once more")
def lost_answer(kind):
    lose_answer(kind, False)


@both_kinds("the first answer was lost")
def lost_first_answer(kind):
    lose_answer(kind, True)


def log_lines(text, start):
    return [line for line in text[start:].splitlines() if "event=request" in line]


@case("requests of one sync share a connection, and the next sync resumes its session")
def kept():
    with device(new_account(), batch="4K") as replica:
        for number in range(6):
            replica.must("add", f"{number}" + " x" * 1200)
        start = len(server().log_text())
        same(counts(replica.sync("--json"))["resumed"], False)
        peers = [line.split("peer=")[1].split()[0]
                 for line in log_lines(server().log_text(), start)]
        true(len(peers) > 2 and len(set(peers)) == 1, f"connections {peers}")
        session = replica.path("home.session")
        same(stat.S_IMODE(os.stat(session).st_mode), 0o600)
        same(counts(replica.sync("--json"))["resumed"], True)
        replica.remote(trust="ignore hostname")
        same(counts(replica.sync("--json"))["resumed"], False, "another trust")
        replica.remote(trust="strict", resume="off")
        same(counts(replica.sync("--json"))["resumed"], False, "resume=off")
        replica.remote(resume="on")
        with open(session, "r+b") as file:
            file.seek(60)
            file.write(os.urandom(500))
        same(counts(replica.sync("--json"))["resumed"], False, "a session that is damaged")


@case("the key from a file, a command, and systemd's credentials")
def secrets():
    account = new_account()
    with device(account) as replica:
        folder = replica.path("credentials")
        os.makedirs(folder)
        path = os.path.join(folder, "taskd")
        with open(path, "w", encoding="ascii") as file:
            file.write(account.key + "\n")
        replica.environ["CREDENTIALS_DIRECTORY"] = folder
        for settings in ({"secret.file": path}, {"secret.file": "credential:taskd"},
                         {"secret.command": f"cat '{path}'"}):
            replica.remote(secret=None, **{"secret.file": None, "secret.command": None})
            replica.remote(**settings)
            same(replica.sync().code, DONE, f"{settings}")
        replica.remote(**{"secret.command": "exit 7"})
        result = replica.sync()
        same(result.code, LOCAL)
        true("status 7" in result.err, result.err)


# Histories

@both_kinds("an account that was emptied: nothing is changed, until somebody decides")
def emptied(kind):
    account = new_account(kind)
    with device(account, kind) as one, device(account, kind) as two:
        for replica in (one, two):
            replica.add("precious")
            replica.must_sync()
        one.must_sync()
        before = one.export()
        fresh = new_account(kind)
        for replica in (one, two):
            replica.connect(server(kind), fresh)
            result = replica.sync()
            same(result.code, HISTORY, f"{result}")
            true("--push-all" in result.err and "--adopt" in result.err, result.err)
        same(one.export(), before, "nothing was changed")
        same(on_server(fresh, kind), [], "nothing was sent")
        one.must_sync("--push-all")
        same(on_server(fresh, kind), texts(one))
        same(one.export(), before)
        two.add("not on the server")
        two.must_sync("--adopt")
        settle((one, two), 2)
        same(one.export(), before, "adopted")
        same({u for u, t in two.export().items() if t["status"] == "pending"}, set(before))


@both_kinds("--push-all and --adopt where the server knows better")
def needless(kind):
    account = new_account(kind)
    with device(account, kind) as one, device(account, kind) as two:
        one.add("a task")
        settle((one, two))
        two.add("another")
        two.must_sync()
        one.must_sync("--push-all")
        same(one.export(), two.export())
        two.must_sync("--adopt")
        same(one.export(), two.export())
        settle((one, two), 1)
        same(one.export(), two.export())


@case("both at once are wrong usage")
def usage():
    with device(new_account()) as replica:
        same(replica.sync("--push-all", "--adopt").code, USAGE)
        same(replica.sync("home", "work").code, USAGE)


@case("--adopt takes neither an empty account nor an answer that can't be read in full")
def nothing_to_adopt():
    bad = answer(f"{{}}\n{{\"uuid\":\"{new_uuid()}\",\"description\":\"d\"}}\n{new_uuid()}\n")
    with device(new_account()) as replica:
        replica.add("precious")
        replica.must_sync()
        before = replica.export()
        replica.connect(server(), new_account())
        result = replica.sync("--adopt")
        same(result.code, REFUSED, f"{result}")
        true("is empty" in result.err and "--push-all" in result.err, result.err)
        with fake_server(says([], bad)) as fake_:
            lead_to(replica, fake_)
            result = replica.sync("--adopt")
        same(result.code, REFUSED, f"{result}")
        true("1 line of" in result.err, result.err)
        same(replica.export(), before, "nothing was changed")


@case("the limit for everything is for all requests together")
def whole_limit():
    def slow(connection, server_):
        tls = server_.tls(connection)
        read_request(tls)
        time.sleep(0.4)
        tls.sendall(answer(new_uuid() + "\n"))
        tls.unwrap().close()

    with Taskc(server=server(), settings={"retry.count": "0", "batch": "4096",
                                          "timeout.sync": "1s"}) as replica:
        for i in range(9):
            replica.add(f"{i}" + "x" * 5000)
        with fake_server(slow) as fake_:
            lead_to(replica, fake_)
            result = replica.sync()
        same(result.code, CONNECT, f"{result}")
        true("the limit for everything" in result.err, result.err)
        true(fake_.calls < 9, f"{fake_.calls} requests")


@case("a server that was restored from a back-up hears what it has lost")
def restored():
    with Server(pki="openssl") as mine:
        with Taskc(server=mine, device="one") as one, Taskc(server=mine, device="two") as two:
            one.add("before the back-up")
            settle((one, two))
            mine.stop()
            data = os.path.join(mine.data, "tasks.mdb")
            shutil.copyfile(data, data + ".copy")
            mine.start()
            for replica in (one, two):
                replica.add("behind the back-up")
            settle((one, two))
            mine.stop()
            shutil.copyfile(data + ".copy", data)
            mine.start()
            one.add("after it")
            two.must("modify", sorted(two.export())[0], "+edited")
            settle((one, two))
            same(len(one.export()), 4)
            same(one.export(), two.export())
            same(sorted(t["description"] for t in mine.wire().sync(mine.account).tasks),
                 texts(one))
            got = counts(one.sync("--json"))
            same((got["sent"], got["received"]), (0, 0))


# What the server says

@case("a request that is too big is sent in smaller ones")
def smaller():
    with Server(settings={"request.limit": 6000}) as mine, Taskc(server=mine) as replica:
        for number in range(12):
            replica.must("add", f"{number}" + " x" * 600)
        same(counts(replica.sync("--json"))["sent"], 12)
        same(len(mine.wire().sync(mine.account).tasks), 12)
        big = replica.add("y" * 7000)
        result = replica.sync()
        same(result.code, REFUSED)
        true(big[:8] in result.err and "too big" in result.err, result.err)
        same(replica.status()["waiting"], 1)
        replica.must("modify", big, "description:small")
        result = replica.sync()
        true(result.code in (DONE, REFUSED), f"{result}")


@case("Debian's limit of 1 MB: a first sync of more")
def debian_limit():
    account = new_account("debian")
    with device(account, "debian") as replica:
        for number in range(12):
            replica.must("add", f"{number}" + " x" * 50000)
        same(counts(replica.sync("--json"))["sent"], 12)
        same(on_server(account, "debian"), texts(replica))


@case("an account that has moved")
def moved():
    server().add_org("Moved")
    account = server().add_user("mover", "Moved")
    with device(account) as replica:
        replica.add("stays")
        server().command("redirect", "org", "Moved", "new.example:53589")
        result = replica.sync()
        same(result.code, REFUSED)
        true("new.example:53589" in result.err and "remote.conf" in result.err, result.err)


def says(first, data):
    """Answers `first` to the first so many requests, then `data`."""
    def talk(connection, server_):
        tls = server_.tls(connection)
        read_request(tls)
        tls.sendall(first.pop(0) if first else data)
        tls.unwrap().close()
    return talk


def certificate(holder=[]):  # pylint: disable=dangerous-default-value
    if not holder:
        holder.append(server().authority.issue("fake", "server"))
    return holder[0]


def fake_server(talk):
    return Fake(*certificate(), server().ca, talk)


def lead_to(replica, fake_):
    replica.remote(server=f"{fake_.host}:{fake_.port}")


@case("busy: the sync is tried again, so often and no more; refused: it is not")
def tries():
    key = new_uuid() + "\n"
    good = answer(key, code="201", status="No change")
    for code, status, calls, exit_ in ((302, "Retry", 3, CONNECT), (420, "Busy", 3, CONNECT),
                                       (421, "Down", 3, CONNECT), (430, "No", 1, REFUSED),
                                       (500, "Bad", 1, REFUSED), (400, "Bad", 1, REFUSED)):
        bad = answer(code=str(code), status=status, messages="Read this.")
        with Taskc(server=server(), settings={"retry.count": "2", "retry.delay": "100ms"}) as replica:
            with fake_server(says([bad] * 10, good)) as fake_:
                lead_to(replica, fake_)
                result = replica.sync()
                same((result.code, fake_.calls), (exit_, calls), f"{code}: {result}")
                same(result.err.count("Read this."), 1, result.err)
                true(str(code) in result.err, result.err)
            with fake_server(says([bad], good)) as fake_:
                lead_to(replica, fake_)
                same(replica.sync().code, DONE if calls > 1 else exit_)


@case("messages of a server are shown, unless --quiet, and kept for status")
def messages():
    good = answer(new_uuid() + "\n", messages="Bring \x1b[31m cake.")
    with device(new_account()) as replica:
        with fake_server(says([], good)) as fake_:
            lead_to(replica, fake_)
            result = replica.sync()
            same((result.code, result.out), (DONE, ""))
            true("Bring" in result.err and "\x1b" not in result.err, repr(result.err))
            same(replica.sync("--quiet"), (DONE, "", ""))
            true("cake" in replica.run("status").out, "status tells it")


# Stopping

def stalls_in_answer(connection, server_):
    tls = server_.tls(connection)
    read_request(tls)
    tls.sendall(answer("x" * 1000)[:500])


STALLS = {"TLS handshake": fake.silent, "wait": fake.after_handshake, "answer": stalls_in_answer}


def stop_in(talk, number):
    with device(new_account()) as replica:
        replica.add("waits")
        with fake_server(talk) as fake_:
            lead_to(replica, fake_)
            process = replica.begin("sync")
            wait_for(lambda: fake_.calls > 0, "it connects")
            time.sleep(0.2)
            start = time.monotonic()
            process.send_signal(number)
            process.communicate(timeout=30)
            same(process.returncode, -number, "it ends by the signal")
            true(time.monotonic() - start < 10, "it ends at once")
        status = replica.status()
        same(status["waiting"], 1)
        true("Stopped" in status["error"], f"{status}")
        replica.connect(server(), replica.user)
        same(counts(replica.sync("--json"))["sent"], 1)


for stage_, talk_ in STALLS.items():
    for number_ in (signal.SIGTERM, signal.SIGINT):
        case(f"{number_.name} while it waits for the {stage_}")(
            lambda talk=talk_, number=number_: stop_in(talk, number))


@case("a signal while it waits for another try")
def stop_in_pause():
    with device(new_account(), **{"retry.count": "5", "retry.delay": "1m"}) as replica:
        replica.remote(server="127.0.0.1:1")
        process = replica.begin("sync")
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        same(process.returncode, -signal.SIGTERM)


@case("a second sync of the same replica: locked, and status answers all the same")
def locked():
    with device(new_account()) as replica:
        replica.add("waits")
        replica.must_sync()
        with open(replica.path("sync.lock"), "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            result = replica.sync()
            same(result.code, LOCKED)
            true("another taskc" in result.err.lower(), result.err)
            same(replica.status()["exit"], 0, "it isn't counted as a failure")
        same(replica.sync().code, DONE)


# Hooks

@case("hooks: before, for what arrives, and after")
def hooks():
    account = new_account()
    with device(account) as one, device(account) as two:
        uuid = one.add("old text", "+a")
        settle((one, two))
        log = two.path("log")
        two.hook("pre-sync.sh", f'echo "pre $TASKC_REMOTE" >>{log}')
        two.hook("on-change-1", f'echo "change $TASKC_REMOTE" >>{log}; cat >>{log}')
        two.hook("on-change-2", f"wc -l >>{log}")
        two.hook("post-sync", f'echo "post $TASKC_EXIT $TASKC_SENT $TASKC_RECEIVED '
                              f'$TASKC_CONFLICTS $TASKC_ERROR" >>{log}; echo out; echo err >&2')
        os.chmod(two.hook("pre-sync-off", "exit 1"), 0o644)
        one.must("modify", uuid, "description:new text", "-a", "+b")
        other = one.add("new here")
        one.must_sync()
        two.must("add", "mine")
        result = two.sync()
        same((result.code, result.out, result.err), (DONE, "", "out\nerr\n"))
        with open(log, encoding="utf-8") as file:
            lines = file.read().splitlines()
        same([lines[0], lines[1], lines[4], lines[5].strip()],
             ["pre home", "change home", "2", "post 0 1 2 0"])
        arrived = {t["uuid"]: t for t in map(json.loads, lines[2:4])}
        same(arrived[other]["before"], None)
        same(arrived[other]["after"]["description"], "new here")
        same(arrived[uuid]["before"]["description"], "old text")
        same(arrived[uuid]["changes"],
             {"description": {"from": "old text", "to": "new text"},
              "tags": {"from": ["a"], "to": ["b"]}})
        os.unlink(log)
        two.must_sync()
        with open(log, encoding="utf-8") as file:
            same(file.read().split("\n")[1].strip(), "post 0 0 0 0", "nothing arrived")


@case("hooks that fail: one before stops the sync, others are a remark")
def bad_hooks():
    account = new_account()
    with device(account, **{"hook.timeout": "500ms"}) as replica:
        replica.add("waits")
        log = replica.path("log")
        first = replica.hook("pre-sync", "echo not now >&2; exit 9")
        replica.hook("post-sync", f'echo "$TASKC_EXIT $TASKC_ERROR" >>{log}; exit 3')
        result = replica.sync()
        same(result.code, LOCAL)
        true("not now" in result.err and "pre-sync" in result.err, result.err)
        with open(log, encoding="utf-8") as file:
            true(file.read().startswith("3 The hook"), "post-sync hears of it")
        same(on_server(account), [])
        os.unlink(first)
        result = replica.sync()
        same(result.code, DONE)
        true("post-sync" in result.err and "3" in result.err, result.err)
        replica.hook("pre-sync", "sleep 100")
        start = time.monotonic()
        same(replica.sync().code, LOCAL)
        true(time.monotonic() - start < 20, "a hook that hangs is ended")


@case("a hook for changes that doesn't read them, and many changes")
def deaf_hook():
    account = new_account()
    with device(account) as one, device(account) as two:
        for number in range(6):
            one.must("add", f"{number}" + " x" * 40000)
        one.must_sync()
        two.hook("on-change", "exit 0")
        same(counts(two.sync("--json"))["received"], 6)


# Status

@case("status: ages, errors, and an exit status for monitoring")
def status():
    with device(new_account()) as replica:
        same(replica.run("status", "--max-age", "1d").code, OLD, "never")
        replica.add("waits")
        replica.must_sync()
        same(replica.run("status", "--max-age", "1d").code, DONE)
        same(replica.status()["error"], "")
        replica.remote(server="127.0.0.1:1")
        replica.add("waits too")
        same(replica.sync().code, CONNECT)
        got = replica.status()
        same((got["exit"], got["waiting"]), (CONNECT, 1))
        true("127.0.0.1 port 1" in got["error"] and got["last_error"], f"{got}")
        same(replica.run("status", "--max-age", "1d").code, DONE, "the last good one counts")
        time.sleep(2.1)
        result = replica.run("status", "home", "--max-age", "1s")
        same(result.code, OLD)
        true("127.0.0.1 port 1" in result.out and "home" in result.err, f"{result}")
        same(replica.run("status", "--max-age", "soon").code, USAGE)
        for path in replica.replica_files():
            with open(path, "wb") as file:
                file.write(b"no store")
        got = replica.status()
        true(got["waiting"] is None and got["not_known"] and got["last_success"], f"{got}")


@case("a certificate that ends soon is a remark, one that has ended is the end")
def dates():
    day = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + 3 * 86400))
    soon = server().authority.issue("soon", end=day)
    with device(new_account()) as replica:
        replica.remote(certificate=soon[0], key=soon[1])
        result = replica.sync()
        same((result.code, result.out), (DONE, ""))
        true("ends on" in result.err and "--replace" in result.err, result.err)
        same(replica.sync("--quiet"), (DONE, "", ""))
        true(replica.status()["certificate_ends"].startswith(day[:8]), "status tells it")


if __name__ == "__main__":
    need_server()
    need_taskc()
    if not os.access("/usr/bin/taskd", os.X_OK):
        KINDS = ("ours",)
    run()
