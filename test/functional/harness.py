# SPDX-License-Identifier: MIT
"""Servers to test against: ours ($TASKD) and Debian's Taskserver, each in a folder of its own."""

import atexit
import ctypes
import glob
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import tap
from pki import Authority
from tap import at_end, case, note, on_failure, same, skip, skip_all, true
from wire import Wire

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
DEBIAN = os.environ.get("DEBIAN_TASKD", "/usr/bin/taskd")
OURS = os.environ.get("TASKD", "")
KIND = os.environ.get("TS_KIND", "ours")  # "debian": try the tests on the reference server
PATIENCE = 30  # [s] for what should take much less than one
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None)
_servers = []
_shared = []


def die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def wait_for(condition, what, seconds=PATIENCE):
    """Poll until condition() is true; gives its value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain: {what}")
        time.sleep(0.02)


def preloaded(library, **more):
    """An environment with a library before the program; a sanitizer wants its own to be the first."""
    return {"LD_PRELOAD": library, **more,
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def listens(port):
    """Whether somebody listens there, without a connection of our own."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table, encoding="ascii") as file:
            for line in file.readlines()[1:]:
                words = line.split()
                if words[3] == "0A" and int(words[1].rsplit(":", 1)[1], 16) == port:
                    return True
    return False


class Account:
    def __init__(self, org, user, key):
        self.org, self.user, self.key = org, user, key

    def __repr__(self):
        return f"{self.org}/{self.user}/{self.key}"


