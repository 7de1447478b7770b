/* SPDX-License-Identifier: MIT */
/* done, delete, start and stop: where a task is in its life. */
#include "client/command/target.h"
#include "client/words/changes.h"
#include "common/base/date.h"

#include <stdlib.h>

static bool has_status(const struct ts_task *task, const char *status)
{
	return ts_slice_eq(ts_task_text(task, "status"), ts_slice_of(status));
}

/* The parent's mask with `mark` at the place of child number `index`; NULL out of memory. */
static char *marked(struct ts_slice mask, size_t index, char mark)
{
	const size_t len = mask.len > index ? mask.len : index + 1;
	char *copy = calloc(1, len + 1);
	if (copy != NULL) {
		memset(copy, '-', len);
		memcpy(copy, mask.data, mask.len);
		copy[index] = mark;
	}
	return copy;
}

/* A recurring task's template keeps a mark for each task made from it. */
static int mark_parent(struct edit *e, const struct ts_task *child, struct ts_arena *a, char mark,
		       struct ts_error *err)
{
	enum { CHILDREN_MAX = 100000 };
	struct ts_task parent;
	struct ts_uuid uuid;
	struct ts_slice index = ts_task_text(child, "imask");
	if (!ts_uuid_parse(ts_task_text(child, "parent"), &uuid) || index.len == 0) {
		return TS_OK;
	}
	int code = replica_task(e->txn, e->replica, &uuid, a, &parent, NULL, err);
	const struct ts_slice digits = ts_slice_cut_digits(&index);
	const unsigned long i = strtoul(digits.len > 0 ? digits.data : "x", NULL, 10);
	if (code != TS_OK || !has_status(&parent, "recurring") || digits.len == 0 ||
	    digits.len > 6 || i > CHILDREN_MAX) {
		return code;
	}
	TS_AUTOFREE char *mask = marked(ts_task_text(&parent, "mask"), i, mark);
	if (mask == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	parent.has_modified = true;
	parent.modified = e->now;
	code = task_set_text(&parent, a, "mask", mask, err);
	return code == TS_OK ? edit_put(e, &parent, NULL, err) : code;
}

static int close_task(struct edit *e, const struct ts_task *before, struct ts_arena *a,
		      struct ts_task *ret, const char *status, char mark, struct ts_error *err)
{
	int code = task_set_text(ret, a, "status", status, err);
	if (code == TS_OK) {
		code = task_set_date(ret, a, "end", e->now, err);
	}
	return code == TS_OK ? mark_parent(e, before, a, mark, err) : code;
}

static int finish(struct edit *e, const struct ts_task *before, struct ts_arena *a,
		  struct ts_task *ret, const char **ret_remark, void *arg, struct ts_error *err)
{
	(void)arg;
	if (!ts_task_is_open(before)) {
		*ret_remark =
			has_status(before, "completed") ? "is completed already" : "is deleted";
		return TS_OK;
	}
	int code = task_set_date(ret, a, "start", 0, err);
	return code == TS_OK ? close_task(e, before, a, ret, "completed", '+', err) : code;
}

static int discard(struct edit *e, const struct ts_task *before, struct ts_arena *a,
		   struct ts_task *ret, const char **ret_remark, void *arg, struct ts_error *err)
{
	(void)arg;
	if (has_status(before, "deleted")) {
		*ret_remark = "is deleted already";
		return TS_OK;
	}
	return close_task(e, before, a, ret, "deleted", 'X', err);
}

static int start(struct edit *e, const struct ts_task *before, struct ts_arena *a,
		 struct ts_task *ret, const char **ret_remark, void *arg, struct ts_error *err)
{
	(void)arg;
	if (!ts_task_is_open(before)) {
		*ret_remark = "is not open";
	} else if (task_has(before, "start")) {
		*ret_remark = "is started already";
	}
	return *ret_remark != NULL ? TS_OK : task_set_date(ret, a, "start", e->now, err);
}

static int stop(struct edit *e, const struct ts_task *before, struct ts_arena *a,
		struct ts_task *ret, const char **ret_remark, void *arg, struct ts_error *err)
{
	(void)e;
	(void)arg;
	if (!task_has(before, "start")) {
		*ret_remark = "is not started";
		return TS_OK;
	}
	return task_set_date(ret, a, "start", 0, err);
}

static int run_with(struct line *l, const struct target_change *how, struct ts_error *err)
{
	TS_ARENA(arena);
	TS_CLEANUP(replica_close) struct replica r = {0};
	const struct words filter = {l->words, l->word_count};
	struct ts_uuids tasks;
	const int64_t now = ts_date_now();
	int code = line_replica(l, false, &r, err);
	if (code == TS_OK) {
		code = target_select(l, &r, &filter, now, &arena, &tasks, err);
	}
	return code == TS_OK ? target_change(l, &r, &tasks, how, now, err) : code;
}

static int run_done(struct line *l, struct ts_error *err)
{
	const struct target_change how = {.what = "done", .did = "Completed", .change = finish};
	return run_with(l, &how, err);
}

static int run_delete(struct line *l, struct ts_error *err)
{
	const struct target_change how = {.what = "delete", .did = "Deleted", .change = discard};
	return run_with(l, &how, err);
}

static int run_start(struct line *l, struct ts_error *err)
{
	const struct target_change how = {.what = "start", .did = "Started", .change = start};
	return run_with(l, &how, err);
}

static int run_stop(struct line *l, struct ts_error *err)
{
	const struct target_change how = {.what = "stop", .did = "Stopped", .change = stop};
	return run_with(l, &how, err);
}

static const struct ts_option options[] = {TARGET_ALL};

#define ONE_TRANSACTION                                                                            \
	"Where the filter means several tasks that were not named by number or uuid, taskc asks "  \
	"first. All of them change, or none."

const struct command command_done = {
	.name = "done",
	.run = run_done,
	.words = WORDS_FILTER,
	.usage = "FILTER…",
	.brief = "complete tasks",
	.help = ONE_TRANSACTION "\n\n  taskc done 3\n  taskc done project:home +shop",
	.options = options,
	.option_count = TS_COUNT_OF(options),
};

const struct command command_delete = {
	.name = "delete",
	.run = run_delete,
	.words = WORDS_FILTER,
	.usage = "FILTER…",
	.brief = "delete tasks",
	.help = "Their status is \"deleted\" then: `taskc undo` or `taskc modify UUID "
		"status:pending` brings them back.\n\n" ONE_TRANSACTION,
	.options = options,
	.option_count = TS_COUNT_OF(options),
};

const struct command command_start = {
	.name = "start",
	.run = run_start,
	.words = WORDS_FILTER,
	.usage = "FILTER…",
	.brief = "mark tasks as being worked on",
	.help = ONE_TRANSACTION,
	.options = options,
	.option_count = TS_COUNT_OF(options),
};

const struct command command_stop = {
	.name = "stop",
	.run = run_stop,
	.words = WORDS_FILTER,
	.usage = "FILTER…",
	.brief = "undo `start`",
	.help = ONE_TRANSACTION,
	.options = options,
	.option_count = TS_COUNT_OF(options),
};
