/* SPDX-License-Identifier: MIT */
#include "common/show/graph.h"

static size_t lane_count(const struct ts_graph *g)
{
	return g->lanes.len / sizeof(uint64_t);
}

static uint64_t *lane(struct ts_graph *g, size_t i)
{
	return (uint64_t *)(void *)g->lanes.data + i;
}

/* The first lane from `from` on that waits for the version; the number of lanes if none does. */
static size_t find(struct ts_graph *g, size_t from, uint64_t number)
{
	while (from < lane_count(g) && *lane(g, from) != number) {
		from++;
	}
	return from;
}

static void insert(struct ts_graph *g, size_t at, uint64_t number)
{
	ts_buf_add(&g->lanes, &number, sizeof(number));
	if (!g->lanes.failed) {
		memmove(lane(g, at + 1), lane(g, at), (lane_count(g) - 1 - at) * sizeof(number));
		*lane(g, at) = number;
	}
}

static void take_out(struct ts_graph *g, size_t at)
{
	memmove(lane(g, at), lane(g, at + 1), (lane_count(g) - 1 - at) * sizeof(uint64_t));
	g->lanes.len -= sizeof(uint64_t);
}

/* A new row of blanks for `count` lanes, each two cells wide; NULL if out of memory. */
static char *begin_row(struct ts_graph *g, size_t count)
{
	char *row = ts_buf_reserve(&g->rows, 2 * count + 1);
	if (row != NULL) {
		memset(row, ' ', 2 * count);
		g->rows.len += 2 * count;
	}
	return row;
}

/* Without the blanks at its end. */
static void end_row(struct ts_graph *g)
{
	while (g->rows.len > 0 && g->rows.data[g->rows.len - 1] == ' ') {
		g->rows.len--;
	}
	ts_buf_add_char(&g->rows, '\n');
}

/* Lanes that go on, from the first to before `end`. */
static void draw_straight(char *row, size_t end)
{
	for (size_t i = 0; i < end; i++) {
		row[2 * i] = '|';
	}
}

/* Lanes that move one to the left, from `begin` to before `end`. */
static void draw_left(char *row, size_t begin, size_t end)
{
	for (size_t i = begin; i < end; i++) {
		row[2 * i - 1] = '/';
	}
}

/* Lanes as they go on, with `mark` in lane `at`. */
static void draw_lanes(struct ts_graph *g, size_t at, char mark)
{
	char *row = begin_row(g, lane_count(g));
	if (row != NULL) {
		draw_straight(row, lane_count(g));
		if (at < lane_count(g)) {
			row[2 * at] = mark;
		}
		end_row(g);
	}
}

/* A new lane leaves lane `from` to the right, and those behind make room. It is there already, at
 * from + 1. */
static void draw_fork(struct ts_graph *g, size_t from)
{
	char *row = begin_row(g, lane_count(g));
	if (row != NULL) {
		draw_straight(row, from + 1);
		for (size_t i = from; i + 1 < lane_count(g); i++) {
			row[2 * i + 1] = '\\';
		}
		end_row(g);
	}
}

/* The lane ends, and those behind it move to the left. */
static void end_lane(struct ts_graph *g, size_t at)
{
	char *row = at + 1 < lane_count(g) ? begin_row(g, lane_count(g)) : NULL;
	if (row != NULL) {
		draw_straight(row, at);
		draw_left(row, at + 1, lane_count(g));
		end_row(g);
	}
	take_out(g, at);
}

/* Lane `from` runs into lane `to`, which is left of it, across those between them; those behind it
 * close up in the first row. */
static void join_lane(struct ts_graph *g, size_t from, size_t to)
{
	for (size_t at = from; at > to; at--) {
		char *row = begin_row(g, lane_count(g));
		if (row == NULL) {
			break;
		}
		draw_straight(row, at == from ? from : lane_count(g) - 1);
		draw_left(row, at, at == from ? lane_count(g) : at + 1);
		end_row(g);
	}
	take_out(g, from);
}

/* One lane for each version that is waited for. */
static void join_all(struct ts_graph *g, uint64_t number)
{
	size_t first = find(g, 0, number);
	size_t second = find(g, first + 1, number);
	if (number > 0 && second < lane_count(g)) {
		join_lane(g, second, first);
	}
}

void ts_graph_add(struct ts_graph *g, uint64_t number, uint64_t parent, uint64_t merged)
{
	size_t at = find(g, 0, number);
	ts_graph_skip(g);
	if (at == lane_count(g)) {
		insert(g, at, number);
	}
	if (g->lanes.failed) {
		return;
	}
	draw_lanes(g, at, '*');
	g->width = 2 * lane_count(g);
	if (parent == 0 && merged == 0) {
		end_lane(g, at);
		return;
	}
	*lane(g, at) = parent > 0 ? parent : merged;
	if (parent > 0 && merged > 0) {
		insert(g, at + 1, merged);
		draw_fork(g, at);
		g->width = 2 * lane_count(g);
		join_all(g, merged);
	}
	join_all(g, parent > 0 ? parent : merged);
}

bool ts_graph_has_row(const struct ts_graph *g)
{
	return g->at < g->rows.len;
}

struct ts_slice ts_graph_row(struct ts_graph *g)
{
	if (!ts_graph_has_row(g)) {
		ts_graph_skip(g);
		draw_lanes(g, SIZE_MAX, '|');
	}
	struct ts_slice rest = ts_slice_skip(ts_buf_slice(&g->rows), g->at);
	struct ts_slice row = ts_slice_cut(&rest, '\n');
	g->at += row.len + 1;
	return row;
}

void ts_graph_skip(struct ts_graph *g)
{
	ts_buf_clear(&g->rows);
	g->at = 0;
}
