/* SPDX-License-Identifier: MIT */
#include "common/show/graph.h"
#include "test/unit/unit.h"

enum { VERSIONS = 12 };

/* Newest first: number, parent, second parent. */
static const struct tree {
	const char *what;
	uint64_t versions[VERSIONS][3];
	const char *drawn;
} trees[] = {
	{"one line",
	 {{3, 2, 0}, {2, 1, 0}, {1, 0, 0}},
	 "*\n"
	 "*\n"
	 "*\n"},
	{"a merge",
	 {{4, 3, 2}, {3, 1, 0}, {2, 1, 0}, {1, 0, 0}},
	 "*\n"
	 "|\\\n"
	 "* |\n"
	 "| *\n"
	 "|/\n"
	 "*\n"},
	{"a merge beside a merge",
	 {{7, 6, 5}, {6, 4, 3}, {5, 3, 0}, {4, 2, 0}, {3, 2, 0}, {2, 1, 0}, {1, 0, 0}},
	 "*\n"
	 "|\\\n"
	 "* |\n"
	 "|\\ \\\n"
	 "| | *\n"
	 "| |/\n"
	 "* |\n"
	 "| *\n"
	 "|/\n"
	 "*\n"
	 "*\n"},
	{"three tasks, one after the other ends",
	 {{6, 3, 0}, {5, 2, 0}, {4, 1, 0}, {3, 0, 0}, {2, 0, 0}, {1, 0, 0}},
	 "*\n"
	 "| *\n"
	 "| | *\n"
	 "* | |\n"
	 " / /\n"
	 "* |\n"
	 " /\n"
	 "*\n"},
	{"a branch of a branch",
	 {{9, 8, 2}, {8, 7, 6}, {7, 5, 0}, {6, 5, 0}, {5, 1, 0}, {2, 1, 0}, {1, 0, 0}},
	 "*\n"
	 "|\\\n"
	 "* |\n"
	 "|\\ \\\n"
	 "* | |\n"
	 "| * |\n"
	 "|/ /\n"
	 "* |\n"
	 "| *\n"
	 "|/\n"
	 "*\n"},
	{"a merge with the empty version",
	 {{3, 0, 2}, {2, 0, 0}},
	 "*\n"
	 "*\n"},
	{"two tasks side by side",
	 {{8, 6, 5}, {7, 4, 0}, {6, 2, 0}, {5, 2, 0}, {4, 3, 0}, {3, 0, 0}, {2, 1, 0}, {1, 0, 0}},
	 "*\n"
	 "|\\\n"
	 "| | *\n"
	 "* | |\n"
	 "| * |\n"
	 "|/ /\n"
	 "| *\n"
	 "| *\n"
	 "*\n"
	 "*\n"},
	{"a lane crosses another",
	 {{5, 4, 1}, {4, 3, 2}, {3, 2, 0}, {2, 1, 0}, {1, 0, 0}},
	 "*\n"
	 "|\\\n"
	 "* |\n"
	 "|\\ \\\n"
	 "* | |\n"
	 "|/ /\n"
	 "* |\n"
	 "|/\n"
	 "*\n"},
	{"a lane crosses two",
	 {{9, 6, 0}, {8, 7, 0}, {7, 5, 0}, {6, 1, 0}, {5, 3, 0}, {4, 1, 0}, {3, 0, 0}, {1, 0, 0}},
	 "*\n"
	 "| *\n"
	 "| *\n"
	 "* |\n"
	 "| *\n"
	 "| | *\n"
	 "| |/\n"
	 "|/|\n"
	 "| *\n"
	 "*\n"},
	{"a lane crosses another while those behind it close up",
	 {{12, 5, 0},
	  {11, 6, 0},
	  {10, 7, 0},
	  {9, 8, 0},
	  {8, 4, 0},
	  {7, 5, 0},
	  {6, 0, 0},
	  {5, 0, 0},
	  {4, 0, 0}},
	 "*\n"
	 "| *\n"
	 "| | *\n"
	 "| | | *\n"
	 "| | | *\n"
	 "| | * |\n"
	 "| |/ /\n"
	 "|/| |\n"
	 "| * |\n"
	 "|  /\n"
	 "* |\n"
	 " /\n"
	 "*\n"},
};

START_TEST(trees_are_drawn)
{
	const struct tree *tree = &trees[_i];
	TS_CLEANUP(ts_graph_done) struct ts_graph g = {0};
	TS_BUF(drawn);
	for (size_t i = 0; i < VERSIONS && tree->versions[i][0] > 0; i++) {
		ts_graph_add(&g, tree->versions[i][0], tree->versions[i][1], tree->versions[i][2]);
		do {
			struct ts_slice row = ts_graph_row(&g);
			ck_assert_uint_lt(row.len, g.width);
			ts_buf_add_slice(&drawn, row);
			ts_buf_add_char(&drawn, '\n');
		} while (ts_graph_has_row(&g));
	}
	ck_assert_slice(ts_buf_slice(&drawn), tree->drawn);
}
END_TEST

START_TEST(lanes_go_on_beside_a_long_text)
{
	TS_CLEANUP(ts_graph_done) struct ts_graph g = {0};
	ts_graph_add(&g, 5, 4, 3);
	ck_assert_slice(ts_graph_row(&g), "*");
	ck_assert_slice(ts_graph_row(&g), "|\\");
	ck_assert(!ts_graph_has_row(&g));
	ck_assert_slice(ts_graph_row(&g), "| |");
	ck_assert_slice(ts_graph_row(&g), "| |");
	ts_graph_add(&g, 4, 2, 0);
	ts_graph_skip(&g);
	ts_graph_add(&g, 3, 2, 0);
	ck_assert_slice(ts_graph_row(&g), "| *");
	ck_assert_slice(ts_graph_row(&g), "|/");
	ck_assert_slice(ts_graph_row(&g), "|");
}
END_TEST

UNIT_MAIN("graph", {trees_are_drawn, TS_COUNT_OF(trees)}, {lanes_go_on_beside_a_long_text, 0})
