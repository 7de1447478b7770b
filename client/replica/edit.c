/* SPDX-License-Identifier: MIT */
#include "client/replica/edit.h"

#include "common/history/put.h"

#include <stdio.h>

int edit_begin(struct replica *r, const char *what, int64_t now, struct edit *ret,
	       struct ts_error *err)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	*ret = (struct edit){.replica = r, .now = now};
	(void)snprintf(ret->what, sizeof(ret->what), "%s", what);
	int code = ts_txn_begin(r->store, TS_WRITE, &t, err);
	if (code == TS_OK) {
		code = ts_append_begin(t, r->user, &ret->append, err);
	}
	if (code == TS_OK) {
		ret->txn = TS_TAKE(t);
	}
	return code;
}

/* Open tasks have short numbers. */
static int number(struct edit *e, const struct ts_task *task, struct ts_error *err)
{
	return ts_task_is_open(task) ? ts_number_give(e->txn, e->replica->user, &task->uuid, err)
				     : ts_number_take(e->txn, e->replica->user, &task->uuid, err);
}

int edit_put_version(struct edit *e, struct ts_new_version *v, uint64_t head, struct ts_error *err)
{
	int code = ts_append_version(&e->append, v, err);
	if (code != TS_OK) {
		return code;
	}
	e->changed = true;
	if (v->side) {
		return TS_OK;
	}
	code = ts_append_head(&e->append, &v->task->uuid, v->number, head == 0, err);
	return code == TS_OK ? number(e, v->task, err) : code;
}

int edit_put(struct edit *e, const struct ts_task *state, bool *ret_changed, struct ts_error *err)
{
	struct ts_revision r = {0};
	ts_arena_reset(&e->arena);
	int code = ts_revise(e->txn, e->replica->user, state, e->now, &e->arena, &r, err);
	if (code == TS_OK) {
		code = ts_append_revision(&e->append, &r, err);
	}
	if (ret_changed != NULL) {
		*ret_changed = r.changed > 0;
	}
	if (code != TS_OK || r.changed == 0) {
		return code;
	}
	e->changed = true;
	return number(e, &r.next, err);
}

int edit_close(struct edit *e, const char *remote, struct ts_error *err)
{
	const struct ts_append_by by = {
		.now = e->now,
		.device = remote != NULL ? remote : e->replica->device,
		.what = e->what,
		.received = remote != NULL,
	};
	return ts_append_close(&e->append, &by, err);
}

int edit_commit(struct edit *e, size_t *ret_versions, struct ts_error *err)
{
	const size_t versions = (size_t)ts_append_count(&e->append);
	int code = edit_close(e, NULL, err);
	if (code == TS_OK && e->changed) {
		code = ts_txn_commit(TS_TAKE(e->txn), err);
	}
	if (code == TS_OK && ret_versions != NULL) {
		*ret_versions = versions;
	}
	edit_abort(e);
	return code;
}

void edit_abort(struct edit *e)
{
	ts_txn_abort(TS_TAKE(e->txn));
	ts_arena_done(&e->arena);
}
