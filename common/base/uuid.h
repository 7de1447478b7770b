/* SPDX-License-Identifier: MIT */
#pragma once

#include "common/base/attr.h"
#include "common/base/slice.h"

enum { TS_UUID_TEXT = 36 };

struct ts_uuid {
	uint8_t bytes[16];
};

/* Several, of tasks for the most part. */
struct ts_uuids {
	struct ts_uuid *at; /* borrowed */
	size_t count;
};

struct ts_uuid_text {
	char text[TS_UUID_TEXT + 1];
};

/* A random (version 4) UUID from libuuid. Any thread. */
struct ts_uuid ts_uuid_random(void);
/* The version 5 UUID of `data`: the same bytes always make the same UUID. */
struct ts_uuid ts_uuid_of_bytes(struct ts_slice data);
/* True, and *ret set, where `s` is exactly 36 characters of dashed hexadecimal, either case. */
bool ts_uuid_parse(struct ts_slice s, struct ts_uuid *ret) TS_MUST_CHECK;
/* Lower case, dashed. */
struct ts_uuid_text ts_uuid_text(const struct ts_uuid *u);

static inline bool ts_uuid_eq(const struct ts_uuid *a, const struct ts_uuid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}
