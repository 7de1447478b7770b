/* SPDX-License-Identifier: MIT */
#include "common/history/put.h"

#include "common/history/history.h"

int ts_revise(struct ts_txn *t, uint32_t user, const struct ts_task *state, int64_t now,
	      struct ts_arena *a, struct ts_revision *ret, struct ts_error *err)
{
	int code = ts_head_task(t, user, &state->uuid, a, &ret->head, &ret->number, err);
	if (code == TS_OK &&
	    ts_task_succeed(&ret->head, state, now, a, &ret->next, &ret->changed) != TS_OK) {
		code = ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	return code;
}

int ts_append_revision(struct ts_append *to, const struct ts_revision *r, struct ts_error *err)
{
	struct ts_new_version v = {.parent = r->number, .before = &r->head, .task = &r->next};
	if (r->changed == 0) {
		return TS_OK;
	}
	int code = ts_append_version(to, &v, err);
	return code == TS_OK ? ts_append_head(to, &r->next.uuid, v.number, r->number == 0, err)
			     : code;
}
