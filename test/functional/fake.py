# SPDX-License-Identifier: MIT
"""A server that goes wrong in a way of one's choice."""

import socket
import ssl
import threading

from wire import make_message

HEADERS = {"client": "taskd 0.0.0", "code": "200", "status": "Ok"}


def answer(payload="", **headers):
    """The bytes of an answer; a header that is None is left out."""
    all_ = {**HEADERS, **headers}
    return make_message({n: v for n, v in all_.items() if v is not None}, payload)


class Listener:
    """Listens on loopback; serve(connection) is called for each connection, one after the other."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.host, self.port = self.listener.getsockname()
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()

    def _accept(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            self.serve(connection)

    def serve(self, connection):
        raise NotImplementedError


class Fake(Listener):
    """
    Listens with a certificate of its own; `talk(connection, fake)` is called for each connection
    (plain TCP; fake.tls(connection) makes the handshake), which stays open until the end.
    """

    def __init__(self, cert, key, ca, talk):
        self.talk = talk
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(cert, key)
        self.context.load_verify_locations(ca)
        self.context.verify_mode = ssl.CERT_REQUIRED
        self.calls = 0
        self.open = []
        super().__init__()

    def __exit__(self, *exc):
        super().__exit__(*exc)
        for connection in self.open:
            connection.close()

    def serve(self, connection):
        self.calls += 1
        self.open.append(connection)
        connection.settimeout(20)
        try:
            self.talk(connection, self)
        except OSError:
            pass  # it has gone

    def tls(self, connection):
        tls = self.context.wrap_socket(connection, server_side=True)
        self.open.append(tls)
        return tls


def read_request(tls, data=b""):
    """One message, of which `data` is here already."""
    while len(data) < 4 or len(data) < int.from_bytes(data[:4], "big"):
        part = tls.recv(65536)
        if not part:
            break
        data += part
    return data


# Ways to go wrong

def silent(_connection, _fake):
    pass


def half_handshake(connection, fake):
    """The first half of what a server says to a hello."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = fake.context.wrap_bio(incoming, outgoing, server_side=True)
    incoming.write(connection.recv(65536))
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        data = outgoing.read()
        connection.sendall(data[:len(data) // 2])


def after_handshake(connection, fake):
    fake.tls(connection)


def hangs_up(connection, _fake):
    connection.close()


def no_tls(connection, _fake):
    connection.recv(10)
    connection.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")
    connection.close()


def says(data, close=False):
    """Takes the request, then sends these bytes."""
    def talk(connection, fake):
        tls = fake.tls(connection)
        read_request(tls)
        tls.sendall(data)
        if close:
            tls.unwrap().close()
    return talk


def half_of(data, close=False):
    return says(data[:len(data) // 2], close)
