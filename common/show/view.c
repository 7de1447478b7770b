/* SPDX-License-Identifier: MIT */
#include "common/show/view.h"

/* Blanks at the end of a line wait for what they are in front of. */
static void add_blanks(struct ts_buf *to, size_t count)
{
	ts_buf_printf(to, "%*s", (int)count, "");
}

static void trim_line(struct ts_buf *to)
{
	while (to->len > 0 && to->data[to->len - 1] == ' ') {
		to->len--;
	}
}

size_t ts_view_graph(const struct ts_view *v, struct ts_graph *g)
{
	if (g == NULL) {
		return 0;
	}
	struct ts_slice row = ts_graph_row(g);
	size_t taken = g->width < v->width / 2 ? g->width : v->width / 2;
	row.len = row.len < taken ? row.len : taken - 1;
	ts_buf_add_slice(v->to, row);
	add_blanks(v->to, taken - row.len);
	return taken;
}

void ts_view_wrapped(const struct ts_view *v, struct ts_graph *g, size_t indent,
		     enum ts_style style, struct ts_slice text)
{
	do {
		size_t cells, taken = ts_view_graph(v, g) + indent;
		struct ts_slice line =
			ts_term_line(&text, v->width > taken ? v->width - taken : 1, &cells);
		add_blanks(v->to, indent);
		if (line.len == 0) {
			trim_line(v->to);
		}
		ts_term_add(v->to, v->color, style, line);
		ts_buf_add_char(v->to, '\n');
	} while (text.data != NULL);
}
