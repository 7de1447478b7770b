/* SPDX-License-Identifier: MIT */
/* One version, and what it changed. */
#include "client/history/history.h"

static bool lives(const struct ts_attr *attr)
{
	return attr->value.kind != TS_VALUE_NONE;
}

/* The next key of either task, with its values; false behind the last one. */
static bool next_key(const struct ts_task *from, const struct ts_task *to, size_t *i, size_t *j,
		     struct change *ret)
{
	if (*i == from->count && *j == to->count) {
		return false;
	}
	int c = *i == from->count ? 1
		: *j == to->count ? -1
				  : ts_slice_cmp(from->attrs[*i].key, to->attrs[*j].key);
	*ret = (struct change){0};
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

int history_difference(const struct ts_task *from, const struct ts_task *to, struct ts_arena *a,
		       struct difference *ret, struct ts_error *err)
{
	struct change change;
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

int history_step(struct ts_txn *t, const struct replica *r, uint64_t number, struct ts_arena *a,
		 struct step *ret, struct ts_error *err)
{
	*ret = (struct step){0};
	struct ts_version *v = &ret->version;
	int code = ts_version_read(t, r->user, number, v, err);
	if (code == TS_OK) {
		code = ts_transaction_of(t, r->user, number, &ret->made, err);
	}
	if (code == TS_OK) {
		code = ts_version_task(t, r->user, number, &v->task, a, &ret->after, err);
	}
	if (code == TS_OK) {
		code = ts_version_task(t, r->user, v->parent, &v->task, a, &ret->before, err);
	}
	if (code == TS_OK) {
		code = history_difference(&ret->before, &ret->after, a, &ret->changes, err);
	}
	if (code == TS_OK && v->conflicts.len > 0) {
		code = ts_version_conflicts(t, r->user, v, a, &ret->conflicts, err);
	}
	return code;
}

struct ts_value history_value(const struct ts_task *task, struct ts_slice key)
{
	const struct ts_attr *attr = ts_task_find(task, key);
	return attr != NULL && lives(attr) ? attr->value : (struct ts_value){0};
}

int history_at_date(struct ts_txn *t, const struct replica *r, uint64_t head, int64_t date,
		    uint64_t *ret, struct ts_error *err)
{
	struct ts_transaction made;
	struct ts_version v;
	int code = TS_OK;
	while (head > 0) {
		code = ts_transaction_of(t, r->user, head, &made, err);
		if (code != TS_OK || made.time <= date) {
			break;
		}
		code = ts_version_read(t, r->user, head, &v, err);
		if (code != TS_OK) {
			break;
		}
		head = v.parent;
	}
	*ret = head;
	return code;
}

int history_number(struct ts_txn *t, const struct replica *r, const struct ts_uuid *task,
		   uint64_t *ret, struct ts_error *err)
{
	*ret = 0;
	int code = ts_number_of(t, r->user, task, ret, err);
	return code == TS_ENOTFOUND ? TS_OK : code;
}
