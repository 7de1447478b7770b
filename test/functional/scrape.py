# SPDX-License-Identifier: MIT
"""What a server tells over HTTP: metrics, health. Set http.listen=0 in its settings."""

import http.client
import re

from harness import wait_for

SAMPLE = re.compile(r"([a-z_]+(?:\{[^}]*\})?) (\S+)")


def place(server):
    """(host, port) of the newest http.listen in its log."""
    found = wait_for(lambda: re.findall(r"event=http address=(\S+):(\d+)",
                                        server.log_text()[server.log_start:]), "HTTP is served")
    return found[-1][0], int(found[-1][1])


def get(server, path, method="GET", at=None, headers=None):
    """(status, body, headers)"""
    connection = http.client.HTTPConnection(*(at or place(server)), timeout=30)
    try:
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8"), dict(answer.getheaders())
    finally:
        connection.close()


class Metrics(dict):
    """Samples by name with labels, and the names with their types."""

    def __init__(self, text):
        super().__init__()
        self.text = text
        self.types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
        self.helps = dict(re.findall(r"^# HELP (\S+) (.+)$", text, re.M))
        for line in text.splitlines():
            if not line.startswith("#"):
                name, value = SAMPLE.fullmatch(line).groups()
                self[name] = float(value)

    def since(self, before):
        """What has changed: {sample: difference}"""
        return {name: value - before.get(name, 0) for name, value in self.items()
                if value != before.get(name, 0)}


def metrics(server):
    status, text, _ = get(server, "/metrics")
    if status != 200:
        raise AssertionError(f"/metrics: {status} {text}")
    return Metrics(text)
