# SPDX-License-Identifier: MIT
"""The two servers that are compared: the tests' servers, with accounts and histories to measure."""

import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "functional"))

import harness  # noqa: E402

KEY_LINE = "%08x-1111-4111-9111-%012x\n"


class Measured(harness.Server):
    """A server with certificates in ECDSA P-256 on both sides, and an account for each of `users`."""

    def __init__(self, name, kind, binary, users, settings=None):
        super().__init__(kind=kind, pki="openssl", settings=settings)
        self.name, self.binary, self.users = name, binary, users
        self.accounts = {}

    def create(self):
        super().create()
        self.configure(**{"server.crl": ""})
        self.accounts = {user: self.add_user(user) for user in self.users}
        return self

    def accounts_file(self, users):
        path = os.path.join(self.folder, "accounts")
        with open(path, "w", encoding="utf-8") as file:
            file.writelines("%r\n" % self.accounts[user] for user in users)
        return path

    def memory_kb(self):
        """(now, at its peak) [kB] resident"""
        fields = {}
        with open("/proc/%d/status" % self.pid, encoding="ascii") as file:
            for line in file:
                name, value = line.split(":", 1)
                fields[name] = value.split()
        return {"rss_kb": int(fields["VmRSS"][0]), "peak_kb": int(fields["VmHWM"][0])}


class Ours(Measured):
    def __init__(self, binary, users, settings=None):
        super().__init__("ours", "ours", binary, users, settings)

    def give_history(self, bench, user, lines, per_sync):
        """Over the wire, a few lines a sync, as clients would have."""
        bench.load(self, mode="feed", users=[user], feed=lines, tasks=per_sync)

    def disk(self, _user):
        """[bytes] the whole store takes; it has one user when this is asked."""
        files = (os.path.join(root, name) for root, _, names in os.walk(self.data)
                 for name in names if name.endswith(".mdb") and name != "lock.mdb")
        return sum(os.stat(path).st_blocks * 512 for path in files)


class Reference(Measured):
    def __init__(self, binary, users):
        # With its default backlog of 10 it loses connections from some 16 clients on.
        super().__init__("reference", "debian", binary, users, {"queue.size": 1024})

    def tx_data(self, user):
        account = self.accounts[user]
        return os.path.join(self.data, "orgs", account.org, "users", account.key, "tx.data")

    def give_history(self, _bench, user, lines, per_sync):
        """As the file that it would have made of the same syncs."""
        with open(lines, encoding="utf-8") as source, \
                open(self.tx_data(user), "w", encoding="utf-8") as to:
            number = 0
            for number, line in enumerate(source, 1):
                to.write(line)
                if number % per_sync == 0:
                    to.write(KEY_LINE % (number, number))
            if number % per_sync != 0:
                to.write(KEY_LINE % (number, number))

    def disk(self, user):
        return os.stat(self.tx_data(user)).st_size


def find_reference():
    return shutil.which("taskd", path="/usr/bin:/bin")
