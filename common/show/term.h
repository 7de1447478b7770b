/* SPDX-License-Identifier: MIT */
/* The terminal: its width, whether colour is wanted, how wide a text is on it. */
#pragma once

#include "common/base/buf.h"

#include <stdio.h>

enum { TS_TERM_WIDTH_MIN = 20 };

/* Columns of the terminal on standard output; $COLUMNS; else `otherwise`. */
size_t ts_term_width(size_t otherwise);
/* `word` is "always", or "auto" and `fd` is a terminal that is not "dumb" and NO_COLOR is not set.
 */
bool ts_term_color(const char *word, int fd);
/* Writing to `out` failed because nobody reads it any more, as behind `| head`. */
bool ts_term_is_unread(FILE *out);

enum ts_style {
	TS_STYLE_NONE,
	TS_STYLE_HEAD,
	TS_STYLE_DIM,
	TS_STYLE_OVERDUE,
	TS_STYLE_DUE,
	TS_STYLE_ADDED,
	TS_STYLE_REMOVED,
	TS_STYLE_VERSION,
	TS_STYLE_CONFLICT,
	TS_STYLE_PROJECT,
	TS_STYLE_ACTIVE
};

/* Append `text` in that style, or plain where `color` is false. What a terminal would obey is made
 * harmless: a blank for a tab or an end of line, the sign U+FFFD for anything else. */
void ts_term_add(struct ts_buf *to, bool color, enum ts_style style, struct ts_slice text);
/* Cells that the text takes: wide characters two, combining marks none. */
size_t ts_term_cells(struct ts_slice text);
/* The beginning of `text` that fits into `cells`; *ret_cells is what it takes. */
struct ts_slice ts_term_fit(struct ts_slice text, size_t cells, size_t *ret_cells);
/*
 * Cut the next line off *rest: as much as fits into `cells`, broken between words, or inside one
 * that is longer than a line; at least a character. *rest is {NULL, 0} behind the last line.
 */
struct ts_slice ts_term_line(struct ts_slice *rest, size_t cells, size_t *ret_cells);
