/* SPDX-License-Identifier: MIT */
#include "client/history/history.h"

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
