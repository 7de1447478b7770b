/* SPDX-License-Identifier: MIT */
#include "common/history/history.h"

#include <stdlib.h>

/* Of a merge's parents, one that has the lost value. */
static int find_source(struct ts_txn *t, uint32_t user, const struct ts_step *s, struct ts_arena *a,
		       struct ts_loss *loss, struct ts_error *err)
{
	struct ts_task task;
	loss->source = s->version.parent;
	if (s->version.merged == 0 ||
	    ts_value_same(ts_task_value(&s->before, loss->key), loss->lost)) {
		return TS_OK;
	}
	int code = ts_version_task(t, user, s->version.merged, &s->version.task, a, &task, err);
	if (code == TS_OK && ts_value_same(ts_task_value(&task, loss->key), loss->lost)) {
		loss->source = s->version.merged;
	}
	return code;
}

/* The same value may have lost twice; the newest time is told. Those of a task come together. */
static bool is_known(const struct ts_losses *l, const struct ts_loss *loss)
{
	for (size_t i = l->count; i > 0; i--) {
		const struct ts_loss *other = ts_loss_at(l, i - 1);
		if (!ts_uuid_eq(&other->task, &loss->task)) {
			break;
		}
		if (ts_slice_eq(other->key, loss->key) && ts_value_same(other->lost, loss->lost)) {
			return true;
		}
	}
	return false;
}

static enum ts_loss_state state_of(const struct ts_loss *loss, const struct ts_task *head)
{
	struct ts_value now = ts_task_value(head, loss->key);
	return ts_value_same(now, loss->lost)   ? TS_LOSS_RESTORED
	       : ts_value_same(now, loss->kept) ? TS_LOSS_OPEN
						: TS_LOSS_EDITED;
}

/* The conflicts of one merge. */
static int add_step(struct ts_txn *t, uint32_t user, const struct ts_step *s, bool all,
		    struct ts_arena *a, struct ts_losses *l, struct ts_error *err)
{
	struct ts_task head;
	int code = ts_head_task(t, user, &s->version.task, a, &head, NULL, err);
	for (size_t i = 0; code == TS_OK && i < s->conflicts.count; i++) {
		const struct ts_conflict *c = &s->conflicts.at[i];
		struct ts_loss loss = {.merge = s->version.number,
				       .time = s->made.time,
				       .task = s->version.task,
				       .key = c->key,
				       .kept = c->kept,
				       .lost = c->lost};
		loss.state = state_of(&loss, &head);
		if ((!all && loss.state != TS_LOSS_OPEN) || is_known(l, &loss)) {
			continue;
		}
		code = find_source(t, user, s, a, &loss, err);
		ts_buf_add(&l->at, &loss, sizeof(loss));
		l->count++;
		if (l->at.failed) {
			return ts_fail(err, TS_ENOMEM, "Out of memory.");
		}
	}
	return code;
}

static int look_at(struct ts_txn *t, uint32_t user, uint64_t number, bool all, struct ts_arena *a,
		   struct ts_losses *l, struct ts_error *err)
{
	struct ts_version v;
	struct ts_step s;
	int code = ts_version_read(t, user, number, &v, err);
	if (code != TS_OK || v.conflicts.len == 0) {
		return code;
	}
	code = ts_step_read(t, user, number, a, &s, err);
	return code == TS_OK ? add_step(t, user, &s, all, a, l, err) : code;
}

static int newest_first(const void *a, const void *b)
{
	const struct ts_loss *x = a, *y = b;
	return x->merge != y->merge ? (x->merge < y->merge) - (x->merge > y->merge)
				    : ts_slice_cmp(x->key, y->key);
}

int ts_losses_find(struct ts_txn *t, uint32_t user, const struct ts_uuids *tasks, bool all,
		   struct ts_arena *a, struct ts_losses *ret, struct ts_error *err)
{
	TS_CLEANUP(ts_walk_done) struct ts_walk w;
	uint64_t number;
	*ret = (struct ts_losses){0};
	int code = ts_walk_by_task(t, user, tasks, &w, err);
	while (code == TS_OK && (code = ts_walk_next(&w, &number, err)) == TS_OK) {
		code = look_at(t, user, number, all, a, ret, err);
	}
	if (ret->count > 0 && !ret->at.failed) {
		qsort(ret->at.data, ret->count, sizeof(struct ts_loss), newest_first);
	}
	return code == TS_ENOTFOUND ? TS_OK : code;
}

void ts_losses_done(struct ts_losses *l)
{
	ts_buf_done(&l->at);
	l->count = 0;
}
