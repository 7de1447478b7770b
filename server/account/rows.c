/* SPDX-License-Identifier: MIT */
#include "server/account/rows.h"

#include "common/show/term.h"

#include <stdarg.h>

void rows_add(struct rows *r, struct ts_slice text)
{
	ts_term_add(&r->cells, false, TS_STYLE_NONE, text);
	ts_buf_add(&r->cells, "", 1);
	r->count++;
}

void rows_printf(struct rows *r, const char *fmt, ...)
{
	char text[100];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	rows_add(r, ts_slice_of(text));
}

static void measure(const struct rows *r, size_t widths[static ROWS_COLUMNS])
{
	const char *cell = r->cells.data;
	for (size_t i = 0; i < r->count; i++, cell += strlen(cell) + 1) {
		size_t cells = ts_term_cells(ts_slice_of(cell));
		size_t *width = &widths[i % r->columns];
		*width = cells > *width ? cells : *width;
	}
	for (size_t i = 0; i < r->columns; i++) {
		size_t head = strlen(r->heads[i]);
		widths[i] = widths[i] > 0 && head > widths[i] ? head : widths[i];
	}
}

static void pad(struct ts_buf *to, size_t n)
{
	while (n-- > 0) {
		ts_buf_add_char(to, ' ');
	}
}

/* Blanks wait until something follows them: no line ends in one. */
static void add_cell(struct ts_buf *to, const char *text, size_t width, bool right, size_t *blanks)
{
	size_t cells = ts_term_cells(ts_slice_of(text));
	size_t rest = width > cells ? width - cells : 0;
	if (cells > 0) {
		pad(to, *blanks + (right ? rest : 0));
		ts_buf_add_str(to, text);
		*blanks = right ? 0 : rest;
	} else {
		*blanks += rest;
	}
	*blanks += 2;
}

/* *cells moves over the line's. */
static void add_line(const struct rows *r, const size_t *widths, const char **cells,
		     struct ts_buf *to)
{
	size_t blanks = 0;
	for (size_t i = 0; i < r->columns; i++) {
		const char *text = cells != NULL ? *cells : r->heads[i];
		if (widths[i] > 0) {
			add_cell(to, text, widths[i], r->right[i], &blanks);
		}
		if (cells != NULL) {
			*cells += strlen(*cells) + 1;
		}
	}
	ts_buf_add_char(to, '\n');
}

void rows_print(const struct rows *r, struct ts_buf *to)
{
	size_t widths[ROWS_COLUMNS] = {0};
	const char *cells = r->cells.data;
	if (r->cells.failed) {
		to->failed = true;
		return;
	}
	measure(r, widths);
	add_line(r, widths, NULL, to);
	for (size_t i = 0; i < r->count; i += r->columns) {
		add_line(r, widths, &cells, to);
	}
}

void rows_done(struct rows *r)
{
	ts_buf_done(&r->cells);
}
