# SPDX-License-Identifier: MIT
"""A client of the taskd protocol that can be as odd as any client ever was."""

import json
import re
import socket
import ssl
import struct
import uuid

KEY_LINE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIMEOUT = 40  # [s] before a silent server is a failure


class Num(str):
    """A JSON number, spelled as it came."""

    def __repr__(self):
        return f"Num({str(self)})"


def loads(text):
    """JSON to objects, with numbers as Num."""
    return json.loads(text, parse_int=Num, parse_float=Num)


def dumps(value):
    """Objects to JSON on one line; a Num goes out as it is."""
    if isinstance(value, Num):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{dumps(k)}:{dumps(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dumps, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def new_uuid():
    return str(uuid.uuid4())


def make_message(headers, payload=b"", length_delta=0):
    """The bytes of a message. headers: dict, list of pairs, or bytes taken as they are."""
    if not isinstance(headers, bytes):
        pairs = headers.items() if isinstance(headers, dict) else headers
        headers = b"".join(_bytes(n) + b": " + _bytes(v) + b"\n" for n, v in pairs) + b"\n"
    body = headers + _bytes(payload)
    return struct.pack(">I", len(body) + 4 + length_delta) + body


def _bytes(text):
    return text if isinstance(text, bytes) else text.encode("utf-8")


class Answer:
    """What the server said. `clean`: TLS ended by close_notify (known after reading until EOF)."""

    def __init__(self, raw, clean=None):
        self.raw, self.clean = raw, clean
        self.length = struct.unpack(">I", raw[:4])[0] if len(raw) >= 4 else None
        self.extra = raw[self.length:] if self.length else b""
        text = raw[4:].decode("utf-8")
        head, _, self.payload = text.partition("\n\n")
        self.header_lines = head.split("\n") if head else []
        self.headers = {}
        for line in self.header_lines:
            name, _, value = line.partition(":")
            self.headers[name.strip()] = value.strip()

    @property
    def empty(self):
        return len(self.raw) < 4

    @property
    def code(self):
        return int(self.headers["code"]) if "code" in self.headers else None

    @property
    def status(self):
        return self.headers.get("status")

    @property
    def messages(self):
        return self.headers.get("messages", "")

    @property
    def lines(self):
        return [line for line in self.payload.split("\n") if line.strip()]

    @property
    def task_lines(self):
        return [line for line in self.lines if line.startswith("{")]

    @property
    def tasks(self):
        return [loads(line) for line in self.task_lines]

    @property
    def key(self):
        """The sync key: the last line of the payload, or None."""
        return self.lines[-1] if self.lines and KEY_LINE.fullmatch(self.lines[-1]) else None

    def task(self, uuid_):
        """The only task of that uuid; None if there is none."""
        found = [t for t in self.tasks if t["uuid"] == uuid_]
        if len(found) > 1:
            raise AssertionError(f"{uuid_} is answered {len(found)} times")
        return found[0] if found else None

    def __repr__(self):
        return f"<{self.code} {self.status!r} {len(self.tasks)} tasks, messages {self.messages!r}>"


class Connection:
    """One TLS connection."""

    def __init__(self, wire, cut=0):
        source = (wire.source, 0) if wire.source else None
        self.raw = socket.create_connection((wire.host, wire.port), TIMEOUT, source)
        self.raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for part in wire.before:
            self.raw.sendall(part)
        self.cut, self.rest = cut, b""
        if cut:
            self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            self.tls = wire.context.wrap_bio(self.incoming, self.outgoing,
                                             server_hostname=wire.name)
            self._pump(self.tls.do_handshake)
        else:
            self.tls = wire.context.wrap_socket(self.raw, server_hostname=wire.name,
                                                suppress_ragged_eofs=False,
                                                session=wire.session)

    def _flush(self):
        """Send what TLS has made, a few bytes a TCP segment."""
        data = self.outgoing.read()
        for at in range(0, len(data), self.cut):
            self.raw.sendall(data[at:at + self.cut])

    def _pump(self, function, *words):
        while True:
            try:
                value = function(*words)
                self._flush()
                return value
            except ssl.SSLWantReadError:
                self._flush()
                data = self.raw.recv(65536)
                if data:
                    self.incoming.write(data)
                else:
                    self.incoming.write_eof()

    def send(self, data):
        if self.cut:
            self._pump(self.tls.write, data)
        else:
            self.tls.sendall(data)

    def recv(self, size=65536):
        return self._pump(self.tls.read, size) if self.cut else self.tls.recv(size)

    def read_answer(self, until_eof=False):
        """(bytes, ended by close_notify: None where it was not waited for)"""
        data = bytearray()
        try:
            while until_eof or len(data) < 4 or len(data) < struct.unpack(">I", data[:4])[0]:
                part = self.recv()
                if not part:
                    return bytes(data), True
                data += part
        except (ssl.SSLEOFError, ConnectionResetError):
            return bytes(data), False
        except ssl.SSLZeroReturnError:
            return bytes(data), True
        return bytes(data), None

    def read_one(self):
        """The next Answer of a connection that is kept; an empty one at its end."""
        data = self.rest
        try:
            while len(data) < 4 or len(data) < struct.unpack(">I", data[:4])[0]:
                part = self.recv()
                if not part:
                    return Answer(data)
                data += part
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError, ConnectionResetError):
            return Answer(data)
        length = struct.unpack(">I", data[:4])[0]
        self.rest = data[length:]
        return Answer(data[:length])

    def ask(self, headers, payload=b""):
        """A message, and its Answer."""
        self.send(make_message(headers, payload))
        return self.read_one()

    def reset(self):
        """Close with an RST."""
        self.raw = self.raw if self.cut else self.tls
        self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.raw.close()

    def close(self):
        (self.raw if self.cut else self.tls).close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


class Wire:
    """
    A client of one server.

    cert, key: another certificate than the server's first client has; cert=False: none.
    min_tls, max_tls: ssl.TLSVersion. ciphers: an OpenSSL list (TLS 1.2 and older).
    name: the server's name to verify and to send as SNI; False: verify the chain only, send none.
    tickets: ask for what a TLS 1.3 session is resumed by; session: resume this one.
    source: the address to connect from. before: what is sent before TLS, in pieces.
    """

    def __init__(self, server, cert=None, key=None, ca=None, min_tls=None, max_tls=None,
                 ciphers=None, name=None, tickets=False, source=None, before=()):
        self.server, self.session = server, None
        self.source, self.before = source, before
        self.name = None if name is False else name or server.host
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname = name is not False
        self.context.load_verify_locations(ca or server.ca)
        if cert is not False:
            self.context.load_cert_chain(cert or server.cert, key or server.key)
        if tickets:
            self.context.set_alpn_protocols(["taskd"])
        if ciphers:
            self.context.set_ciphers(ciphers)
        if min_tls:
            self.context.minimum_version = min_tls
        if max_tls:
            self.context.maximum_version = max_tls

    @property
    def host(self):
        return self.server.host

    @property
    def port(self):
        return self.server.port

    def connect(self, cut=0):
        """A Connection; cut: bytes a TCP segment."""
        return Connection(self, cut)

    def exchange(self, parts, until_eof=False, cut=0):
        """Send each part as TLS records of its own, give the Answer."""
        with self.connect(cut) as connection:
            try:
                for part in parts:
                    connection.send(part)
            except (ConnectionResetError, BrokenPipeError, ssl.SSLEOFError):
                pass  # the server may answer before it has read everything
            return Answer(*connection.read_answer(until_eof))

    def request(self, headers, payload=b"", length_delta=0, fragments=None, per_byte=False,
                separate_records=False, read_until_eof=False, cut=0):
        """
        Send a message and give the Answer. fragments: sizes of the first records, the rest is one
        more; per_byte: a record a byte; separate_records: prefix, headers and payload apart.
        """
        data = make_message(headers, payload, length_delta)
        if per_byte:
            fragments = [1] * (len(data) - 1)
        elif separate_records:
            fragments = [4, len(data) - 4 - len(_bytes(payload))]
        parts, at = [], 0
        for size in fragments or []:
            parts.append(data[at:at + size])
            at += size
        parts.append(data[at:])
        return self.exchange([p for p in parts if p], read_until_eof, cut)

    @staticmethod
    def headers(account, kind="sync", **more):
        """The headers of Taskwarrior for this account; more: others, or None to leave one out."""
        all_ = {"client": "harness 1.0", "type": kind, "org": account.org, "user": account.user,
                "key": account.key, "protocol": "v1"}
        all_.update(more)
        return {name: value for name, value in all_.items() if value is not None}

    @staticmethod
    def payload(tasks, key=None):
        """The payload of Taskwarrior. tasks: dicts, or strings taken as they are."""
        lines = [key] if key else []
        lines += [t if isinstance(t, str) else dumps(t) for t in tasks]
        return "".join(line + "\n" for line in lines) + "\n"

    def sync(self, account, tasks=(), key=None, init=False, drop_answer=False, more=None,
             **quirks):
        """A sync as Taskwarrior does it. drop_answer: it arrives nowhere, None is given."""
        headers = self.headers(account, **({"subtype": "init"} if init else {}), **(more or {}))
        answer = self.request(headers, self.payload(tasks, None if init else key), **quirks)
        return None if drop_answer else answer

    @classmethod
    def wait(cls, account, since=None, **more):
        """The message of one who waits for what is newer than the sync key `since`."""
        headers = {"timeout": "600", **more}
        return make_message(cls.headers(account, "wait", **headers), cls.payload([], since))

    def statistics(self, account):
        return self.request(self.headers(account, "statistics"))
