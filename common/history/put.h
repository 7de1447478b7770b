/* SPDX-License-Identifier: MIT */
/* A task's next state, as an edit by somebody who has seen its head. */
#pragma once

#include "common/task/task.h"
#include "common/tree/append.h"

struct ts_revision {
	uint64_t number;     /* the head's; 0: the task is new */
	struct ts_task head; /* its task */
	struct ts_task next; /* the head's child */
	size_t changed;      /* keys that differ; 0: it is no version of its own */
};

/*
 * What `state`, the whole task as it should be from now on, is as a child of its head: what differs
 * is an edit of `now` [s since 1970]. The attributes are sorted, `modified` is set by the caller,
 * stamps don't matter. *ret lives in `a` and borrows from `state`.
 */
int ts_revise(struct ts_txn *t, uint32_t user, const struct ts_task *state, int64_t now,
	      struct ts_arena *a, struct ts_revision *ret, struct ts_error *err) TS_MUST_CHECK;
/* Append it, unless nothing differs. */
int ts_append_revision(struct ts_append *to, const struct ts_revision *r,
		       struct ts_error *err) TS_MUST_CHECK;
