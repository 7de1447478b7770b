/* SPDX-License-Identifier: MIT */
#include "common/task/shown.h"

#include "common/base/date.h"
#include "common/task/recur.h"
#include "common/task/task_key.h"

static bool lives(const struct ts_attr *attr)
{
	return attr != NULL && attr->value.kind != TS_VALUE_NONE;
}

static bool shows_recurrence(const struct ts_task *task, const struct ts_attr *recur)
{
	return lives(ts_task_find(task, TS_SLICE("due"))) && ts_recur_valid(recur->value.text);
}

/* Taskwarrior takes an attribute of such a name for an annotation, and the rest of the name for
 * its date. */
static bool is_false_annotation(struct ts_slice key)
{
	static const struct ts_slice prefix = TS_SLICE("~2annotation_");
	int64_t t;
	return ts_slice_starts(key, prefix) &&
	       !(ts_date_parse(ts_slice_skip(key, prefix.len), &t) && t >= TS_DATE_MIN &&
		 t <= TS_DATE_MAX);
}

/* True where a leaf below the object `name` lives and changed at `stamp` or later. */
static bool object_is_later(const struct ts_task *task, struct ts_slice name, struct ts_stamp stamp)
{
	const struct ts_attr *end = task->attrs + task->count;
	for (const struct ts_attr *at = ts_task_from(task, name); at < end; at++) {
		if (!ts_slice_starts(at->key, name)) {
			return false;
		}
		if (at->key.len > name.len && at->key.data[name.len] == '/' && lives(at) &&
		    ts_stamp_cmp(at->stamp, stamp) >= 0) {
			return true;
		}
	}
	return false;
}

/* True where an object above the leaf is a plain value as well, and that is later. */
static bool is_below_value(const struct ts_task *task, struct ts_slice key)
{
	for (size_t i = 1; i < key.len; i++) {
		const struct ts_slice name = {key.data, i};
		const struct ts_attr *value = key.data[i] == '/' ? ts_task_find(task, name) : NULL;
		if (lives(value) && !object_is_later(task, name, value->stamp)) {
			return true;
		}
	}
	return false;
}

bool ts_task_shows(const struct ts_task *task, const struct ts_attr *attr)
{
	if (!lives(attr)) {
		return false;
	}
	if (ts_key_is_element(attr->key)) {
		return true;
	}
	if (ts_slice_eq(attr->key, TS_SLICE("recur"))) {
		return shows_recurrence(task, attr);
	}
	return !is_false_annotation(attr->key) && !object_is_later(task, attr->key, attr->stamp) &&
	       !is_below_value(task, attr->key);
}
