/* SPDX-License-Identifier: MIT */
/* One version, as text and as JSON. */
#include "common/show/spell.h"
#include "common/show/view.h"

#include <inttypes.h>

enum { INDENT = 4 };

/* A part of an entry's first line. */
struct part {
	enum ts_style style;
	struct ts_slice text;
};

/* As many parts as fit on a line, the last one cut where it doesn't. */
static void add_parts(const struct ts_view *v, const struct part *parts, size_t count, size_t used)
{
	for (size_t i = 0; i < count; i++) {
		size_t cells, gap = i > 0 ? 2 : 0;
		size_t left = v->width > used + gap ? v->width - used - gap : 0;
		struct ts_slice text = parts[i].text;
		if (left == 0) {
			break;
		}
		if (ts_term_cells(text) > left) {
			text = ts_term_fit(text, left - 1, &cells);
			left = 0;
		}
		ts_buf_printf(v->to, "%*s", (int)gap, "");
		ts_term_add(v->to, v->color, parts[i].style, text);
		if (left == 0) {
			ts_buf_add_str(v->to, "\xE2\x80\xA6");
			break;
		}
		used += gap + ts_term_cells(text);
	}
	ts_buf_add_char(v->to, '\n');
}

/* Its number, when, who, with what, which task. */
static int add_head(const struct ts_view *v, const struct ts_step *s, struct ts_graph *g,
		    struct ts_error *err)
{
	TS_BUF(number);
	TS_BUF(when);
	TS_BUF(name);
	uint64_t task_number;
	int code = ts_number_or_none(v->txn, v->user, &s->version.task, &task_number, err);
	struct ts_slice description = ts_task_text(&s->after, "description");
	if (description.len == 0) {
		description = ts_task_text(&s->before, "description");
	}
	ts_buf_printf(&number, "%" PRIu64, s->version.number);
	ts_spell_moment(&when, s->made.time);
	ts_spell_task(&name, task_number, &s->version.task);
	const struct part parts[] = {
		{TS_STYLE_VERSION, ts_buf_slice(&number)}, {TS_STYLE_DIM, ts_buf_slice(&when)},
		{TS_STYLE_NONE, ts_made_by(v, &s->made)},  {TS_STYLE_NONE, ts_made_with(&s->made)},
		{TS_STYLE_DIM, ts_buf_slice(&name)},       {TS_STYLE_HEAD, description},
	};
	size_t used = ts_view_graph(v, g);
	add_parts(v, parts, TS_COUNT_OF(parts), used);
	v->to->failed |= number.failed || when.failed || name.failed;
	return code;
}

/* Where it stands in the tree. */
static void add_place(const struct ts_view *v, const struct ts_step *s, struct ts_graph *g)
{
	TS_BUF(line);
	if (s->version.merged > 0) {
		ts_buf_printf(&line, "merge of %" PRIu64 " and %" PRIu64, s->version.parent,
			      s->version.merged);
	} else if (s->version.side) {
		ts_buf_add_str(&line, "beside the others");
		if (s->version.parent > 0) {
			ts_buf_printf(&line, ", made of %" PRIu64, s->version.parent);
		}
	} else {
		return;
	}
	ts_view_wrapped(v, g, INDENT, TS_STYLE_DIM, ts_buf_slice(&line));
	v->to->failed |= line.failed;
}

static void add_details(const struct ts_view *v, const struct ts_step *s, struct ts_graph *g)
{
	TS_BUF(line);
	if (v->merges) {
		add_place(v, s, g);
	}
	for (size_t i = 0; i < s->changes.count; i++) {
		ts_buf_clear(&line);
		enum ts_style style = ts_change_words(&line, &s->changes.at[i]);
		ts_view_wrapped(v, g, INDENT, style, ts_buf_slice(&line));
	}
	for (size_t i = 0; i < s->conflicts.count; i++) {
		ts_buf_clear(&line);
		ts_conflict_words(&line, &s->conflicts.at[i]);
		ts_view_wrapped(v, g, INDENT, TS_STYLE_CONFLICT, ts_buf_slice(&line));
	}
	v->to->failed |= line.failed;
}

int ts_changelog_add(const struct ts_view *v, const struct ts_step *s, struct ts_graph *g,
		     struct ts_error *err)
{
	if (g != NULL) {
		ts_graph_add(g, s->version.number, s->version.parent, s->version.merged);
	}
	int code = add_head(v, s, g, err);
	add_details(v, s, g);
	while (g != NULL && ts_graph_has_row(g)) {
		ts_view_wrapped(v, g, 0, TS_STYLE_NONE, TS_SLICE(""));
	}
	v->to->failed |= g != NULL && (g->lanes.failed || g->rows.failed);
	return code == TS_OK ? ts_view_end(v, err) : code;
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

static void details_json(struct ts_json *j, const struct ts_step *s)
{
	ts_json_name(j, "changes");
	ts_json_open(j, '[');
	for (size_t i = 0; i < s->changes.count; i++) {
		ts_change_json(j, &s->changes.at[i]);
	}
	ts_json_close(j, ']');
	ts_json_name(j, "conflicts");
	ts_json_open(j, '[');
	for (size_t i = 0; i < s->conflicts.count; i++) {
		ts_conflict_json(j, &s->conflicts.at[i]);
	}
	ts_json_close(j, ']');
}

int ts_changelog_add_json(const struct ts_view *v, const struct ts_step *s, struct ts_json *j,
			  struct ts_error *err)
{
	const struct ts_uuid_text uuid = ts_uuid_text(&s->version.task);
	uint64_t number;
	int code = ts_number_or_none(v->txn, v->user, &s->version.task, &number, err);
	ts_json_open(j, '{');
	ts_json_name(j, "version");
	ts_json_int(j, (int64_t)s->version.number);
	parents_json(j, &s->version);
	ts_json_name(j, "main");
	ts_json_bool(j, !s->version.side);
	ts_json_date_member(j, "time", s->made.time);
	ts_json_text_member(j, "device", ts_made_by(v, &s->made));
	ts_json_text_member(j, "command", ts_made_with(&s->made));
	ts_json_text_member(j, "uuid", ts_slice_of(uuid.text));
	ts_json_name(j, "id");
	ts_json_int(j, (int64_t)number);
	ts_json_text_member(j, "description", ts_task_text(&s->after, "description"));
	details_json(j, s);
	ts_json_close(j, '}');
	return code == TS_OK ? ts_view_end(v, err) : code;
}
