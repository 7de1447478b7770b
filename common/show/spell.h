/* SPDX-License-Identifier: MIT */
/* Dates, keys and values as people read them: in local time, without the engine's spelling. */
#pragma once

#include "common/base/buf.h"
#include "common/task/task.h"

/* 2026-12-01 18:00, in local time; without the time at the beginning of a day. */
void ts_spell_date(struct ts_buf *to, int64_t date);
/* Always with the time. */
void ts_spell_moment(struct ts_buf *to, int64_t date);
/* A span of time, short: 5s, 12min, 3h, 4d, 5w, 6mo, 2y; with a minus where it is negative. */
void ts_spell_span(struct ts_buf *to, int64_t seconds);
/* How long ago, or in how long: "3d ago", "in 2h", "now". */
void ts_spell_age(struct ts_buf *to, int64_t date, int64_t now);

/* 150 bytes, 10.0 MiB. */
struct ts_size_text {
	char text[24];
};
struct ts_size_text ts_size_text(uint64_t bytes);

/* The value is a date of task JSON. [s since 1970] */
bool ts_spell_is_date(struct ts_value value, int64_t *ret);
/* The key's attribute: meta.a for meta/a, tags, depends and annotations for their elements. */
void ts_spell_attribute(struct ts_buf *to, struct ts_slice key);
/* The value of an attribute, dates in local time; of a set's key its element. */
void ts_spell_value(struct ts_buf *to, struct ts_slice key, struct ts_value value);
/* A task's name: its short number; where it has none (0), the beginning of its uuid. */
void ts_spell_task(struct ts_buf *to, uint64_t number, const struct ts_uuid *uuid);

static inline bool ts_spell_is_none(struct ts_value value)
{
	return value.kind == TS_VALUE_NONE;
}
