/* SPDX-License-Identifier: MIT */
/*
 * What to change, in words: `project:home` sets, `project:` removes, `+tag` `-tag`, `depends:3,-4`
 * (numbers or uuids; - takes one away), `tags:a,b` (these and no others), `due:friday`, any other
 * `name:value` is an attribute as well; the other words together are the description. Behind `--`
 * every word is description.
 *
 * Dates are Taskwarrior's own alone: due, scheduled, wait, until, start, end, entry. What somebody
 * else calls a date is a text here and stays as it is written; but a number that was a JSON number
 * stays one.
 */
#pragma once

#include "client/replica/replica.h"

struct changes;

/* Numbers in `depends:` are looked up in `t`. The words are borrowed. TS_EUSAGE, TS_ENOTFOUND with
 * a sentence. */
int changes_new(const char *const *words, size_t count, int64_t now, bool monday, struct ts_txn *t,
		const struct replica *r, struct changes **ret, struct ts_error *err) TS_MUST_CHECK;
void changes_free(struct changes *c); /* accepts NULL */
TS_DEFINE_CLEANUP(struct changes, changes_free)
bool changes_are_empty(const struct changes *c);
bool changes_have_description(const struct changes *c);
/* `task` with the changes made, settled (task_settle()), and `modified` set to `now`; lives in `a`,
 * borrows from all. TS_EUSAGE with a sentence: that would be no task. */
int changes_apply(const struct changes *c, const struct ts_task *task, int64_t now,
		  struct ts_arena *a, struct ts_task *ret, struct ts_error *err) TS_MUST_CHECK;

/*
 * Helpers for commands that make their changes themselves.
 */

/* Set one attribute of a task in `a`, or take it away with an empty value. A number that stood
 * there stays one where the text is one. TS_OK or TS_ENOMEM. */
int task_set(struct ts_task *task, struct ts_arena *a, struct ts_slice key, struct ts_value value,
	     struct ts_error *err) TS_MUST_CHECK;
int task_set_text(struct ts_task *task, struct ts_arena *a, const char *key, const char *text,
		  struct ts_error *err) TS_MUST_CHECK;
/* A date, as task JSON spells it; 0 takes it away. [s since 1970] */
int task_set_date(struct ts_task *task, struct ts_arena *a, const char *key, int64_t date,
		  struct ts_error *err) TS_MUST_CHECK;
/* Take every element of a set away (task_key.h), in the array where they are. */
void task_clear_set(struct ts_task *task, struct ts_slice prefix);
/* The attribute has a value. */
bool task_has(const struct ts_task *task, const char *key);
/*
 * See to what belongs together after an edit of `before`, as Taskwarrior does: a closed task has an
 * end, an open one has none; what recurs has a due date and is a template. TS_EUSAGE with a
 * sentence: that would be no task.
 */
int task_settle(const struct ts_task *before, struct ts_task *task, struct ts_arena *a, int64_t now,
		struct ts_error *err) TS_MUST_CHECK;
/* TS_EUSAGE where a dependency that `before` didn't have would make the task depend on itself, over
 * whatever others. */
int task_check_depends(struct ts_txn *t, const struct replica *r, const struct ts_task *before,
		       const struct ts_task *task, struct ts_error *err) TS_MUST_CHECK;
