# SPDX-License-Identifier: MIT
"""Watching a server: metrics, health, status, tail, and its log in every format."""

import json
import os
import re
import resource
import shutil
import signal
import socket
import stat
import subprocess
import tempfile

from fixtures import new_task
from harness import (OURS, Server, case, free_port, need_server, run, same, shared, skip, true,
                     wait_for)
from replica import Replica, need_task
from scrape import get, metrics, place
from wire import Wire, new_uuid

SETTINGS = {"http.listen": "0"}
DOC = os.path.join(os.environ.get("srcdir", "."), "doc", "monitoring.md")
RULES = """
global:
  scrape_interval: 1s
scrape_configs:
  - job_name: taskd
    static_configs:
      - targets: ["%s:%d"]
"""

server = shared(settings=SETTINGS)


def plain(data):
    """Somebody who doesn't speak TLS."""
    with socket.create_connection((server().host, server().port), 30) as s:
        s.sendall(data)
        return s.recv(100)


def log_after(mark, pattern, on=None):
    """The first match in the log behind `mark`."""
    on = on or server()
    return wait_for(lambda: re.search(pattern, on.log_text()[mark:], re.M), f"{pattern} in the log")


def wrong(account, **more):
    return Wire.headers(account, **{"key": new_uuid(), **more})


# Over HTTP


@case("HTTP: what there is, and what there is not")
def routes():
    status, text, _ = get(server(), "/")
    paths = [line.split()[0] for line in text.splitlines()[2:]]
    same((status, paths), (200, ["/metrics", "/healthz"]))
    same(get(server(), "/status")[0], 404)
    same(get(server(), "/tail")[0], 404)
    same(get(server(), "/metrics", "POST")[0], 405)
    status, text, headers = get(server(), "/metrics", "HEAD", headers={"Host": "evil.example:1"})
    same((status, text), (200, ""))
    true(headers["Content-Type"].startswith("text/plain; version=0.0.4"), headers)
    same(get(server(), "/healthz")[:2], (200, "ok\n"))


@case("HTTP: http.listen follows a reload; what can't be is refused and changes nothing")
def listens():
    with Server(settings=SETTINGS) as own:
        first = place(own)
        for wrong_place in ("here", f"127.0.0.1:{own.port}"):
            own.configure(log=own.log + ".new", **{"http.listen": wrong_place})
            mark = len(own.log_text())
            own.signal(signal.SIGHUP)
            log_after(mark, r"Not reloaded: .*http\.listen", own)
            same(get(own, "/healthz", at=first)[0], 200)
        own.configure(log=own.log, **{"http.listen": "localhost:0"})
        own.reload()
        second = place(own)
        true(second != first, "another place")
        same(get(own, "/healthz", at=second)[0], 200)
        try:
            get(own, "/healthz", at=first)
            raise AssertionError("the first place still answers")
        except ConnectionRefusedError:
            pass
        own.reload()
        same(get(own, "/healthz", at=second)[0], 200)
        own.configure(**{"http.listen": ""})
        own.reload()
        true('"http":[]' in own.command("status", "--json").stdout, "nowhere")


@case("HTTP: silent and many connections keep nobody from anything")
def crowds():
    silent = [socket.create_connection(place(server()), 30) for _ in range(20)]
    same(get(server(), "/healthz")[0], 200)
    for s in silent:
        s.close()


# Metrics


@case("metrics: promtool has no complaint")
def promtool():
    if not shutil.which("promtool"):
        skip("promtool is not installed")
    server().wire().sync(server().account, [new_task()])
    text = metrics(server()).text
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True,
                          text=True, check=False)
    same((done.returncode, done.stdout + done.stderr), (0, ""))


