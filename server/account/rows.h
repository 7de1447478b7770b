/* SPDX-License-Identifier: MIT */
/* Lines of aligned columns, as lists of accounts are shown. */
#pragma once

#include "common/base/buf.h"

enum { ROWS_COLUMNS = 10 };

struct rows {
	size_t columns;
	const char *heads[ROWS_COLUMNS];
	bool right[ROWS_COLUMNS]; /* numbers */
	size_t count;             /* cells */
	struct ts_buf cells;      /* each with a NUL behind it */
};

/* The next cell, a line after the other. What a terminal would obey is made harmless. */
void rows_add(struct rows *r, struct ts_slice text);
void rows_printf(struct rows *r, const char *fmt, ...) TS_PRINTF(2, 3);
/* A column is as wide as its widest cell; one that is empty in each line is left out. */
void rows_print(const struct rows *r, struct ts_buf *to);
void rows_done(struct rows *r);
