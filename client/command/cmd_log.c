/* SPDX-License-Identifier: MIT */
#include "client/command/look.h"

enum { PRINT_AT = 1 << 16 }; /* [bytes] collected before they are printed */

static const struct ts_option options[] = {
	{"graph", NULL, "draw the versions as a tree", 0},
	{"limit", "N", "only the newest N", 0},
	{"since", "DATE", "only those made since then", 0},
	{"dot", NULL, "write the tree for Graphviz", 0},
};

enum form { FORM_TEXT, FORM_GRAPH, FORM_DOT, FORM_JSON };

struct logging {
	struct look *look;
	enum form form;
	struct graph graph;
	struct ts_json json;
	size_t limit;
	bool has_since;
	int64_t since;
};

static void logging_done(struct logging *s)
{
	graph_done(&s->graph);
}

static int add_one(struct logging *s, const struct step *step, struct ts_error *err)
{
	const struct view *v = &s->look->view;
	switch (s->form) {
	case FORM_JSON:
		return log_add_json(v, step, &s->json, err);
	case FORM_DOT:
		dot_add(v, step);
		return view_end(v, err);
	case FORM_GRAPH:
		return log_add(v, step, &s->graph, err);
	case FORM_TEXT:
		break;
	}
	return log_add(v, step, NULL, err);
}

/* A version that isn't told still leads to its parents. */
static int add_version(struct logging *s, uint64_t number, struct ts_error *err)
{
	TS_ARENA(a);
	struct step step;
	struct look *k = s->look;
	int code = history_step(k->txn, &k->replica, number, &a, &step, err);
	if (code != TS_OK) {
		return code;
	}
	if (s->has_since && step.made.time < s->since) {
		graph_add(&s->graph, number, step.version.parent, step.version.merged);
		graph_skip(&s->graph);
		return TS_OK;
	}
	s->limit--;
	code = add_one(s, &step, err);
	return code == TS_OK && k->text.len > PRINT_AT ? look_print(k, err) : code;
}

static int add_versions(struct logging *s, const struct selection *tasks, struct ts_error *err)
{
	TS_CLEANUP(walk_done) struct walk w;
	uint64_t number;
	const bool drawn = s->form == FORM_GRAPH || s->form == FORM_DOT;
	int code = (drawn ? walk_begin_by_task : walk_begin)(s->look->txn, &s->look->replica, tasks,
							     &w, err);
	while (code == TS_OK && s->limit > 0 && (code = walk_next(&w, &number, err)) == TS_OK) {
		code = add_version(s, number, err);
	}
	return code == TS_ENOTFOUND ? TS_OK : code;
}

static int add_all(struct logging *s, const struct selection *tasks, struct ts_error *err)
{
	struct look *k = s->look;
	if (s->form == FORM_DOT) {
		dot_begin(&k->view);
	} else if (s->form == FORM_JSON) {
		ts_json_open(&s->json, '[');
	}
	int code = add_versions(s, tasks, err);
	if (s->form == FORM_DOT) {
		dot_end(&k->view);
	} else if (s->form == FORM_JSON) {
		ts_json_close(&s->json, ']');
		ts_buf_add_char(&k->text, '\n');
	}
	return code == TS_OK ? look_print(k, err) : code;
}

static int run(struct line *l, struct ts_error *err)
{
	TS_CLEANUP(look_done) struct look k = {0};
	TS_CLEANUP(logging_done) struct logging s = {.look = &k, .json = ts_json_to(&k.text)};
	struct selection tasks = {0};
	s.has_since = line_has(l, "since");
	s.form = line_has(l, "dot")     ? FORM_DOT
		 : l->json              ? FORM_JSON
		 : line_has(l, "graph") ? FORM_GRAPH
					: FORM_TEXT;
	int code = look_open(l, &k, err);
	if (code == TS_OK) {
		code = look_count(l, "limit", SIZE_MAX, &s.limit, err);
	}
	if (code == TS_OK && s.has_since) {
		code = look_date(l, &k, "since", &s.since, err);
	}
	if (code == TS_OK && l->word_count > 0) {
		code = look_select(l, &k, &tasks, err);
	}
	return code == TS_OK ? add_all(&s, l->word_count > 0 ? &tasks : NULL, err) : code;
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
