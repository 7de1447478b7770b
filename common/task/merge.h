/* SPDX-License-Identifier: MIT */
/*
 * Merging, pure: versions in, versions out, no I/O.
 *
 * Each key of a task carries a stamp (t, n). A state that somebody made from a version they had
 * seen gets new stamps for what they changed, later than what they saw, whatever the clocks say.
 * Merging takes for each key what was stamped last; a removed key keeps its stamp. So merging is
 * commutative, associative and idempotent, and every replica ends with the same task
 * (doc/architecture.md, "Merging").
 */
#pragma once

#include "common/task/task.h"

/*
 * Make the version that `state`, as its editor sent it, is as a child of `parent`: what differs is
 * stamped with the state's own time, or just behind the parent's stamp where that is later; what
 * doesn't keeps the parent's stamp and spelling; what is gone becomes a tombstone, unless its
 * editor was never shown it (shown.h). `now` [s since 1970] is the time of a state that has none.
 *
 * *ret_changed: the number of keys that differ; 0: it is no version of its own.
 * TS_OK or TS_ENOMEM. The result lives in `a` and borrows from both.
 */
int ts_task_succeed(const struct ts_task *parent, const struct ts_task *state, int64_t now,
		    struct ts_arena *a, struct ts_task *ret, size_t *ret_changed) TS_MUST_CHECK;

/* A value that lost against a concurrent one. */
struct ts_conflict {
	struct ts_slice key;
	struct ts_value kept, lost;
};

struct ts_conflicts {
	struct ts_conflict *at;
	size_t count;
};

/*
 * Merge two versions of a task. `seen` is what both stand on: the keys that differ from it on both
 * sides, and have different values, are the conflicts.
 *
 * TS_OK or TS_ENOMEM. The results live in `arena` and borrow from the inputs.
 */
int ts_task_merge(const struct ts_task *seen, const struct ts_task *a, const struct ts_task *b,
		  struct ts_arena *arena, struct ts_task *ret,
		  struct ts_conflicts *ret_conflicts) TS_MUST_CHECK;

/* True where merging `older` into `newer` would change nothing: each key of it is there, with the
 * same stamp or a later one. */
bool ts_task_includes(const struct ts_task *newer, const struct ts_task *older);

/* The same keys, values, spellings, stamps and modified. */
bool ts_task_identical(const struct ts_task *a, const struct ts_task *b);
