/* SPDX-License-Identifier: MIT */
/*
 * A tree drawn to the left of its text, line by line, with ASCII: each line of descent has a lane
 * of two cells. Versions come newest first; a lane waits for a version that was somebody's parent.
 */
#pragma once

#include "common/base/buf.h"

#include <stdint.h>

struct ts_graph {
	struct ts_buf lanes; /* uint64_t[]: the version that each waits for */
	struct ts_buf rows;  /* drawn already: lines, each with '\n' */
	size_t at;           /* in rows: the first that was not taken yet */
	size_t width;        /* [cells] of the rows since the last version, a blank behind them */
};

static inline void ts_graph_done(struct ts_graph *g)
{
	ts_buf_done(&g->lanes);
	ts_buf_done(&g->rows);
}

/* The next version. Its own row comes next, then those that lead to its parents. 0: no parent. */
void ts_graph_add(struct ts_graph *g, uint64_t number, uint64_t parent, uint64_t merged);
/* The next row's drawing; where all was drawn, lanes that simply go on. Borrowed until the next
 * call. */
struct ts_slice ts_graph_row(struct ts_graph *g);
/* There is more to be drawn before the next version. */
bool ts_graph_has_row(const struct ts_graph *g);
/* Forget what was not drawn yet. */
void ts_graph_skip(struct ts_graph *g);
