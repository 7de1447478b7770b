# SPDX-License-Identifier: MIT
"""A TCP proxy that knows where a TLS record ends, and hangs up at one of them."""

import select
import socket
import struct

from fake import Listener

HEADER = 5  # [bytes] of a TLS record, the last two its length
OUT, IN = "client", "server"
BEFORE, MIDDLE, AFTER = "before", "in the middle of", "after"


class Proxy(Listener):
    """
    In front of host:port of a server; its own host and port are here. It counts the records of
    each side; `cut` is (number of the connection, side, number of the record, where): there it
    closes both connections. Those after it go through.
    """

    def __init__(self, server, cut=None):
        self.server, self.cut = server, cut
        self.records = []  # of each connection: side -> how many
        self.done = False  # it has hung up
        super().__init__()

    def serve(self, client):
        with client, socket.create_connection((self.server.host, self.server.port)) as server:
            self.records.append({OUT: 0, IN: 0})
            self._connection(client, server)

    def _connection(self, client, server):
        ends = {client: (OUT, server, bytearray()), server: (IN, client, bytearray())}
        while ends:
            for source in select.select(list(ends), [], [], 60)[0] or list(ends):
                side, target, buffer = ends[source]
                try:
                    data = source.recv(65536)
                    buffer += data
                    if not self._forward(side, target, buffer):
                        self.done = True
                        return
                    if not data:
                        target.shutdown(socket.SHUT_WR)
                except OSError:
                    data = b""
                if not data:
                    del ends[source]

    def _forward(self, side, target, buffer):
        """Pass on whole records; false where it is to hang up."""
        while len(buffer) >= HEADER:
            length = HEADER + struct.unpack(">H", buffer[3:HEADER])[0]
            if len(buffer) < length:
                return True
            self.records[-1][side] += 1
            part = self._part(side, length)
            target.sendall(buffer[:length if part is None else part])
            del buffer[:length]
            if part is not None:
                return False
        return True

    def _part(self, side, length):
        """How much of this record goes through before the end; None: go on."""
        here = (len(self.records), side, self.records[-1][side])
        if self.cut is None or self.cut[:3] != here:
            return None
        return {BEFORE: 0, MIDDLE: length // 2, AFTER: length}[self.cut[3]]
