/* SPDX-License-Identifier: MIT */
/* The tree for Graphviz: a box for each version, a frame around each task. */
#include "common/show/view.h"

#include <inttypes.h>

enum { LABEL_CELLS = 40 };

/* A text inside of quotes: one line, harmless, not too long. */
static void add_quoted(struct ts_buf *to, struct ts_slice text)
{
	TS_BUF(plain);
	size_t cells;
	struct ts_slice fit = ts_term_fit(text, LABEL_CELLS, &cells);
	ts_term_add(&plain, false, TS_STYLE_NONE, fit);
	for (size_t i = 0; i < plain.len; i++) {
		if (plain.data[i] == '"' || plain.data[i] == '\\') {
			ts_buf_add_char(to, '\\');
		}
		ts_buf_add_char(to, plain.data[i]);
	}
	ts_buf_add_str(to, fit.len < text.len ? "\xE2\x80\xA6" : "");
	to->failed |= plain.failed;
}

void ts_dot_begin(const struct ts_view *v)
{
	ts_buf_add_str(v->to, "digraph tasks {\n"
			      "\trankdir=LR;\n"
			      "\tnode [shape=box, fontname=\"sans-serif\"];\n");
}

static void add_label(const struct ts_view *v, const struct ts_step *s)
{
	struct ts_buf *to = v->to;
	TS_BUF(line);
	ts_buf_printf(to, "%" PRIu64 " ", s->version.number);
	add_quoted(to, ts_made_by(v, &s->made));
	ts_buf_add_char(to, ' ');
	add_quoted(to, ts_made_with(&s->made));
	ts_buf_add_str(to, "\\n");
	for (size_t i = 0; i < s->changes.count; i++) {
		ts_buf_clear(&line);
		(void)ts_change_words(&line, &s->changes.at[i]);
		add_quoted(to, ts_buf_slice(&line));
		ts_buf_add_str(to, "\\l");
	}
	for (size_t i = 0; i < s->conflicts.count; i++) {
		ts_buf_clear(&line);
		ts_conflict_words(&line, &s->conflicts.at[i]);
		add_quoted(to, ts_buf_slice(&line));
		ts_buf_add_str(to, "\\l");
	}
	to->failed |= line.failed;
}

/* The frame has the newest description. */
static bool is_head(const struct ts_view *v, const struct ts_version *version)
{
	uint64_t head = 0;
	return ts_head_get(v->txn, v->user, &version->task, &head, NULL) == TS_OK &&
	       head == version->number;
}

void ts_dot_add(const struct ts_view *v, const struct ts_step *s)
{
	const struct ts_version *version = &s->version;
	ts_buf_printf(v->to, "\tsubgraph \"cluster_%s\" {\n", ts_uuid_text(&version->task).text);
	if (is_head(v, version)) {
		ts_buf_add_str(v->to, "\t\tlabel=\"");
		add_quoted(v->to, ts_task_text(&s->after, "description"));
		ts_buf_add_str(v->to, "\";\n");
	}
	ts_buf_printf(v->to, "\t\tv%" PRIu64 " [label=\"", version->number);
	add_label(v, s);
	ts_buf_printf(v->to, "\"%s];\n\t}\n", s->conflicts.count > 0 ? ", color=red" : "");
	if (version->parent > 0) {
		ts_buf_printf(v->to, "\tv%" PRIu64 " -> v%" PRIu64 ";\n", version->parent,
			      version->number);
	}
	if (version->merged > 0) {
		ts_buf_printf(v->to, "\tv%" PRIu64 " -> v%" PRIu64 " [style=dashed];\n",
			      version->merged, version->number);
	}
}

void ts_dot_end(const struct ts_view *v)
{
	ts_buf_add_str(v->to, "}\n");
}
