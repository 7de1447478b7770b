/* SPDX-License-Identifier: MIT */
/* Columns of a list, and keys to sort by; for list.c. */
#pragma once

#include "client/show/view.h"

enum column_kind {
	COLUMN_TEXT, /* an attribute, dates relative to now */
	COLUMN_ID,
	COLUMN_UUID,
	COLUMN_AGE,    /* time since a date */
	COLUMN_STATUS, /* as a person sees it: waiting, too */
	COLUMN_TAGS,
	COLUMN_DEPENDS,
	COLUMN_DESCRIPTION, /* with the number of annotations */
	COLUMN_ANNOTATIONS
};

struct column {
	const char *name; /* as people choose it */
	const char *head;
	enum column_kind kind;
	bool right;
	const char *key; /* of AGE and TEXT: the attribute */
};

/* The column of that name, which is borrowed: an attribute's, where the table has none. */
struct column column_of(const char *name);
/* The cell's text. */
void column_add(const struct column *c, const struct ts_view *v, const struct replica_entry *e,
		struct ts_buf *to);

/* What an entry is sorted by. */
struct sort_value {
	bool none;
	bool is_text;
	double number;
	struct ts_slice text;
};
struct sort_value column_sort_value(const struct column *c, const struct replica_entry *e);
/* Numbers before texts, upper case as lower case; what has none is told apart by the caller. */
int sort_value_cmp(const struct sort_value *a, const struct sort_value *b);

/* How urgent the entry looks. */
enum ts_style entry_style(const struct ts_view *v, const struct replica_entry *e);
