# SPDX-License-Identifier: MIT
"""What the tests of certificates share: clocks, bundles, files."""

import contextlib
import os
import re
import shutil
import ssl
import subprocess

from accounts import Device
from harness import preloaded, wait_for
from replica import preload

DAY = 86400
PEM = re.compile(r"-----BEGIN CERTIFICATE-----\n.*?-----END CERTIFICATE-----\n", re.S)


@contextlib.contextmanager
def later(days):
    """What is started here has a clock that is ahead."""
    faked = preloaded(preload(), FAKETIME=f"+{int(days * DAY)}s",
                      FAKETIME_DONT_FAKE_MONOTONIC="1")
    before = {name: os.environ.get(name) for name in faked}
    os.environ.update(faked)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def restart(server, days):
    """The same server, so many days from now."""
    if server.alive():
        server.stop()
    with later(days):
        server.start()


def bundle(server, device, *words, user="alice"):
    """A Device with what `taskd user bundle` was told."""
    made = Device.__new__(Device)
    made.server, made.name = server, device
    text = server.command("user", "bundle", "Public", user, *words, "--key-type", "ecdsa",
                          "--output", "-").stdout
    made.account, made.ca, made.cert, made.key = server.read_bundle(text)
    return made


def short(server, days, name="phone"):
    return bundle(server, name, "--device", name, "--days", str(days))


def openssl(path, *words):
    return subprocess.run(["openssl", "x509", "-noout", "-in", path, *words], check=True,
                          capture_output=True, text=True).stdout


def ends(path):
    """[s since 1970]"""
    return ssl.cert_time_to_seconds(openssl(path, "-enddate").strip().split("=", 1)[1])


def pki_file(server, name):
    return os.path.join(server.data, "pki", name)


def shown_by(server, **options):
    """The certificate that the server shows to a new connection, DER."""
    with server.wire(**options).connect() as connection:
        return connection.tls.getpeercert(True)


def der(path):
    with open(path, encoding="ascii") as file:
        return ssl.PEM_cert_to_DER_cert(PEM.search(file.read()).group())


def put(source, target):
    """Replace a file as programs that renew certificates do."""
    shutil.copyfile(source, target + ".new")
    os.rename(target + ".new", target)


def read_again(server, before):
    wait_for(lambda: server.log_text().count("event=certificates-read") > before,
             "the certificates are read")
