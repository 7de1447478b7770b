/* SPDX-License-Identifier: MIT */
/* One version, and what it changed. */
#include "common/history/history.h"

/* The next key of either task, with its values; false behind the last one. */
static bool next_key(const struct ts_task *from, const struct ts_task *to, size_t *i, size_t *j,
		     struct ts_change *ret)
{
	if (*i == from->count && *j == to->count) {
		return false;
	}
	int c = *i == from->count ? 1
		: *j == to->count ? -1
				  : ts_slice_cmp(from->attrs[*i].key, to->attrs[*j].key);
	*ret = (struct ts_change){0};
	if (c <= 0) {
		ret->key = from->attrs[*i].key;
		ret->from = from->attrs[(*i)++].value;
	}
	if (c >= 0) {
		ret->key = to->attrs[*j].key;
		ret->to = to->attrs[(*j)++].value;
	}
	return true;
}

int ts_task_difference(const struct ts_task *from, const struct ts_task *to, struct ts_arena *a,
		       struct ts_difference *ret, struct ts_error *err)
{
	struct ts_change change;
	size_t i = 0, j = 0;
	ret->count = 0;
	ret->at = ts_arena_array(a, from->count + to->count + 1, sizeof(*ret->at));
	if (ret->at == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	while (next_key(from, to, &i, &j, &change)) {
		if (!ts_value_same(change.from, change.to)) {
			ret->at[ret->count++] = change;
		}
	}
	return TS_OK;
}

int ts_step_read(struct ts_txn *t, uint32_t user, uint64_t number, struct ts_arena *a,
		 struct ts_step *ret, struct ts_error *err)
{
	*ret = (struct ts_step){0};
	struct ts_version *v = &ret->version;
	int code = ts_version_read(t, user, number, v, err);
	if (code == TS_OK) {
		code = ts_transaction_of(t, user, number, &ret->made, err);
	}
	if (code == TS_OK) {
		code = ts_version_task(t, user, number, &v->task, a, &ret->after, err);
	}
	if (code == TS_OK) {
		code = ts_version_task(t, user, v->parent, &v->task, a, &ret->before, err);
	}
	if (code == TS_OK) {
		code = ts_task_difference(&ret->before, &ret->after, a, &ret->changes, err);
	}
	if (code == TS_OK && v->conflicts.len > 0) {
		code = ts_version_conflicts(t, user, v, a, &ret->conflicts, err);
	}
	return code;
}

int ts_version_at_date(struct ts_txn *t, uint32_t user, uint64_t head, int64_t date, uint64_t *ret,
		       struct ts_error *err)
{
	struct ts_transaction made;
	struct ts_version v;
	int code = TS_OK;
	while (head > 0) {
		code = ts_transaction_of(t, user, head, &made, err);
		if (code != TS_OK || made.time <= date) {
			break;
		}
		code = ts_version_read(t, user, head, &v, err);
		if (code != TS_OK) {
			break;
		}
		head = v.parent;
	}
	*ret = head;
	return code;
}

int ts_number_or_none(struct ts_txn *t, uint32_t user, const struct ts_uuid *task, uint64_t *ret,
		      struct ts_error *err)
{
	*ret = 0;
	int code = ts_number_of(t, user, task, ret, err);
	return code == TS_ENOTFOUND ? TS_OK : code;
}

int ts_head_task(struct ts_txn *t, uint32_t user, const struct ts_uuid *uuid, struct ts_arena *a,
		 struct ts_task *ret, uint64_t *ret_head, struct ts_error *err)
{
	uint64_t head = 0;
	int code = ts_head_get(t, user, uuid, &head, err);
	if (code != TS_OK && code != TS_ENOTFOUND) {
		return code;
	}
	if (ret_head != NULL) {
		*ret_head = head;
	}
	return ts_version_task(t, user, head, uuid, a, ret, err);
}
