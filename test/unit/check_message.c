/* SPDX-License-Identifier: MIT */
#include "common/wire/message.h"
#include "unit.h"

static const struct {
	const char *received;
	size_t end;
} ends[] = {
	{"", 0},
	{"a: b", 0},
	{"a: b\n", 0},
	{"a: b\n\n", 6},
	{"a: b\n\npayload\n\n", 6},
	{"a: b\nc: d\n\n", 11},
	{"\n", 1},
	{"\na: b\n\n", 1},
	{"a: b\r\n\r\n", 0},
};

START_TEST(headers_end)
{
	ck_assert_uint_eq(ts_headers_end(ts_slice_of(ends[_i].received)), ends[_i].end);
}
END_TEST

static const struct {
	const char *block, *name, *value; /* NULL: there is none */
} found[] = {
	{"type: sync\n\n", "type", "sync"},
	{"type: sync\n", "type", "sync"},
	{"type: sync", "type", "sync"},
	{"a: 1\ntype:sync\nb: 2\n\n", "type", "sync"},
	{"TYPE: sync\n\n", "type", "sync"},
	{"type : \tsync \n\n", "type", "sync"},
	{"type: a\ntype: b\n\n", "type", "a"},
	{"user: Jo Smith: 2\n\n", "user", "Jo Smith: 2"},
	{"org:\n\n", "org", ""},
	{"org: \n\n", "org", ""},
	{"organization: x\n\n", "org", NULL},
	{"x: y\n\norg: behind\n", "org", NULL},
	{"\n", "org", NULL},
	{"", "org", NULL},
};

START_TEST(header_values)
{
	struct ts_headers h;
	ck_assert_int_eq(ts_headers_parse(ts_slice_of(found[_i].block), &h, NULL), TS_OK);
	struct ts_slice value = ts_headers_get(&h, found[_i].name);
	if (found[_i].value == NULL) {
		ck_assert_ptr_null(value.data);
	} else {
		ck_assert_ptr_nonnull(value.data);
		ck_assert_slice(value, found[_i].value);
	}
}
END_TEST

static const char *const malformed[] = {"type sync\n\n", "a: b\n: c\n\n", "GET / HTTP/1.1\n\n"};

START_TEST(malformed_headers)
{
	struct ts_headers h;
	struct ts_error err = {0};
	ck_assert_int_eq(ts_headers_parse(ts_slice_of(malformed[_i]), &h, &err), TS_EMALF);
	ck_assert_str_ne(err.text, "");
}
END_TEST

START_TEST(too_many_headers)
{
	TS_BUF(b);
	struct ts_headers h;
	for (int i = 0; i < TS_HEADERS_MAX; i++) {
		ts_buf_printf(&b, "h%d: v\n", i);
	}
	ck_assert_int_eq(ts_headers_parse(ts_buf_slice(&b), &h, NULL), TS_OK);
	ck_assert_uint_eq(h.count, TS_HEADERS_MAX);
	ts_buf_add_str(&b, "one: more\n");
	ck_assert_int_eq(ts_headers_parse(ts_buf_slice(&b), &h, NULL), TS_EMALF);
}
END_TEST

START_TEST(compose)
{
	TS_BUF(b);
	ts_buf_add_str(&b, "left over");
	ts_message_begin(&b);
	ts_message_headerf(&b, "code", "%d", 200);
	ts_message_header(&b, "nothing", TS_SLICE(""));
	ts_message_headerf(&b, "nothing", "%s", "");
	ts_message_header(&b, "messages", TS_SLICE("two\r\nlines"));
	ck_assert_int_eq(ts_message_finish(&b, 4, NULL), TS_OK);
	ck_assert_uint_eq(ts_message_length(b.data), b.len + 4);
	ck_assert_uint_eq(ts_headers_end(ts_slice_skip(ts_buf_slice(&b), 4)), b.len - 4);
	ck_assert_str_eq(b.data + 4, "code: 200\nmessages: two  lines\n\n");
}
END_TEST

START_TEST(compose_too_big)
{
	TS_BUF(b);
	ts_message_begin(&b);
	ck_assert_int_eq(ts_message_finish(&b, UINT32_MAX - 4, NULL), TS_ETOOBIG);
	ts_message_begin(&b);
	ck_assert_int_eq(ts_message_finish(&b, UINT64_MAX, NULL), TS_ETOOBIG);
	ts_message_begin(&b);
	ck_assert_int_eq(ts_message_finish(&b, UINT32_MAX - 5, NULL), TS_OK);
	ck_assert_uint_eq(ts_message_length(b.data), UINT32_MAX);
}
END_TEST

START_TEST(status_texts)
{
	ck_assert_str_eq(ts_status_text(200), "Ok");
	ck_assert_str_eq(ts_status_text(201), "No change");
	ck_assert_str_eq(ts_status_text(430), "Access denied");
	ck_assert_str_eq(ts_status_text(504), "Request too big");
	ck_assert_str_eq(ts_status_text(999), "Unknown");
}
END_TEST

UNIT_MAIN("message", {headers_end, TS_COUNT_OF(ends)}, {header_values, TS_COUNT_OF(found)},
	  {malformed_headers, TS_COUNT_OF(malformed)}, {too_many_headers, 0}, {compose, 0},
	  {compose_too_big, 0}, {status_texts, 0})