class Server:
    """
    A taskd with data, account and certificates in a temporary folder.

    kind: "ours" or "debian". settings: what its configuration holds beside the usual.
    pki: "setup" (what `taskd setup` makes) or "openssl" (an Authority in self.authority).
    server_key: algorithm of the server's key, where openssl makes it.
    """

    def __init__(self, kind=None, settings=None, pki=None, server_key="ecdsa", user="alice"):
        self.kind = kind or KIND
        self.binary = OURS if self.kind == "ours" else DEBIAN
        # The tests' accounts share one certificate, as Taskserver allows.
        own = {"cert.binding": "off"} if self.kind == "ours" else {}
        self.settings = {**own, **(settings or {})}
        self.pki = pki or os.environ.get("TS_PKI") or \
            ("setup" if self.kind == "ours" else "openssl")
        self.server_key, self.user = server_key, user
        self.folder = self.data = self.account = self.authority = self.process = None
        self.ca = self.cert = self.key = None
        self.host, self.port = "127.0.0.1", 0
        self.log = self.output = None
        self.log_start = 0
        # What start() puts before the program, around it, and into its hands
        self.before, self.environment, self.passed = [], {}, ()

    # Making it

    def create(self):
        """The folder, the data, an account and the certificates; start() does it if needed."""
        if not self.binary or not os.access(self.binary, os.X_OK):
            skip(f"there is no {self.binary or '$TASKD'}")
        self.folder = tempfile.mkdtemp(prefix="taskd-test-")
        self.data = os.path.join(self.folder, "data")
        self.log = os.path.join(self.folder, "taskd.log")
        self.output = os.path.join(self.folder, "output")
        _servers.append(self)
        if self.pki == "setup":
            self._setup()
        else:
            self._by_hand()
        self.configure(log=self.log, confirmation="off", **self.settings)
        self.configure(server=f"{self.host}:{0 if self.kind == 'ours' else free_port()}")
        return self

    def _setup(self):
        text = self.command("setup", "--host", "127.0.0.1", "--host", "localhost",
                            "--org", "Public", "--user", self.user).stdout
        self.bundle = self._find_bundle(text)
        with open(self.bundle, encoding="utf-8") as file:
            self.account, self.ca, self.cert, self.key = self.read_bundle(file.read())

    def _find_bundle(self, text):
        """The file with a private key and a certificate in it, named in the output or found."""
        files = re.findall(r"(/[^\s'\"]+)", text) + glob.glob(self.folder + "/**", recursive=True)
        for path in files:
            if os.path.isfile(path):
                with open(path, encoding="utf-8", errors="replace") as file:
                    text = file.read()
                if "PRIVATE KEY-----" in text and "BEGIN CERTIFICATE-----" in text:
                    return path
        raise AssertionError("`taskd setup` made no bundle")

    def read_bundle(self, text):
        """A bundle's account, and its files: CA, certificate, key (written beside the data)."""
        org, user, key = re.search(rf"([^/'\"=\n]+)/([^/\n]+)/({UUID})", text).groups()
        pems = re.findall(r"-----BEGIN [A-Z ]+-----\n.*?-----END [A-Z ]+-----\n", text, re.S)
        folder = tempfile.mkdtemp(prefix="client-", dir=self.folder)
        keys = [p for p in pems if "PRIVATE KEY" in p]
        certs = [p for p in pems if "CERTIFICATE" in p]
        chains = self._sort_certificates(certs, folder)
        paths = []
        for name, pem in (("ca.pem", chains[0]), ("cert.pem", chains[1]), ("key.pem", keys[0])):
            paths.append(os.path.join(folder, name))
            with open(paths[-1], "w", encoding="ascii") as file:
                file.write(pem)
        return Account(org.strip(), user, key), *paths

    @staticmethod
    def _sort_certificates(certs, folder):
        """(every certificate of an authority, the client's own)"""
        authorities, own = [], []
        for number, pem in enumerate(certs):
            path = os.path.join(folder, f"{number}.tmp")
            with open(path, "w", encoding="ascii") as file:
                file.write(pem)
            text = subprocess.run(["openssl", "x509", "-noout", "-ext", "basicConstraints", "-in",
                                   path], capture_output=True, text=True, check=False).stdout
            (authorities if "CA:TRUE" in text else own).append(pem)
            os.unlink(path)
        return "".join(authorities), own[-1]

    def _by_hand(self):
        self.authority = Authority(os.path.join(self.folder, "pki"))
        self.ca = self.authority.cert
        self.cert, self.key = self.authority.issue("client")
        server_cert, server_key = self.authority.issue("server", "server", self.server_key)
        os.makedirs(self.data)
        self.command("init")
        self.configure(**{"ca.cert": self.ca, "server.cert": server_cert,
                          "server.key": server_key, "server.crl": self.authority.crl()})
        self.command("add", "org", "Public")
        self.account = self.add_user(self.user)

    # Administration

    def command(self, *words, check=True, text=True):
        """Run `taskd WORDS --data …`; gives what subprocess.run() does."""
        done = subprocess.run([self.binary, *words, "--data", self.data], stdin=subprocess.DEVNULL,
                              capture_output=True, text=text, check=False, timeout=PATIENCE)
        if check and done.returncode != 0:
            raise AssertionError(f"taskd {' '.join(words)}: exit {done.returncode}: "
                                 f"{done.stdout}{done.stderr}")
        return done

    def configure(self, **settings):
        for name, value in settings.items():
            self.command("config", "--force", name, str(value))

    def add_org(self, org):
        self.command("add", "org", org)

    def add_user(self, name, org="Public"):
        text = self.command("add", "user", org, name).stdout
        return Account(org, name, re.search(rf"New user key: ({UUID})", text).group(1))

    # Running it

    def start(self):
        if not self.folder:
            self.create()
        self.log_start = len(self.log_text())
        with open(self.output, "ab") as output:
            # pylint: disable=subprocess-popen-preexec-fn,consider-using-with
            self.process = subprocess.Popen(
                [*self.before, self.binary, "server", "--data", self.data],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env={**os.environ, **self.environment}, pass_fds=self.passed,
                preexec_fn=die_with_parent)
        self.port = wait_for(self._listening_port, "the server listens")
        return self

    def _listening_port(self):
        if self.process.poll() is not None:
            with open(self.output, encoding="utf-8", errors="replace") as file:
                raise AssertionError(f"taskd ended with {self.process.returncode}: {file.read()}\n"
                                     + self.log_text()[self.log_start:])
        if self.kind == "ours":
            ports = re.findall(r"listening.*\bport=(\d+)", self.log_text()[self.log_start:])
            return int(ports[-1]) if ports else 0
        port = int(re.search(r"^server=.*:(\d+)$", self._config_text(), re.M).group(1))
        return port if listens(port) else 0

    def _config_text(self):
        with open(os.path.join(self.data, "config"), encoding="utf-8") as file:
            return file.read()

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def sanitized(self):
        """Whether it runs with a sanitizer, which needs memory of its own."""
        with open(f"/proc/{self.pid}/maps", encoding="ascii", errors="replace") as file:
            text = file.read()
        return any(word in text for word in ("libasan", "libtsan", "asan_", "[shadow"))

    def memory(self):
        """[bytes] of its own in memory, without pages of mapped files"""
        with open(f"/proc/{self.pid}/status", encoding="ascii", errors="replace") as file:
            return int(re.search(r"RssAnon:\s*(\d+) kB", file.read()).group(1)) << 10

    def log_text(self):
        if not self.log or not os.path.exists(self.log):
            return ""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def signal(self, number):
        self.process.send_signal(number)

    def reload(self):
        """HUP, and wait until it is done."""
        done = self.log_text().count("event=reloaded")
        self.signal(signal.SIGHUP)
        wait_for(lambda: self.log_text().count("event=reloaded") > done, "the reload")

    def stop(self, seconds=PATIENCE):
        """TERM, and wait; gives the exit code."""
        if not self.alive():
            return self.process.returncode if self.process else None
        self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"taskd still ran {seconds} s after TERM") from None

    def end(self):
        """Stop it, which must go well: a sanitizer speaks up here."""
        code = self.stop()
        if self.kind == "ours" and code != 0:
            with open(self.output, encoding="utf-8", errors="replace") as file:
                raise AssertionError(f"taskd ended with {code}: {file.read()[-6000:]}")

    def kill(self):
        if self.alive():
            self.process.kill()
        if self.process:
            self.process.wait()

    def restart(self):
        """Stop it if it runs, then start it with the same data (on another port, perhaps)."""
        if self.alive():
            self.stop()
        return self.start()

    def wire(self, **options):
        """A client with the first account's certificate, or with another's: cert=, key=."""
        return Wire(self, **options)

    def close(self):
        self.kill()
        if self.folder and not os.environ.get("TS_KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)
        if self in _servers:
            _servers.remove(self)

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc):
        try:
            if exc == (None, None, None):
                self.end()
        finally:
            if exc != (None, None, None):
                for line in last_words():
                    note(line)
            self.close()


