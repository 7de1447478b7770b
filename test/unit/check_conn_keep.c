/* SPDX-License-Identifier: MIT */
/* Connections that are kept for further requests. */
#include "conn_fixture.h"

/* The answers behind one another, their codes, and whether each says that it is kept. */
static size_t answers(const struct wire *w, int *codes, bool *kept, size_t most)
{
	struct ts_slice rest = ts_buf_slice(&w->out);
	size_t n = 0;
	for (; rest.len > 0 && n < most; n++) {
		struct ts_headers h;
		size_t len = ts_message_length(rest.data);
		ck_assert_uint_le(len, rest.len);
		struct ts_slice one = {rest.data + 4, len - 4};
		one.len = ts_headers_end(one);
		ck_assert_int_eq(ts_headers_parse(one, &h, NULL), TS_OK);
		codes[n] = atoi(ts_headers_get(&h, "code").data);
		kept[n] = ts_slice_eq(ts_headers_get(&h, "connection"), TS_SLICE("keep"));
		rest = ts_slice_skip(rest, len);
	}
	return n;
}

#define KEEP "connection: keep\n"

static const struct {
	const char *requests[3];
	uint32_t shortfall; /* of the first */
	int codes[3];
	size_t kept; /* of the answers, from the first on */
} rows_kept[] = {
	{{SYNC LOGIN KEEP "\n", SYNC LOGIN KEEP "\n" TASK "\n", SYNC LOGIN "\n"},
	 0,
	 {201, 200, 200},
	 2},
	{{SYNC LOGIN KEEP "\n" TASK, SYNC LOGIN KEEP "\n",
	  "type: statistics\nprotocol: v1\n" LOGIN "\n"},
	 0,
	 {200, 200, 200},
	 2},
	{{SYNC LOGIN KEEP "\nhalf a key", SYNC LOGIN KEEP "\n", SYNC LOGIN KEEP "\n"},
	 0,
	 {200, 201, 201},
	 3},
	{{"type: sync\nprotocol: v2\n" LOGIN KEEP "\nx", SYNC LOGIN KEEP "\n", SYNC LOGIN "\n"},
	 0,
	 {500, 201, 201},
	 2},
	{{SYNC LOGIN "\n", SYNC LOGIN "\n", SYNC LOGIN "\n"}, 0, {201}, 0},
	{{SYNC KEEP "\n", SYNC LOGIN "\n", SYNC LOGIN "\n"}, 0, {430}, 0},
	{{SYNC LOGIN KEEP "\n", SYNC LOGIN "\n", SYNC LOGIN "\n"}, 2, {201}, 0},
	{{"type: wait\nprotocol: v1\n" LOGIN KEEP "\n", SYNC LOGIN KEEP "\n", SYNC LOGIN "\n"},
	 0,
	 {200, 201, 201},
	 2},
	{{"type: wait\ntimeout: x\nprotocol: v1\n" LOGIN KEEP "\n", SYNC LOGIN KEEP "\n",
	  SYNC LOGIN "\n"},
	 0,
	 {501, 201, 201},
	 2},
};

static void one_kept(int i, size_t chunk)
{
	BENCH(b);
	WIRE(w, chunk);
	int codes[4];
	bool kept[4];
	size_t want = 0;
	bench_begin(&b, &b_settings);
	for (size_t k = 0; k < 3; k++) {
		add_request(&b, &w, k == 0 ? rows_kept[i].shortfall : 0, rows_kept[i].requests[k]);
		want += rows_kept[i].codes[k] != 0 ? 1 : 0;
	}
	w.closes = true;
	serve(&b, &w);
	ck_assert_uint_eq(answers(&w, codes, kept, TS_COUNT_OF(codes)), want);
	for (size_t k = 0; k < want; k++) {
		ck_assert_int_eq(codes[k], rows_kept[i].codes[k]);
		ck_assert(kept[k] == (k < rows_kept[i].kept));
	}
}

START_TEST(kept_in_one_piece)
{
	one_kept(_i, 0);
}
END_TEST

START_TEST(kept_in_pieces)
{
	if (rows_kept[_i].shortfall == 0) {
		one_kept(_i, 1);
		one_kept(_i, 7);
	}
}
END_TEST

UNIT_MAIN("conn_keep", {kept_in_one_piece, TS_COUNT_OF(rows_kept)},
	  {kept_in_pieces, TS_COUNT_OF(rows_kept)})
