/* SPDX-License-Identifier: MIT */
#include "server/adopt/spelling.h"
#include "server/adopt/tx_reader.h"
#include "test/unit/unit.h"

#include <stdlib.h>

#define KEY1 "7f1c1f6e-0000-4000-8000-000000000001"
#define KEY2 "7f1c1f6e-0000-4000-8000-000000000002"
#define ONE  "{\"uuid\":\"" KEY1 "\",\"description\":\"one\"}"
#define TWO  "{\"uuid\":\"" KEY2 "\",\"description\":\"two\"}"

/* What a reader is fed, and the pieces: T a task, K a key, J junk, - nothing; the line; marks B
 * (byte order mark), R (carriage return), N (NUL), U (UTF-8), G (glued), and _ for a line without a
 * newline; the text; the fault. */
static const struct row {
	const char *in, *want;
	size_t len; /* of `in` where it holds NULs */
} rows[] = {
	{"", "", 0},
	{"\n", "-1|", 0},
	{"  \r\n", "-1R|", 0},
	{ONE "\n" KEY1 "\n", "T1" ONE "|K2" KEY1 "|", 0},
	{ONE "\n" KEY1, "T1" ONE "|K2_" KEY1 "|", 0},
	{"\xEF\xBB\xBF" ONE "\r\n" KEY1 "\r\n", "T1BR" ONE "|K2R" KEY1 "|", 0},
	{"\xEF\xBB\xBF\n\xEF\xBB\xBF\n", "-1B|J2\xEF\xBB\xBF(it is neither a task nor a sync key)|",
	 0},
	{"\0\0\n", "-1N|", 3},
	{"\0\0" ONE "\n", "T1N" ONE "|", sizeof("\0\0" ONE "\n") - 1},
	{"{\"a\":\"\xC3\xA4\xFF\"}\n", "T1U{\"a\":\"\xC3\xA4\xEF\xBF\xBD\"}|", 0},
	{"{\"a\":\"\xE2\x82\"}\n", "T1U{\"a\":\"\xEF\xBF\xBD\xEF\xBF\xBD\"}|", 0},
	/* Lost newlines */
	{ONE TWO "\n", "T1G" ONE "|T1" TWO "|", 0},
	{ONE KEY1 "\n", "T1G" ONE "|K1" KEY1 "|", 0},
	{KEY1 ONE "\n", "K1G" KEY1 "|T1" ONE "|", 0},
	{KEY1 " " KEY2 "\n", "K1G" KEY1 "|K1" KEY2 "|", 0},
	{ONE "rest\n", "T1G" ONE "|J1rest(it is neither a task nor a sync key)|", 0},
	/* Cut, and written on */
	{"{\"uuid\":\"" KEY1 "\",\"descr\n", "J1{\"uuid\":\"" KEY1 "\",\"descr(it is cut off)|", 0},
	{"{\"uuid\":\"" KEY1, "J1_{\"uuid\":\"" KEY1 "(it is cut off)|", 0},
	{"{\"description\":\"buy mi" TWO "\n",
	 "J1G{\"description\":\"buy mi(it is cut off)|T1" TWO "|", 0},
	{"{\"description\":\"b\"," TWO "\n", "J1G{\"description\":\"b\",(it is cut off)|T1" TWO "|",
	 0},
	{"{\"description\":\"buy mi" TWO KEY1 "\n",
	 "J1G{\"description\":\"buy mi(it is cut off)|T1" TWO "|K1" KEY1 "|", 0},
	{"{\"description\":\"buy mi" KEY2 "\n",
	 "J1G{\"description\":\"buy mi(it is cut off)|K1" KEY2 "|", 0},
	{"{\"depends\":\"" KEY1 "," KEY2 "\n", "J1{\"depends\":\"" KEY1 "," KEY2 "(it is cut off)|",
	 0},
	/* An annotation is no task to go on with. */
	{"{\"annotations\":[{\"entry\":\"1\",\"description\":\"x\"},\n",
	 "J1{\"annotations\":[{\"entry\":\"1\",\"description\":\"x\"},(it is cut off)|", 0},
	{"garbage" ONE "\n", "J1Ggarbage(it is neither a task nor a sync key)|T1" ONE "|", 0},
	{"{\"a\":\"\\\"}\"}\n", "T1{\"a\":\"\\\"}\"}|", 0},
	{"{\"a\":\"\\\\\"}" KEY1 "\n", "T1G{\"a\":\"\\\\\"}|K1" KEY1 "|", 0},
	{"{\"a\":{\"b\":[1,2]}}\n", "T1{\"a\":{\"b\":[1,2]}}|", 0},
	{"[description:\"old\"]\n", "J1[description:\"old\"](it is neither a task nor a sync key)|",
	 0},
	{"7F1C1F6E-0000-4000-8000-000000000001\n",
	 "K1" /* as it came */ "7F1C1F6E-0000-4000-8000-000000000001|", 0},
	{KEY1 "x\n", "J1" KEY1 "x(it is neither a task nor a sync key)|", 0},
};

