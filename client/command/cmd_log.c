/* SPDX-License-Identifier: MIT */
#include "client/command/look.h"
#include "common/show/changelog.h"

static const struct ts_option options[] = {
	{"graph", NULL, "draw the versions as a tree", 0},
	{"limit", "N", "only the newest N", 0},
	{"since", "DATE", "only those made since then", 0},
	{"dot", NULL, "write the tree for Graphviz", 0},
};

static int print(void *arg, struct ts_error *err)
{
	return look_print(arg, err);
}

static int run(struct line *l, struct ts_error *err)
{
	TS_CLEANUP(look_done) struct look k = {0};
	struct ts_changelog log = {.view = &k.view, .print = print, .arg = &k};
	struct ts_uuids tasks = {0};
	log.has_since = line_has(l, "since");
	log.form = line_has(l, "dot")     ? TS_CHANGELOG_DOT
		   : l->json              ? TS_CHANGELOG_JSON
		   : line_has(l, "graph") ? TS_CHANGELOG_GRAPH
					  : TS_CHANGELOG_TEXT;
	int code = look_open(l, &k, err);
	if (code == TS_OK) {
		code = look_count(l, "limit", SIZE_MAX, &log.limit, err);
	}
	if (code == TS_OK && log.has_since) {
		code = look_date(l, &k, "since", &log.since, err);
	}
	if (code == TS_OK && l->word_count > 0) {
		code = look_select(l, &k, &tasks, err);
	}
	return code == TS_OK ? ts_changelog_run(&log, l->word_count > 0 ? &tasks : NULL, err)
			     : code;
}

const struct command command_log = {
	.name = "log",
	.run = run,
	.words = WORDS_FILTER,
	.usage = "[FILTER…]",
	.brief = "show how tasks came to be what they are",
	.help = "Newest first, for each version: its number, when and by whom it was stored here, "
		"with what command (`sync`: it came from a server), the task, what changed, and "
		"the values that lost against a concurrent edit.\n"
		"\n"
		"--graph draws where edits were made beside each other and where they were merged, "
		"task by task, the one that changed last first. "
		"--dot writes the same for Graphviz:\n"
		"\n"
		"  taskc log 3 --dot | dot -Tsvg > task.svg",
	.options = options,
	.option_count = TS_COUNT_OF(options),
};
