/* SPDX-License-Identifier: MIT */
#include "server/account/rows.h"
#include "unit.h"

static void print(struct rows *r, const char *const *cells, struct ts_buf *to)
{
	for (; *cells != NULL; cells++) {
		rows_add(r, ts_slice_of(*cells));
	}
	rows_print(r, to);
	rows_done(r);
}

static const struct {
	const char *what;
	const char *cells[10];
	const char *want;
} rows[] = {
	{"nothing", {NULL}, "\n"},
	{"one line", {"a", "1", "b", NULL}, "Name  No  End\na      1  b\n"},
	{"as wide as the widest",
	 {"long name", "1", "b", "c", "1000", "", NULL},
	 "Name         No  End\nlong name     1  b\nc          1000\n"},
	{"an empty column is left out",
	 {"a", "", "b", "c", "", "d", NULL},
	 "Name  End\na     b\nc     d\n"},
	{"wide characters",
	 {"\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E", "1", "b", NULL},
	 "Name    No  End\n\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E   1  b\n"},
	{"what a terminal would obey",
	 {"a\x1b[31m", "1", "b", NULL},
	 "Name    No  End\na\xEF\xBF\xBD[31m   1  b\n"},
};

START_TEST(columns_are_aligned)
{
	TS_BUF(text);
	struct rows r = {.columns = 3, .heads = {"Name", "No", "End"}, .right = {[1] = true}};
	print(&r, rows[_i].cells, &text);
	ck_assert_msg(strcmp(text.data, rows[_i].want) == 0, "%s:\n%s", rows[_i].what, text.data);
}
END_TEST

UNIT_MAIN("rows", {columns_are_aligned, TS_COUNT_OF(rows)})
