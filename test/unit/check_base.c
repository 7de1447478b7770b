/* SPDX-License-Identifier: MIT */
#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/date.h"
#include "common/base/error.h"
#include "common/base/utf8.h"
#include "common/base/uuid.h"
#include "test/unit/unit.h"

static const struct {
	const char *text;
	bool ok;
	int64_t t;
} dates[] = {
	{"20260101T000000Z", true, 1767225600},
	{"19700101T000000Z", true, 0},
	{"99991231T235959Z", true, 253402300799},
	{"20260101", true, 1767225600},
	{"20261301", true, 20261301},
	{"2026-01-01T00:00:00Z", true, 1767225600},
	{"2026-01-01 00:00:00", false, 0},
	{"1767225600", true, 1767225600},
	{"1767225600.5", true, 1767225600},
	{"-5", true, 0},
	{"99999999999999999999999", true, 253402300799},
	{"20260229T000000Z", false, 0},
	{"20240229T000000Z", true, 1709164800},
	{"20261301T000000Z", false, 0},
	{"20260101T240000Z", false, 0},
	{"20260101T000000", false, 0},
	{"", false, 0},
	{"-", false, 0},
	{"12.", false, 0},
	{"tomorrow", false, 0},
};

START_TEST(dates_are_read)
{
	int64_t t = -1;
	ck_assert_msg(ts_date_parse(ts_slice_of(dates[_i].text), &t) == dates[_i].ok, "%s",
		      dates[_i].text);
	ck_assert_int_eq(t, dates[_i].ok ? dates[_i].t : -1);
}
END_TEST

START_TEST(dates_are_written)
{
	ck_assert_str_eq(ts_date_text(1767225600).text, "20260101T000000Z");
	ck_assert_str_eq(ts_date_text(-1).text, "19800101T000000Z");
	ck_assert_str_eq(ts_date_text(INT64_MAX).text, "99991231T215958Z");
	ck_assert_str_eq(ts_day(1798675200).text, "2026-12-31");
	ck_assert_str_eq(ts_day(INT64_MAX).text, "an unknown day");
}
END_TEST

static const struct {
	const char *text;
	bool ok;
} utf8[] = {
	{"plain", true},
	{"gr\xC3\xBC\xC3\x9F", true},
	{"\xE2\x82\xAC", true},
	{"\xF0\x9F\x98\x80", true},
	{"\xC3", false},
	{"\x80", false},
	{"\xC0\x80", false},
	{"\xED\xA0\x80", false},
	{"\xF4\x90\x80\x80", false},
	{"\xF5", false},
	{"\xE2\x28\xA1", false},
	{"\xFF", false},
};

START_TEST(utf8_is_checked_whole_and_byte_by_byte)
{
	struct ts_slice s = ts_slice_of(utf8[_i].text);
	ck_assert_int_eq(ts_utf8_valid(s), utf8[_i].ok);
	struct ts_utf8 u = {0};
	bool ok = true;
	for (size_t i = 0; i < s.len && ok; i++) {
		ok = ts_utf8_feed(&u, (struct ts_slice){s.data + i, 1});
	}
	ck_assert_int_eq(ok && ts_utf8_complete(&u), utf8[_i].ok);
}
END_TEST

static const struct {
	struct ts_slice text;
	size_t first;
	bool shown;
} characters[] = {
	{TS_SLICE("a\n"), 1, true},
	{TS_SLICE("\xC3\xBC\n"), 2, true},
	{TS_SLICE("\xF0\x9F\x98\x80"), 4, true},
	{TS_SLICE(" "), 1, true},
	{TS_SLICE("\0a"), 1, false},
	{TS_SLICE("\x1B[31m"), 1, false},
	{TS_SLICE("\x7F"), 1, false},
	{TS_SLICE("\xC2\x80"), 2, false}, /* U+0080 */
	{TS_SLICE("\xC2\x9B"), 2, false},
	{TS_SLICE("\xC2\x9F"), 2, false},
	{TS_SLICE("\xC2\xA0"), 2, true},
	{TS_SLICE("\xD8\x9B"), 2, true},
	{TS_SLICE("\xD8\x9C"), 2, false},    /* U+061C */
	{TS_SLICE("\xE2\x80\x8D"), 3, true}, /* U+200D joins emoji */
	{TS_SLICE("\xE2\x80\x8E"), 3, false},
	{TS_SLICE("\xE2\x80\x8F"), 3, false},
	{TS_SLICE("\xE2\x80\x90"), 3, true},
	{TS_SLICE("\xE2\x80\xA7"), 3, true},
	{TS_SLICE("\xE2\x80\xA8"), 3, false}, /* U+2028 */
	{TS_SLICE("\xE2\x80\xAE"), 3, false},
	{TS_SLICE("\xE2\x80\xAF"), 3, true},
	{TS_SLICE("\xE2\x81\xA5"), 3, true},
	{TS_SLICE("\xE2\x81\xA6"), 3, false}, /* U+2066 */
	{TS_SLICE("\xE2\x81\xA9"), 3, false},
	{TS_SLICE("\xE2\x81\xAA"), 3, true},
	{TS_SLICE("\x9B"), 1, false},
	{TS_SLICE("\xC3"), 1, false},
	{TS_SLICE("\xE2\x80"), 1, false},
};

