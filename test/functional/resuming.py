# SPDX-License-Identifier: MIT
"""TLS sessions that are resumed; and clients that don't want any of it."""

import ssl
import time

from fixtures import new_account, new_task, server
from harness import Server, case, need_server, run, same, true
from replica import Replica
from wire import Wire, make_message

VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


def wire_of(version, on=None, **more):
    return (on or server()).wire(min_tls=version, max_tls=version, tickets=True, **more)


def ask(wire, account, keep=None):
    """A sync; gives its answer, and whether the session was resumed."""
    with wire.connect() as connection:
        resumed = connection.tls.session_reused
        connection.send(make_message(Wire.headers(account), Wire.payload([])))
        answer = connection.read_one()
        if keep is not None:
            keep.session = connection.tls.session
        return answer.code, resumed


@case("a session is resumed, again and again, and its client is known")
def resumed():
    account = new_account()
    for version in VERSIONS:
        wire = wire_of(version)
        same(ask(wire, account, wire), (201, False))
        for _ in range(3):
            same(ask(wire, account, wire), (201, True))


@case("a session of one who showed no certificate gains nothing")
def nobody():
    account = new_account()
    for version in VERSIONS:
        wire = wire_of(version, cert=False)
        same(ask(wire, account, wire), (430, False))
        same(ask(wire, account), (430, True))


@case("a reload ends no session, a restart does, and neither is noticed")
def outlived():
    with Server() as mine:
        for version in VERSIONS:
            wire = wire_of(version, mine)
            same(ask(wire, mine.account, wire), (201, False))
            mine.reload()
            same(ask(wire, mine.account, wire), (201, True))
            mine.restart()
            same(ask(wire, mine.account), (201, False))


@case("who is revoked is refused in a resumed session, others are not")
def revoked():
    with Server(pki="openssl") as mine:
        cert, key = mine.authority.issue("other")
        wires = [wire_of(v, mine, **more) for v in VERSIONS
                 for more in ({}, {"cert": cert, "key": key})]
        for wire in wires:
            same(ask(wire, mine.account, wire), (201, False))
        mine.authority.revoke(mine.cert)
        mine.authority.crl()
        mine.reload()
        same([ask(w, mine.account) for w in wires], [(430, True), (201, True)] * 2)


@case("who has expired meanwhile is refused in a resumed session")
def expired():
    with Server(pki="openssl") as mine:
        end = time.time() + 8
        stamp = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(end))
        cert, key = mine.authority.issue("brief", end=stamp)
        wires = [wire_of(v, mine, cert=cert, key=key) for v in VERSIONS]
        for wire in wires:
            same(ask(wire, mine.account, wire), (201, False))
        time.sleep(max(0, end + 1.5 - time.time()))
        same([ask(w, mine.account) for w in wires], [(430, True)] * 2)


@case("another authority since: who came from the old one is refused")
def other_authority():
    with Server(pki="openssl") as mine:
        wires = [wire_of(v, mine) for v in VERSIONS]
        for wire in wires:
            same(ask(wire, mine.account, wire), (201, False))
        other = type(mine.authority)(mine.folder + "/other")
        mine.configure(**{"ca.cert": other.cert, "server.crl": ""})
        mine.reload()
        same([ask(w, mine.account) for w in wires], [(430, True)] * 2)


@case("tls.tickets=off: no session is resumed")
def off():
    with Server(settings={"tls.tickets": "off"}) as mine:
        for version in VERSIONS:
            wire = wire_of(version, mine)
            same(ask(wire, mine.account, wire), (201, False))
            same(ask(wire, mine.account), (201, False))


@case("who doesn't ask for a TLS 1.3 ticket gets none")
def not_asked():
    account = new_account()
    wire = server().wire(min_tls=ssl.TLSVersion.TLSv1_3)
    with wire.connect() as connection:
        connection.send(make_message(Wire.headers(account), Wire.payload([new_task()])))
        same(connection.read_one().code, 200)
        true(not connection.tls.session.has_ticket, "no ticket")


@case("a real Taskwarrior notices nothing")
def taskwarrior():
    replica = Replica("guest").connect(server(), new_account())
    try:
        replica.add("milk")
        replica.must_sync(init=True)
        for n in range(3):
            replica.add(f"milk {n}")
            replica.must_sync()
    finally:
        replica.close()


need_server()
run()
