/* SPDX-License-Identifier: MIT */
/*
 * The replica's past in people's words: the version that a word such as `3@17` means, and putting
 * back what a task had. The engine's side of it is in common/history. Prints nothing.
 */
#pragma once

#include "client/replica/replica.h"
#include "client/words/filter.h"
#include "common/history/history.h"

/*
 * TASK[@VERSION]: a task as filter.h has it, or any task's whole uuid; a version's number, how many
 * versions back on the main line (@-1), or a date, whose last state is meant (@yesterday).
 */
struct spot {
	struct ts_uuid task;
	uint64_t head;
	uint64_t version; /* the head, where none was said; 0: before the first one */
	bool said;        /* a version was said */
};

/* What words about versions are read with. */
struct moment {
	int64_t now;
	bool monday; /* weeks begin on Monday */
};

/* `same`: the task of a word that begins with '@', or NULL. TS_EUSAGE, TS_ENOTFOUND. */
int spot_find(const char *word, const struct ts_uuid *same, const struct moment *m,
	      struct ts_txn *t, const struct replica *r, struct spot *ret,
	      struct ts_error *err) TS_MUST_CHECK;
/* The version that `version` (what stands behind the '@') says, of the spot's task. */
int spot_at(struct spot *s, const char *version, const struct moment *m, struct ts_txn *t,
	    const struct replica *r, struct ts_error *err) TS_MUST_CHECK;

/* How many values that lost are open. Looks only at versions that came with syncs. */
int losses_count(struct ts_txn *t, const struct replica *r, size_t *ret,
		 struct ts_error *err) TS_MUST_CHECK;

/*
 * The task's head with the named attributes, or all without names, as the spot's version has them.
 * Where the spot says no version: the value that lost in the newest conflict on the attribute, or
 * else the one before its last change; without names, the state before the last change. *ret lives
 * in `a`; its `modified` is the head's. TS_EINVAL: there is nothing earlier.
 */
int revert_plan(struct ts_txn *t, const struct replica *r, const struct spot *spot,
		const char *const *names, size_t count, struct ts_arena *a, struct ts_task *ret,
		struct ts_error *err) TS_MUST_CHECK;
