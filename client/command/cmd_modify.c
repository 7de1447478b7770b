/* SPDX-License-Identifier: MIT */
#include "client/command/target.h"
#include "client/words/changes.h"
#include "common/base/date.h"

static int apply(struct edit *e, const struct ts_task *before, struct ts_arena *a,
		 struct ts_task *ret, const char **ret_remark, void *arg, struct ts_error *err)
{
	(void)ret_remark;
	int code = changes_apply(arg, before, e->now, a, ret, err);
	return code == TS_OK ? task_check_depends(e->txn, e->replica, before, ret, err) : code;
}

static int read_changes(const struct line *l, const struct replica *r, const struct words *words,
			int64_t now, struct changes **ret, struct ts_error *err)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	int code = ts_txn_begin(r->store, TS_READ, &t, err);
	if (code == TS_OK) {
		code = changes_new(words->at, words->count, now,
				   strcmp(l->settings->weekstart, "sunday") != 0, t, r, ret, err);
	}
	if (code == TS_OK && changes_are_empty(*ret)) {
		return ts_fail(err, TS_EUSAGE, "Say what to change.");
	}
	return code;
}

static int run(struct line *l, struct ts_error *err)
{
	TS_ARENA(arena);
	TS_CLEANUP(replica_close) struct replica r = {0};
	TS_CLEANUP(changes_free_p) struct changes *c = NULL;
	struct words filter, rest;
	struct ts_uuids tasks;
	const int64_t now = ts_date_now();
	int code = target_split(l, &arena, &filter, &rest, err);
	if (code == TS_OK) {
		code = line_replica(l, false, &r, err);
	}
	if (code == TS_OK) {
		code = read_changes(l, &r, &rest, now, &c, err);
	}
	if (code == TS_OK) {
		code = target_select(l, &r, &filter, now, &arena, &tasks, err);
	}
	if (code != TS_OK) {
		return code;
	}
	const struct target_change how = {
		.what = "modify", .did = "Modified", .change = apply, .arg = c};
	return target_change(l, &r, &tasks, &how, now, err);
}

static const struct ts_option options[] = {TARGET_WHERE, TARGET_ALL};

const struct command command_modify = {
	.name = "modify",
	.run = run,
	.words = WORDS_CHANGES,
	.usage = "NUMBER|UUID… CHANGE…",
	.brief = "change tasks",
	.help = "The numbers and uuids that the words begin with say which tasks, or --where does, "
		"once for each word of a filter. What follows is changed:\n"
		"\n"
		"  project:home     set an attribute, of whatever name\n"
		"  project:         take it away\n"
		"  +shop -shop      put a tag on, take it off; tags:a,b leaves these alone\n"
		"  due:friday       dates: due, scheduled, wait, until, start, end, entry\n"
		"  depends:3,-4     depend on task 3, and no longer on task 4\n"
		"  status:pending   open a task again\n"
		"  other words      are the new description; behind -- all are\n"
		"\n"
		"Attributes that are not Taskwarrior's own are texts or numbers, never dates.",
	.options = options,
	.option_count = TS_COUNT_OF(options),
};
