/* SPDX-License-Identifier: MIT */
#include "client/replica/edit.h"
#include "common/sync/numbers.h"

#include <stdio.h>

/* "undo N" is what an undo is called which undid the transaction whose last version is N. */
#define UNDO "undo"

/* The search for what can be undone, and its undoing. */
struct undo {
	struct edit edit;
	struct ts_arena arena; /* of the task in work */
	struct ts_numbers undone;
	struct ts_transaction tr; /* the one in work */
	uint64_t first;           /* its first version */
	uint64_t sent;            /* the newest version that any remote has */
	struct undone *result;
};

static void undo_done(struct undo *u)
{
	edit_abort(&u->edit);
	ts_arena_done(&u->arena);
	ts_numbers_done(&u->undone);
}

/* The first version of the transaction in work. */
static int find_first(struct undo *u, struct ts_error *err)
{
	uint64_t low = 1, high = u->tr.last;
	struct ts_transaction tr;
	while (low < high) {
		const uint64_t mid = low + (high - low) / 2;
		int code = ts_transaction_of(u->edit.txn, u->edit.replica->user, mid, &tr, err);
		if (code != TS_OK) {
			return code;
		}
		if (tr.last == u->tr.last) {
			high = mid;
		} else {
			low = mid + 1;
		}
	}
	u->first = low;
	return TS_OK;
}

/* Put back what differs between `before` and `after`, where `head` still has the latter. */
static int put_back(struct undo *u, const struct ts_task *before, const struct ts_task *after,
		    const struct ts_task *head, struct ts_task *ret)
{
	*ret = *head;
	ret->attrs = ts_arena_array(&u->arena, head->count + 1, sizeof(*ret->attrs));
	for (size_t i = 0; ret->attrs != NULL && i < head->count; i++) {
		ret->attrs[i] = head->attrs[i];
		const struct ts_value old = ts_task_value(before, head->attrs[i].key);
		const struct ts_value new = ts_task_value(after, head->attrs[i].key);
		if (!ts_value_same(old, new) && ts_value_same(new, head->attrs[i].value)) {
			ret->attrs[i].value = old;
		}
	}
	return ret->attrs != NULL ? TS_OK : TS_ENOMEM;
}

/* The state of a task that the change had made. */
static int unmake(struct undo *u, const struct ts_task *head, struct ts_task *ret)
{
	if (u->first > u->sent || ts_task_is_empty(head)) {
		return ts_task_emptied(head, u->edit.now, &u->arena, ret);
	}
	*ret = *head;
	return ts_slice_eq(ts_task_text(head, "status"), TS_SLICE("deleted"))
		       ? TS_OK
		       : ts_task_deleted(head, u->edit.now, &u->arena, ret);
}

static uint64_t number_of(const struct undo *u, const struct ts_uuid *uuid)
{
	uint64_t number = 0;
	(void)!ts_number_of(u->edit.txn, u->edit.replica->user, uuid, &number, NULL);
	return number;
}

/* Store the task as it was; `head` is what it is. */
static int put_state(struct undo *u, const struct ts_task *head, struct ts_task *state,
		     struct ts_error *err)
{
	struct undone *result = u->result;
	const uint64_t number = number_of(u, &head->uuid);
	bool changed = false;
	state->has_modified = true;
	state->modified = u->edit.now;
	int code = edit_put(&u->edit, state, &changed, err);
	if (code != TS_OK || !changed) {
		return code;
	}
	result->tasks++;
	if (result->each != NULL) {
		result->each(ts_task_is_empty(state) ? head : state,
			     number > 0 ? number : number_of(u, &head->uuid), result->arg);
	}
	return TS_OK;
}

