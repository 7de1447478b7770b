/* SPDX-License-Identifier: MIT */
#include "common/base/utf8.h"

/* The rows of Unicode's table 3-7, by the first byte: how many bytes follow, and the bounds of
 * the first of them (the others are always 80..BF). */
static const struct row {
	uint8_t first, last, need, low, high;
} rows[] = {
	{0xC2, 0xDF, 1, 0x80, 0xBF}, {0xE0, 0xE0, 2, 0xA0, 0xBF}, {0xE1, 0xEC, 2, 0x80, 0xBF},
	{0xED, 0xED, 2, 0x80, 0x9F}, {0xEE, 0xEF, 2, 0x80, 0xBF}, {0xF0, 0xF0, 3, 0x90, 0xBF},
	{0xF1, 0xF3, 3, 0x80, 0xBF}, {0xF4, 0xF4, 3, 0x80, 0x8F},
};

static bool begin(struct ts_utf8 *u, uint8_t byte)
{
	for (size_t i = 0; i < TS_COUNT_OF(rows); i++) {
		if (byte >= rows[i].first && byte <= rows[i].last) {
			*u = (struct ts_utf8){rows[i].need, rows[i].low, rows[i].high};
			return true;
		}
	}
	return false;
}

bool ts_utf8_feed(struct ts_utf8 *u, struct ts_slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t byte = (uint8_t)s.data[i];
		if (u->need > 0) {
			if (byte < u->low || byte > u->high) {
				return false;
			}
			*u = (struct ts_utf8){(uint8_t)(u->need - 1), 0x80, 0xBF};
		} else if (byte >= 0x80 && !begin(u, byte)) {
			return false;
		}
	}
	return true;
}

/* The length of the character that `s` begins with; 0 where it is none. */
static size_t first_length(struct ts_slice s)
{
	struct ts_utf8 u = {0};
	for (size_t len = 1; len <= s.len; len++) {
		if (!ts_utf8_feed(&u, (struct ts_slice){s.data + len - 1, 1})) {
			return 0;
		}
		if (ts_utf8_complete(&u)) {
			return len;
		}
	}
	return 0;
}

/* First and last of those that are not seen. The bytes of UTF-8 sort as the characters do. */
static const char unseen[][2][4] = {
	{"\0", "\x1F"},                   /* C0 */
	{"\x7F", "\x7F"},                 /* delete */
	{"\xC2\x80", "\xC2\x9F"},         /* C1 */
	{"\xD8\x9C", "\xD8\x9C"},         /* Arabic letter mark */
	{"\xE2\x80\x8E", "\xE2\x80\x8F"}, /* marks of direction */
	{"\xE2\x80\xA8", "\xE2\x80\xAE"}, /* separators, embeddings and overrides of direction */
	{"\xE2\x81\xA6", "\xE2\x81\xA9"}, /* isolates of direction */
};

static bool is_unseen(struct ts_slice character)
{
	for (size_t i = 0; i < TS_COUNT_OF(unseen); i++) {
		if (strlen(unseen[i][1]) == character.len &&
		    memcmp(character.data, unseen[i][0], character.len) >= 0 &&
		    memcmp(character.data, unseen[i][1], character.len) <= 0) {
			return true;
		}
	}
	return false;
}

struct ts_slice ts_utf8_cut(struct ts_slice *rest, bool *ret_shown)
{
	size_t len = first_length(*rest);
	struct ts_slice first = {rest->data, len > 0 ? len : 1};
	*rest = ts_slice_skip(*rest, first.len);
	*ret_shown = len > 0 && !is_unseen(first);
	return first;
}

bool ts_utf8_printable(struct ts_slice s)
{
	bool shown = true;
	while (s.len > 0 && shown) {
		(void)ts_utf8_cut(&s, &shown);
	}
	return shown;
}

void ts_utf8_make_harmless(char *text)
{
	struct ts_slice rest = ts_slice_of(text);
	while (rest.len > 0) {
		bool shown;
		struct ts_slice c = ts_utf8_cut(&rest, &shown);
		if (!shown) {
			memset(text + (c.data - text), '?', c.len);
		}
	}
}
