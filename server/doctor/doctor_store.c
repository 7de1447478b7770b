/* SPDX-License-Identifier: MIT */
/* The store, and the accounts in it. */
#include "server/doctor/doctor_internal.h"

#include "server/command/command.h"

struct census {
	struct ts_txn *txn;
	struct ts_error *err;
	size_t users, suspended, redirected, unread; /* lines in quarantine */
};

void doctor_store(struct ts_checkup *c)
{
	struct doctor *d = TS_OWNER(c, struct doctor, checkup);
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	struct ts_store_stats stats;
	struct ts_error err = {0};
	int rc = ts_store_open(d->wish->data, false, &d->store, &err);
	if (rc == TS_OK) {
		rc = ts_txn_begin(d->store, TS_READ, &t, &err);
	}
	if (rc != TS_OK) {
		ts_checkup_fail(c, rc,
				rc == TS_ENOTFOUND ? "`taskd setup` makes one"
						   : "`taskd restore` puts a back-up back",
				"%s", err.text);
		return;
	}
	ts_store_stats(t, &stats);
	ts_checkup_ok(c, "The store can be read: users %llu, versions %llu, %.1f MiB on disk.",
		      (unsigned long long)stats.users, (unsigned long long)stats.versions,
		      (double)stats.bytes / 1048576);
}

static int count_reject(const struct ts_reject *r, void *arg)
{
	struct census *n = arg;
	(void)r;
	n->unread++;
	return TS_OK;
}

static int count_user(const struct ts_user *user, void *arg)
{
	struct census *n = arg;
	n->users++;
	n->suspended += user->suspended ? 1 : 0;
	return ts_reject_each(n->txn, user->id, count_reject, n, n->err);
}

static int count_org(const struct ts_org *org, void *arg)
{
	struct census *n = arg;
	n->redirected += org->redirect[0] != '\0' ? 1 : 0;
	return ts_user_each(n->txn, org, count_user, n, n->err);
}

void doctor_accounts(struct ts_checkup *c)
{
	struct doctor *d = TS_OWNER(c, struct doctor, checkup);
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	struct ts_error err = {0};
	struct census n = {.err = &err};
	int rc = ts_txn_begin(d->store, TS_READ, &t, &err);
	n.txn = t;
	if (rc == TS_OK) {
		rc = ts_org_each(t, count_org, &n, &err);
	}
	if (rc != TS_OK) {
		ts_checkup_fail(c, rc, "`taskd verify` says what else is damaged", "%s", err.text);
	} else if (n.users == 0) {
		ts_checkup_warn(c, "taskd user add ORG USER", "There is no user yet.");
	} else if (n.unread > 0) {
		ts_checkup_warn(c, "`taskd quarantine ORG USER` shows them",
				"Lines that clients sent and that could not be read as tasks: %zu.",
				n.unread);
	} else {
		ts_checkup_ok(c,
			      "Users: %zu, of them suspended %zu; organizations that moved: %zu.",
			      n.users, n.suspended, n.redirected);
	}
}
