/* SPDX-License-Identifier: MIT */
/* Tables that fit the terminal: columns as wide as their contents, the last text column takes what
 * is left and wraps between words. */
#pragma once

#include "common/base/error.h"
#include "common/show/term.h"

enum { TABLE_COLUMNS = 24 };

struct table;

/* `heads` are borrowed; right[i]: aligned to the right. */
int table_new(const char *const *heads, const bool *right, size_t columns, struct table **ret,
	      struct ts_error *err) TS_MUST_CHECK;
void table_free(struct table *t); /* accepts NULL */
TS_DEFINE_CLEANUP(struct table, table_free)
/* The next cell, row by row; the text is copied. Columns that are empty in every row are left out.
 */
void table_add(struct table *t, enum ts_style style, struct ts_slice text);
/* TS_ENOMEM if that failed somewhere. */
int table_print(struct table *t, size_t width, bool color, struct ts_buf *to,
		struct ts_error *err) TS_MUST_CHECK;
