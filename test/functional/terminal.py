# SPDX-License-Identifier: MIT
"""taskc on a terminal of a chosen width."""

import fcntl
import os
import pty
import struct
import termios
import unicodedata

from taskc import TASKC


def cells(text):
    """Cells on a terminal."""
    return sum(0 if unicodedata.category(c) in ("Mn", "Me", "Cf") else
               2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def on_terminal(replica, columns, *words, keys=b"", **environ):
    """What a command writes to a terminal of that width, where somebody types `keys`."""
    pid, master = pty.fork()
    if pid == 0:
        env = dict(replica.environment(), TERM="xterm-256color", **environ)
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        os.execve(TASKC, [TASKC, *words], env)
    data = b""
    while True:
        if keys and b"?" in data:
            os.write(master, keys)
            keys = b""
        try:
            piece = os.read(master, 65536)
        except OSError:
            break
        if not piece:
            break
        data += piece
    os.close(master)
    os.waitpid(pid, 0)
    return data.decode().replace("\r\n", "\n")
