# SPDX-License-Identifier: MIT
"""
What is answered is on disk: kill -9, TERM and HUP under load.

TS_KILLS: how many times it is killed.
"""

import os
import random
import resource
import signal
import socket
import threading
import time

from harness import KIND, Server, case, need_server, note, run, same, skip, true
from taskmap import date_text
from wire import Num, new_uuid

KILLS = int(os.environ.get("TS_KILLS", "8"))
START = 1767225600


class Request:
    """Some new tasks and the next value of the client's counter: all of it or nothing is stored."""

    def __init__(self, client, number):
        self.number = number
        self.name = f"{client.name}-{number}"
        time_ = date_text(START + number)
        self.counter = {"uuid": client.counter, "status": "pending", "entry": date_text(START),
                        "modified": time_, "description": f"counter of {client.name}",
                        "count": Num(number)}
        self.tasks = [{"uuid": new_uuid(), "status": "pending", "entry": time_, "modified": time_,
                       "description": f"task {n}", "request": self.name, "padding": "x" * 200}
                      for n in range(client.rng.randint(1, 6))]

    def all(self):
        return self.tasks + [self.counter]


class Client(threading.Thread):
    """Sends one request after the other until it is told to stop or one isn't answered."""

    def __init__(self, server, account, number):
        super().__init__()
        self.server, self.account, self.name = server, account, f"c{number}"
        self.rng = random.Random(number)
        self.counter, self.count, self.key = new_uuid(), 0, None
        self.answered, self.open, self.fault = [], None, None
        self.halt = threading.Event()

    def run(self):
        wire = self.server.wire()
        while not self.halt.is_set() and not self.fault:
            if not self.open:
                self.count += 1
                self.open = Request(self, self.count)
            try:
                answer = wire.sync(self.account, self.open.all(), self.key)
            except OSError as error:
                self.fault = error
                return
            self.judge(answer)

    def judge(self, answer):
        if answer.empty or len(answer.raw) < answer.length:
            self.fault = "no answer"
        elif answer.code != 200:
            self.fault = answer
        else:
            self.key = answer.key
            self.answered.append(self.open)
            self.open = None

    def again(self):
        """The same client, as a new thread: it sends what wasn't answered once more."""
        other = Client(self.server, self.account, 0)
        for name in ("name", "rng", "counter", "count", "key", "answered", "open"):
            setattr(other, name, getattr(self, name))
        return other


class Load:
    """Clients with an account each, and two who share one."""

    def __init__(self, server, count=5):
        self.server = server
        accounts = [server.add_user(f"load {n}") for n in range(count - 1)]
        accounts.append(accounts[-1])
        self.clients = [Client(server, account, n) for n, account in enumerate(accounts)]

    def start(self):
        self.clients = [c.again() for c in self.clients]
        for client in self.clients:
            client.start()

    def stop(self):
        for client in self.clients:
            client.halt.set()
        for client in self.clients:
            client.join()

    def requests(self):
        return sum(len(c.answered) for c in self.clients)

    def check(self):
        """After a restart: what was answered is there, the rest wholly or not at all."""
        for client in self.clients:
            answer = self.server.wire().sync(client.account)
            true(answer.code in (200, 201), f"answered {answer}")
            self.check_client(client, {t["uuid"]: t for t in answer.tasks})
            if client.key:
                known = self.server.wire().sync(client.account, [], client.key)
                same(known.messages, "", "its last key is known")

    @staticmethod
    def check_client(client, tasks):
        for request in client.answered:
            for task in request.tasks:
                same(tasks.get(task["uuid"], {}).get("request"), request.name,
                     f"an answered task of {request.name}")
        want = {client.answered[-1].number} if client.answered else {None}
        if client.open:
            there = [t["uuid"] in tasks for t in client.open.tasks]
            true(all(there) or not any(there), f"{client.open.name} is there in part: {there}")
            want = {client.open.number} if all(there) else want
        counter = tasks.get(client.counter, {}).get("count")
        value = int(float(counter)) if counter else None
        true(value in want, f"the counter is {value}, not {want}")


def faults(load):
    return [f"{c.name}: {c.fault}" for c in load.clients if c.fault]


