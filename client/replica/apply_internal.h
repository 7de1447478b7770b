/* SPDX-License-Identifier: MIT */
/* What the files of apply.h share. */
#pragma once

#include "client/replica/apply.h"
#include "client/replica/edit.h"

/* A received version that stands beside the main line, to be merged into it. */
struct beside {
	struct ts_uuid task;
	uint64_t received;
	uint64_t sent; /* its parent */
	bool echo;     /* the main line stays as it is, and the remote will be told */
};

struct work {
	struct apply *a;
	struct edit edit;
	uint32_t user;
	struct ts_sync_point before, after; /* what the remote had when it was asked; when it had
					     * taken what was sent */
	struct ts_upload_entry *entries;
	size_t count;
	struct ts_buf beside;  /* of struct beside */
	struct ts_arena arena; /* of the task in work */
};

/* Take the state of one task, if it is news. */
int apply_take(struct work *w, const struct ts_upload_entry *entry,
	       struct ts_error *err) TS_MUST_CHECK;
/* Merge a received version with the edits that were made while the sync ran. */
int apply_merge(struct work *w, const struct beside *b, struct ts_error *err) TS_MUST_CHECK;
/* True where `received` is the weaker one of two states that chase each other. */
int apply_is_echo(struct work *w, uint64_t head_number, const struct ts_task *head,
		  const struct ts_task *received, bool *ret, struct ts_error *err) TS_MUST_CHECK;
/* Tell of a task whose values changed. */
int apply_tell(struct work *w, const struct ts_task *before, const struct ts_task *after,
	       struct ts_error *err) TS_MUST_CHECK;
