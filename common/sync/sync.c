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
	s->unknown_key = true;
	for (size_t i = 0; i < u->key_count; i++) {
		int code = ts_transaction_by_key(t, s->user, &u->keys[i], &tr, err);
		if (code == TS_OK) {
			s->unknown_key = false;
			s->since = tr.last > s->since ? tr.last : s->since;
		} else if (code != TS_ENOTFOUND) {
			return code;
		}
	}
	return TS_OK;
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

static int store_rejects(struct ts_txn *t, const struct ts_sync *s, struct ts_error *err)
{
	const struct ts_upload *u = s->upload;
	const size_t count = u->reject_list.len / sizeof(struct ts_upload_reject);
	TS_ARENA(arena);
	bool any = false, is_new;
	for (size_t i = 0; i < count; i++) {
		struct ts_reject r = {.time = s->now};
		ts_arena_reset(&arena);
		int code = ts_upload_reject(u, i, &arena, &r, err);
		if (code == TS_OK) {
			code = ts_reject_add(t, s->user, &r, &is_new, err);
		}
		if (code != TS_OK) {
			return code;
		}
		any |= is_new;
	}
	return any ? ts_reject_trim(t, s->user, s->reject_max, err) : TS_OK;
}

static int by_task(const void *a, const void *b)
{
	const struct ts_upload_entry *x = a, *y = b;
	int c = memcmp(x->task.bytes, y->task.bytes, sizeof(x->task.bytes));
	return c != 0 ? c : (x->offset > y->offset) - (x->offset < y->offset);
}

/* Each task's states as one branch, in the order in which they were sent. */
static int store_tasks(struct ts_branch *b, struct ts_upload_entry *entries, size_t count,
		       struct ts_error *err)
{
	int code = TS_OK;
	qsort(entries, count, sizeof(*entries), by_task);
	for (size_t i = 0, n; i < count && code == TS_OK; i += n) {
		for (n = 1; i + n < count && ts_uuid_eq(&entries[i].task, &entries[i + n].task);) {
			n++;
		}
		code = ts_branch_store(b, &entries[i], n, err);
	}
	return code;
}

static int close_transaction(struct ts_branch *b, struct ts_transaction *newest,
			     struct ts_error *err)
{
	if (b->next == b->first) {
		return TS_OK;
	}
	newest->last = b->next - 1;
	newest->key = ts_uuid_random();
	newest->time = b->sync->now;
	newest->tasks += b->new_tasks;
	newest->bytes += b->bytes;
	(void)snprintf(newest->device, sizeof(newest->device), "%s", b->sync->device);
	return ts_transaction_add(b->txn, b->sync->user, newest, err);
}

int ts_sync_store(struct ts_txn *t, struct ts_sync *s, struct ts_error *err)
{
	const struct ts_upload *u = s->upload;
	struct ts_transaction newest;
	TS_CLEANUP(ts_branch_done) struct ts_branch b = {.txn = t, .sync = s};
	int code = ts_sync_find(t, s, err);
	if (code == TS_OK) {
		code = ts_transaction_newest(t, s->user, &newest, err);
	}
	if (code != TS_OK) {
		return code;
	}
	b.first = b.next = newest.last + 1;
	TS_AUTOFREE struct ts_upload_entry *entries =
		reallocarray(NULL, u->entry_count + 1, sizeof(*entries));
	if (entries == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	if (u->entry_count > 0) {
		memcpy(entries, u->entries, u->entry_count * sizeof(*entries));
	}
	code = store_tasks(&b, entries, u->entry_count, err);
	if (code == TS_OK) {
		code = close_transaction(&b, &newest, err);
	}
	if (code == TS_OK) {
		code = store_rejects(t, s, err);
	}
	if (code != TS_OK) {
		return code;
	}
	s->stored = b.next - b.first;
	ts_numbers_sort(&s->known);
	ts_numbers_sort(&s->differs);
	write_note(s);
	return TS_OK;
}