@case(f"kill -9 under load, {KILLS} times: nothing answered is lost, nothing is stored in part")
def killed():
    with Server() as server:
        load, rng = Load(server), random.Random(7)
        for _ in range(KILLS):
            load.start()
            time.sleep(rng.uniform(0.1, 0.6))
            server.kill()
            load.stop()
            server.start()
            load.check()
        note(f"{load.requests()} requests answered")
        true(load.requests() > 0, "nothing was answered at all")
        load.start()
        time.sleep(0.3)
        load.stop()
        same(faults(load), [], "after the last restart")
        load.check()


@case("kill -9 right after the answer: the change is there")
def killed_at_once():
    with Server() as server:
        for n in range(max(3, KILLS // 2)):
            task = {"uuid": new_uuid(), "status": "pending", "entry": "20260101T000000Z",
                    "modified": "20260101T000000Z", "description": f"number {n}"}
            answer = server.wire().sync(server.account, [task])
            server.kill()
            same(answer.code, 200)
            server.start()
            true(server.wire().sync(server.account).task(task["uuid"]), "the task is lost")
            same(server.wire().sync(server.account, [], answer.key).code, 201)


@case("TERM under load: exit 0, nothing answered is lost")
def terminated():
    if KIND != "ours":
        skip("the reference server dies of the signal")
    with Server() as server:
        load = Load(server)
        for _ in range(3):
            load.start()
            time.sleep(0.4)
            same(server.stop(), 0, "exit code")
            load.stop()
            odd = [c.fault for c in load.clients if c.fault and not isinstance(c.fault, OSError)
                   and c.fault != "no answer" and getattr(c.fault, "code", 0) not in (421, 302)]
            same(odd, [], "answers to those who came late")
            server.start()
            load.check()
        true(load.requests() > 0, "nothing was answered at all")


@case("TERM while silent peers are connected: it stops all the same")
def terminated_with_idle():
    if KIND != "ours":
        skip("the reference server dies of the signal")
    with Server(settings={"timeout.stop": "2s"}) as server:
        peers = [socket.create_connection((server.host, server.port), 30) for _ in range(20)]
        peers += [server.wire().connect() for _ in range(20)]
        same(server.wire().sync(server.account).code in (200, 201), True)
        same(server.stop(), 0, "exit code")
        for peer in peers:
            peer.close()


@case("INT stops it as TERM does")
def interrupted():
    if KIND != "ours":
        skip("the reference server dies of the signal")
    with Server() as server:
        server.signal(signal.SIGINT)
        same(server.process.wait(30), 0, "exit code")


@case("HUP under load: nobody is dropped")
def hung_up():
    if KIND != "ours":
        skip("the reference server reloads between requests")
    with Server() as server:
        load = Load(server)
        load.start()
        for _ in range(25):
            time.sleep(0.05)
            server.signal(signal.SIGHUP)
        load.stop()
        same(faults(load), [], "clients who were dropped")
        true(load.requests() > 0, "nothing was answered at all")
        true(server.alive(), "the server is gone")
        load.check()


def plain_task(description):
    return {"uuid": new_uuid(), "status": "pending", "description": description,
            "entry": date_text(START), "modified": date_text(START)}


@case("no room for the data: an answer that says so, nothing lost, and on it goes when there is room")
def no_room():
    if KIND != "ours":
        skip("the reference server dies of the signal")
    with Server() as server:
        wire, account, stored, answer = server.wire(), server.account, [], None
        room = os.stat(os.path.join(server.data, "tasks.mdb")).st_size + (1 << 20)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
        for _ in range(100):
            task = plain_task("x" * 50000)
            answer = wire.sync(account, [task], None)
            if answer.code != 200:
                break
            stored.append(task["uuid"])
        same(answer.code, 420)
        true("no space left" in answer.headers["messages"], answer.headers["messages"])
        true(server.alive(), "the server is gone")
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE,
                         (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        last = plain_task("room again")
        same(wire.sync(account, [last], None).code, 200)
        same(sorted(t["uuid"] for t in wire.sync(account).tasks), sorted(stored + [last["uuid"]]),
             "what is there")


need_server()
run()
