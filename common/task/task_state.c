/* SPDX-License-Identifier: MIT */
#include "common/task/task_state.h"

#include "common/base/date.h"

static const struct ts_value no_value = {TS_VALUE_NONE, {"", 0}};

struct ts_value ts_task_value(const struct ts_task *task, struct ts_slice key)
{
	const struct ts_attr *attr = ts_task_find(task, key);
	return attr != NULL && attr->value.kind != TS_VALUE_NONE ? attr->value : no_value;
}

struct ts_slice ts_task_text(const struct ts_task *task, const char *key)
{
	return ts_task_value(task, ts_slice_of(key)).text;
}

bool ts_task_is_open(const struct ts_task *task)
{
	const struct ts_slice status = ts_task_text(task, "status");
	return status.len > 0 && !ts_slice_eq(status, TS_SLICE("completed")) &&
	       !ts_slice_eq(status, TS_SLICE("deleted"));
}

bool ts_task_is_empty(const struct ts_task *task)
{
	for (size_t i = 0; i < task->count; i++) {
		if (task->attrs[i].value.kind != TS_VALUE_NONE) {
			return false;
		}
	}
	return true;
}

bool ts_task_same_values(const struct ts_task *a, const struct ts_task *b)
{
	struct ts_task copy = *a;
	copy.has_modified = b->has_modified;
	copy.modified = b->modified;
	return ts_task_same(&copy, b);
}

int ts_task_emptied(const struct ts_task *task, int64_t when, struct ts_arena *a,
		    struct ts_task *ret)
{
	*ret = *task;
	ret->has_modified = true;
	ret->modified = when;
	ret->attrs = ts_arena_array(a, task->count + 1, sizeof(*ret->attrs));
	for (size_t i = 0; ret->attrs != NULL && i < task->count; i++) {
		ret->attrs[i] = (struct ts_attr){.key = task->attrs[i].key, .value = no_value};
	}
	return ret->attrs != NULL ? TS_OK : TS_ENOMEM;
}

int ts_task_deleted(const struct ts_task *task, int64_t when, struct ts_arena *a,
		    struct ts_task *ret)
{
	const struct ts_date_text date = ts_date_text(when);
	const struct ts_value end = {TS_VALUE_STRING, ts_arena_copy(a, ts_slice_of(date.text))};
	const struct ts_value status = {TS_VALUE_STRING, TS_SLICE("deleted")};
	*ret = *task;
	ret->has_modified = true;
	ret->modified = when;
	ret->attrs = ts_arena_array(a, task->count + 2, sizeof(*ret->attrs));
	if (ret->attrs == NULL || end.text.data == NULL) {
		return TS_ENOMEM;
	}
	/* Of a key that stands twice the later one counts. */
	if (task->count > 0) {
		memcpy(ret->attrs, task->attrs, task->count * sizeof(*ret->attrs));
	}
	ret->attrs[ret->count++] = (struct ts_attr){.key = TS_SLICE("end"), .value = end};
	ret->attrs[ret->count++] = (struct ts_attr){.key = TS_SLICE("status"), .value = status};
	ts_task_sort(ret);
	return TS_OK;
}
