/* SPDX-License-Identifier: MIT */
#include "common/task/task.h"

#include "common/base/date.h"

#include <stdlib.h>

static int by_key(const void *a, const void *b)
{
	return ts_slice_cmp(((const struct ts_attr *)a)->key, ((const struct ts_attr *)b)->key);
}

static bool is_sorted(const struct ts_task *task)
{
	for (size_t i = 1; i < task->count; i++) {
		if (by_key(&task->attrs[i - 1], &task->attrs[i]) >= 0) {
			return false;
		}
	}
	return true;
}

/* The stamps, which a state that is still unsorted doesn't have, tell which of two came later. */
void ts_task_sort(struct ts_task *task)
{
	if (is_sorted(task)) {
		return;
	}
	for (size_t i = 0; i < task->count; i++) {
		task->attrs[i].stamp.n = i;
	}
	qsort(task->attrs, task->count, sizeof(*task->attrs), by_key);
	size_t kept = 0;
	for (size_t i = 0; i < task->count; i++) {
		struct ts_attr *last = kept > 0 ? &task->attrs[kept - 1] : NULL;
		if (last != NULL && ts_slice_eq(last->key, task->attrs[i].key)) {
			if (task->attrs[i].stamp.n > last->stamp.n) {
				*last = task->attrs[i];
			}
			continue;
		}
		task->attrs[kept++] = task->attrs[i];
	}
	task->count = kept;
	for (size_t i = 0; i < task->count; i++) {
		task->attrs[i].stamp = (struct ts_stamp){0, 0};
	}
}

const struct ts_attr *ts_task_from(const struct ts_task *task, struct ts_slice key)
{
	size_t low = 0, high = task->count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (ts_slice_cmp(task->attrs[mid].key, key) < 0) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	return task->attrs + low;
}

const struct ts_attr *ts_task_find(const struct ts_task *task, struct ts_slice key)
{
	const struct ts_attr wanted = {.key = key};
	return task->count == 0
		       ? NULL
		       : bsearch(&wanted, task->attrs, task->count, sizeof(wanted), by_key);
}

bool ts_value_same(struct ts_value a, struct ts_value b)
{
	if (a.kind == TS_VALUE_NONE || b.kind == TS_VALUE_NONE) {
		return a.kind == b.kind;
	}
	if (ts_slice_eq(a.text, b.text)) {
		return true;
	}
	bool plain = a.kind != TS_VALUE_JSON && b.kind != TS_VALUE_JSON;
	return plain && ts_number_same(a.text, b.text);
}

/* The next attribute that has a value, NULL at the end. */
static const struct ts_attr *next_value(const struct ts_task *task, size_t *at)
{
	while (*at < task->count && task->attrs[*at].value.kind == TS_VALUE_NONE) {
		*at += 1;
	}
	return *at < task->count ? &task->attrs[(*at)++] : NULL;
}

bool ts_task_same(const struct ts_task *a, const struct ts_task *b)
{
	if (a->has_modified != b->has_modified || a->modified != b->modified) {
		return false;
	}
	size_t i = 0, j = 0;
	const struct ts_attr *x, *y;
	do {
		x = next_value(a, &i);
		y = next_value(b, &j);
		if (x != NULL && y != NULL &&
		    (!ts_slice_eq(x->key, y->key) || !ts_value_same(x->value, y->value))) {
			return false;
		}
	} while (x != NULL && y != NULL);
	return x == NULL && y == NULL;
}

int64_t ts_task_time(const struct ts_task *task, int64_t fallback)
{
	static const struct ts_slice names[] = {TS_SLICE("end"), TS_SLICE("start"),
						TS_SLICE("entry")};
	if (task->has_modified) {
		return task->modified;
	}
	int64_t latest = -1, t;
	for (size_t i = 0; i < TS_COUNT_OF(names); i++) {
		const struct ts_attr *attr = ts_task_find(task, names[i]);
		if (attr != NULL && attr->value.kind != TS_VALUE_NONE &&
		    ts_date_parse(attr->value.text, &t) && t > latest) {
			latest = t;
		}
	}
	return latest >= 0 ? latest : fallback;
}
