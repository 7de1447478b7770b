/* SPDX-License-Identifier: MIT */
#include "common/cli/options.h"
#include "common/show/changelog.h"
#include "server/history/subject.h"

#include <stdio.h>

enum { GRAPH, DOT, JSON, SINCE, LIMIT, OPTIONS };

static const struct ts_option options[OPTIONS] = {
	[GRAPH] = {.name = "graph"},
	[DOT] = {.name = "dot"},
	[JSON] = {.name = "json"},
	[SINCE] = {.name = "since", .value = "TIME"},
	[LIMIT] = {.name = "limit", .value = "N"},
};

enum { WIDTH = 80 }; /* where there is no terminal */

struct telling {
	struct subject subject;
	struct ts_buf text;
	struct ts_view view;
	struct ts_changelog log;
};

static void telling_done(struct telling *t)
{
	subject_done(&t->subject);
	ts_buf_done(&t->text);
}

/* Whoever reads may take their time: what is read is given free meanwhile. */
static int print(void *arg, struct ts_error *err)
{
	struct telling *t = arg;
	ts_txn_abort(TS_TAKE(t->subject.txn));
	int code = command_print(&t->text, err);
	if (code == TS_OK) {
		code = subject_begin(&t->subject, TS_READ, err);
	}
	t->view.txn = t->subject.txn;
	return code;
}

static int prepare(struct telling *t, const struct ts_option_values *values, struct ts_error *err)
{
	const char *since = ts_option_last(&values[SINCE], NULL);
	t->log = (struct ts_changelog){.view = &t->view, .print = print, .arg = t};
	t->log.form = values[DOT].count > 0     ? TS_CHANGELOG_DOT
		      : values[JSON].count > 0  ? TS_CHANGELOG_JSON
		      : values[GRAPH].count > 0 ? TS_CHANGELOG_GRAPH
						: TS_CHANGELOG_TEXT;
	t->log.has_since = since != NULL;
	t->view = (struct ts_view){.to = &t->text,
				   .txn = t->subject.txn,
				   .user = t->subject.user.id,
				   .width = ts_term_width(WIDTH),
				   .color = ts_term_color("auto", STDOUT_FILENO),
				   .merges = true,
				   .now = t->subject.now};
	int code =
		subject_name_devices(&t->subject, t->log.form == TS_CHANGELOG_JSON, &t->view, err);
	if (code == TS_OK && since != NULL) {
		code = subject_time(&t->subject, since, &t->log.since, err);
	}
	return code == TS_OK ? ts_option_number("limit", ts_option_last(&values[LIMIT], NULL),
						SIZE_MAX, &t->log.limit, err)
			     : code;
}

static int cmd_history(struct command_line *cl, struct ts_error *err)
{
	struct ts_option_values values[OPTIONS] = {0};
	TS_CLEANUP(telling_done) struct telling t = {0};
	struct ts_uuids tasks = {0};
	int code = ts_options_read(&cl->argc, cl->argv, options, OPTIONS, values, err);
	if (code == TS_OK && cl->argc < 2) {
		code = TS_EUSAGE;
	}
	if (code == TS_OK) {
		code = subject_open(cl, cl->argv[0], cl->argv[1], TS_READ, &t.subject, err);
	}
	if (code == TS_OK) {
		code = prepare(&t, values, err);
	}
	if (code == TS_OK) {
		code = subject_tasks(&t.subject, cl->argv + 2, (size_t)cl->argc - 2, &tasks, err);
	}
	return code == TS_OK ? ts_changelog_run(&t.log, tasks.count > 0 ? &tasks : NULL, err)
			     : code;
}

const struct command command_history = {
	.name = "history",
	.run = cmd_history,
	.flags = COMMAND_DATA | COMMAND_SETTINGS | COMMAND_OPTIONS,
	.usage = "[options] <org> <user> [<task>...] [--graph] [--since <time>] [--limit <n>]\n"
		 "[options] <org> <user> [<task>...] --json|--dot [--since <time>] [--limit <n>]",
	.help = "Shows how a user's tasks came to be what they are, newest first: for each\n"
		"version its number, when it was stored, the device that sent it, the task,\n"
		"what changed, and the values that lost against a concurrent edit.\n\n"
		"A task is a uuid, its first 8 digits or more, or a word of its description.\n"
		"--graph draws its edits, branches and merges, --dot writes them for graphviz.\n"
		"A time is a date (2026-12-24, '2026-12-24 18:00', 20261224T170000Z, seconds\n"
		"since 1970), a time of the last day (18:30), a word (yesterday), or how long ago\n"
		"(-3h, '2 days ago').",
};
