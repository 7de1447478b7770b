/* SPDX-License-Identifier: MIT */
/* A task's JSON: every spelling that clients send is read, the one that all of them read is
 * written. */
#pragma once

#include "common/base/buf.h"
#include "common/task/task.h"

/* Limits on what one peer may send; 0 is none. */
struct ts_task_limits {
	size_t line;       /* [bytes] of one task's JSON */
	size_t depth;      /* of nested JSON */
	size_t attributes; /* of one task, each tag and annotation counted */
	size_t value;      /* [bytes] of one value, as text */
};

/* Which of them a task is beyond. */
enum ts_task_limit {
	TS_TASK_WITHIN,
	TS_TASK_LINE,
	TS_TASK_DEPTH,
	TS_TASK_ATTRIBUTES,
	TS_TASK_VALUE,
	TS_TASK_LIMITS
};

/* What had to be changed to make a task of it that every client can read; "" if nothing. */
struct ts_task_repair {
	char text[120];
	enum ts_task_limit beyond; /* why it is no task; TS_TASK_WITHIN: for another reason */
};

/*
 * Read one task. Its keys and values live in `a`; stamps are zero; attributes that are null or
 * empty are absent; `id` and `urgency` are dropped.
 *
 * TS_EMALF: not a task, err says why in half a sentence that fits behind "because"; TS_ENOMEM.
 */
int ts_task_read(struct ts_slice json, const struct ts_task_limits *limits, struct ts_arena *a,
		 struct ts_task *ret, struct ts_task_repair *repair,
		 struct ts_error *err) TS_MUST_CHECK;

/* Append the task as one JSON object, without a newline: attributes in order of name, then
 * annotations, tags, depends; UTF-8 with only the escapes that JSON demands. Tombstones are left
 * out, and so is what isn't shown (shown.h). `a` is for temporaries. An append that failed shows in
 * `to`. */
void ts_task_write(const struct ts_task *task, struct ts_arena *a, struct ts_buf *to);

/* Is it a JSON object or array at all, be it no task? Append it in compact form. TS_EMALF with a
 * sentence that says where it ends to be one; TS_ENOMEM. */
int ts_json_check(struct ts_slice json, struct ts_buf *ret, struct ts_error *err) TS_MUST_CHECK;
