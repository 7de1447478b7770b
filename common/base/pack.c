/* SPDX-License-Identifier: MIT */
#include "common/base/pack.h"

void ts_pack_number(struct ts_buf *b, uint64_t value)
{
	char bytes[10];
	size_t n = 0;
	while (value >= 0x80) {
		bytes[n++] = (char)(0x80 | (value & 0x7F));
		value >>= 7;
	}
	bytes[n++] = (char)value;
	ts_buf_add(b, bytes, n);
}

void ts_pack_signed(struct ts_buf *b, int64_t value)
{
	ts_pack_number(b, ((uint64_t)value << 1) ^ (uint64_t)(value >> 63));
}

void ts_pack_string(struct ts_buf *b, struct ts_slice s)
{
	ts_pack_number(b, s.len);
	ts_buf_add_slice(b, s);
}

struct ts_slice ts_unpack_bytes(struct ts_unpack *u, size_t len)
{
	if (u->failed || len > u->rest.len) {
		u->failed = true;
		return (struct ts_slice){"", 0};
	}
	struct ts_slice s = {u->rest.data, len};
	u->rest = ts_slice_skip(u->rest, len);
	return s;
}

uint8_t ts_unpack_byte(struct ts_unpack *u)
{
	struct ts_slice s = ts_unpack_bytes(u, 1);
	return s.len == 1 ? (uint8_t)s.data[0] : 0;
}

uint64_t ts_unpack_number(struct ts_unpack *u)
{
	uint64_t value = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t byte = ts_unpack_byte(u);
		value |= (uint64_t)(byte & 0x7F) << shift;
		if ((byte & 0x80) == 0) {
			return value;
		}
	}
	u->failed = true;
	return 0;
}

int64_t ts_unpack_signed(struct ts_unpack *u)
{
	uint64_t value = ts_unpack_number(u);
	return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

struct ts_slice ts_unpack_string(struct ts_unpack *u)
{
	uint64_t len = ts_unpack_number(u);
	return ts_unpack_bytes(u, len > u->rest.len ? SIZE_MAX : (size_t)len);
}