START_TEST(characters_are_shown_or_obeyed)
{
	struct ts_slice rest = characters[_i].text;
	bool shown = !characters[_i].shown;
	ck_assert_uint_eq(ts_utf8_cut(&rest, &shown).len, characters[_i].first);
	ck_assert_uint_eq(rest.len, characters[_i].text.len - characters[_i].first);
	ck_assert_int_eq(shown, characters[_i].shown);
	ck_assert(shown || !ts_utf8_printable(characters[_i].text));
}
END_TEST

START_TEST(uuids_are_read_and_written)
{
	struct ts_uuid u, v;
	ck_assert(ts_uuid_parse(TS_SLICE("7F1C1F6E-0000-4000-8000-00000000000a"), &u));
	ck_assert_str_eq(ts_uuid_text(&u).text, "7f1c1f6e-0000-4000-8000-00000000000a");
	ck_assert(!ts_uuid_parse(TS_SLICE("7f1c1f6e-0000-4000-8000-00000000000"), &v));
	ck_assert(!ts_uuid_parse(TS_SLICE("7f1c1f6e-0000-4000-8000-00000000000g"), &v));
	ck_assert(!ts_uuid_parse(TS_SLICE("7f1c1f6e-0000-4000-8000-0000000000\0a"), &v));
	u = ts_uuid_random();
	v = ts_uuid_random();
	ck_assert(!ts_uuid_eq(&u, &v));
	u = ts_uuid_of_bytes(TS_SLICE("same"));
	v = ts_uuid_of_bytes(TS_SLICE("same"));
	ck_assert(ts_uuid_eq(&u, &v));
}
END_TEST

START_TEST(buffers_grow_until_memory_ends)
{
	TS_BUF(b);
	for (int i = 0; i < 1000; i++) {
		ts_buf_printf(&b, "%d,", i % 10);
	}
	ck_assert_uint_eq(b.len, 2000);
	ck_assert_str_eq(b.data + 1998, "9,");
	ts_buf_clear(&b);
	ck_assert_uint_eq(b.len, 0);
	ck_assert_ptr_null(ts_buf_reserve(&b, SIZE_MAX));
	ck_assert(b.failed);
}
END_TEST

START_TEST(arenas_keep_what_they_gave)
{
	TS_ARENA(a);
	char *one = ts_arena_alloc(&a, 100);
	ck_assert_ptr_nonnull(one);
	memset(one, 'x', 100);
	struct ts_slice big = ts_arena_copy(&a, (struct ts_slice){one, 100});
	ck_assert_ptr_nonnull(ts_arena_alloc(&a, 100000));
	ck_assert(ts_slice_eq(big, (struct ts_slice){one, 100}));
	ck_assert_ptr_null(ts_arena_array(&a, SIZE_MAX, 2));
	ts_arena_reset(&a);
	ck_assert_ptr_nonnull(ts_arena_alloc(&a, 1));
}
END_TEST

START_TEST(errors_carry_their_sentence)
{
	struct ts_error err = {0};
	ck_assert_int_eq(ts_fail(&err, TS_ETOOBIG, "%d bytes", 5), TS_ETOOBIG);
	ck_assert_str_eq(err.text, "5 bytes");
	ck_assert_int_eq(ts_fail_errno(&err, 28, "write x"), TS_EFULL);
	ck_assert_str_eq(err.text, "write x: No space left on device.");
	ck_assert_int_eq(ts_wire_code(TS_ETOOBIG), 504);
	ck_assert_int_eq(ts_wire_code(12345), 500);
	ck_assert_str_eq(ts_strerror(12345), "unknown error");
}
END_TEST

UNIT_MAIN("base", {dates_are_read, TS_COUNT_OF(dates)}, {dates_are_written, 0},
	  {utf8_is_checked_whole_and_byte_by_byte, TS_COUNT_OF(utf8)},
	  {characters_are_shown_or_obeyed, TS_COUNT_OF(characters)},
	  {uuids_are_read_and_written, 0}, {buffers_grow_until_memory_ends, 0},
	  {arenas_keep_what_they_gave, 0}, {errors_carry_their_sentence, 0})
