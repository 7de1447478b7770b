/* SPDX-License-Identifier: MIT */
#include "common/cli/options.h"
#include "common/task/task_json.h"
#include "server/adopt/layout_write.h"
#include "server/history/held.h"
#include "server/history/subject.h"

enum { PENDING, TASKD_LAYOUT, OPTIONS };

static const struct ts_option options[OPTIONS] = {
	[PENDING] = {.name = "pending"},
	[TASKD_LAYOUT] = {.name = "taskd-layout", .value = "DIR"},
};

enum { HOLD_AT = 1 << 16 }; /* [bytes] collected before they are put by */

struct output {
	struct subject subject;
	bool pending; /* only those that are neither completed nor deleted */
	bool any;
	struct held held;
	struct ts_buf text;
	struct ts_arena arena; /* of the task in work */
};

static void output_done(struct output *x)
{
	subject_done(&x->subject);
	held_done(&x->held);
	ts_buf_done(&x->text);
	ts_arena_done(&x->arena);
}

static int add_task(const struct ts_uuid *uuid, uint64_t head, void *arg, struct ts_error *err)
{
	struct output *x = arg;
	struct ts_task task;
	ts_arena_reset(&x->arena);
	int code = ts_version_task(x->subject.txn, x->subject.user.id, head, uuid, &x->arena, &task,
				   err);
	if (code != TS_OK || ts_task_is_empty(&task) || (x->pending && !ts_task_is_open(&task))) {
		return code;
	}
	ts_buf_add_str(&x->text, x->any ? ",\n" : "");
	ts_task_write(&task, &x->arena, &x->text);
	x->any = true;
	return x->text.len > HOLD_AT ? held_add(&x->held, &x->text, err) : TS_OK;
}

static int export_tasks(struct output *x, struct ts_error *err)
{
	ts_buf_add_str(&x->text, "[\n");
	int code = held_begin(&x->held, err);
	if (code == TS_OK) {
		code = ts_head_each(x->subject.txn, x->subject.user.id, add_task, x, err);
	}
	ts_txn_abort(TS_TAKE(x->subject.txn));
	ts_buf_add_str(&x->text, x->any ? "\n]\n" : "]\n");
	if (code == TS_OK) {
		code = held_add(&x->held, &x->text, err);
	}
	return code == TS_OK ? held_print(&x->held, err) : code;
}

/* Taskserver's data directory, of everything, an organization, or a user. */
static int export_layout(struct command_line *cl, const char *to, struct ts_error *err)
{
	TS_CLEANUP(ts_store_close_p) struct ts_store *store = NULL;
	struct layout_counts counts;
	const struct layout_request r = {
		.data = cl->data,
		.to = to,
		.org = cl->argc > 0 ? cl->argv[0] : NULL,
		.user = cl->argc > 1 ? cl->argv[1] : NULL,
		.limit = cl->settings->request_limit,
		.told = stdout,
	};
	if (cl->argc > 2) {
		return TS_EUSAGE;
	}
	int code = command_store(cl, &store, err);
	if (code == TS_OK) {
		code = layout_write(store, &r, &counts, err);
	}
	if (code == TS_OK) {
		layout_tell(&counts, cl->quiet ? NULL : stdout, to);
	}
	return code;
}

static int cmd_export(struct command_line *cl, struct ts_error *err)
{
	struct ts_option_values values[OPTIONS] = {0};
	TS_CLEANUP(output_done) struct output x = {0};
	int code = ts_options_read(&cl->argc, cl->argv, options, OPTIONS, values, err);
	if (code == TS_OK && values[TASKD_LAYOUT].count > 0) {
		return values[PENDING].count > 0
			       ? TS_EUSAGE
			       : export_layout(cl, ts_option_last(&values[TASKD_LAYOUT], ""), err);
	}
	if (code == TS_OK && cl->argc != 2) {
		code = TS_EUSAGE;
	}
	x.pending = values[PENDING].count > 0;
	if (code == TS_OK) {
		code = subject_open(cl, cl->argv[0], cl->argv[1], TS_READ, &x.subject, err);
	}
	return code == TS_OK ? export_tasks(&x, err) : code;
}

const struct command command_export = {
	.name = "export",
	.run = cmd_export,
	.flags = COMMAND_DATA | COMMAND_SETTINGS | COMMAND_OPTIONS,
	.usage = "[options] <org> <user> [--pending]\n"
		 "[options] --taskd-layout <directory> [<org> [<user>]]",
	.help = "Prints a user's tasks as Taskwarrior's JSON, a task a line, of whatever status;\n"
		"with --pending only those that are neither completed nor deleted. `task import`\n"
		"and `taskd import` read it.\n\n"
		"With --taskd-layout writes a data directory of Taskserver, with the settings,\n"
		"organizations, users and histories that there are or those named: the way back\n"
		"from `taskd adopt`. The directory must be new or empty.",
};
