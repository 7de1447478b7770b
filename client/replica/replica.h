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
#include "common/task/task_state.h"

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
