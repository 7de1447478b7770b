# SPDX-License-Identifier: MIT
"""TLS as clients speak it, and certificates of every kind."""

import os
import re
import shutil
import signal
import ssl

from harness import KIND, Server, case, need_server, run, same, shared, skip, true, wait_for
from pki import Authority
from wire import Wire

V10, V11, V12, V13 = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2,
                      ssl.TLSVersion.TLSv1_3)
LEGACY = ["ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA", "AES128-GCM-SHA256", "AES256-GCM-SHA384",
          "AES128-SHA", "AES256-SHA"]  # of TLS 1.2 and of Mirakel

server = shared(pki="openssl")
legacy = shared(pki="openssl", server_key="rsa", settings={"tls.legacy": "on"}, user="old")


def works(wire, account=None):
    answer = wire.sync(account or wire.server.account)
    true(answer.code in (200, 201), f"answered {answer}")
    true(answer.key or KIND != "ours", "a key in the answer")


def denied(wire, *words):
    """430, and `messages` says why."""
    answer = wire.sync(wire.server.account)
    true(not answer.empty, "the server closed without an answer")
    same((answer.code, answer.status), (430, "Access denied"))
    true(answer.messages, "messages is empty")
    for word in words:
        true(word in answer.messages.lower(), f"{word!r} in {answer.messages!r}")


def refused(wire):
    """No TLS at all."""
    try:
        answer = wire.sync(wire.server.account)
    except (ssl.SSLError, ConnectionResetError):
        return
    true(answer.empty, f"answered {answer}")


@case("no SNI")
def no_sni():
    works(Wire(server(), name=False))


@case("SNI of a name, known and unknown")
def sni():
    works(Wire(server(), name="localhost"))
    stranger = Wire(server(), name="tasks.example.org")
    stranger.context.check_hostname = False
    works(stranger)


@case("TLS 1.2")
def tls_12():
    works(Wire(server(), max_tls=V12))


@case("TLS 1.3")
def tls_13():
    works(Wire(server(), min_tls=V13))


@case("TLS 1.0 and 1.1 are refused, and hurt nobody")
def tls_old():
    if KIND != "ours":
        skip("the reference server speaks them")
    for version in (V10, V11):
        refused(Wire(server(), min_tls=version, max_tls=version, ciphers="ALL:@SECLEVEL=0"))
    works(server().wire())


@case("close_notify with each version")
def close_notify():
    for version in (V12, V13):
        answer = Wire(server(), min_tls=version, max_tls=version).sync(server().account,
                                                                      read_until_eof=True)
        same((answer.extra, answer.clean if KIND == "ours" else True), (b"", True))


@case("tls.legacy=on: TLS 1.0 and 1.1")
def legacy_versions():
    for version in (V10, V11):
        works(Wire(legacy(), min_tls=version, max_tls=version, ciphers="DEFAULT:@SECLEVEL=0"))


@case("tls.legacy=on: the cipher suites of old phones")
def legacy_suites():
    for suite in LEGACY:
        works(Wire(legacy(), max_tls=V12, ciphers=f"{suite}:@SECLEVEL=0"))


@case("tls.legacy=on: today's clients as well")
def legacy_modern():
    works(Wire(legacy(), min_tls=V13))
    works(legacy().wire())


@case("client keys: ECDSA, Ed25519, RSA in PKCS#8 and PKCS#1")
def client_keys():
    for name, algorithm, pkcs1 in (("ec", "ecdsa", False), ("ed", "ed25519", False),
                                   ("rsa8", "rsa", False), ("rsa1", "rsa", True)):
        cert, key = server().authority.issue(name, "client", algorithm, pkcs1=pkcs1)
        if pkcs1:
            with open(key, encoding="ascii") as file:
                true(file.read().startswith("-----BEGIN RSA PRIVATE KEY-----"), "PKCS#1")
        for version in (V12, V13):
            works(Wire(server(), cert=cert, key=key, min_tls=version, max_tls=version))


@case("`taskd setup` makes an RSA client key in PKCS#1, without a preamble")
def setup_key():
    if KIND != "ours":
        skip("the reference server has no setup")
    with Server(pki="setup") as own:
        with open(own.key, encoding="ascii") as file:
            text = file.read()
        true(text.startswith("-----BEGIN RSA PRIVATE KEY-----\n"), text[:40])
        for version in (V12, V13):
            works(Wire(own, min_tls=version, max_tls=version))
        works(Wire(own, name="localhost"))
        works(Wire(own, name=False))


