/* SPDX-License-Identifier: MIT */
#include "common/tree/version.h"

#include "common/base/pack.h"
#include "common/tree/attrs.h"

#include <stdlib.h>

/*
 * A record: flags, the task's UUID, then the numbers that the flags promise, then the conflicts
 * and, to its end, the attributes with their count before them. Numbers of other versions are
 * written as distances back from this one.
 */
enum flags {
	HAS_PARENT = 1 << 0,
	HAS_MERGED = 1 << 1,
	HAS_MODIFIED = 1 << 2,
	HAS_CONFLICTS = 1 << 3,
	IS_SIDE = 1 << 4,
	IS_WHOLE = 1 << 5,
};

static int damaged(uint64_t number, struct ts_error *err)
{
	return ts_fail(err, TS_EDAMAGED, "The store is damaged: version %llu can't be read.",
		       (unsigned long long)number);
}

static uint64_t unpack_back(struct ts_unpack *u, uint64_t number)
{
	uint64_t distance = ts_unpack_number(u);
	if (distance == 0 || distance > number) {
		u->failed = true;
		return 0;
	}
	return number - distance;
}

int ts_version_parse(uint64_t number, struct ts_slice record, struct ts_version *ret,
		     struct ts_error *err)
{
	struct ts_unpack u = {.rest = record};
	unsigned flags = ts_unpack_byte(&u);
	struct ts_slice uuid = ts_unpack_bytes(&u, sizeof(ret->task.bytes));
	*ret = (struct ts_version){
		.number = number,
		.side = (flags & IS_SIDE) != 0,
		.whole = (flags & IS_WHOLE) != 0,
		.has_modified = (flags & HAS_MODIFIED) != 0,
	};
	if ((flags & HAS_PARENT) != 0) {
		ret->parent = unpack_back(&u, number);
		ret->chain = ts_unpack_number(&u);
		if (!ret->side) {
			ret->jump = unpack_back(&u, number);
			ret->depth = ts_unpack_number(&u);
		}
	}
	if ((flags & HAS_MERGED) != 0) {
		ret->merged = unpack_back(&u, number);
	}
	if (ret->has_modified) {
		ret->modified = ts_unpack_signed(&u);
	}
	if ((flags & HAS_CONFLICTS) != 0) {
		ret->conflicts = ts_unpack_string(&u);
	}
	ret->attrs = u.rest;
	if (u.failed || ret->chain >= TS_CHAIN_MAX) {
		return damaged(number, err);
	}
	memcpy(ret->task.bytes, uuid.data, uuid.len);
	return TS_OK;
}

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
		return damaged(v->number, err);
	}
	ret->attrs = ts_arena_array(a, (size_t)count + 1, sizeof(*ret->attrs));
	for (; ret->attrs != NULL && ret->count < count; ret->count++) {
		if (!ts_attr_unpack(&u, v->modified, a, &ret->attrs[ret->count])) {
			return u.failed ? damaged(v->number, err)
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
	return chain[n - 1].whole ? TS_OK : damaged(chain[0].number, err);
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

static bool differs(const struct ts_attr *attr, const struct ts_task *before)
{
	const struct ts_attr *old = ts_task_find(before, attr->key);
	return old == NULL || ts_stamp_cmp(old->stamp, attr->stamp) != 0 ||
	       old->value.kind != attr->value.kind ||
	       !ts_slice_eq(old->value.text, attr->value.text);
}

/* Pack the attributes: all of them, or what differs from `before`. */
static void pack_attrs(const struct ts_task *task, const struct ts_task *before, struct ts_buf *to)
{
	TS_BUF(attrs);
	uint64_t count = 0;
	for (size_t i = 0; i < task->count; i++) {
		if (before == NULL || differs(&task->attrs[i], before)) {
			ts_attr_pack(&attrs, &task->attrs[i], task->modified);
			count++;
		}
	}
	ts_pack_number(to, count);
	ts_buf_add_slice(to, ts_buf_slice(&attrs));
	to->failed |= attrs.failed;
}

static void pack_conflicts(const struct ts_conflicts *conflicts, struct ts_buf *to)
{
	TS_BUF(packed);
	for (size_t i = 0; i < conflicts->count; i++) {
		const struct ts_attr lost = {.key = conflicts->at[i].key,
					     .value = conflicts->at[i].lost};
		ts_attr_pack(&packed, &lost, 0);
	}
	ts_pack_string(to, ts_buf_slice(&packed));
	to->failed |= packed.failed;
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

static void pack_version(const struct ts_new_version *v, const struct ts_version *at,
			 struct ts_buf *to)
{
	bool conflicts = v->conflicts != NULL && v->conflicts->count > 0;
	unsigned flags = (at->parent != 0 ? HAS_PARENT : 0u) | (v->merged != 0 ? HAS_MERGED : 0u) |
			 (v->task->has_modified ? HAS_MODIFIED : 0u) |
			 (conflicts ? HAS_CONFLICTS : 0u) | (v->side ? IS_SIDE : 0u) |
			 (at->whole ? IS_WHOLE : 0u);
	ts_buf_add_char(to, (char)flags);
	ts_buf_add(to, v->task->uuid.bytes, sizeof(v->task->uuid.bytes));
	if (at->parent != 0) {
		ts_pack_number(to, v->number - at->parent);
		ts_pack_number(to, at->chain);
		if (!v->side) {
			ts_pack_number(to, v->number - at->jump);
			ts_pack_number(to, at->depth);
		}
	}
	if (v->merged != 0) {
		ts_pack_number(to, v->number - v->merged);
	}
	if (v->task->has_modified) {
		ts_pack_signed(to, v->task->modified);
	}
	if (conflicts) {
		pack_conflicts(v->conflicts, to);
	}
	pack_attrs(v->task, at->whole ? NULL : v->before, to);
}

int ts_version_write(struct ts_txn *t, uint32_t user, const struct ts_new_version *v,
		     uint64_t *ret_bytes, struct ts_error *err)
{
	TS_BUF(record);
	struct ts_version at;
	int code = place(t, user, v, &at, err);
	if (code != TS_OK) {
		return code;
	}
	pack_version(v, &at, &record);
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
			return damaged(v->number, err);
		}
		const struct ts_attr *kept = ts_task_find(&task, lost.key);
		ret->at[ret->count++] = (struct ts_conflict){
			lost.key, kept != NULL ? kept->value : (struct ts_value){0}, lost.value};
	}
	return code;
}
