/* SPDX-License-Identifier: MIT */
/* What programs ask of a task, and the states that they make of one. */
#pragma once

#include "common/task/task.h"

/* The value of a key; a tombstone's where there is none. */
struct ts_value ts_task_value(const struct ts_task *task, struct ts_slice key);
/* Status, description and the like: the text of an attribute, "" where it has none. */
struct ts_slice ts_task_text(const struct ts_task *task, const char *key);
/* The same values, whenever they were set. */
bool ts_task_same_values(const struct ts_task *a, const struct ts_task *b);
/* It has a status, which is neither completed nor deleted. */
bool ts_task_is_open(const struct ts_task *task);
/* Every key is a tombstone: what is left of a task that was undone. */
bool ts_task_is_empty(const struct ts_task *task);

/* `task` with every key removed, at `when` [s since 1970]. It lives in `a`. TS_OK or TS_ENOMEM. */
int ts_task_emptied(const struct ts_task *task, int64_t when, struct ts_arena *a,
		    struct ts_task *ret) TS_MUST_CHECK;
/* `task` as it is once it is deleted at `when` [s since 1970]: status, end and modified. It lives
 * in `a`, and borrows. TS_OK or TS_ENOMEM. */
int ts_task_deleted(const struct ts_task *task, int64_t when, struct ts_arena *a,
		    struct ts_task *ret) TS_MUST_CHECK;
