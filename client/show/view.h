/* SPDX-License-Identifier: MIT */
/* How results are shown, and what shows them: each function appends to a buffer, text for a person
 * or one JSON value. */
#pragma once

#include "client/history/history.h"
#include "client/show/graph.h"
#include "client/show/term.h"
#include "common/base/json_out.h"

/* Where and how. */
struct view {
	struct ts_buf *to;
	const struct replica *replica;
	struct ts_txn *txn;
	size_t width; /* [cells] */
	bool color;
	bool iso;    /* dates as such, not relative to now */
	int64_t now; /* [s since 1970] */
};

/* TS_OK, or TS_ENOMEM where an append failed. */
static inline int view_end(const struct view *v, struct ts_error *err)
{
	return v->to->failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : TS_OK;
}

/* Begin a line with the graph's next row; returns the cells that it takes, blanks behind it
 * included: as many for each line of a version, and at most half of the width. `g` NULL: none. */
size_t view_graph(const struct view *v, struct graph *g);
/* Append `text` in lines that fit, each behind `indent` blanks, and behind the graph's next row. */
void view_wrapped(const struct view *v, struct graph *g, size_t indent, enum style style,
		  struct ts_slice text);

/* A change in words: `project: home -> garden`, `+tag`; its style says whether something came or
 * went. `to` gets the words only. */
enum style change_words(struct ts_buf *to, const struct change *c);
/* A value that lost: `due: kept 2026-12-01, lost 2026-12-03 (concurrent edit)`. */
void conflict_words(struct ts_buf *to, const struct ts_conflict *c);
/* Who made a transaction, with what: the device, and the command or "sync". */
struct ts_slice made_by(const struct ts_transaction *made);
struct ts_slice made_with(const struct ts_transaction *made);

/* {"attribute":…,"from":…,"to":…}; null where there is no value. */
void change_json(struct ts_json *j, const struct change *c);
void conflict_json(struct ts_json *j, const struct ts_conflict *c);
/* {"key":…}, the name and value of a text. */
void text_json(struct ts_json *j, const char *name, struct ts_slice text);
/* {"key":"20261201T180000Z"} */
void date_json(struct ts_json *j, const char *name, int64_t date);
/* The task as Taskwarrior exports it, its number as `id`, without the last brace: the caller may
 * add members and closes it. */
int task_json_open(struct ts_json *j, const struct ts_task *task, uint64_t number,
		   struct ts_error *err) TS_MUST_CHECK;

/* Everything about one task. */
int task_view(const struct view *v, const struct spot *s, bool json,
	      struct ts_error *err) TS_MUST_CHECK;

/* One version in the log; `g` may be NULL. */
int log_add(const struct view *v, const struct step *s, struct graph *g,
	    struct ts_error *err) TS_MUST_CHECK;
int log_add_json(const struct view *v, const struct step *s, struct ts_json *j,
		 struct ts_error *err) TS_MUST_CHECK;

/* Graphviz. */
void dot_begin(const struct view *v);
void dot_add(const struct view *v, const struct step *s);
void dot_end(const struct view *v);

/* A task's change from one version to another, attribute by attribute. */
struct compared {
	struct ts_uuid task;
	uint64_t from, to; /* versions, 0: before the first one */
	struct ts_task before, after;
	struct difference changes;
};
int diff_add(const struct view *v, const struct compared *c, struct ts_error *err) TS_MUST_CHECK;
int diff_add_json(const struct view *v, const struct compared *c, struct ts_json *j,
		  struct ts_error *err) TS_MUST_CHECK;
