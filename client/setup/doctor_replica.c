/* SPDX-License-Identifier: MIT */
/* The tasks on this machine, and how the last syncs went. */
#include "client/setup/doctor_internal.h"

#include "client/replica/pending.h"
#include "client/sync/status.h"
#include "common/show/spell.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/statvfs.h>

enum { ROOM_NEEDED = 16 << 20 }; /* [bytes] on the disk; less is worth a warning */

static int count_one(const struct replica_entry *e, void *arg, struct ts_error *err)
{
	(void)e;
	(void)err;
	++*(size_t *)arg;
	return TS_OK;
}

/* Every task is read, which finds what is damaged. */
static int read_all(const struct replica *r, size_t *ret, struct ts_error *err)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	int rc = ts_txn_begin(r->store, TS_READ, &t, err);
	*ret = 0;
	return rc == TS_OK ? replica_each(t, r, count_one, ret, err) : rc;
}

static int may_write(const struct replica *r, struct ts_error *err)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	return ts_txn_begin(r->store, TS_WRITE, &t, err);
}

static void check_room(struct doctor *d)
{
	struct statvfs v;
	const char *folder = d->wish->place->data;
	if (statvfs(folder, &v) != 0) {
		ts_checkup_warn(&d->checkup, "", "The room on the disk of %s is not known: %s.",
				folder, strerror(errno));
		return;
	}
	const uint64_t room = (uint64_t)v.f_bavail * v.f_frsize;
	if (room < ROOM_NEEDED) {
		ts_checkup_warn(&d->checkup, "make room on the disk",
				"There are only %" PRIu64 " kB left on the disk of %s.", room >> 10,
				folder);
	}
}

void doctor_replica(struct ts_checkup *c)
{
	struct doctor *d = TS_OWNER(c, struct doctor, checkup);
	TS_CLEANUP(replica_close) struct replica r = {0};
	struct ts_error err = {0};
	size_t tasks = 0;
	int rc = replica_open(d->wish->place->data, false, "", &r, &err);
	if (rc == TS_ENOTFOUND) {
		ts_checkup_warn(&d->checkup, "", "%s", err.text);
		return;
	}
	if (rc == TS_OK) {
		rc = read_all(&r, &tasks, &err);
	}
	if (rc == TS_OK) {
		rc = may_write(&r, &err);
	}
	if (rc != TS_OK) {
		ts_checkup_fail(
			&d->checkup, rc,
			"see to the disk and to who owns the files; where a file is damaged, "
			"restore it from a back-up, or remove it and sync again",
			"%s", err.text);
		return;
	}
	ts_checkup_ok(&d->checkup, "The replica in %s holds %zu task%s, all readable.",
		      d->wish->place->data, tasks, tasks == 1 ? "" : "s");
	check_room(d);
}

/* How many changes wait for the next sync; what isn't known is none. */
static size_t count_pending(struct doctor *d)
{
	enum { MOST = 1000000 };
	TS_CLEANUP(replica_close) struct replica r = {0};
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	struct ts_sync_point point;
	size_t count = 0;
	if (replica_open(d->wish->place->data, false, "", &r, NULL) != TS_OK ||
	    ts_txn_begin(r.store, TS_READ, &t, NULL) != TS_OK) {
		return 0;
	}
	bool synced = ts_sync_point_get(t, r.user, d->remote.name, 0, &point, NULL) == TS_OK;
	int rc = pending_count(t, &r, d->remote.name, synced ? &point : NULL, MOST, &count, NULL);
	ts_txn_abort(TS_TAKE(t));
	return rc == TS_OK ? count : 0;
}

void doctor_sync(struct ts_checkup *c)
{
	struct doctor *d = TS_OWNER(c, struct doctor, checkup);
	TS_BUF(age);
	struct sync_status s = {0};
	struct ts_error err = {0};
	const size_t waiting = count_pending(d);
	int rc = status_read(d->wish->place, d->remote.name, &s, &err);
	if (rc != TS_OK) {
		ts_checkup_fail(&d->checkup, rc, "remove the file; the next sync makes a new one",
				"%s", err.text);
		return;
	}
	ts_spell_age(&age, s.last_success, d->now);
	ts_buf_add_str(&age, "");
	if (s.last_error != 0) {
		ts_checkup_warn(&d->checkup, "", "The last sync failed: %s", s.error);
	}
	if (s.last_success == 0) {
		ts_checkup_warn(&d->checkup, "run `taskc sync`",
				"There was no sync yet; %zu change%s waiting.", waiting,
				waiting == 1 ? "" : "s");
	} else {
		ts_checkup_ok(&d->checkup, "Last good sync: %s; %zu change%s waiting.",
			      age.data != NULL ? age.data : "", waiting, waiting == 1 ? "" : "s");
	}
}