@case("`taskd user bundle`: another device, another certificate, the same account")
def second_device():
    if KIND != "ours":
        skip("the reference server has no bundles")
    with Server(pki="setup") as own:
        done = own.command("user", "bundle", "Public", "alice", "--device", "phone")
        paths = [p for p in re.findall(r"(/[^\s'\"]+)", done.stdout) if os.path.isfile(p)]
        texts = [done.stdout]
        for path in paths:
            with open(path, encoding="utf-8", errors="replace") as file:
                texts.append(file.read())
        text = next(t for t in reversed(texts) if "PRIVATE KEY-----" in t)
        account, ca, cert, key = own.read_bundle(text)
        same(account.key, own.account.key)
        with open(cert, encoding="ascii") as new, open(own.cert, encoding="ascii") as old:
            true(new.read() != old.read(), "a certificate of its own")
        works(Wire(own, cert=cert, key=key, ca=ca))


@case("no client certificate: 430 with messages")
def no_certificate():
    for version in (V12, V13):
        denied(Wire(server(), cert=False, min_tls=version, max_tls=version), "certificate")


@case("trust=allow all: credentials are enough")
def allow_all():
    stranger = Authority(os.path.join(server().folder, "stranger"), "Stranger").issue("eve")
    with Server(pki="openssl", settings={"trust": "allow all"}) as trusting:
        works(Wire(trusting, cert=False))
        works(Wire(trusting, cert=stranger[0], key=stranger[1]))


@case("a certificate of another authority: 430 with messages")
def foreign():
    authority = Authority(os.path.join(server().folder, "foreign"), "Foreign CA")
    cert, key = authority.issue("mallory")
    for version in (V12, V13):
        denied(Wire(server(), cert=cert, key=key, min_tls=version, max_tls=version), "certificate")


@case("a certificate of another authority of the same name: 430")
def impostor():
    authority = Authority(os.path.join(server().folder, "impostor"), "Test CA")
    cert, key = authority.issue("mallory")
    denied(Wire(server(), cert=cert, key=key), "certificate")


@case("an expired certificate: 430, messages says expired")
def expired():
    cert, key = server().authority.issue("old", start="20200101000000Z", end="20210101000000Z")
    for version in (V12, V13):
        denied(Wire(server(), cert=cert, key=key, min_tls=version, max_tls=version), "expired")


@case("a certificate from the future: 430")
def not_yet():
    cert, key = server().authority.issue("new", start="20480101000000Z", end="20490101000000Z")
    denied(Wire(server(), cert=cert, key=key), "certificate")


@case("a revoked certificate: 430 after a HUP, the others go on")
def revoked():
    lost = server().authority.issue("lost")
    works(Wire(server(), cert=lost[0], key=lost[1]))
    server().authority.revoke(lost[0])
    server().authority.crl()
    server().signal(signal.SIGHUP)
    wire = Wire(server(), cert=lost[0], key=lost[1])
    wait_for(lambda: wire.sync(server().account).code == 430, "the certificate is refused")
    denied(wire, "revoked")
    works(server().wire())


def serial(own):
    with Wire(own).connect() as connection:
        return connection.tls.getpeercert()["serialNumber"]


@case("a new server certificate is taken at a HUP, a broken one is not")
def renewed():
    with Server(pki="openssl") as own:
        cert, key = own.authority.path("server.pem"), own.authority.path("server.key.pem")
        before = serial(own)
        new_cert, new_key = own.authority.issue("renewed", "server")
        shutil.copy(new_cert, cert)
        shutil.copy(new_key, key)
        same(serial(own), before, "before the HUP")
        own.signal(signal.SIGHUP)
        wait_for(lambda: serial(own) != before, "the new certificate is served")
        after = serial(own)
        with open(cert, "w", encoding="ascii") as file:
            file.write("broken")
        mark = len(own.log_text())
        own.signal(signal.SIGHUP)
        wait_for(lambda: "server.pem" in own.log_text()[mark:], "the log names the broken file")
        same(serial(own), after, "the last good certificate")
        works(own.wire())


need_server()
run()
