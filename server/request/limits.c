/* SPDX-License-Identifier: MIT */
#include "server/request/limits.h"

static atomic_uint_fast64_t hits[LIMITS];

static const char *const names[LIMITS] = {
#define LIMITS_TEXT(name, setting) [LIMIT_##name] = (setting),
	LIMITS_EACH(LIMITS_TEXT)
#undef LIMITS_TEXT
};

void limits_hit(enum limit which)
{
	(void)atomic_fetch_add_explicit(&hits[which], 1, memory_order_relaxed);
}

uint64_t limits_hits(enum limit which)
{
	return atomic_load_explicit(&hits[which], memory_order_relaxed);
}

const char *limits_name(enum limit which)
{
	return names[which];
}
