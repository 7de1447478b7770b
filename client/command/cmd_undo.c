/* SPDX-License-Identifier: MIT */
#include "client/command/target.h"
#include "client/replica/edit.h"
#include "common/base/date.h"
#include "common/base/json_out.h"

static void add_json(struct ts_buf *to, const char *what, size_t tasks)
{
	struct ts_json j = ts_json_to(to);
	ts_json_open(&j, '{');
	ts_json_name(&j, "undone");
	ts_json_text(&j, ts_slice_of(what));
	ts_json_name(&j, "tasks");
	ts_json_int(&j, (int64_t)tasks);
	ts_json_close(&j, '}');
	ts_buf_add_char(to, '\n');
}

/* One line a task, up to so many tasks. */
struct told {
	struct ts_buf names; /* each with a line feed */
	size_t count;
};

static void told_done(struct told *t)
{
	ts_buf_done(&t->names);
}

static void add_name(const struct ts_task *task, uint64_t number, void *arg)
{
	struct told *told = arg;
	if (told->count++ < TARGET_LIST_MAX) {
		target_add_name(&told->names, task, number);
		ts_buf_add_char(&told->names, '\n');
	}
}

static void add_text(struct ts_buf *to, const struct undone *u, const struct told *told)
{
	struct ts_slice rest = ts_buf_slice(&told->names);
	to->failed |= told->names.failed;
	if (u->tasks > TARGET_LIST_MAX) {
		ts_buf_printf(to, "Undid '%s' of %zu tasks.\n", u->what, u->tasks);
		return;
	}
	while (rest.len > 0) {
		ts_buf_printf(to, "Undid '%s' of ", u->what);
		ts_buf_add_slice(to, ts_slice_cut(&rest, '\n'));
		ts_buf_add_str(to, ".\n");
	}
}

static int run(struct line *l, struct ts_error *err)
{
	TS_CLEANUP(replica_close) struct replica r = {0};
	TS_CLEANUP(told_done) struct told told = {0};
	TS_BUF(text);
	struct undone u = {.each = add_name, .arg = &told};
	int code = line_replica(l, false, &r, err);
	if (code == TS_OK) {
		code = edit_undo(&r, ts_date_now(), &u, err);
	}
	if (code != TS_OK) {
		return code;
	}
	if (l->json) {
		add_json(&text, u.what, u.tasks);
	} else {
		add_text(&text, &u, &told);
	}
	return line_print(&text, err);
}

const struct command command_undo = {
	.name = "undo",
	.run = run,
	.words = WORDS_NONE,
	.usage = "",
	.brief = "take the last command's changes back",
	.help = "The newest change that was made on this machine and not undone before, as one "
		"more "
		"change: it goes to other machines with the next sync as every other does. What "
		"somebody has changed again since stays. Again, and the change before that is "
		"undone.",
};
