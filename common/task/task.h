/* SPDX-License-Identifier: MIT */
/*
 * A task: a flat map from key to value, each key with the stamp of its last change.
 *
 * Keys (task_key.h) are plain attributes, leaves of nested objects, and the elements of the sets
 * that Taskwarrior writes as arrays: tags, annotations, dependencies. `uuid` and `modified` are
 * beside the map: the one is the task's identity, the other isn't merged.
 *
 * Tasks own nothing: all they point to lives in an arena, or wherever their bytes came from.
 */
#pragma once

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/uuid.h"

/* When a key was changed last: seconds since 1970, and a counter for changes by somebody whose
 * clock was behind a change that they had seen. Ordered by t, then n. */
struct ts_stamp {
	int64_t t;
	uint64_t n;
};

enum ts_value_kind {
	TS_VALUE_NONE,   /* a tombstone: the key was removed */
	TS_VALUE_STRING, /* text, JSON's escapes undone */
	TS_VALUE_NUMBER, /* a JSON number, spelled as it came */
	TS_VALUE_JSON,   /* true, false or an array, as JSON */
};

struct ts_value {
	enum ts_value_kind kind;
	struct ts_slice text;
};

struct ts_attr {
	struct ts_slice key;
	struct ts_value value;
	struct ts_stamp stamp;
};

struct ts_task {
	struct ts_uuid uuid;
	bool has_modified;
	int64_t modified;      /* [s since 1970] 0 if it has none */
	struct ts_attr *attrs; /* ascending by key, each key once */
	size_t count;
};

static inline int ts_stamp_cmp(struct ts_stamp a, struct ts_stamp b)
{
	return a.t != b.t ? (a.t > b.t) - (a.t < b.t) : (a.n > b.n) - (a.n < b.n);
}

/* The same text, or the same decimal number, quoted or not. Tombstones are the same. */
bool ts_value_same(struct ts_value a, struct ts_value b);
/* True where both spell the same decimal number, whatever the zeros and exponents. */
bool ts_number_same(struct ts_slice a, struct ts_slice b);
/* True where `s` is a number as JSON's grammar has it. */
bool ts_number_valid(struct ts_slice s);

/* Sort by key; where a key stands twice, the later one counts. */
void ts_task_sort(struct ts_task *task);
/* NULL where there is none; a tombstone is there. */
const struct ts_attr *ts_task_find(const struct ts_task *task, struct ts_slice key);
/* The first attribute whose key is `key` or behind it; the end of the attributes if there is none.
 */
const struct ts_attr *ts_task_from(const struct ts_task *task, struct ts_slice key);
/* The same values, and the same modified: what a client that has the one would not notice. */
bool ts_task_same(const struct ts_task *a, const struct ts_task *b);
/* When this state was made: `modified`, else the latest of end, start and entry, else
 * `fallback`. [s since 1970] */
int64_t ts_task_time(const struct ts_task *task, int64_t fallback);
