/* SPDX-License-Identifier: MIT */
#include "client/command/target.h"
#include "client/words/changes.h"
#include "common/base/date.h"

/* A task as every new one is, before the words are looked at. */
static int begin(struct ts_arena *a, int64_t now, struct ts_task *ret, struct ts_error *err)
{
	*ret = (struct ts_task){.uuid = ts_uuid_random()};
	int code = task_set_text(ret, a, "status", "pending", err);
	return code == TS_OK ? task_set_date(ret, a, "entry", now, err) : code;
}

static int print(const struct line *l, const struct ts_task *task, uint64_t number,
		 struct ts_arena *a, struct ts_error *err)
{
	TS_BUF(text);
	const bool template = ts_slice_eq(ts_task_text(task, "status"), TS_SLICE("recurring"));
	if (l->json) {
		ts_buf_add_str(&text, "[");
		target_add_json(&text, task, number, a);
		ts_buf_add_str(&text, "]\n");
	} else if (number > 0) {
		ts_buf_printf(&text, "Created task %llu%s.\n", (unsigned long long)number,
			      template ? " (recurrence template)" : "");
	} else {
		ts_buf_printf(&text, "Created task %.8s.\n", ts_uuid_text(&task->uuid).text);
	}
	return line_print(&text, err);
}

static int store(struct replica *r, const struct ts_task *task, int64_t now, uint64_t *ret_number,
		 struct ts_error *err)
{
	TS_CLEANUP(edit_abort) struct edit e = {0};
	*ret_number = 0;
	int code = edit_begin(r, "add", now, &e, err);
	if (code == TS_OK) {
		code = edit_put(&e, task, NULL, err);
	}
	if (code == TS_OK && ts_task_is_open(task)) {
		code = ts_number_of(e.txn, r->user, &task->uuid, ret_number, err);
	}
	return code == TS_OK ? edit_commit(&e, NULL, err) : code;
}

static int read_changes(const struct line *l, const struct replica *r, int64_t now,
			struct ts_arena *a, struct changes **ret, struct ts_error *err)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	struct words words;
	int code = target_words(l, 0, a, &words, err);
	if (code == TS_OK) {
		code = ts_txn_begin(r->store, TS_READ, &t, err);
	}
	if (code == TS_OK) {
		code = changes_new(words.at, words.count, now,
				   strcmp(l->settings->weekstart, "sunday") != 0, t, r, ret, err);
	}
	if (code == TS_OK && !changes_have_description(*ret)) {
		return ts_fail(err, TS_EUSAGE, "A task needs a description.");
	}
	return code;
}

static int run(struct line *l, struct ts_error *err)
{
	TS_ARENA(arena);
	TS_CLEANUP(replica_close) struct replica r = {0};
	TS_CLEANUP(changes_free_p) struct changes *c = NULL;
	struct ts_task first, task;
	uint64_t number;
	const int64_t now = ts_date_now();
	int code = line_replica(l, true, &r, err);
	if (code == TS_OK) {
		code = read_changes(l, &r, now, &arena, &c, err);
	}
	if (code == TS_OK) {
		code = begin(&arena, now, &first, err);
	}
	if (code == TS_OK) {
		code = changes_apply(c, &first, now, &arena, &task, err);
	}
	if (code == TS_OK) {
		code = store(&r, &task, now, &number, err);
	}
	return code == TS_OK ? print(l, &task, number, &arena, err) : code;
}

const struct command command_add = {
	.name = "add",
	.run = run,
	.words = WORDS_CHANGES,
	.usage = "WORD…",
	.brief = "add a task",
	.help = "The words that are no attribute or tag are its description; behind -- all are.\n"
		"\n"
		"  taskc add Buy milk project:home +shop due:friday\n"
		"  taskc add Pay the rent due:eom recur:monthly priority:H\n"
		"  taskc add Paint depends:3,4 wait:monday -- colour: white\n"
		"\n"
		"A task with recur: and due: is a template: Taskwarrior makes the tasks from it.",
};
