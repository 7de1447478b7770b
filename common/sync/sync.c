/* SPDX-License-Identifier: MIT */
#include "common/sync/sync.h"

#include "common/sync/branch.h"
#include "common/sync/internal.h"

#include <stdio.h>
#include <stdlib.h>

static void forget_results(struct ts_sync *s)
{
	s->known.count = 0;
	s->differs.count = 0;
	s->stored = s->merges = s->conflicts = 0;
	s->repaired = s->rejected = 0;
	s->note[0] = '\0';
}

void ts_sync_done(struct ts_sync *s)
{
	ts_numbers_done(&s->known);
	ts_numbers_done(&s->differs);
	forget_results(s);
}

static void take_known(struct ts_sync *s, const struct ts_transaction *tr)
{
	if (s->unknown_key || tr->last >= s->since) {
		s->newest = tr->key;
		s->since = tr->last;
	}
	s->unknown_key = false;
}

static int refuse(struct ts_error *err)
{
	return ts_fail(
		err, TS_EHISTORY,
		"The server doesn't know the sync key that this client has; it may have been "
		"restored from an older backup. Nothing was stored.");
}

int ts_sync_find(struct ts_txn *t, struct ts_sync *s, struct ts_error *err)
{
	const struct ts_upload *u = s->upload;
	struct ts_transaction tr;
	forget_results(s);
	s->since = 0;
	s->unknown_key = false;
	if (s->init || (!u->has_key && u->key_count == 0)) {
		return TS_OK;
	}
	bool own_known = false;
	s->unknown_key = true;
	for (size_t i = 0; i < u->key_count; i++) {
		int code = ts_transaction_by_key(t, s->user, &u->keys[i], &tr, err);
		if (code != TS_OK && code != TS_ENOTFOUND) {
			return code;
		}
		if (code == TS_OK) {
			take_known(s, &tr);
			own_known |= i == u->own;
		}
	}
	s->since = s->unknown_key ? s->lost : s->since;
	return s->refuse && u->has_key && !own_known ? refuse(err) : TS_OK;
}

/* " (And 2 more.)" behind what is said of the first. */
static void count_others(size_t count, char *to, size_t size)
{
	to[0] = '\0';
	if (count > 1) {
		(void)snprintf(to, size, " (And %zu more.)", count - 1);
	}
}

/* What the user is told about lines that were not taken as they came. */
static void write_note(struct ts_sync *s)
{
	const struct ts_upload *u = s->upload;
	char more[40];
	s->repaired = u->repaired;
	s->rejected = u->reject_count;
	if (s->rejected > 0) {
		count_others(s->rejected, more, sizeof(more));
		(void)snprintf(s->note, sizeof(s->note), "%.*s%s The server keeps a copy.",
			       TS_SLICE_ARGS(ts_utf8_beginning(ts_slice_of(u->first_reject), 200)),
			       more);
	} else if (s->repaired > 0) {
		count_others(s->repaired, more, sizeof(more));
		(void)snprintf(s->note, sizeof(s->note), "%s%s", u->first_repair, more);
	}
}

/* Each task's states as one branch, in the order in which they were sent. */
static int store_tasks(struct ts_branch *b, struct ts_error *err)
{
	TS_AUTOFREE struct ts_upload_entry *entries = NULL;
	const size_t count = ts_upload_tasks(b->sync->upload);
	int code = ts_upload_by_task(b->sync->upload, &entries, err);
	for (size_t i = 0, n; i < count && code == TS_OK; i += n) {
		n = ts_upload_same_task(entries + i, count - i);
		code = ts_branch_store(b, &entries[i], n, err);
	}
	return code;
}

int ts_sync_store(struct ts_txn *t, struct ts_sync *s, struct ts_error *err)
{
	TS_CLEANUP(ts_branch_done) struct ts_branch b = {.txn = t, .sync = s};
	const struct ts_append_by by = {.now = s->now, .device = s->device, .what = ""};
	int code = ts_sync_find(t, s, err);
	if (code == TS_OK) {
		code = ts_append_begin(t, s->user, &b.append, err);
	}
	if (code == TS_OK) {
		code = store_tasks(&b, err);
	}
	s->stored = code == TS_OK ? ts_append_count(&b.append) : 0;
	if (code == TS_OK) {
		code = ts_append_close(&b.append, &by, err);
	}
	if (code == TS_OK) {
		code = ts_upload_quarantine(s->upload, t, s->user, s->now, s->reject_max, err);
	}
	if (code != TS_OK) {
		return code;
	}
	ts_numbers_sort(&s->known);
	ts_numbers_sort(&s->differs);
	write_note(s);
	return TS_OK;
}
