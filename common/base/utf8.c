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
