/* SPDX-License-Identifier: MIT */
#include "common/tree/version.h"

#include "common/tree/attrs.h"
#include "common/tree/record.h"

#include <stdlib.h>

int ts_version_read(struct ts_txn *t, uint32_t user, uint64_t number, struct ts_version *ret,
		    struct ts_error *err)
{
	struct ts_slice record;
	int code = ts_version_get(t, user, number, &record, err);
	if (code == TS_ENOTFOUND) {
		return ts_fail(err, TS_EDAMAGED, "The store is damaged: version %llu is missing.",
			       (unsigned long long)number);
	}
	return code == TS_OK ? ts_version_parse(number, record, ret, err) : code;
}

/* The attributes of one record, copied to the arena, as a task of their own. */
static int unpack_attrs(const struct ts_version *v, struct ts_arena *a, struct ts_task *ret,
			struct ts_error *err)
{
	const struct ts_slice copy = ts_arena_copy(a, v->attrs);
	struct ts_unpack u = {.rest = copy};
	uint64_t count = ts_unpack_number(&u);
	*ret = (struct ts_task){
		.uuid = v->task, .has_modified = v->has_modified, .modified = v->modified};
	if (copy.data == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	if (count > copy.len) {
		return ts_record_damaged(v->number, err);
	}
	ret->attrs = ts_arena_array(a, (size_t)count + 1, sizeof(*ret->attrs));
	for (; ret->attrs != NULL && ret->count < count; ret->count++) {
		if (!ts_attr_unpack(&u, v->modified, a, &ret->attrs[ret->count])) {
			return u.failed ? ts_record_damaged(v->number, err)
					: ts_fail(err, TS_ENOMEM, "Out of memory.");
		}
	}
	return ret->attrs != NULL ? TS_OK : ts_fail(err, TS_ENOMEM, "Out of memory.");
}

/* Put the attributes of `delta` over those of *task: both are sorted by key. */
static int apply(const struct ts_task *delta, struct ts_arena *a, struct ts_task *task)
{
	size_t i = 0, j = 0, most = task->count + delta->count + 1;
	struct ts_task all = *delta;
	all.count = 0;
	all.attrs = ts_arena_array(a, most, sizeof(*all.attrs));
	if (all.attrs == NULL) {
		return TS_ENOMEM;
	}
	while (i < task->count || j < delta->count) {
		int c = i == task->count    ? 1
			: j == delta->count ? -1
					    : ts_slice_cmp(task->attrs[i].key, delta->attrs[j].key);
		all.attrs[all.count++] = c < 0 ? task->attrs[i] : delta->attrs[j];
		i += c <= 0;
		j += c >= 0;
	}
	*task = all;
	return TS_OK;
}

/* The records from `number` back to the nearest whole one. */
static int read_chain(struct ts_txn *t, uint32_t user, uint64_t number, struct ts_version *chain,
		      size_t *ret_count, struct ts_error *err)
{
	size_t n = 0;
	do {
		int code = ts_version_read(t, user, number, &chain[n], err);
		if (code != TS_OK) {
			return code;
		}
		number = chain[n].parent;
		n++;
	} while (!chain[n - 1].whole && number != 0 && n < TS_CHAIN_MAX);
	*ret_count = n;
	return chain[n - 1].whole ? TS_OK : ts_record_damaged(chain[0].number, err);
}

int ts_version_task(struct ts_txn *t, uint32_t user, uint64_t number, const struct ts_uuid *uuid,
		    struct ts_arena *a, struct ts_task *ret, struct ts_error *err)
{
	struct ts_version chain[TS_CHAIN_MAX];
	struct ts_task delta;
	size_t n = 0;
	if (number == 0) {
		*ret = (struct ts_task){.uuid = *uuid};
		return TS_OK;
	}
	int code = read_chain(t, user, number, chain, &n, err);
	if (code == TS_OK) {
		code = unpack_attrs(&chain[n - 1], a, ret, err);
	}
	while (code == TS_OK && --n > 0) {
		code = unpack_attrs(&chain[n - 1], a, &delta, err);
		if (code == TS_OK && apply(&delta, a, ret) != TS_OK) {
			code = ts_fail(err, TS_ENOMEM, "Out of memory.");
		}
	}
	return code;
}

/*
 * How far down the main line a new version is, and where it jumps to: to where its parent's jump
 * jumps to if the last two jumps were equally long, else to its parent.
 */
static int find_jump(struct ts_txn *t, uint32_t user, const struct ts_version *parent,
		     struct ts_version *ret, struct ts_error *err)
{
	struct ts_version jump, second;
	ret->depth = parent->depth + 1;
	ret->jump = parent->number;
	if (parent->jump == 0) {
		return TS_OK;
	}
	int code = ts_version_read(t, user, parent->jump, &jump, err);
	if (code != TS_OK || jump.jump == 0) {
		return code;
	}
	code = ts_version_read(t, user, jump.jump, &second, err);
	if (code == TS_OK && parent->depth - jump.depth == jump.depth - second.depth) {
		ret->jump = jump.jump;
	}
	return code;
}

static int place(struct ts_txn *t, uint32_t user, const struct ts_new_version *v,
		 struct ts_version *ret, struct ts_error *err)
{
	struct ts_version parent;
	*ret = (struct ts_version){.number = v->number, .parent = v->parent, .whole = true};
	if (v->parent == 0) {
		return TS_OK;
	}
	int code = ts_version_read(t, user, v->parent, &parent, err);
	if (code != TS_OK) {
		return code;
	}
	ret->whole = parent.chain + 1 >= TS_CHAIN_MAX;
	ret->chain = ret->whole ? 0 : parent.chain + 1;
	return v->side ? TS_OK : find_jump(t, user, &parent, ret, err);
}

/* Put the record together: `at` says where the version is, the rest is packed into the buffers. */
static void pack_version(const struct ts_new_version *v, struct ts_version *at,
			 struct ts_buf *attrs, struct ts_buf *conflicts, struct ts_buf *to)
{
	at->task = v->task->uuid;
	at->merged = v->merged;
	at->side = v->side;
	at->has_modified = v->task->has_modified;
	at->modified = v->task->modified;
	ts_record_pack_attrs(v->task, at->whole ? NULL : v->before, attrs);
	if (v->conflicts != NULL) {
		ts_record_pack_conflicts(v->conflicts, conflicts);
	}
	at->attrs = ts_buf_slice(attrs);
	at->conflicts = ts_buf_slice(conflicts);
	ts_record_pack(at, to);
	to->failed |= attrs->failed || conflicts->failed;
}

int ts_version_write(struct ts_txn *t, uint32_t user, const struct ts_new_version *v,
		     uint64_t *ret_bytes, struct ts_error *err)
{
	TS_BUF(record);
	TS_BUF(attrs);
	TS_BUF(conflicts);
	struct ts_version at;
	int code = place(t, user, v, &at, err);
	if (code != TS_OK) {
		return code;
	}
	pack_version(v, &at, &attrs, &conflicts, &record);
	if (record.failed) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	*ret_bytes = record.len;
	return ts_version_put(t, user, v->number, ts_buf_slice(&record), err);
}

int ts_version_at(struct ts_txn *t, uint32_t user, uint64_t head, uint64_t limit, uint64_t *ret,
		  struct ts_error *err)
{
	struct ts_version v;
	while (head > limit && limit > 0) {
		int code = ts_version_read(t, user, head, &v, err);
		if (code != TS_OK) {
			return code;
		}
		head = v.jump > limit ? v.jump : v.parent;
	}
	*ret = limit > 0 ? head : 0;
	return TS_OK;
}

int ts_version_conflicts(struct ts_txn *t, uint32_t user, const struct ts_version *v,
			 struct ts_arena *a, struct ts_conflicts *ret, struct ts_error *err)
{
	const struct ts_slice copy = ts_arena_copy(a, v->conflicts);
	struct ts_unpack u = {.rest = copy};
	struct ts_task task;
	*ret = (struct ts_conflicts){.at = ts_arena_array(a, copy.len + 1, sizeof(*ret->at))};
	if (copy.data == NULL || ret->at == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	int code = ts_version_task(t, user, v->number, &v->task, a, &task, err);
	while (code == TS_OK && u.rest.len > 0) {
		struct ts_attr lost;
		if (!ts_attr_unpack(&u, 0, a, &lost)) {
			return ts_record_damaged(v->number, err);
		}
		const struct ts_attr *kept = ts_task_find(&task, lost.key);
		ret->at[ret->count++] = (struct ts_conflict){
			lost.key, kept != NULL ? kept->value : (struct ts_value){0}, lost.value};
	}
	return code;
}
