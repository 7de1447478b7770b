/* SPDX-License-Identifier: MIT */
#include "client/command/command.h"
#include "client/import/import.h"
#include "client/show/term.h"
#include "common/base/date.h"
#include "common/base/json_out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

enum { TOLD_MAX = 20 };

/* What was refused, as text or, with --json, as the elements of an array. */
struct refusals {
	bool json;
	size_t count;
	struct ts_buf text;
};

static void refusals_done(struct refusals *r)
{
	ts_buf_done(&r->text);
}

static void add_json(struct ts_buf *to, const struct refusal *refusal)
{
	struct ts_json j = ts_json_to(to);
	ts_buf_add_str(to, to->len > 0 ? "," : "");
	ts_json_open(&j, '{');
	ts_json_name(&j, "file");
	ts_json_text(&j, ts_slice_of(refusal->file));
	ts_json_name(&j, "line");
	ts_json_int(&j, (int64_t)refusal->line);
	ts_json_name(&j, "because");
	ts_json_text(&j, ts_slice_of(refusal->because));
	ts_json_close(&j, '}');
}

static void refused(const struct refusal *refusal, void *arg)
{
	struct refusals *r = arg;
	if (r->count++ >= TOLD_MAX) {
		return;
	}
	if (r->json) {
		add_json(&r->text, refusal);
		return;
	}
	ts_buf_printf(&r->text, "%s:%zu: Not taken, because ", refusal->file, refusal->line);
	term_add(&r->text, false, STYLE_NONE, ts_slice_of(refusal->because));
	ts_buf_add_str(&r->text, ".\n");
}

static int read_file(struct import *i, const char *name, struct ts_error *err)
{
	if (strcmp(name, "-") == 0) {
		return import_read(i, STDIN_FILENO, "standard input", err);
	}
	TS_AUTOCLOSE int fd = open(name, O_RDONLY | O_CLOEXEC);
	return fd >= 0 ? import_read(i, fd, name, err)
		       : ts_fail_errno(err, errno, "Could not open %s", name);
}

static int print_json(const struct import_counts *c, bool dry, const struct refusals *refusals,
		      struct ts_error *err)
{
	const struct {
		const char *name;
		size_t value;
	} counts[] = {{"added", c->added},
		      {"changed", c->changed},
		      {"same", c->same},
		      {"refused", c->refused}};
	TS_BUF(text);
	struct ts_json j = ts_json_to(&text);
	ts_json_open(&j, '{');
	for (size_t i = 0; i < TS_COUNT_OF(counts); i++) {
		ts_json_name(&j, counts[i].name);
		ts_json_int(&j, (int64_t)counts[i].value);
	}
	ts_json_name(&j, "dry_run");
	ts_json_bool(&j, dry);
	ts_json_name(&j, "refusals");
	ts_json_open(&j, '[');
	ts_buf_add_slice(&text, ts_buf_slice(&refusals->text));
	ts_json_close(&j, ']');
	ts_json_close(&j, '}');
	ts_buf_add_char(&text, '\n');
	return line_print(&text, err);
}

static int print_text(const struct line *l, const struct import_counts *c, bool dry,
		      const struct refusals *refusals, struct ts_error *err)
{
	TS_BUF(text);
	if (refusals->text.len > 0 && !refusals->text.failed) {
		(void)fwrite(refusals->text.data, 1, refusals->text.len, stderr);
	}
	if (refusals->count > TOLD_MAX) {
		line_say(l, "And %zu more were not taken.", refusals->count - TOLD_MAX);
	}
	ts_buf_printf(&text, "%s %zu task%s", dry ? "Would import" : "Imported", c->added,
		      c->added == 1 ? "" : "s");
	if (c->changed > 0) {
		ts_buf_printf(&text, ", %zu changed", c->changed);
	}
	if (c->same > 0) {
		ts_buf_printf(&text, ", %zu unchanged", c->same);
	}
	if (c->refused > 0) {
		ts_buf_printf(&text, ", %zu refused", c->refused);
	}
	ts_buf_add_str(&text, ".\n");
	return line_print(&text, err);
}

static int run(struct line *l, struct ts_error *err)
{
	TS_CLEANUP(replica_close) struct replica r = {0};
	TS_CLEANUP(import_free_p) struct import *i = NULL;
	TS_CLEANUP(refusals_done) struct refusals refusals = {.json = l->json};
	struct import_counts counts;
	const bool dry = line_has(l, "dry-run");
	if (l->word_count == 0) {
		return ts_fail(err, TS_EUSAGE, "Say which files, or - for standard input.");
	}
	int code = import_new(ts_date_now(), l->settings->memory, refused, &refusals, &i, err);
	for (size_t n = 0; n < l->word_count && code == TS_OK; n++) {
		code = read_file(i, l->words[n], err);
	}
	if (code == TS_OK) {
		code = line_replica(l, true, &r, err);
	}
	if (code == TS_OK) {
		code = import_store(i, &r, line_has(l, "merge") ? IMPORT_MERGE : IMPORT_REPLACE,
				    dry, &counts, err);
	}
	if (code == TS_OK) {
		code = l->json ? print_json(&counts, dry, &refusals, err)
			       : print_text(l, &counts, dry, &refusals, err);
	}
	if (code == TS_OK && counts.refused > 0 &&
	    counts.added + counts.changed + counts.same == 0) {
		return ts_fail(err, TS_EMALF, "There was no task to take.");
	}
	return code;
}

static const struct ts_option options[] = {
	{"merge", NULL, "of a task that is here already, keep what is newer in each attribute", 0},
	{"dry-run", NULL, "change nothing, say what would be", 0},
};

const struct command command_import = {
	.name = "import",
	.run = run,
	.words = WORDS_FILES,
	.usage = "FILE…\n-",
	.brief = "take tasks from files",
	.help = "Reads what `task export` and `taskc export` write, other JSON with tasks in it, "
		"the data of taskd and Taskwarrior's own files:\n"
		"\n"
		"  task export | taskc import -\n"
		"  taskc import ~/.task/pending.data ~/.task/completed.data\n"
		"  taskc import --merge tx.data\n"
		"\n"
		"A task that is here already becomes what the file says; with --merge the newer "
		"value of each attribute counts, as when two machines sync. A task without uuid is "
		"a new one. What is no task is told and left out.",
	.options = options,
	.option_count = TS_COUNT_OF(options),
};
