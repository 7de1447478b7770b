/* SPDX-License-Identifier: MIT */
/* How a user's past is shown, and what shows it: each function appends to a buffer, text for a
 * person or one JSON value. */
#pragma once

#include "common/base/json_out.h"
#include "common/history/history.h"
#include "common/show/graph.h"
#include "common/show/term.h"

/* Where and how. */
struct ts_view {
	struct ts_buf *to;
	struct ts_txn *txn;
	uint32_t user;
	size_t width; /* [cells] */
	bool color;
	bool iso;    /* dates as such, not relative to now */
	bool merges; /* the log says which versions are merges, and which stand beside */
	int64_t now; /* [s since 1970] */
	/* What people call the device of a transaction; borrowed until the next call. NULL: as the
	 * transaction has it. */
	struct ts_slice (*device)(const char *id, void *arg);
	void *device_arg;
};

/* TS_OK, or TS_ENOMEM where an append failed. */
static inline int ts_view_end(const struct ts_view *v, struct ts_error *err)
{
	return v->to->failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : TS_OK;
}

/* Begin a line with the graph's next row; returns the cells that it takes, blanks behind it
 * included: as many for each line of a version, and at most half of the width. `g` NULL: none. */
size_t ts_view_graph(const struct ts_view *v, struct ts_graph *g);
/* Append `text` in lines that fit, each behind `indent` blanks, and behind the graph's next row. */
void ts_view_wrapped(const struct ts_view *v, struct ts_graph *g, size_t indent,
		     enum ts_style style, struct ts_slice text);

/* A change in words: `project: home -> garden`, `+tag`; its style says whether something came or
 * went. `to` gets the words only. */
enum ts_style ts_change_words(struct ts_buf *to, const struct ts_change *c);
/* A value that lost: `due: kept 2026-12-01, lost 2026-12-03 (concurrent edit)`. */
void ts_conflict_words(struct ts_buf *to, const struct ts_conflict *c);
/* Who made a transaction, with what: the device, and the command or "sync". */
struct ts_slice ts_made_by(const struct ts_view *v, const struct ts_transaction *made);
struct ts_slice ts_made_with(const struct ts_transaction *made);

/* {"attribute":…,"from":…,"to":…}; null where there is no value. */
void ts_change_json(struct ts_json *j, const struct ts_change *c);
void ts_conflict_json(struct ts_json *j, const struct ts_conflict *c);

/* One version in the log; `g` may be NULL. */
int ts_changelog_add(const struct ts_view *v, const struct ts_step *s, struct ts_graph *g,
		     struct ts_error *err) TS_MUST_CHECK;
int ts_changelog_add_json(const struct ts_view *v, const struct ts_step *s, struct ts_json *j,
			  struct ts_error *err) TS_MUST_CHECK;

/* Graphviz. */
void ts_dot_begin(const struct ts_view *v);
void ts_dot_add(const struct ts_view *v, const struct ts_step *s);
void ts_dot_end(const struct ts_view *v);
