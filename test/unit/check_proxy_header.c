/* SPDX-License-Identifier: MIT */
#include "common/base/buf.h"
#include "server/net/proxy_header.h"
#include "unit.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define V4        "\xc0\x00\x02\x01\xc6\x33\x64\x02\x12\x34\xd1\x55"
#define V6                                                                                         \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2\x12\x34" \
	"\xd1\x55"
#define LONGEST                                                                                    \
	"PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "                                   \
	"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"

/* `source`: NULL: it can't be read; "": nobody's. What follows the header is "TLS". */
static const struct {
	struct ts_slice header;
	const char *source;
} rows[] = {
	{TS_SLICE("PROXY TCP4 192.0.2.1 198.51.100.2 4660 53589\r\n"), "192.0.2.1:4660"},
	{TS_SLICE("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"),
	 "255.255.255.255:65535"},
	{TS_SLICE("PROXY TCP6 2001:db8::1 2001:db8::2 4660 53589\r\n"), "[2001:db8::1]:4660"},
	{TS_SLICE("PROXY TCP6 ::ffff:192.0.2.1 ::1 0 0\r\n"), "192.0.2.1:0"},
	{TS_SLICE("PROXY UNKNOWN\r\n"), ""},
	{TS_SLICE("PROXY UNKNOWN whatever 1 2 3\r\n"), ""},
	{TS_SLICE(LONGEST), ""},
	{TS_SLICE("PROXY UNKNOWN0 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"),
	 NULL},
	{TS_SLICE("PROXY TCP4 192.0.2.1 198.51.100.2 4660\r\n"), NULL},
	{TS_SLICE("PROXY TCP4 192.0.2.1 198.51.100.2 4660 53589 1\r\n"), NULL},
	{TS_SLICE("PROXY TCP4 192.0.2.1  198.51.100.2 4660 53589\r\n"), NULL},
	{TS_SLICE("PROXY TCP4 192.0.2.1 198.51.100.2 65536 53589\r\n"), NULL},
	{TS_SLICE("PROXY TCP4 192.0.2.1 198.51.100.2 -1 53589\r\n"), NULL},
	{TS_SLICE("PROXY TCP4 192.0.2.1 198.51.100.2  53589\r\n"), NULL},
	{TS_SLICE("PROXY TCP4 192.0.2.1 198.51.100.2 4660 53589\n"), NULL},
	{TS_SLICE("PROXY TCP4 2001:db8::1 2001:db8::2 4660 53589\r\n"), NULL},
	{TS_SLICE("PROXY TCP6 192.0.2.1 198.51.100.2 4660 53589\r\n"), NULL},
	{TS_SLICE("PROXY TCP5 192.0.2.1 198.51.100.2 4660 53589\r\n"), NULL},
	{TS_SLICE("PROXY \r\n"), NULL},
	{TS_SLICE("PROXYTCP4 192.0.2.1 198.51.100.2 4660 53589\r\n"), NULL},
	{TS_SLICE("proxy TCP4 192.0.2.1 198.51.100.2 4660 53589\r\n"), NULL},
	{TS_SLICE("GET / HTTP/1.1\r\n"), NULL},
	{TS_SLICE("\x16\x03\x01\x00\xc8\x01"), NULL},

	{TS_SLICE(SIGNATURE "\x21\x11\x00\x0c" V4), "192.0.2.1:4660"},
	{TS_SLICE(SIGNATURE "\x21\x12\x00\x0c" V4), "192.0.2.1:4660"},
	{TS_SLICE(SIGNATURE "\x21\x21\x00\x24" V6), "[2001:db8::1]:4660"},
	{TS_SLICE(SIGNATURE "\x21\x11\x00\x13" V4 "\x20\x00\x04\x01\x02\x03\x04"),
	 "192.0.2.1:4660"},
	{TS_SLICE(SIGNATURE "\x20\x00\x00\x00"), ""},
	{TS_SLICE(SIGNATURE "\x20\x11\x00\x0c" V4), ""},
	{TS_SLICE(SIGNATURE "\x21\x00\x00\x00"), ""},
	{TS_SLICE(SIGNATURE "\x21\x31\x00\x04path"), ""},
	{TS_SLICE(SIGNATURE "\x21\x11\x00\x0b" V4), NULL},
	{TS_SLICE(SIGNATURE "\x21\x21\x00\x0c" V4), NULL},
	{TS_SLICE(SIGNATURE "\x11\x11\x00\x0c" V4), NULL},
	{TS_SLICE(SIGNATURE "\x22\x11\x00\x0c" V4), NULL},
	{TS_SLICE(SIGNATURE "\x21\x11\x02\x01" V4), NULL},
	{TS_SLICE("\r\n\r\n\0\r\nQUIT\r\x21\x11\x00\x0c" V4), NULL},
};

