/* SPDX-License-Identifier: MIT */
/* The records that an upload keeps in its spools. */
#include "common/sync/internal.h"
#include "common/tree/attrs.h"

#include <stdlib.h>

/* Rejected lines kept of one upload, and how much of each; the quarantine keeps no more. */
enum { REJECTS_KEPT = 1000, REJECT_LINE_KEPT = 64 << 10 };

enum { STATE_REPAIRED = 1 << 0, STATE_HAS_MODIFIED = 1 << 1 };

static int out_of_memory(struct ts_error *err)
{
	return ts_fail(err, TS_ENOMEM, "Out of memory.");
}

int ts_upload_charge(struct ts_upload *u, size_t more, struct ts_error *err)
{
	if (!ts_budget_take(u->budget, more)) {
		return ts_budget_refuse(u->budget, true, err);
	}
	u->charged += more;
	return TS_OK;
}

static int add_entry(struct ts_upload *u, const struct ts_uuid *task, uint64_t offset,
		     struct ts_error *err)
{
	if (u->entry_count == u->entry_capacity) {
		size_t capacity = u->entry_capacity == 0 ? 16 : u->entry_capacity * 2;
		int code = ts_upload_charge(u, (capacity - u->entry_capacity) * sizeof(*u->entries),
					    err);
		if (code != TS_OK) {
			return code;
		}
		struct ts_upload_entry *entries =
			reallocarray(u->entries, capacity, sizeof(*entries));
		if (entries == NULL) {
			return out_of_memory(err);
		}
		u->entries = entries;
		u->entry_capacity = capacity;
	}
	u->entries[u->entry_count++] = (struct ts_upload_entry){*task, offset};
	return TS_OK;
}

int ts_upload_keep_state(struct ts_upload *u, const struct ts_task *task, bool repaired,
			 struct ts_error *err)
{
	uint64_t offset = ts_spool_size(u->states), size;
	struct ts_buf *b = &u->record;
	ts_buf_clear(b);
	ts_buf_add(b, &(uint64_t){0}, sizeof(uint64_t));
	ts_pack_number(b, (repaired ? STATE_REPAIRED : 0u) |
				  (task->has_modified ? STATE_HAS_MODIFIED : 0u));
	ts_buf_add(b, task->uuid.bytes, sizeof(task->uuid.bytes));
	ts_pack_signed(b, task->modified);
	ts_pack_number(b, task->count);
	for (size_t i = 0; i < task->count; i++) {
		ts_attr_pack(b, &task->attrs[i], 0);
	}
	if (b->failed) {
		return out_of_memory(err);
	}
	size = b->len;
	memcpy(b->data, &size, sizeof(size));
	int code = ts_spool_add(u->states, ts_buf_slice(b), err);
	return code == TS_OK ? add_entry(u, &task->uuid, offset, err) : code;
}

static int spool_damaged(struct ts_error *err)
{
	return ts_fail(err, TS_EDAMAGED, "A temporary file was changed by somebody else.");
}

int ts_upload_state(const struct ts_upload *u, uint64_t offset, struct ts_arena *a,
		    struct ts_task *ret, bool *ret_repaired, struct ts_error *err)
{
	uint64_t size = 0;
	size_t got;
	int code = ts_spool_read(u->states, offset, &size, sizeof(size), &got, err);
	if (code != TS_OK) {
		return code;
	}
	char *record = size > sizeof(size) ? ts_arena_alloc(a, size) : NULL;
	if (record == NULL) {
		return out_of_memory(err);
	}
	code = ts_spool_read(u->states, offset, record, size, &got, err);
	if (code != TS_OK) {
		return code;
	}
	struct ts_unpack p = {.rest = {record + sizeof(size), got - sizeof(size)}};
	uint64_t flags = ts_unpack_number(&p);
	struct ts_slice uuid = ts_unpack_bytes(&p, sizeof(ret->uuid.bytes));
	*ret = (struct ts_task){.has_modified = (flags & STATE_HAS_MODIFIED) != 0,
				.modified = ts_unpack_signed(&p)};
	if (ret_repaired != NULL) {
		*ret_repaired = (flags & STATE_REPAIRED) != 0;
	}
	uint64_t count = ts_unpack_number(&p);
	if (p.failed || count > got) {
		return spool_damaged(err);
	}
	memcpy(ret->uuid.bytes, uuid.data, uuid.len);
	ret->attrs = ts_arena_array(a, (size_t)count + 1, sizeof(*ret->attrs));
	for (; ret->attrs != NULL && ret->count < count; ret->count++) {
		if (!ts_attr_unpack(&p, 0, a, &ret->attrs[ret->count])) {
			return p.failed ? spool_damaged(err) : out_of_memory(err);
		}
	}
	return ret->attrs != NULL ? TS_OK : out_of_memory(err);
}

