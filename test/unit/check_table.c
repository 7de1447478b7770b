/* SPDX-License-Identifier: MIT */
#include "client/show/table.h"
#include "test/unit/unit.h"

enum { COLUMNS = 4, CELLS = 12 };

static const char *const heads[COLUMNS] = {"ID", "P", "Project", "Description"};
static const bool right[COLUMNS] = {true, false, false, false};

#define HAN "\xE6\xBC\xA2\xE5\xAD\x97" /* four cells */

static const struct row {
	const char *what;
	size_t width;
	const char *cells[CELLS];
	const char *out;
} rows[] = {
	{"nothing", 40, {NULL}, ""},
	{"as wide as the contents",
	 40,
	 {"1", "H", "home", "Buy milk", "12", "", "", "Sleep"},
	 "ID P Project Description\n"
	 "-- - ------- -----------\n"
	 " 1 H home    Buy milk\n"
	 "12           Sleep\n"},
	{"an empty column is left out",
	 40,
	 {"1", "", "", "Buy milk"},
	 "ID Description\n"
	 "-- -----------\n"
	 " 1 Buy milk\n"},
	{"the description wraps under itself",
	 24,
	 {"1", "H", "home", "Buy milk and bread", "2", "", "home", "Sleep"},
	 "ID P Project Description\n"
	 "-- - ------- -----------\n"
	 " 1 H home    Buy milk\n"
	 "             and bread\n"
	 " 2   home    Sleep\n"},
	{"others wrap where the description has too little",
	 24,
	 {"1", "H", "house.garden.shed", "Paint the door green"},
	 "ID P Project   Descripti\n"
	 "               on\n"
	 "-- - --------- ---------\n"
	 " 1 H house.gar Paint the\n"
	 "     den.shed  door\n"
	 "               green\n"},
	{"wide characters",
	 18,
	 {"1", "H", HAN, HAN " " HAN},
	 "ID P Proj Descript\n"
	 "     ect  ion\n"
	 "-- - ---- --------\n"
	 " 1 H " HAN " " HAN "\n"
	 "          " HAN "\n"},
	{"everything is narrow",
	 20,
	 {"1234567", "H", "house.garden.shed", "antidisestablishmentarianism"},
	 "  ID P Proj Descript\n"
	 "       ect  ion\n"
	 "---- - ---- --------\n"
	 "1234 H hous antidise\n"
	 " 567   e.ga stablish\n"
	 "       rden mentaria\n"
	 "       .she nism\n"
	 "       d\n"},
	{"a line break begins a line",
	 40,
	 {"1", "", "", "Buy\nmilk"},
	 "ID Description\n"
	 "-- -----------\n"
	 " 1 Buy\n"
	 "   milk\n"},
};

static void print(const struct row *row, struct ts_buf *to)
{
	TS_CLEANUP(table_free_p) struct table *t = NULL;
	struct ts_error err;
	ck_assert_int_eq(table_new(heads, right, COLUMNS, &t, &err), TS_OK);
	for (size_t i = 0; i < CELLS && row->cells[i] != NULL; i++) {
		table_add(t, TS_STYLE_NONE, ts_slice_of(row->cells[i]));
	}
	ck_assert_int_eq(table_print(t, row->width, false, to, &err), TS_OK);
}

START_TEST(it_fits)
{
	const struct row *row = &rows[_i];
	TS_BUF(out);
	print(row, &out);
	ck_assert_slice(ts_buf_slice(&out), row->out);
	struct ts_slice rest = ts_buf_slice(&out);
	while (rest.len > 0) {
		ck_assert_uint_le(ts_term_cells(ts_slice_cut(&rest, '\n')), row->width);
	}
}
END_TEST

START_TEST(every_width_fits)
{
	struct row row = {.cells = {"123", "H", "house.garden", "Buy " HAN HAN HAN " and bread"}};
	for (row.width = TS_TERM_WIDTH_MIN; row.width < 100; row.width++) {
		TS_BUF(out);
		print(&row, &out);
		struct ts_slice rest = ts_buf_slice(&out);
		while (rest.len > 0) {
			struct ts_slice line = ts_slice_cut(&rest, '\n');
			ck_assert_uint_le(ts_term_cells(line), row.width);
			ck_assert(line.len == 0 || line.data[line.len - 1] != ' ');
		}
	}
}
END_TEST

START_TEST(heads_are_underlined_and_cells_coloured)
{
	TS_CLEANUP(table_free_p) struct table *t = NULL;
	TS_BUF(out);
	struct ts_error err;
	ck_assert_int_eq(table_new(heads, right, 2, &t, &err), TS_OK);
	table_add(t, TS_STYLE_NONE, TS_SLICE("1"));
	table_add(t, TS_STYLE_OVERDUE, TS_SLICE("H"));
	ck_assert_int_eq(table_print(t, 80, true, &out, &err), TS_OK);
	ck_assert_slice(ts_buf_slice(&out), "\x1b[4mID\x1b[0m \x1b[4mP\x1b[0m\n"
					    " 1 \x1b[31mH\x1b[0m\n");
}
END_TEST

START_TEST(there_is_a_limit_of_columns)
{
	static const char *const many[TABLE_COLUMNS + 1];
	static const bool aligned[TABLE_COLUMNS + 1];
	struct table *t = NULL;
	struct ts_error err;
	ck_assert_int_eq(table_new(many, aligned, TABLE_COLUMNS + 1, &t, &err), TS_EUSAGE);
}
END_TEST

UNIT_MAIN("table", {it_fits, TS_COUNT_OF(rows)}, {every_width_fits, 0},
	  {heads_are_underlined_and_cells_coloured, 0}, {there_is_a_limit_of_columns, 0})