static int read_whole(int i, struct proxy_header *ret)
{
	TS_BUF(all);
	ts_buf_add_slice(&all, rows[i].header);
	ts_buf_add_str(&all, "TLS");
	return proxy_header_read(ts_buf_slice(&all), ret, NULL);
}

static void check(const struct proxy_header *h, int i)
{
	char text[TS_ADDRESS_TEXT];
	ck_assert_uint_eq(h->size, rows[i].header.len);
	ck_assert(h->local == (rows[i].source[0] == '\0'));
	if (!h->local) {
		ts_address_text(&h->source, text);
		ck_assert_str_eq(text, rows[i].source);
	}
}

START_TEST(in_one_piece)
{
	struct proxy_header h;
	int rc = read_whole(_i, &h);
	ck_assert_int_eq(rc, rows[_i].source != NULL ? TS_OK : TS_EMALF);
	if (rc == TS_OK) {
		check(&h, _i);
	}
}
END_TEST

/* A byte more each time: incomplete up to the last one. */
START_TEST(byte_by_byte)
{
	struct proxy_header h;
	struct ts_slice part = rows[_i].header;
	int rc = TS_EAGAIN;
	for (part.len = 0; rc == TS_EAGAIN && part.len <= rows[_i].header.len; part.len++) {
		rc = proxy_header_read(part, &h, NULL);
	}
	if (rows[_i].source != NULL) {
		ck_assert_int_eq(rc, TS_OK);
		ck_assert_uint_eq(part.len - 1, rows[_i].header.len);
		check(&h, _i);
	} else {
		ck_assert_int_ne(rc, TS_OK);
	}
}
END_TEST

START_TEST(without_end)
{
	struct proxy_header h;
	TS_BUF(line);
	ts_buf_add_str(&line, "PROXY UNKNOWN ");
	while (line.len < PROXY_V1_MAX - 1) {
		ts_buf_add_char(&line, 'x');
	}
	ck_assert_int_eq(proxy_header_read(ts_buf_slice(&line), &h, NULL), TS_EAGAIN);
	ts_buf_add_char(&line, 'x');
	ck_assert_int_eq(proxy_header_read(ts_buf_slice(&line), &h, NULL), TS_EMALF);
}
END_TEST

START_TEST(the_longest_ones)
{
	struct proxy_header h;
	TS_BUF(all);
	ck_assert_uint_le(sizeof(LONGEST) - 1, PROXY_V1_MAX);
	ts_buf_add_slice(&all, TS_SLICE(SIGNATURE "\x21\x11\x02\x00" V4));
	while (all.len < PROXY_HEADER_MAX) {
		ck_assert_int_eq(proxy_header_read(ts_buf_slice(&all), &h, NULL), TS_EAGAIN);
		ts_buf_add_char(&all, '\0');
	}
	ck_assert_int_eq(proxy_header_read(ts_buf_slice(&all), &h, NULL), TS_OK);
	ck_assert_uint_eq(h.size, PROXY_HEADER_MAX);
}
END_TEST

UNIT_MAIN("proxy_header", {in_one_piece, TS_COUNT_OF(rows)}, {byte_by_byte, TS_COUNT_OF(rows)},
	  {without_end, 0}, {the_longest_ones, 0})