static int by_task(const void *a, const void *b)
{
	const struct ts_upload_entry *x = a, *y = b;
	int c = memcmp(x->task.bytes, y->task.bytes, sizeof(x->task.bytes));
	return c != 0 ? c : (x->offset > y->offset) - (x->offset < y->offset);
}

int ts_upload_by_task(const struct ts_upload *u, struct ts_upload_entry **ret, struct ts_error *err)
{
	struct ts_upload_entry *entries = reallocarray(NULL, u->entry_count + 1, sizeof(*entries));
	if (entries == NULL) {
		return out_of_memory(err);
	}
	if (u->entry_count > 0) {
		memcpy(entries, u->entries, u->entry_count * sizeof(*entries));
	}
	qsort(entries, u->entry_count, sizeof(*entries), by_task);
	*ret = entries;
	return TS_OK;
}

size_t ts_upload_same_task(const struct ts_upload_entry *entries, size_t count)
{
	size_t n = 0;
	while (n < count && ts_uuid_eq(&entries[0].task, &entries[n].task)) {
		n++;
	}
	return n;
}

int ts_upload_keep_reject(struct ts_upload *u, struct ts_slice line, const char *because,
			  struct ts_error *err)
{
	struct ts_upload_reject r = {.offset = ts_spool_size(u->rejects)};
	if (u->reject_list.len / sizeof(r) >= REJECTS_KEPT) {
		return TS_OK;
	}
	line.len = line.len < REJECT_LINE_KEPT ? line.len : REJECT_LINE_KEPT;
	ts_buf_clear(&u->record);
	ts_pack_string(&u->record, ts_slice_of(because));
	ts_pack_string(&u->record, line);
	r.size = u->record.len;
	ts_buf_add(&u->reject_list, &r, sizeof(r));
	if (u->record.failed || u->reject_list.failed) {
		return out_of_memory(err);
	}
	return ts_spool_add(u->rejects, ts_buf_slice(&u->record), err);
}

/* Read reject number `i` back; its slices live in `a`. */
static int read_reject(const struct ts_upload *u, size_t i, struct ts_arena *a,
		       struct ts_reject *ret, struct ts_error *err)
{
	const struct ts_upload_reject *list = (void *)u->reject_list.data;
	char *record = ts_arena_alloc(a, list[i].size);
	size_t got;
	if (record == NULL) {
		return out_of_memory(err);
	}
	int code = ts_spool_read(u->rejects, list[i].offset, record, list[i].size, &got, err);
	struct ts_unpack p = {.rest = {record, code == TS_OK ? got : 0}};
	ret->reason = ts_unpack_string(&p);
	ret->line = ts_unpack_string(&p);
	return code;
}

int ts_upload_quarantine(const struct ts_upload *u, struct ts_txn *t, uint32_t user, int64_t now,
			 size_t max, struct ts_error *err)
{
	const size_t count = u->reject_list.len / sizeof(struct ts_upload_reject);
	TS_ARENA(arena);
	bool any = false, is_new;
	for (size_t i = 0; i < count; i++) {
		struct ts_reject r = {.time = now};
		ts_arena_reset(&arena);
		int code = read_reject(u, i, &arena, &r, err);
		if (code == TS_OK) {
			code = ts_reject_add(t, user, &r, &is_new, err);
		}
		if (code != TS_OK) {
			return code;
		}
		any |= is_new;
	}
	return any ? ts_reject_trim(t, user, max, err) : TS_OK;
}
