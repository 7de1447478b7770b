/* SPDX-License-Identifier: MIT */
/*
 * A user's past: versions with what each changed, walked from the newest back; what lost against a
 * concurrent edit; how things were at some time. Knows neither words nor terminals, and prints
 * nothing.
 */
#pragma once

#include "common/base/buf.h"
#include "common/task/task_state.h"
#include "common/tree/version.h"

/* A key whose value differs; NONE where it isn't there. */
struct ts_change {
	struct ts_slice key;
	struct ts_value from, to;
};

struct ts_difference {
	struct ts_change *at; /* in order of keys */
	size_t count;
};

/* What makes `to` of `from`; borrows from both, lives in `a`. TS_OK or TS_ENOMEM. */
int ts_task_difference(const struct ts_task *from, const struct ts_task *to, struct ts_arena *a,
		       struct ts_difference *ret, struct ts_error *err) TS_MUST_CHECK;

/* A version and what it changed. */
struct ts_step {
	struct ts_version version;
	struct ts_transaction made; /* when, by whom, with what */
	struct ts_task before, after;
	struct ts_difference changes;  /* since its parent */
	struct ts_conflicts conflicts; /* of a merge */
};

/* Lives in `a`. */
int ts_step_read(struct ts_txn *t, uint32_t user, uint64_t number, struct ts_arena *a,
		 struct ts_step *ret, struct ts_error *err) TS_MUST_CHECK;

/* The task's newest state; the empty task of that uuid, and *ret_head 0, where there is none. It
 * lives in `a`. `ret_head` may be NULL. */
int ts_head_task(struct ts_txn *t, uint32_t user, const struct ts_uuid *uuid, struct ts_arena *a,
		 struct ts_task *ret, uint64_t *ret_head, struct ts_error *err) TS_MUST_CHECK;
/* The newest version at `head` or before it on the main line that was made at `date` or before; 0:
 * none. */
int ts_version_at_date(struct ts_txn *t, uint32_t user, uint64_t head, int64_t date, uint64_t *ret,
		       struct ts_error *err) TS_MUST_CHECK;
/* The task's short number; 0: it has none. */
int ts_number_or_none(struct ts_txn *t, uint32_t user, const struct ts_uuid *task, uint64_t *ret,
		      struct ts_error *err) TS_MUST_CHECK;

/* Versions, newest first, those beside the main line as well. */
struct ts_walk {
	struct ts_txn *txn; /* borrowed; the caller may replace it by a later one of the store */
	uint32_t user;
	uint64_t next;       /* of all tasks: the version above the next one */
	bool all;            /* of all tasks */
	struct ts_buf heap;  /* uint64_t[], of some tasks: versions to visit, the newest on top */
	struct ts_buf heads; /* uint64_t[], task by task: heads to begin from, the newest last */
};

/* `tasks` NULL: of all. Ends with ts_walk_done(), also where it failed. */
int ts_walk_begin(struct ts_txn *t, uint32_t user, const struct ts_uuids *tasks,
		  struct ts_walk *ret, struct ts_error *err) TS_MUST_CHECK;
/* The same, but task by task, the one that changed last first. */
int ts_walk_by_task(struct ts_txn *t, uint32_t user, const struct ts_uuids *tasks,
		    struct ts_walk *ret, struct ts_error *err) TS_MUST_CHECK;
/* TS_ENOTFOUND: that was all. */
int ts_walk_next(struct ts_walk *w, uint64_t *ret, struct ts_error *err) TS_MUST_CHECK;
void ts_walk_done(struct ts_walk *w);

/* A value that lost against a concurrent edit. */
enum ts_loss_state {
	TS_LOSS_OPEN,     /* what was kept is still there */
	TS_LOSS_RESTORED, /* the lost value is the current one */
	TS_LOSS_EDITED    /* neither is: somebody changed it since */
};

struct ts_loss {
	uint64_t merge;  /* the version that records it */
	uint64_t source; /* a version that has the lost value */
	int64_t time;    /* [s since 1970] of the merge's transaction */
	struct ts_uuid task;
	struct ts_slice key;
	struct ts_value kept, lost;
	enum ts_loss_state state;
};

struct ts_losses {
	struct ts_buf at; /* struct ts_loss[], newest first */
	size_t count;
};

/* Those of the tasks, NULL: of all; only the open ones, or `all`. They live in `a`. Free *ret with
 * ts_losses_done(), also where it failed. */
int ts_losses_find(struct ts_txn *t, uint32_t user, const struct ts_uuids *tasks, bool all,
		   struct ts_arena *a, struct ts_losses *ret, struct ts_error *err) TS_MUST_CHECK;
void ts_losses_done(struct ts_losses *l);

static inline const struct ts_loss *ts_loss_at(const struct ts_losses *l, size_t i)
{
	return (const struct ts_loss *)(const void *)l->at.data + i;
}