def shared(**options):
    """A function that gives one server for many cases, started when it is first needed."""
    holder = []

    def get():
        if not holder:
            holder.append(Server(**options))
            _shared.append(holder[0])
        if not holder[0].alive():
            holder[0].start()
        return holder[0]
    return get


def track(server):
    """close_all() sees to a server that somebody has made in another way than create()."""
    _servers.append(server)


def end_shared():
    for server in _shared:
        true(server.alive(), "a server is gone")
        server.end()


def run():
    """Run the cases of a file."""
    case("the servers of these tests live, and stop with exit code 0")(end_shared)
    tap.run()


def close_all():
    for server in list(_servers):
        server.close()


@on_failure
def last_words():
    """The ends of the logs of the servers that exist."""
    for server in _servers:
        with open(server.output, "ab"):
            pass
        with open(server.output, encoding="utf-8", errors="replace") as file:
            text = server.log_text()[-1500:] + file.read()[-1500:]
        state = "alive" if server.alive() else "not running"
        yield f"-- taskd ({server.kind}, {state}):"
        yield from text.splitlines()[-12:]


def need_server():
    """Skip the whole file where there is no server to test."""
    binary = OURS if KIND == "ours" else DEBIAN
    if not binary or not os.access(binary, os.X_OK):
        skip_all(f"there is no {binary or '$TASKD'}")
    if not shutil.which("openssl"):
        skip_all("openssl is needed")


at_end(close_all)
atexit.register(close_all)
for _number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(_number, lambda number, frame: sys.exit(128 + number))
