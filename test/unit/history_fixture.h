/* SPDX-License-Identifier: MIT */
/* Histories by chance: clients that know more or less of an account edit the same tasks. */
#pragma once

#include "test/unit/store_fixture.h"

#include <stdio.h>

enum { HISTORY_TASKS = 12, HISTORY_KEYS = 400, HISTORY_START = 1767225600 /* 2026-01-01 */ };

struct history {
	struct fixture *f;
	uint64_t seed;
	size_t count; /* of keys */
	char keys[HISTORY_KEYS][TS_UUID_TEXT + 1];
	int64_t now;
};

static inline uint64_t history_random(struct history *h, uint64_t below)
{
	h->seed = h->seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (h->seed >> 33) % below;
}

static inline struct ts_uuid history_task(uint64_t n)
{
	return (struct ts_uuid){{0x7f, 0x1c, 0x1f, 0x6e, [15] = (uint8_t)n}};
}

/* A state of a task, made some time before now. */
static inline void history_add_state(struct history *h, uint64_t task, struct ts_buf *to)
{
	static const char *const words[] = {"home", "work", "garden", "moon"};
	const struct ts_uuid id = history_task(task);
	const int64_t made = h->now - (int64_t)history_random(h, 5000);
	ts_buf_printf(to, "{\"uuid\":\"%s\",\"description\":\"task %llu\",\"status\":\"pending\"",
		      ts_uuid_text(&id).text, (unsigned long long)task);
	ts_buf_printf(to, ",\"project\":\"%s\",\"due\":\"20260%u01T000000Z\"",
		      words[history_random(h, 4)], (unsigned)history_random(h, 9) + 1);
	if (history_random(h, 2) == 0) {
		ts_buf_printf(to, ",\"tags\":[\"%s\",\"t%u\"]", words[history_random(h, 4)],
			      (unsigned)history_random(h, 5));
	}
	ts_buf_printf(to, ",\"modified\":%lld}\n", (long long)made);
}

/* One sync of a client that knows the transaction with `key`, "" for none. */
static inline void history_sync(struct history *h, const char *key)
{
	GOT(g);
	TS_BUF(payload);
	ts_buf_printf(&payload, "%s\n", key);
	h->now += 1000 + (int64_t)history_random(h, 1000);
	for (uint64_t n = history_random(h, 4) + 1; n > 0; n--) {
		const uint64_t task = history_random(h, HISTORY_TASKS);
		for (uint64_t states = history_random(h, 3) + 1; states > 0; states--) {
			history_add_state(h, task, &payload);
		}
	}
	fixture_sync(h->f, ts_buf_slice(&payload), false, h->now, &g);
	if (g.stored > 0 && h->count < HISTORY_KEYS) {
		memcpy(h->keys[h->count++], g.key, sizeof(g.key));
	}
}

/* So many syncs; most clients know one of the last few keys, some an old one, few none. */
static inline void history_grow(struct history *h, int syncs)
{
	for (; syncs > 0; syncs--) {
		const uint64_t kind = history_random(h, 20);
		const uint64_t back = kind < 14   ? history_random(h, 3)
				      : kind < 19 ? history_random(h, 60)
						  : HISTORY_KEYS;
		history_sync(h, back < h->count ? h->keys[h->count - 1 - back] : "");
	}
}

static inline void history_init(struct history *h, struct fixture *f, uint64_t seed)
{
	*h = (struct history){.f = f, .seed = seed * 7919 + 1, .now = HISTORY_START};
}
