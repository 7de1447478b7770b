/* SPDX-License-Identifier: MIT */
#include "client/command/command.h"
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

static int run(struct line *l, struct ts_error *err)
{
	TS_CLEANUP(replica_close) struct replica r = {0};
	TS_BUF(text);
	char what[TS_WHAT_MAX + 1];
	size_t tasks;
	int code = line_replica(l, false, &r, err);
	if (code == TS_OK) {
		code = edit_undo(&r, ts_date_now(), &tasks, what, sizeof(what), err);
	}
	if (code != TS_OK) {
		return code;
	}
	if (l->json) {
		add_json(&text, what, tasks);
	} else {
		ts_buf_printf(&text, "Undid '%s' of %zu task%s.\n", what, tasks,
			      tasks == 1 ? "" : "s");
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
