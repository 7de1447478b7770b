/* SPDX-License-Identifier: MIT */
#include "client/replica/pending.h"
#include "client/sync/status.h"
#include "client/watch/say.h"
#include "client/watch/target.h"
#include "common/base/date.h"

#include <stdio.h>

static int open_replica(const struct target *t, struct replica *ret, struct ts_error *err)
{
	return replica_open(t->place->data, true, t->device, ret, err);
}

static int look_in(struct target *t, struct replica *r, struct ts_txn *txn, bool *ret_changed,
		   struct ts_error *err)
{
	struct ts_sync_point point;
	uint64_t newest;
	size_t count = 0;
	int code = ts_version_newest(txn, r->user, &newest, err);
	if (code != TS_OK || newest == t->seen) {
		return code;
	}
	code = ts_sync_point_get(txn, r->user, t->remote.name, 0, &point, err);
	if (code == TS_OK || code == TS_ENOTFOUND) {
		code = pending_count(txn, r, t->remote.name, code == TS_OK ? &point : NULL, 1,
				     &count, err);
	}
	if (code == TS_OK) {
		t->seen = newest;
		*ret_changed = count > 0;
	}
	return code;
}

static int look(struct target *t, bool *ret_changed, struct ts_error *err)
{
	struct replica r = {0};
	struct ts_txn *txn = NULL;
	*ret_changed = false;
	int code = open_replica(t, &r, err);
	if (code == TS_OK) {
		code = ts_txn_begin(r.store, TS_READ, &txn, err);
	}
	if (code == TS_OK) {
		code = look_in(t, &r, txn, ret_changed, err);
	}
	ts_txn_abort(txn);
	replica_close(&r);
	return code;
}

static void remark(const char *text, void *arg)
{
	(void)arg;
	say(SAY_WARNING, "%s", text);
}

static struct sync sync_of(struct target *t, struct replica *r, int cancel_fd)
{
	return (struct sync){
		.replica = r,
		.remote = &t->remote,
		.settings = t->settings,
		.place = t->place,
		.how = SYNC_NORMAL,
		.cancel_fd = cancel_fd,
		.say = remark,
		.dial = TS_TAKE(t->dial),
		.keep = true,
	};
}

static int run_sync(struct target *t, int stop_fd, struct target_result *ret, struct ts_error *err)
{
	struct replica r = {0};
	int code = open_replica(t, &r, err);
	if (code != TS_OK) {
		return code;
	}
	struct sync s = sync_of(t, &r, stop_fd);
	code = sync_whole(&s, err);
	t->dial = s.dial;
	*ret = (struct target_result){
		.sent = s.sent, .received = s.received, .conflicts = s.conflicts, .counted = true};
	(void)snprintf(ret->messages, sizeof(ret->messages), "%s", s.messages);
	replica_close(&r);
	return code;
}

/* The server has confirmed that there is nothing new: as good as a sync, for those who look after
 * its age. */
static void remember_wait(const struct target *t)
{
	struct sync_status s;
	if (status_read(t->place, t->remote.name, &s, NULL) == TS_OK && s.last_error == 0) {
		s.last_try = s.last_success = ts_date_now();
		(void)!status_write(t->place, t->remote.name, &s, NULL);
	}
}

static int run_wait(struct target *t, int cancel_fd, struct ts_error *err)
{
	struct replica r = {0};
	int code = open_replica(t, &r, err);
	if (code != TS_OK) {
		return code;
	}
	struct sync s = sync_of(t, &r, cancel_fd);
	code = sync_wait(&s, t->settings->watch_wait, err);
	if (code == TS_ETIMEOUT && s.code == 201) {
		remember_wait(t);
	}
	t->dial = s.dial;
	replica_close(&r);
	return code;
}

int target_replica(struct target *ret, const struct place *place, const struct settings *settings,
		   const char *remote, const char *device, struct ts_error *err)
{
	static const struct target_ops ops = {look, run_sync, run_wait};
	*ret = (struct target){.ops = &ops, .place = place, .settings = settings};
	(void)snprintf(ret->device, sizeof(ret->device), "%s", device);
	int code = remote_read(place, settings, remote, &ret->remote, err);
	if (code == TS_OK) {
		ts_buf_add_str(&ret->folder, place->data);
		code = ret->folder.failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : TS_OK;
	}
	return code;
}

void target_done(struct target *t)
{
	ts_dial_close(TS_TAKE(t->dial));
	remote_done(&t->remote);
	ts_buf_done(&t->folder);
	*t = (struct target){0};
}