static int note(const struct tx_piece *p, void *arg, struct ts_error *err)
{
	static const char letters[] = "BRNUG";
	struct ts_buf *to = arg;
	(void)err;
	ts_buf_printf(to, "%c%llu", "-KTJ"[p->kind], (unsigned long long)p -> line);
	for (unsigned i = 0; letters[i] != '\0'; i++) {
		if ((p->marks & (1u << i)) != 0) {
			ts_buf_add_char(to, letters[i]);
		}
	}
	ts_buf_add_str(to, p->unfinished ? "_" : "");
	ts_buf_add_slice(to, p->text);
	if (p->kind == TX_JUNK) {
		ts_buf_printf(to, "(%s)", p->fault);
	}
	ts_buf_add_char(to, '|');
	return TS_OK;
}

/* In pieces of each length. */
START_TEST(cuts_lines)
{
	const struct row *row = &rows[_i];
	const struct ts_slice in = {row->in, row->len > 0 ? row->len : strlen(row->in)};
	for (size_t piece = 1; piece <= in.len + 1; piece++) {
		TS_BUF(got);
		TS_CLEANUP(tx_reader_done) struct tx_reader r = {.each = note, .arg = &got};
		for (size_t at = 0; at < in.len; at += piece) {
			const size_t left = in.len - at;
			const struct ts_slice part = {in.data + at, left < piece ? left : piece};
			ck_assert_int_eq(tx_reader_feed(&r, part, NULL), TS_OK);
		}
		ck_assert_int_eq(tx_reader_end(&r, NULL), TS_OK);
		ck_assert_slice(ts_buf_slice(&got), row->want);
	}
}
END_TEST

static int count(const struct tx_piece *p, void *arg, struct ts_error *err)
{
	size_t *counts = arg;
	(void)err;
	counts[p->kind]++;
	ck_assert_uint_le(p->text.len, TX_LINE_MAX);
	return TS_OK;
}

START_TEST(a_line_has_a_limit)
{
	size_t counts[4] = {0};
	TS_CLEANUP(tx_reader_done) struct tx_reader r = {.each = count, .arg = counts};
	TS_AUTOFREE char *part = malloc(1 << 20);
	memset(part, 'x', 1 << 20);
	for (size_t i = 0; i <= TX_LINE_MAX >> 20; i++) {
		ck_assert_int_eq(tx_reader_feed(&r, (struct ts_slice){part, 1 << 20}, NULL), TS_OK);
	}
	ck_assert_int_eq(tx_reader_feed(&r, ts_slice_of("\n" ONE "\n"), NULL), TS_OK);
	ck_assert_int_eq(tx_reader_end(&r, NULL), TS_OK);
	ck_assert_uint_eq(counts[TX_JUNK], 1);
	ck_assert_uint_eq(counts[TX_TASK], 1);
	ck_assert_uint_eq(r.line, 2);
}
END_TEST

#define DATES "\"entry\":\"20260101T000000Z\",\"modified\":\"20260101T000000Z\""

static const struct {
	const char *json;
	unsigned want;
} spellings[] = {
	{"{}", SPELLING_NO_ENTRY | SPELLING_NO_MODIFIED},
	{"{" DATES "}", 0},
	{"{ \"entry\" : \"20260101T000000Z\" , \"modified\":\"20260101\"}", 0},
	{"{\"entry\":\"1700000000\",\"modified\":1700000000}", SPELLING_EPOCH},
	{"{" DATES ",\"due\":\"2026-01-01T00:00:00Z\"}", 0},
	{"{" DATES ",\"wait\":\"315532800\"}", SPELLING_EPOCH},
	{"{" DATES ",\"depends\":\"" KEY1 "," KEY2 "\"}", 0},
	{"{" DATES ",\"depends\":[\"" KEY1 "\"]}", SPELLING_DEPENDS_LIST},
	{"{" DATES ",\"depends\":\"[\\\"" KEY1 "\\\"]\"}", SPELLING_DEPENDS_TEXT},
	{"{" DATES ",\"depends\":\"[\\\\\\\"" KEY1 "\\\\\\\"]\"}", SPELLING_DEPENDS_TEXT},
	{"{" DATES ",\"description\":\"\\\"depends\\\":[\"}", 0},
	{"{" DATES ",\"a\":{\"depends\":[\"x\"]},\"b\":[\"entry\",{\"due\":1}]}", 0},
	{"{" DATES ",\"description\":\"", 0},
};

START_TEST(tells_spellings)
{
	ck_assert_uint_eq(spelling_of(ts_slice_of(spellings[_i].json)), spellings[_i].want);
}
END_TEST

UNIT_MAIN("tx_reader", {cuts_lines, TS_COUNT_OF(rows)}, {a_line_has_a_limit, 0},
	  {tells_spellings, TS_COUNT_OF(spellings)})
