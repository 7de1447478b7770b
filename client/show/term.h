/* SPDX-License-Identifier: MIT */
/* The terminal: its width, whether colour is wanted, how wide a text is on it. */
#pragma once

#include "client/settings.h"
#include "common/base/buf.h"

enum { TERM_WIDTH_MIN = 20 };

/* Columns of the terminal on standard output; $COLUMNS; else the setting `width`. */
size_t term_width(const struct settings *s);
/* color=always, or =auto and `fd` is a terminal that is not "dumb" and NO_COLOR is not set. `word`:
 * --color, or NULL for the setting. */
bool term_color(const struct settings *s, const char *word, int fd);

enum style {
	STYLE_NONE,
	STYLE_HEAD,
	STYLE_DIM,
	STYLE_OVERDUE,
	STYLE_DUE,
	STYLE_ADDED,
	STYLE_REMOVED,
	STYLE_VERSION,
	STYLE_CONFLICT,
	STYLE_PROJECT,
	STYLE_ACTIVE
};

/* Append `text` in that style, or plain where `color` is false. What a terminal would obey is made
 * harmless: a blank for a tab or an end of line, the sign U+FFFD for anything else. */
void term_add(struct ts_buf *to, bool color, enum style style, struct ts_slice text);
/* Cells that the text takes: wide characters two, combining marks none. */
size_t term_cells(struct ts_slice text);
/* The beginning of `text` that fits into `cells`; *ret_cells is what it takes. */
struct ts_slice term_fit(struct ts_slice text, size_t cells, size_t *ret_cells);
/*
 * Cut the next line off *rest: as much as fits into `cells`, broken between words, or inside one
 * that is longer than a line; at least a character. *rest is {NULL, 0} behind the last line.
 */
struct ts_slice term_line(struct ts_slice *rest, size_t cells, size_t *ret_cells);
