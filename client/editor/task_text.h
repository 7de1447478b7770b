/* SPDX-License-Identifier: MIT */
/*
 * A task as a text for an editor: a line for each attribute and annotation, or JSON. What can't be
 * written so is left out; so an edit is the difference of what the texts before and after are read
 * as, and what was left out stays.
 */
#pragma once

#include "client/replica/replica.h"
#include "common/base/buf.h"

/* Dates in words count from `now`; numbers of tasks are looked up. */
struct task_text_reader {
	int64_t now;
	bool monday;
	struct ts_txn *txn;
	const struct replica *replica;
	struct ts_uuid uuid; /* of the task */
};

/* TS_OK or TS_ENOMEM. `number`: the short one, 0: none. `a` is for temporaries. */
int task_text_write(const struct ts_task *task, uint64_t number, struct ts_arena *a,
		    struct ts_buf *to, struct ts_error *err) TS_MUST_CHECK;
int task_text_write_json(const struct ts_task *task, struct ts_arena *a, struct ts_buf *to,
			 struct ts_error *err) TS_MUST_CHECK;
/* The result lives in `a`. TS_EINVAL with a sentence that names the line. */
int task_text_read(struct ts_slice text, const struct task_text_reader *r, struct ts_arena *a,
		   struct ts_task *ret, struct ts_error *err) TS_MUST_CHECK;
int task_text_read_json(struct ts_slice text, const struct task_text_reader *r, struct ts_arena *a,
			struct ts_task *ret, struct ts_error *err) TS_MUST_CHECK;
/* Make of *task, as it is now, what somebody made of `shown`: what they changed, and nothing else.
 */
int task_text_apply(const struct ts_task *shown, const struct ts_task *edited, struct ts_arena *a,
		    struct ts_task *task, struct ts_error *err) TS_MUST_CHECK;