/* Undo what the transaction did to one task; `after` is the task's last version in it. */
static int undo_task(struct undo *u, const struct ts_uuid *uuid, uint64_t head_number,
		     uint64_t after_number, struct ts_error *err)
{
	struct ts_txn *t = u->edit.txn;
	const uint32_t user = u->edit.replica->user;
	struct ts_task before, after, head, state;
	uint64_t before_number;
	ts_arena_reset(&u->arena);
	int code = ts_version_at(t, user, after_number, u->first - 1, &before_number, err);
	if (code == TS_OK) {
		code = ts_version_task(t, user, before_number, uuid, &u->arena, &before, err);
	}
	if (code == TS_OK) {
		code = ts_version_task(t, user, after_number, uuid, &u->arena, &after, err);
	}
	if (code == TS_OK) {
		code = ts_version_task(t, user, head_number, uuid, &u->arena, &head, err);
	}
	if (code != TS_OK) {
		return code;
	}
	code = ts_task_is_empty(&before) ? unmake(u, &head, &state)
					 : put_back(u, &before, &after, &head, &state);
	return code == TS_OK ? put_state(u, &head, &state, err)
			     : ts_fail(err, code, "Out of memory.");
}

/* Undo the transaction in work, each task once. */
static int undo_transaction(struct undo *u, struct ts_error *err)
{
	struct ts_txn *t = u->edit.txn;
	const uint32_t user = u->edit.replica->user;
	struct ts_version v;
	uint64_t head, newest;
	int code = TS_OK;
	(void)snprintf(u->edit.what, sizeof(u->edit.what), UNDO " %llu",
		       (unsigned long long)u->tr.last);
	for (uint64_t n = u->first; n <= u->tr.last && code == TS_OK; n++) {
		code = ts_version_read(t, user, n, &v, err);
		if (code == TS_OK) {
			code = ts_head_get(t, user, &v.task, &head, err);
		}
		if (code == TS_OK) {
			code = ts_version_at(t, user, head, u->tr.last, &newest, err);
		}
		if (code == TS_OK && newest == n) {
			code = undo_task(u, &v.task, head, n, err);
		}
	}
	return code;
}

/* Look at the transaction in work: undo it, or pass it over. */
static int consider(struct undo *u, struct ts_error *err)
{
	unsigned long long number;
	if (sscanf(u->tr.what, UNDO " %llu", &number) == 1) {
		return ts_numbers_add(&u->undone, number, err);
	}
	for (size_t i = 0; i < u->undone.count; i++) {
		if (u->undone.at[i] == u->tr.last) {
			return TS_OK;
		}
	}
	if (u->tr.received || strcmp(u->tr.what, EDIT_MERGE) == 0) {
		return TS_OK;
	}
	return undo_transaction(u, err);
}

/* From the newest transaction back, until one was undone. */
static int search(struct undo *u, struct ts_error *err)
{
	uint64_t number = u->edit.append.newest.last;
	int code = TS_OK;
	while (number > 0 && u->result->tasks == 0 && code == TS_OK) {
		code = ts_transaction_of(u->edit.txn, u->edit.replica->user, number, &u->tr, err);
		if (code == TS_OK) {
			code = find_first(u, err);
		}
		if (code == TS_OK) {
			code = consider(u, err);
			number = u->first - 1;
		}
	}
	if (code == TS_OK && u->result->tasks == 0) {
		return ts_fail(err, TS_ENOTFOUND, "There is nothing to undo.");
	}
	return code;
}

int edit_undo(struct replica *r, int64_t now, struct undone *result, struct ts_error *err)
{
	TS_CLEANUP(undo_done) struct undo u = {.result = result};
	result->tasks = 0;
	int code = edit_begin(r, UNDO, now, &u.edit, err);
	if (code == TS_OK) {
		code = ts_sync_point_sent(u.edit.txn, r->user, &u.sent, err);
	}
	if (code == TS_OK) {
		code = search(&u, err);
	}
	if (code == TS_OK) {
		code = edit_commit(&u.edit, NULL, err);
	}
	if (code == TS_OK) {
		(void)snprintf(result->what, sizeof(result->what), "%s", u.tr.what);
	}
	return code;
}
