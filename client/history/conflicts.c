/* SPDX-License-Identifier: MIT */
#include "client/history/history.h"

#include "client/replica/edit.h"

#include <stdlib.h>

/* Of a merge's parents, one that has the lost value. */
static int find_source(struct ts_txn *t, const struct replica *r, const struct step *s,
		       struct ts_arena *a, struct loss *loss, struct ts_error *err)
{
	struct ts_task task;
	loss->source = s->version.parent;
	if (s->version.merged == 0 ||
	    ts_value_same(history_value(&s->before, loss->key), loss->lost)) {
		return TS_OK;
	}
	int code = ts_version_task(t, r->user, s->version.merged, &s->version.task, a, &task, err);
	if (code == TS_OK && ts_value_same(history_value(&task, loss->key), loss->lost)) {
		loss->source = s->version.merged;
	}
	return code;
}

/* The same value may have lost twice; the newest time is told. Those of a task come together. */
static bool is_known(const struct losses *l, const struct loss *loss)
{
	for (size_t i = l->count; i > 0; i--) {
		const struct loss *other = loss_at(l, i - 1);
		if (!ts_uuid_eq(&other->task, &loss->task)) {
			break;
		}
		if (ts_slice_eq(other->key, loss->key) && ts_value_same(other->lost, loss->lost)) {
			return true;
		}
	}
	return false;
}

static enum loss_state state_of(const struct loss *loss, const struct ts_task *head)
{
	struct ts_value now = history_value(head, loss->key);
	return ts_value_same(now, loss->lost)   ? LOSS_RESTORED
	       : ts_value_same(now, loss->kept) ? LOSS_OPEN
						: LOSS_EDITED;
}

/* The conflicts of one merge. */
static int add_step(struct ts_txn *t, const struct replica *r, const struct step *s, bool all,
		    struct ts_arena *a, struct losses *l, struct ts_error *err)
{
	struct ts_task head;
	int code = replica_task(t, r, &s->version.task, a, &head, NULL, err);
	for (size_t i = 0; code == TS_OK && i < s->conflicts.count; i++) {
		const struct ts_conflict *c = &s->conflicts.at[i];
		struct loss loss = {.merge = s->version.number,
				    .time = s->made.time,
				    .task = s->version.task,
				    .key = c->key,
				    .kept = c->kept,
				    .lost = c->lost};
		loss.state = state_of(&loss, &head);
		if ((!all && loss.state != LOSS_OPEN) || is_known(l, &loss)) {
			continue;
		}
		code = find_source(t, r, s, a, &loss, err);
		ts_buf_add(&l->at, &loss, sizeof(loss));
		l->count++;
		if (l->at.failed) {
			return ts_fail(err, TS_ENOMEM, "Out of memory.");
		}
	}
	return code;
}

static int look_at(struct ts_txn *t, const struct replica *r, uint64_t number, bool all,
		   struct ts_arena *a, struct losses *l, struct ts_error *err)
{
	struct ts_version v;
	struct step s;
	int code = ts_version_read(t, r->user, number, &v, err);
	if (code != TS_OK || v.conflicts.len == 0) {
		return code;
	}
	code = history_step(t, r, number, a, &s, err);
	return code == TS_OK ? add_step(t, r, &s, all, a, l, err) : code;
}

static int newest_first(const void *a, const void *b)
{
	const struct loss *x = a, *y = b;
	return x->merge != y->merge ? (x->merge < y->merge) - (x->merge > y->merge)
				    : ts_slice_cmp(x->key, y->key);
}

int losses_find(struct ts_txn *t, const struct replica *r, const struct selection *tasks, bool all,
		struct ts_arena *a, struct losses *ret, struct ts_error *err)
{
	TS_CLEANUP(walk_done) struct walk w;
	uint64_t number;
	*ret = (struct losses){0};
	int code = walk_begin_by_task(t, r, tasks, &w, err);
	while (code == TS_OK && (code = walk_next(&w, &number, err)) == TS_OK) {
		code = look_at(t, r, number, all, a, ret, err);
	}
	if (ret->count > 0 && !ret->at.failed) {
		qsort(ret->at.data, ret->count, sizeof(struct loss), newest_first);
	}
	return code == TS_ENOTFOUND ? TS_OK : code;
}

void losses_done(struct losses *l)
{
	ts_buf_done(&l->at);
	l->count = 0;
}

/* Add the tasks of a transaction's versions that have conflicts. */
static int find_conflicts(struct ts_txn *t, const struct replica *r, uint64_t first, uint64_t last,
			  struct ts_buf *tasks, struct ts_error *err)
{
	struct ts_version v;
	int code = TS_OK;
	for (uint64_t n = first; code == TS_OK && n <= last; n++) {
		code = ts_version_read(t, r->user, n, &v, err);
		if (code == TS_OK && v.conflicts.len > 0) {
			ts_buf_add(tasks, &v.task, sizeof(v.task));
		}
	}
	return code == TS_OK && tasks->failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : code;
}

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ts_uuid));
}

/* Each once. */
static struct selection select_tasks(struct ts_buf *tasks)
{
	struct ts_uuid *at = (struct ts_uuid *)(void *)tasks->data;
	const size_t all = tasks->len / sizeof(*at);
	size_t count = 0;
	if (all > 0) {
		qsort(at, all, sizeof(*at), by_bytes);
	}
	for (size_t i = 0; i < all; i++) {
		if (count == 0 || !ts_uuid_eq(&at[count - 1], &at[i])) {
			at[count++] = at[i];
		}
	}
	return (struct selection){at, count};
}

int losses_count(struct ts_txn *t, const struct replica *r, size_t *ret, struct ts_error *err)
{
	TS_BUF(tasks);
	TS_ARENA(a);
	TS_CLEANUP(losses_done) struct losses open = {0};
	struct ts_transaction tr;
	uint64_t newest;
	*ret = 0;
	int code = ts_version_newest(t, r->user, &newest, err);
	for (uint64_t n = 1; code == TS_OK && n <= newest; n = tr.last + 1) {
		code = ts_transaction_of(t, r->user, n, &tr, err);
		if (code == TS_OK && (tr.received || strcmp(tr.what, EDIT_MERGE) == 0)) {
			code = find_conflicts(t, r, n, tr.last, &tasks, err);
		}
	}
	const struct selection selection = select_tasks(&tasks);
	if (code == TS_OK && selection.count > 0) {
		code = losses_find(t, r, &selection, false, &a, &open, err);
	}
	*ret = code == TS_OK ? open.count : 0;
	return code;
}
