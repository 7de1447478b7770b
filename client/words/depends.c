/* SPDX-License-Identifier: MIT */
#include "client/words/changes.h"

#include "common/task/task_key.h"

/* The tasks that were visited, and those that still have to be. */
struct walk {
	struct ts_txn *txn;
	const struct replica *replica;
	const struct ts_uuid *target;
	struct ts_buf list; /* of struct ts_uuid, each once */
	size_t at;
};

static void ts_walk_done(struct walk *w)
{
	ts_buf_done(&w->list);
}

static void add(struct walk *w, const struct ts_uuid *uuid)
{
	const size_t count = w->list.len / sizeof(*uuid);
	for (size_t i = 0; i < count; i++) {
		if (memcmp(w->list.data + i * sizeof(*uuid), uuid, sizeof(*uuid)) == 0) {
			return;
		}
	}
	ts_buf_add(&w->list, uuid, sizeof(*uuid));
}

/* Add what `task` depends on, but for what `before` did. */
static void add_depends(struct walk *w, const struct ts_task *task, const struct ts_task *before)
{
	struct ts_uuid uuid;
	for (const struct ts_attr *at = ts_task_from(task, TS_KEY_DEP);
	     at < task->attrs + task->count && ts_slice_starts(at->key, TS_KEY_DEP); at++) {
		const struct ts_attr *old = before != NULL ? ts_task_find(before, at->key) : NULL;
		const bool known = old != NULL && old->value.kind != TS_VALUE_NONE;
		if (at->value.kind != TS_VALUE_NONE && !known &&
		    ts_uuid_parse(ts_key_element(at->key, TS_KEY_DEP), &uuid)) {
			add(w, &uuid);
		}
	}
}

/* Visit the next task of the list. TS_EUSAGE: it is the one that all began with. */
static int step(struct walk *w, struct ts_error *err)
{
	TS_ARENA(arena);
	struct ts_task task;
	struct ts_uuid uuid;
	memcpy(&uuid, w->list.data + w->at, sizeof(uuid));
	w->at += sizeof(uuid);
	if (ts_uuid_eq(&uuid, w->target)) {
		return ts_fail(err, TS_EUSAGE,
			       "The task would depend on itself: circular dependencies are not "
			       "taken.");
	}
	int code = replica_task(w->txn, w->replica, &uuid, &arena, &task, NULL, err);
	if (code == TS_OK) {
		add_depends(w, &task, NULL);
	}
	return code;
}

int task_check_depends(struct ts_txn *t, const struct replica *r, const struct ts_task *before,
		       const struct ts_task *task, struct ts_error *err)
{
	TS_CLEANUP(ts_walk_done)
	struct walk w = {.txn = t, .replica = r, .target = &task->uuid};
	int code = TS_OK;
	add_depends(&w, task, before);
	while (code == TS_OK && w.at < w.list.len) {
		code = step(&w, err);
	}
	return code == TS_OK && w.list.failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : code;
}