@case("metrics: a real Prometheus scrapes them")
def prometheus():
    if not shutil.which("prometheus"):
        skip("prometheus is not installed")
    folder = tempfile.mkdtemp(prefix="ts-prometheus-")
    port = free_port()
    config = os.path.join(folder, "prometheus.yml")
    with open(config, "w", encoding="ascii") as file:
        file.write(RULES % place(server()))
    with subprocess.Popen(
            ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run_:
        try:
            def asked(query):
                try:
                    body = get(None, "/api/v1/query?query=" + query, at=("127.0.0.1", port))[1]
                    return json.loads(body)["data"]["result"]
                except (OSError, ValueError, KeyError):
                    return []
            up = wait_for(lambda: asked("up==1"), "Prometheus scrapes", 60)
            same(up[0]["metric"]["job"], "taskd")
            users = wait_for(lambda: asked("taskd_users"), "Prometheus knows taskd_users", 60)
            same(users[0]["value"][1], "%d" % metrics(server())["taskd_users"])
        finally:
            run_.terminate()
            run_.wait(30)
            shutil.rmtree(folder, ignore_errors=True)


def moved(before, *names):
    """Wait for each: a request is counted when its answer is out."""
    def seen():
        change = metrics(server()).since(before)
        return change if all(name in change for name in names) else None
    return wait_for(seen, f"{names} move")


@case("metrics: each moves when it should")
def moves():
    account, wire = server().add_user("metrics"), server().wire()
    start, task = metrics(server()), new_uuid()
    base = wire.sync(account, [new_task("one", uuid=task)]).key
    done = 'taskd_requests_total{type="sync",code="200"}'
    before = wait_for(lambda: (m := metrics(server()))[done] > start[done] and m, "it is counted")
    wire.sync(account, [new_task("left", uuid=task, modified="20260102T000000Z")], base)
    stages = ("handshake", "receive", "queue", "store", "compose", "send")
    change = moved(before, done, "taskd_received_bytes_total", "taskd_sent_bytes_total",
                   "taskd_commits_total", "taskd_accepted_connections_total", "taskd_versions",
                   "taskd_transactions", "taskd_commit_duration_seconds_count",
                   "taskd_commit_jobs_count", "taskd_request_duration_seconds_count",
                   *(f'taskd_stage_duration_seconds_count{{stage="{s}"}}' for s in stages))
    same(change[done], 1)
    same(change["taskd_received_tasks_total"], 1)
    same(change["taskd_stored_versions_total"], 1)
    wire.sync(account, [new_task("right", uuid=task, modified="20260103T000000Z"), "{oops"], base)
    wire.sync(account)
    change = moved(before, "taskd_conflicts_total", "taskd_merges_total",
                   "taskd_rejected_lines_total", "taskd_sent_tasks_total")
    same(change["taskd_rejected_lines_total"], 1)


@case("metrics: refused handshakes, log-ins and limits")
def refusals():
    before = metrics(server())
    plain(b"GET / HTTP/1.0\r\n\r\n")
    server().wire().request(wrong(server().account), "\n")
    server().wire().request({**Wire.headers(server().account), "filler": "x" * 20000}, "\n")
    change = moved(before, 'taskd_handshake_failures_total{class="not_tls"}',
                   "taskd_login_failures_total", 'taskd_requests_total{type="sync",code="430"}',
                   'taskd_limit_hits_total{limit="header.limit"}')
    same((change["taskd_login_failures_total"],
          change['taskd_limit_hits_total{limit="header.limit"}']), (1, 1))


@case("metrics: who waits is a waiting client, and a connection in its state")
def waiting():
    account = server().add_user("waits")
    key = server().wire().sync(account).key
    with server().wire().connect() as connection:
        connection.send(Wire.wait(account, key))
        now = wait_for(lambda: (m := metrics(server()))["taskd_waiting_clients"] == 1 and m,
                       "one waits")
        same(now['taskd_connections{state="wait"}'], 1)
    wait_for(lambda: metrics(server())["taskd_waiting_clients"] == 0, "nobody waits")


@case("metrics: the chapter has each of them, with its kind, and no other")
def documented():
    if not os.path.exists(DOC):
        skip("there is no doc/monitoring.md")
    with open(DOC, encoding="utf-8") as file:
        rows = re.findall(r"^\| `((?:taskd|process)_[a-z_]+)`(?: `\{[^`]*\}`)? \| (\w+) \| "
                          r"(.*) \|$", file.read(), re.M)
    now = metrics(server())
    same({name: kind for name, kind, _ in rows}, now.types)
    same({name: text for name, _, text in rows}, now.helps)


@case("metrics: Prometheus takes the configuration and the rules of the chapter")
def rules():
    if not shutil.which("promtool") or not os.path.exists(DOC):
        skip("promtool is not installed")
    with open(DOC, encoding="utf-8") as file:
        blocks = re.findall(r"^```yaml\n(.*?)^```", file.read(), re.M | re.S)
    same(len(blocks), 2)
    with tempfile.TemporaryDirectory(prefix="ts-rules-") as folder:
        for what, text in zip(("config", "rules"), blocks):
            path = os.path.join(folder, what + ".yml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            done = subprocess.run(["promtool", "check", what, path], capture_output=True, text=True,
                                  check=False)
            same(done.returncode, 0, done.stdout + done.stderr)
    names = set(re.findall(r"\b(?:taskd|process)_[a-z_]+", blocks[1]))
    true(names <= {name.partition("{")[0] for name in metrics(server())}, f"one of {names} is none")


# Health


@case("healthz: a store that can't be written, and one that can again")
def health():
    with Server(settings=SETTINGS) as own:
        _, hard = resource.prlimit(own.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(own.pid, resource.RLIMIT_FSIZE, (4096, hard))
        status, text, _ = get(own, "/healthz")
        same(status, 503)
        true(text.startswith("The store can't be written: "), text)
        same(metrics(own)["taskd_commit_failures_total"], 1)
        resource.prlimit(own.pid, resource.RLIMIT_FSIZE, (hard, hard))
        wait_for(lambda: get(own, "/healthz")[:2] == (200, "ok\n"), "it is well again")
        for _ in range(20):
            same(get(own, "/healthz")[0], 200)
        true(metrics(own)["taskd_commits_total"] <= 2, "few commits for many questions")


# Status and the control socket


@case("status: of a server that runs, for a person and for a program")
def status_running():
    with Server(settings=SETTINGS) as own:
        own.wire().sync(own.account, [new_task()])
        own.wire().request(wrong(own.account), "\n")
        wait_for(lambda: metrics(own)["taskd_login_failures_total"] == 1, "it is counted")
        text = own.command("status").stdout
        for line in (rf"Running: yes, process {own.pid}", r"Version: \d+\.\d+\.\d+",
                     rf"Listening: 127.0.0.1:{own.port}", rf"HTTP: 127.0.0.1:{place(own)[1]}",
                     r"Requests: 2, 1 of them refused or failed",
                     r"Last minute: 2, 1 of them refused or failed", r"Log-ins: 1 refused",
                     r"Certificates: the server's until \d{4}-\d\d-\d\d, in \d+ days",
                     r"Users: 1", r"Versions: 1", r"Store: \d+ bytes on disk, \S+ \S+ free"):
            true(re.search(rf"^ +{line}", text, re.M), f"no {line} in {text}")
        told = json.loads(own.command("status", "--json").stdout)
        same((told["running"], told["status"]["process"]["id"], told["store"]["users"],
              told["status"]["requests"]["all"]), (True, own.pid, 1, 2))


@case("status: the last problems, and none of what a stranger sends to the terminal")
def status_problems():
    with Server(settings=SETTINGS) as own:
        own.wire().request({**Wire.headers(own.account), "type": "evil\x1b[31m"}, "\n")
        text = wait_for(lambda: (t := own.command("status").stdout).count("Problems:") and t,
                        "the problem is told")
        true(re.search(r"Problems: \d{4}-\S+ request Public/alice: Unrecognized message type",
                       text), text)
        true("\x1b" not in text, "an escape")


@case("status: of a server that doesn't run")
def status_stopped():
    with Server() as own:
        own.stop()
        text = own.command("status").stdout
        true(" Running: no\n" in text and " Users: 1\n" in text and "Since" not in text, text)
        told = json.loads(own.command("status", "--json").stdout)
        same((told["running"], told["status"]), (False, None))


@case("control socket: for its owner only, gone with the server, and a stale one is no matter")
def control():
    with Server() as own:
        path = os.path.join(own.data, "taskd.sock")
        same(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        own.kill()
        true(os.path.exists(path), "it is left behind")
        true(" Running: no\n" in own.command("status").stdout, "nobody is there")
        same(own.command("tail", check=False).stderr,
             f"ERROR: No server runs on '{own.data}'.\n")
        own.start()
        true("Running: yes, process" in own.command("status").stdout, "it is made anew")
        own.stop()
        true(not os.path.exists(path), "it is taken away")


@case("control socket: a path that is too long is told, and the server serves")
def long_path():
    with Server() as own:
        own.stop()
        deep = os.path.join(own.folder, "x" * 100)
        os.rename(own.data, deep)
        own.data = deep
        own.configure(**{name: value.replace(own.folder + "/data", deep) for name, value in
                         re.findall(r"^(\S+\.(?:cert|key|crl))=(.+)$", read_config(own), re.M)})
        own.start()
        true("is longer than the system's 107 bytes" in own.log_text(), "the log says so")
        same(own.wire().sync(own.account).code, 201)
        true(" Running: yes\n" in own.command("status").stdout, "as much as can be known")


def read_config(own):
    with open(os.path.join(own.data, "config"), encoding="utf-8") as file:
        return file.read()


# Tail


class Tail:
    """`taskd tail`, read line by line."""

    def __init__(self, own, *words):
        before = json.loads(own.command("status", "--json").stdout)["status"]["tails"]
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            [OURS, "tail", "--data", own.data, *words], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_for(lambda: json.loads(own.command("status", "--json").stdout)["status"]["tails"]
                 > before, "it follows")

    def line(self):
        return self.process.stdout.readline().rstrip("\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.communicate()


@case("tail: while a real task syncs, as text and as JSON, with verbose=off")
def tail_task():
    need_task()
    with Server(settings={**SETTINGS, "verbose": "off"}) as own, Replica("tail") as replica, \
            Tail(own) as text, Tail(own, "--json") as as_json:
        replica.connect(own)
        replica.add("secret words")
        replica.must("sync", "init")
        line = text.line()
        true(re.match(r"\S+Z info event=request peer=127\.0\.0\.1:\d+ org=Public user=alice "
                      r'device=\S+ client="task \S+" type=sync code=200 in=1 out=0 stored=1 ',
                      line), line)
        told = json.loads(as_json.line())
        same((told["event"], told["org"], told["user"], told["code"], told["in"], told["level"]),
             ("request", "Public", "alice", 200, 1, "info"))
        for stage in ("ms", "ms_receive", "ms_queue", "ms_store", "ms_compose", "ms_send"):
            true(isinstance(told[stage], float), stage)
        true("event=request" not in own.log_text(), "the log stays as it is")
        true("secret words" not in line + str(told), "nothing of the task")


@case("tail: one user's lines, errors only, and the end of the server")
def tail_filters():
    with Server(settings=SETTINGS) as own:
        # A user with a name that would need quoting everywhere
        other = own.add_user("Ann Bö&=%")
        with Tail(own, "--user", "Public/Ann Bö&=%") as ann, Tail(own, "--errors") as errors:
            own.wire().sync(own.account, [new_task()])
            own.wire().request(wrong(own.account), "\n")
            own.wire().sync(other)
            line = ann.line()
            true('user="Ann Bö&=%"' in line and "code=201" in line, line)
            line = errors.line()
            true("code=430" in line, line)
            own.stop()
            same(errors.process.wait(30), 255)
            same(errors.process.stderr.read(), "ERROR: The server has stopped.\n")
        same(own.command("tail", "--user", "Public", check=False).stderr,
             "ERROR: A user is named ORG/USER here.\n")


@case("tail: so many and no more; who doesn't read slows nobody down")
def tail_crowd():
    with Server(settings=SETTINGS) as own:
        tails = [Tail(own) for _ in range(16)]
        try:
            done = own.command("tail", check=False)
            same(done.stderr, "ERROR: At most 16 may follow the log at a time.\n")
            for _ in range(5):
                same(own.wire().sync(own.account).code, 201)
            same(get(own, "/healthz")[0], 200)
            same(metrics(own)["taskd_tails"], 16)
        finally:
            for tail in tails:
                tail.__exit__()
        own.wire().sync(own.account)  # somebody has to write before they are found gone
        wait_for(lambda: (own.wire().sync(own.account), metrics(own)["taskd_tails"] == 0)[1],
                 "they are gone")


# The log


@case("log: a request's line has who, what and how long, and the device by its name")
def log_line():
    mark = len(server().log_text())
    server().wire().sync(server().account, [new_task()])
    line = log_after(mark, r"^.*event=request.*$").group()
    keys = re.findall(r" (\w+)=", line)
    same(keys, ["event", "peer", "org", "user", "device", "client", "type", "code", "in", "out",
                "stored", "merges", "conflicts", "rejected", "bytes_in", "bytes_out", "ms_receive",
                "ms_queue", "ms_store", "ms_compose", "ms_send", "ms", "messages"])
    devices = json.loads(server().command("device", "list", "Public", "alice", "--json").stdout)
    names = re.findall(r'"name": ?"([^"]*)"', json.dumps(devices))
    device = re.search(r" device=(\S+)", line).group(1)
    true(device in names, f"{device} is none of {names}")


@case("log: why a handshake came to nothing")
def log_handshakes():
    mark = len(server().log_text())
    plain(b"GET / HTTP/1.0\r\n\r\n")
    line = log_after(mark, r"^.*handshake-failed.*$").group()
    true(re.search(r" info event=handshake-failed peer=127\.0\.0\.1:\d+ class=not_tls "
                   r'reason="The client doesn\'t speak TLS\."$', line), line)
    mark = len(server().log_text())
    with socket.create_connection((server().host, server().port), 30):
        pass
    plain(b"x" * 20)
    log_after(mark, r"class=not_tls")
    true("class=closed" not in server().log_text()[mark:], "a look whether somebody is here")


@case("log: each log-in that failed, whatever is logged else; no name forges a line")
def log_logins():
    forged = 'x" reason=y\u2028z peer=9.9.9.9:1 event=login-failed'
    with Server(settings={"verbose": "off"}) as own:
        mark = len(own.log_text())
        for headers in (wrong(own.account), wrong(own.account, user=forged),
                        wrong(own.account, org="Nobody's")):
            same(own.wire().request(headers, "\n").code, 430)
        same(own.wire(cert=False).request(Wire.headers(own.account), "\n").code, 430)
        wait_for(lambda: own.log_text()[mark:].count("event=login-failed peer=1") == 4, "four")
        lines = own.log_text()[mark:].split("\n")[:-1]
        same(len(lines), 4)
        for line in lines:
            true(re.match(r"\S+Z notice event=login-failed peer=127\.0\.0\.1:\d+ org=.* user=.* "
                          r"reason=", line), line)
        true('user="x\\" reason=y\\xe2\\x80\\xa8z peer=9.9.9.9:1 event=login-failed" reason=' in
             lines[1], lines[1])
        true(lines[3].endswith('reason="This server asks for a client certificate."'), lines[3])


@case("log: as JSON, each line an object with its types")
def log_json():
    with Server(settings={**SETTINGS, "log.format": "text"}) as own:
        own.configure(**{"log.format": "json"})
        own.signal(signal.SIGHUP)
        wait_for(lambda: '"event":"reloaded"' in own.log_text(), "the reload")
        mark = own.log_text().index('{"time"')
        own.wire().sync(own.account, [new_task()])
        own.wire().request({**Wire.headers(own.account), "type": "\x7f\u202e"}, "\n")
        wait_for(lambda: own.log_text()[mark:].count('"event":"request"') == 2, "two requests")
        lines = [json.loads(line) for line in own.log_text()[mark:].splitlines()]
        request = lines[1]
        same((request["event"], request["code"], request["in"], request["messages"]),
             ("request", 200, 1, ""))
        same(lines[-1]["type"], "\x7f\u202e")
        true(own.log_text()[mark:].isprintable() or "\x7f" not in own.log_text(), "escaped")


@case("log: no key, in any format, whatever happens")
def log_keys():
    for form in ("text", "json"):
        with Server(settings={"debug": "on", "http.listen": "0"}) as own:
            own.configure(**{"log.format": form})
            own.signal(signal.SIGHUP)
            wait_for(lambda o=own: o.log_text().count("reloaded"), "the reload")
            account, wrong_key = own.account, new_uuid()
            wire = own.wire()
            key = wire.sync(account, [new_task()]).key
            wire.sync(account, [], key)
            wire.request(Wire.headers(account, key=wrong_key), "\n")
            wire.request(Wire.headers(account, "statistics"), "\n")
            wire.request(Wire.headers(account, "nothing"), "\n")
            wire.request(Wire.headers(account, protocol="v9"), "\n")
            wire.request(Wire.headers(account, user=account.key), "\n")
            told = metrics(own).text + own.command("status").stdout + \
                own.command("status", "--json").stdout
            own.stop()
            for text in (told, own.log_text()):
                for secret in (account.key, wrong_key, key):
                    true(secret not in text, f"{secret} in {text}")
            true("(a key)" in own.log_text(), "a key in the wrong place")


def journal_entry(data):
    """The fields of an entry as it is sent to the journal."""
    fields, at = {}, 0
    while at < len(data):
        end = data.index(b"\n", at)
        name, equals, value = data[at:end].partition(b"=")
        at = end + 1
        if not equals:
            size = int.from_bytes(data[at:at + 8], "little")
            value = data[at + 8:at + 8 + size]
            at += 9 + size
        fields[name.decode()] = value.decode()
    return fields


@case("log: to the journal, field by field")
def log_journal():
    if subprocess.run(["unshare", "-rm", "true"], check=False, capture_output=True).returncode != 0:
        skip("no namespaces")
    folder = tempfile.mkdtemp(prefix="ts-journal-")
    os.makedirs(os.path.join(folder, "systemd/journal"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        journal.bind(os.path.join(folder, "systemd/journal/socket"))
        journal.settimeout(30)
        own = Server(settings={"http.listen": ""}).create()
        own.configure(**{"log.format": "journald"})
        script = f"mount --bind {folder} /run && exec {OURS} server --data {own.data}"
        with subprocess.Popen(["unshare", "-rm", "sh", "-c", script],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT) as process:
            try:
                entry = {}
                while entry.get("TASKD_EVENT") != "listening":
                    true(process.poll() is None, "taskd has ended")
                    entry = journal_entry(journal.recv(65536))
                same((entry["PRIORITY"], entry["SYSLOG_IDENTIFIER"]), ("5", "taskd"))
                own.port = int(entry["TASKD_PORT"])
                own.wire().sync(own.account, [new_task()])
                while entry.get("TASKD_EVENT") != "request":
                    entry = journal_entry(journal.recv(65536))
                same((entry["TASKD_USER"], entry["TASKD_CODE"], entry["TASKD_STORED"],
                      entry["PRIORITY"]), ("alice", "200", "1", "6"))
                true(entry["MESSAGE"].startswith("event=request peer="), entry["MESSAGE"])
            finally:
                process.terminate()
                output = process.communicate()[0].decode()
                shutil.rmtree(folder, ignore_errors=True)
                own.close()
        same((process.returncode, output), (0, ""))


@case("log: to a journal that isn't there")
def log_no_journal():
    with Server() as own:
        own.configure(**{"log.format": "journald"})
        if os.path.exists("/run/systemd/journal/socket"):
            skip("there is a journal")
        mark = len(own.log_text())
        own.signal(signal.SIGHUP)
        log_after(mark, r"Not reloaded: There is no journal here", own)
        own.configure(**{"log.format": "text"})
        own.reload()


need_server()
run()
