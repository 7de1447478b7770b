/* SPDX-License-Identifier: MIT */
#include "common/show/changelog.h"

enum { PRINT_AT = 1 << 16 }; /* [bytes] collected before they are printed */

struct logging {
	const struct ts_changelog *log;
	struct ts_graph graph;
	struct ts_json json;
	size_t left; /* versions to tell */
};

static void logging_done(struct logging *s)
{
	ts_graph_done(&s->graph);
}

static bool is_drawn(const struct ts_changelog *l)
{
	return l->form == TS_CHANGELOG_GRAPH || l->form == TS_CHANGELOG_DOT;
}

static int add_one(struct logging *s, const struct ts_step *step, struct ts_error *err)
{
	const struct ts_view *v = s->log->view;
	switch (s->log->form) {
	case TS_CHANGELOG_JSON:
		return ts_changelog_add_json(v, step, &s->json, err);
	case TS_CHANGELOG_DOT:
		ts_dot_add(v, step);
		return ts_view_end(v, err);
	case TS_CHANGELOG_GRAPH:
		return ts_changelog_add(v, step, &s->graph, err);
	case TS_CHANGELOG_TEXT:
		break;
	}
	return ts_changelog_add(v, step, NULL, err);
}

/* A version that isn't told still leads to its parents. */
static int pass_over(struct logging *s, uint64_t number, struct ts_error *err)
{
	const struct ts_view *v = s->log->view;
	struct ts_version version;
	if (s->log->form != TS_CHANGELOG_GRAPH) {
		return TS_OK;
	}
	int code = ts_version_read(v->txn, v->user, number, &version, err);
	if (code == TS_OK) {
		ts_graph_add(&s->graph, number, version.parent, version.merged);
		ts_graph_skip(&s->graph);
	}
	return code;
}

static int is_wanted(struct logging *s, uint64_t number, bool *ret, struct ts_error *err)
{
	const struct ts_view *v = s->log->view;
	struct ts_transaction made;
	*ret = true;
	if (!s->log->has_since) {
		return TS_OK;
	}
	int code = ts_transaction_of(v->txn, v->user, number, &made, err);
	*ret = code == TS_OK && made.time >= s->log->since;
	return code;
}

static int add_version(struct logging *s, uint64_t number, struct ts_error *err)
{
	TS_ARENA(a);
	struct ts_step step;
	const struct ts_changelog *l = s->log;
	bool wanted;
	int code = is_wanted(s, number, &wanted, err);
	if (code != TS_OK || !wanted) {
		return code == TS_OK ? pass_over(s, number, err) : code;
	}
	code = ts_step_read(l->view->txn, l->view->user, number, &a, &step, err);
	if (code == TS_OK) {
		s->left--;
		code = add_one(s, &step, err);
	}
	return code == TS_OK && l->view->to->len > PRINT_AT ? l->print(l->arg, err) : code;
}

static int add_versions(struct logging *s, const struct ts_uuids *tasks, struct ts_error *err)
{
	TS_CLEANUP(ts_walk_done) struct ts_walk w;
	uint64_t number;
	const struct ts_view *v = s->log->view;
	int code = (is_drawn(s->log) ? ts_walk_by_task : ts_walk_begin)(v->txn, v->user, tasks, &w,
									err);
	while (code == TS_OK && s->left > 0 && (code = ts_walk_next(&w, &number, err)) == TS_OK) {
		code = add_version(s, number, err);
		w.txn = v->txn;
	}
	return code == TS_ENOTFOUND ? TS_OK : code;
}

int ts_changelog_run(const struct ts_changelog *l, const struct ts_uuids *tasks,
		     struct ts_error *err)
{
	TS_CLEANUP(logging_done)
	struct logging s = {.log = l, .json = ts_json_to(l->view->to), .left = l->limit};
	if (l->form == TS_CHANGELOG_DOT) {
		ts_dot_begin(l->view);
	} else if (l->form == TS_CHANGELOG_JSON) {
		ts_json_open(&s.json, '[');
	}
	int code = add_versions(&s, tasks, err);
	if (l->form == TS_CHANGELOG_DOT) {
		ts_dot_end(l->view);
	} else if (l->form == TS_CHANGELOG_JSON) {
		ts_json_close(&s.json, ']');
		ts_buf_add_char(l->view->to, '\n');
	}
	return code == TS_OK ? l->print(l->arg, err) : code;
}
