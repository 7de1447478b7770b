/* SPDX-License-Identifier: MIT */
#include "client/command/command.h"
#include "client/import/import.h"
#include "common/base/date.h"
#include "common/import/told.h"

#include <stdio.h>

static int print_json(const struct ts_import_counts *c, bool dry,
		      const struct ts_import_told *refusals, struct ts_error *err)
{
	TS_BUF(text);
	ts_import_told_json(refusals, c, dry, &text);
	return line_print(&text, err);
}

static int print_text(const struct line *l, const struct ts_import_counts *c, bool dry,
		      const struct ts_import_told *refusals, struct ts_error *err)
{
	TS_BUF(text);
	if (refusals->text.len > 0 && !refusals->text.failed) {
		(void)fwrite(refusals->text.data, 1, refusals->text.len, stderr);
	}
	if (refusals->count > TS_IMPORT_TOLD_MAX) {
		line_say(l, "And %zu more were not taken.", refusals->count - TS_IMPORT_TOLD_MAX);
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
	TS_CLEANUP(ts_import_free_p) struct ts_import *i = NULL;
	TS_CLEANUP(ts_import_told_done) struct ts_import_told refusals = {.json = l->json};
	struct ts_import_counts counts;
	const bool dry = line_has(l, "dry-run");
	if (l->word_count == 0) {
		return ts_fail(err, TS_EUSAGE, "Say which files, or - for standard input.");
	}
	int code = ts_import_new(ts_date_now(), l->settings->memory, ts_import_tell, &refusals, &i,
				 err);
	for (size_t n = 0; n < l->word_count && code == TS_OK; n++) {
		code = ts_import_read_file(i, l->words[n], err);
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
