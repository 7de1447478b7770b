/* SPDX-License-Identifier: MIT */
#include "common/cli/options.h"
#include "common/import/told.h"
#include "server/history/subject.h"

#include <stdio.h>

enum { DRY_RUN, JSON, OPTIONS };

static const struct ts_option options[OPTIONS] = {
	[DRY_RUN] = {.name = "dry-run"},
	[JSON] = {.name = "json"},
};

enum { MEMORY = 8 << 20 }; /* [bytes] of tasks; what is beyond goes to a temporary file */

struct taking {
	struct command_line *line;
	struct subject subject;
	struct ts_import *import;
	struct ts_import_told told;
	struct ts_import_counts counts;
	bool dry;
};

static void taking_done(struct taking *x)
{
	subject_done(&x->subject);
	ts_import_free(x->import);
	ts_import_told_done(&x->told);
}

static int read_tasks(struct taking *x, const char *name, struct ts_error *err)
{
	int code = ts_import_new(x->subject.now, MEMORY, ts_import_tell, &x->told, &x->import, err);
	if (code == TS_OK) {
		x->import->keep_refused = true;
		code = ts_import_read_file(x->import, name, err);
	}
	return code;
}

/* As a sync that brings no key would. */
static int store(struct taking *x, struct ts_error *err)
{
	struct subject *s = &x->subject;
	struct ts_append append;
	const struct ts_import_into into = {.append = &append, .device = SUBJECT_DEVICE};
	const struct ts_append_by by = {.now = s->now, .device = SUBJECT_DEVICE, .what = "import"};
	int code = ts_append_begin(s->txn, s->user.id, &append, err);
	if (code == TS_OK) {
		code = ts_import_merge(x->import, &into, &x->counts, err);
	}
	if (code == TS_OK) {
		code = ts_append_close(&append, &by, err);
	}
	return code == TS_OK ? ts_upload_quarantine(x->import->states, s->txn, s->user.id, s->now,
						    x->line->settings->quarantine_limit, err)
			     : code;
}

static int store_all(struct taking *x, struct ts_error *err)
{
	int code = subject_begin(&x->subject, TS_WRITE, err);
	if (code == TS_OK) {
		code = store(x, err);
	}
	if (code != TS_OK || x->dry) {
		return code;
	}
	return ts_txn_commit(TS_TAKE(x->subject.txn), err);
}

static int tell_json(const struct taking *x, struct ts_error *err)
{
	TS_BUF(text);
	ts_import_told_json(&x->told, &x->counts, x->dry, &text);
	return command_print(&text, err);
}

static int tell(const struct taking *x, struct ts_error *err)
{
	const struct ts_import_counts *c = &x->counts;
	if (x->told.json) {
		return tell_json(x, err);
	}
	if (x->told.text.len > 0 && !x->told.text.failed) {
		(void)fwrite(x->told.text.data, 1, x->told.text.len, stderr);
	}
	if (x->told.count > TS_IMPORT_TOLD_MAX) {
		(void)fprintf(stderr, "And %zu more were not taken.\n",
			      x->told.count - TS_IMPORT_TOLD_MAX);
	}
	command_say(x->line,
		    "%s user '%s' in organization '%s': %zu new, %zu changed, %zu the same, "
		    "%zu refused%s\n",
		    x->dry ? "Would import for" : "Imported for", x->subject.name, x->subject.org,
		    c->added, c->changed, c->same, c->refused,
		    c->refused > 0 && !x->dry ? " (kept, see `taskd quarantine`)" : "");
	return TS_OK;
}

static int cmd_import(struct command_line *cl, struct ts_error *err)
{
	struct ts_option_values values[OPTIONS] = {0};
	TS_CLEANUP(taking_done) struct taking x = {.line = cl};
	int code = ts_options_read(&cl->argc, cl->argv, options, OPTIONS, values, err);
	if (code == TS_OK && (cl->argc < 2 || cl->argc > 3)) {
		code = TS_EUSAGE;
	}
	x.dry = values[DRY_RUN].count > 0;
	x.told.json = values[JSON].count > 0;
	if (code == TS_OK) {
		code = subject_open(cl, cl->argv[0], cl->argv[1], TS_READ, &x.subject, err);
	}
	/* Whoever writes the tasks may take their time. */
	ts_txn_abort(TS_TAKE(x.subject.txn));
	if (code == TS_OK) {
		code = read_tasks(&x, cl->argc == 3 ? cl->argv[2] : "-", err);
	}
	if (code == TS_OK) {
		code = store_all(&x, err);
	}
	return code == TS_OK ? tell(&x, err) : code;
}

const struct command command_import = {
	.name = "import",
	.run = cmd_import,
	.flags = COMMAND_DATA | COMMAND_SETTINGS | COMMAND_OPTIONS,
	.usage = "[options] <org> <user> [<file>|-] [--dry-run] [--json]",
	.help = "Takes tasks from a file, or from the standard input, into a user's account: JSON\n"
		"as `task export` and `taskd export` write it, one task a line or in an array.\n"
		"They are merged as if a device had sent them: of each attribute the newer value\n"
		"stays, a task without uuid is a new one. What is no task is told with its line\n"
		"and kept in the quarantine. --dry-run changes nothing and says what would be.",
};
