/* SPDX-License-Identifier: MIT */
#include "common/tree/record.h"

#include "common/base/utf8.h"
#include "common/tree/attrs.h"

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

int ts_record_damaged(uint64_t number, struct ts_error *err)
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
		return ts_record_damaged(number, err);
	}
	memcpy(ret->task.bytes, uuid.data, uuid.len);
	return TS_OK;
}

void ts_record_pack(const struct ts_version *v, struct ts_buf *to)
{
	unsigned flags = (v->parent != 0 ? HAS_PARENT : 0u) | (v->merged != 0 ? HAS_MERGED : 0u) |
			 (v->has_modified ? HAS_MODIFIED : 0u) |
			 (v->conflicts.len > 0 ? HAS_CONFLICTS : 0u) | (v->side ? IS_SIDE : 0u) |
			 (v->whole ? IS_WHOLE : 0u);
	ts_buf_add_char(to, (char)flags);
	ts_buf_add(to, v->task.bytes, sizeof(v->task.bytes));
	if (v->parent != 0) {
		ts_pack_number(to, v->number - v->parent);
		ts_pack_number(to, v->chain);
		if (!v->side) {
			ts_pack_number(to, v->number - v->jump);
			ts_pack_number(to, v->depth);
		}
	}
	if (v->merged != 0) {
		ts_pack_number(to, v->number - v->merged);
	}
	if (v->has_modified) {
		ts_pack_signed(to, v->modified);
	}
	if (v->conflicts.len > 0) {
		ts_pack_string(to, v->conflicts);
	}
	ts_buf_add_slice(to, v->attrs);
}

static bool differs(const struct ts_attr *attr, const struct ts_task *before)
{
	const struct ts_attr *old = ts_task_find(before, attr->key);
	return old == NULL || ts_stamp_cmp(old->stamp, attr->stamp) != 0 ||
	       old->value.kind != attr->value.kind ||
	       !ts_slice_eq(old->value.text, attr->value.text);
}

void ts_record_pack_attrs(const struct ts_task *task, const struct ts_task *before,
			  struct ts_buf *to)
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

void ts_record_pack_conflicts(const struct ts_conflicts *conflicts, struct ts_buf *to)
{
	for (size_t i = 0; i < conflicts->count; i++) {
		const struct ts_attr lost = {.key = conflicts->at[i].key,
					     .value = conflicts->at[i].lost};
		ts_attr_pack(to, &lost, 0);
	}
}

/* Read attributes to the end: each key once, in order, in UTF-8. `count` of them, or any number
 * where it is negative. */
static bool check_attrs(struct ts_unpack *u, int64_t m, int64_t count, struct ts_arena *a)
{
	struct ts_attr attr;
	struct ts_slice before = {NULL, 0};
	for (int64_t i = 0; count < 0 ? u->rest.len > 0 : i < count; i++) {
		if (!ts_attr_unpack(u, m, a, &attr) || !ts_utf8_valid(attr.key) ||
		    !ts_utf8_valid(attr.value.text) ||
		    (before.data != NULL && ts_slice_cmp(before, attr.key) >= 0)) {
			return false;
		}
		before = attr.key;
	}
	return !u->failed && u->rest.len == 0;
}

bool ts_record_check(const struct ts_version *v, struct ts_arena *a)
{
	struct ts_unpack attrs = {.rest = v->attrs}, conflicts = {.rest = v->conflicts};
	const uint64_t count = ts_unpack_number(&attrs);
	return count <= v->attrs.len && check_attrs(&attrs, v->modified, (int64_t)count, a) &&
	       check_attrs(&conflicts, 0, -1, a);
}
