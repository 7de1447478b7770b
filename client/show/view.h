/* SPDX-License-Identifier: MIT */
/* How the client's results are shown, beside what both programs show (common/show/view.h). */
#pragma once

#include "client/history/history.h"
#include "common/show/view.h"

/* The task as Taskwarrior exports it, its number as `id`, without the last brace: the caller may
 * add members and closes it. */
int task_json_open(struct ts_json *j, const struct ts_task *task, uint64_t number,
		   struct ts_error *err) TS_MUST_CHECK;

/* Everything about one task. */
int task_view(const struct ts_view *v, const struct spot *s, bool json,
	      struct ts_error *err) TS_MUST_CHECK;

/* A task's change from one version to another, attribute by attribute. */
struct compared {
	struct ts_uuid task;
	uint64_t from, to; /* versions, 0: before the first one */
	struct ts_task before, after;
	struct ts_difference changes;
};
int diff_add(const struct ts_view *v, const struct compared *c, struct ts_error *err) TS_MUST_CHECK;
int diff_add_json(const struct ts_view *v, const struct compared *c, struct ts_json *j,
		  struct ts_error *err) TS_MUST_CHECK;
