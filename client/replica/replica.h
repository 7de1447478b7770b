/* SPDX-License-Identifier: MIT */
/*
 * A replica: everything about one person's tasks on this machine, in a store of its own
 * (common/store/store.h) with one account. Commands read it with the engine's own functions.
 *
 * Several programs may have it open at once, in any mix: readers see one moment, writers wait for
 * each other for as long as one commit takes.
 *
 * Codes, beside those of the store: TS_ENOTFOUND with a sentence that says what to do.
 */
#pragma once

#include "common/store/store.h"
#include "common/task/task.h"

struct replica {
	struct ts_store *store;
	uint32_t user;                  /* the one account */
	char device[TS_DEVICE_MAX + 1]; /* this replica's name, for the history */
};

/* Open the replica in the folder `dir`; with `create` it is made where there is none, mode 0700.
 * `device` is the name that this machine's edits get in the history. */
int replica_open(const char *dir, bool create, const char *device, struct replica *ret,
		 struct ts_error *err) TS_MUST_CHECK;
void replica_close(struct replica *r); /* a zeroed one too */

/* The task's newest state; the empty task of that uuid, and *ret_head 0, where there is none. It
 * lives in `a`. `ret_head` may be NULL. */
int replica_task(struct ts_txn *t, const struct replica *r, const struct ts_uuid *uuid,
		 struct ts_arena *a, struct ts_task *ret, uint64_t *ret_head,
		 struct ts_error *err) TS_MUST_CHECK;

/* One task of the replica, as `each` gets it: borrowed for the call. */
struct replica_entry {
	struct ts_task task;
	uint64_t head;   /* version */
	uint64_t number; /* the short one; 0: it has none, because it isn't open */
};
/* Call `each` for every task that is not empty, in order of uuid, until it returns something else
 * than TS_OK, which is returned. */
int replica_each(struct ts_txn *t, const struct replica *r,
		 int (*each)(const struct replica_entry *e, void *arg, struct ts_error *err),
		 void *arg, struct ts_error *err) TS_MUST_CHECK;

/* True where the task is open: it has a status, which is neither completed nor deleted. Open tasks
 * have short numbers. */
bool replica_is_open(const struct ts_task *task);
/* True where every key is a tombstone: what is left of a task that was undone. */
bool replica_is_empty(const struct ts_task *task);
/* The value of a key; a tombstone's where there is none. */
struct ts_value task_value(const struct ts_task *task, struct ts_slice key);
/* Status, description and the like: the text of an attribute, "" where it has none. */
struct ts_slice task_text(const struct ts_task *task, const char *key);
/* The same values, whenever they were set. */
bool task_same_values(const struct ts_task *a, const struct ts_task *b);
/* `task` with every key removed, at `when`. It lives in `a`. TS_OK or TS_ENOMEM. */
int task_emptied(const struct ts_task *task, int64_t when, struct ts_arena *a,
		 struct ts_task *ret) TS_MUST_CHECK;
/* `task` as it is once it is deleted at `when` [s since 1970]: status, end and modified. It lives
 * in `a`, and borrows. TS_OK or TS_ENOMEM. */
int task_deleted(const struct ts_task *task, int64_t when, struct ts_arena *a,
		 struct ts_task *ret) TS_MUST_CHECK;
