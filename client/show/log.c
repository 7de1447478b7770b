/* SPDX-License-Identifier: MIT */
/* Versions, newest first, as text and as JSON. */
#include "client/show/view.h"
#include "client/words/spell.h"

#include <inttypes.h>

enum { INDENT = 4 };

/* A part of an entry's first line. */
struct part {
	enum style style;
	struct ts_slice text;
};

/* As many parts as fit on a line, the last one cut where it doesn't. */
static void add_parts(const struct view *v, const struct part *parts, size_t count, size_t used)
{
	for (size_t i = 0; i < count; i++) {
		size_t cells, gap = i > 0 ? 2 : 0;
		size_t left = v->width > used + gap ? v->width - used - gap : 0;
		struct ts_slice text = parts[i].text;
		if (left == 0) {
			break;
		}
		if (term_cells(text) > left) {
			text = term_fit(text, left - 1, &cells);
			left = 0;
		}
		ts_buf_printf(v->to, "%*s", (int)gap, "");
		term_add(v->to, v->color, parts[i].style, text);
		if (left == 0) {
			ts_buf_add_str(v->to, "\xE2\x80\xA6");
			break;
		}
		used += gap + term_cells(text);
	}
	ts_buf_add_char(v->to, '\n');
}

/* Its number, when, who, with what, which task. */
static int add_head(const struct view *v, const struct step *s, struct graph *g,
		    struct ts_error *err)
{
	TS_BUF(number);
	TS_BUF(when);
	TS_BUF(name);
	uint64_t task_number;
	int code = history_number(v->txn, v->replica, &s->version.task, &task_number, err);
	struct ts_slice description = task_text(&s->after, "description");
	if (description.len == 0) {
		description = task_text(&s->before, "description");
	}
	ts_buf_printf(&number, "%" PRIu64, s->version.number);
	spell_moment(&when, s->made.time);
	spell_task(&name, task_number, &s->version.task);
	const struct part parts[] = {
		{STYLE_VERSION, ts_buf_slice(&number)}, {STYLE_DIM, ts_buf_slice(&when)},
		{STYLE_NONE, made_by(&s->made)},        {STYLE_NONE, made_with(&s->made)},
		{STYLE_DIM, ts_buf_slice(&name)},       {STYLE_HEAD, description},
	};
	size_t used = view_graph(v, g);
	add_parts(v, parts, TS_COUNT_OF(parts), used);
	v->to->failed |= number.failed || when.failed || name.failed;
	return code;
}

static void add_details(const struct view *v, const struct step *s, struct graph *g)
{
	TS_BUF(line);
	for (size_t i = 0; i < s->changes.count; i++) {
		ts_buf_clear(&line);
		enum style style = change_words(&line, &s->changes.at[i]);
		view_wrapped(v, g, INDENT, style, ts_buf_slice(&line));
	}
	for (size_t i = 0; i < s->conflicts.count; i++) {
		ts_buf_clear(&line);
		conflict_words(&line, &s->conflicts.at[i]);
		view_wrapped(v, g, INDENT, STYLE_CONFLICT, ts_buf_slice(&line));
	}
	v->to->failed |= line.failed;
}

int log_add(const struct view *v, const struct step *s, struct graph *g, struct ts_error *err)
{
	if (g != NULL) {
		graph_add(g, s->version.number, s->version.parent, s->version.merged);
	}
	int code = add_head(v, s, g, err);
	add_details(v, s, g);
	while (g != NULL && graph_has_row(g)) {
		view_wrapped(v, g, 0, STYLE_NONE, TS_SLICE(""));
	}
	v->to->failed |= g != NULL && (g->lanes.failed || g->rows.failed);
	return code == TS_OK ? view_end(v, err) : code;
}

static void parents_json(struct ts_json *j, const struct ts_version *v)
{
	const uint64_t parents[] = {v->parent, v->merged};
	ts_json_name(j, "parents");
	ts_json_open(j, '[');
	for (size_t i = 0; i < TS_COUNT_OF(parents); i++) {
		if (parents[i] > 0) {
			ts_json_int(j, (int64_t)parents[i]);
		}
	}
	ts_json_close(j, ']');
}

static void details_json(struct ts_json *j, const struct step *s)
{
	ts_json_name(j, "changes");
	ts_json_open(j, '[');
	for (size_t i = 0; i < s->changes.count; i++) {
		change_json(j, &s->changes.at[i]);
	}
	ts_json_close(j, ']');
	ts_json_name(j, "conflicts");
	ts_json_open(j, '[');
	for (size_t i = 0; i < s->conflicts.count; i++) {
		conflict_json(j, &s->conflicts.at[i]);
	}
	ts_json_close(j, ']');
}

int log_add_json(const struct view *v, const struct step *s, struct ts_json *j,
		 struct ts_error *err)
{
	const struct ts_uuid_text uuid = ts_uuid_text(&s->version.task);
	uint64_t number;
	int code = history_number(v->txn, v->replica, &s->version.task, &number, err);
	ts_json_open(j, '{');
	ts_json_name(j, "version");
	ts_json_int(j, (int64_t)s->version.number);
	parents_json(j, &s->version);
	ts_json_name(j, "main");
	ts_json_bool(j, !s->version.side);
	date_json(j, "time", s->made.time);
	text_json(j, "device", made_by(&s->made));
	text_json(j, "command", made_with(&s->made));
	text_json(j, "uuid", ts_slice_of(uuid.text));
	ts_json_name(j, "id");
	ts_json_int(j, (int64_t)number);
	text_json(j, "description", task_text(&s->after, "description"));
	details_json(j, s);
	ts_json_close(j, '}');
	return code == TS_OK ? view_end(v, err) : code;
}
