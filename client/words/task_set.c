/* SPDX-License-Identifier: MIT */
#include "client/words/changes.h"

#include "common/base/date.h"
#include "common/task/task_key.h"

static int out_of_memory(struct ts_error *err)
{
	return ts_fail(err, TS_ENOMEM, "Out of memory.");
}

/* The attributes in an array of their own, with room for `key`; *ret is its place. */
static int place(struct ts_task *task, struct ts_arena *a, struct ts_slice key,
		 struct ts_attr **ret, struct ts_error *err)
{
	const struct ts_attr *at = ts_task_from(task, key);
	const size_t i = (size_t)(at - task->attrs);
	const bool there = i < task->count && ts_slice_eq(at->key, key);
	struct ts_attr *attrs = ts_arena_array(a, task->count + 1, sizeof(*attrs));
	if (attrs == NULL) {
		return out_of_memory(err);
	}
	if (i > 0) {
		memcpy(attrs, task->attrs, i * sizeof(*attrs));
	}
	if (task->count > i) {
		memcpy(&attrs[there ? i : i + 1], at, (task->count - i) * sizeof(*attrs));
	}
	if (!there) {
		attrs[i] = (struct ts_attr){.key = key};
		task->count++;
	}
	task->attrs = attrs;
	*ret = &attrs[i];
	return TS_OK;
}

int task_set(struct ts_task *task, struct ts_arena *a, struct ts_slice key, struct ts_value value,
	     struct ts_error *err)
{
	const struct ts_attr *before = ts_task_find(task, key);
	struct ts_attr *attr = NULL;
	if (value.text.len == 0) {
		value = (struct ts_value){TS_VALUE_NONE, TS_SLICE("")};
	}
	if (before == NULL && value.kind == TS_VALUE_NONE) {
		return TS_OK;
	}
	if (before != NULL && before->value.kind == TS_VALUE_NUMBER &&
	    value.kind == TS_VALUE_STRING && ts_number_valid(value.text)) {
		value.kind = TS_VALUE_NUMBER;
	}
	key = ts_arena_copy(a, key);
	value.text = ts_arena_copy(a, value.text);
	if (key.data == NULL || value.text.data == NULL) {
		return out_of_memory(err);
	}
	int code = place(task, a, key, &attr, err);
	if (code == TS_OK) {
		attr->value = value;
	}
	return code;
}

int task_set_text(struct ts_task *task, struct ts_arena *a, const char *key, const char *text,
		  struct ts_error *err)
{
	const struct ts_value value = {TS_VALUE_STRING, ts_slice_of(text)};
	return task_set(task, a, ts_slice_of(key), value, err);
}

int task_set_date(struct ts_task *task, struct ts_arena *a, const char *key, int64_t date,
		  struct ts_error *err)
{
	const struct ts_date_text text = ts_date_text(date);
	return task_set_text(task, a, key, date != 0 ? text.text : "", err);
}

void task_clear_set(struct ts_task *task, struct ts_slice prefix)
{
	for (struct ts_attr *at = (struct ts_attr *)(uintptr_t)ts_task_from(task, prefix);
	     at < task->attrs + task->count && ts_slice_starts(at->key, prefix); at++) {
		at->value = (struct ts_value){TS_VALUE_NONE, TS_SLICE("")};
	}
}

bool task_has(const struct ts_task *task, const char *key)
{
	const struct ts_attr *attr = ts_task_find(task, ts_slice_of(key));
	return attr != NULL && attr->value.kind != TS_VALUE_NONE;
}

static bool is_closed(const struct ts_task *task)
{
	const struct ts_slice status = ts_task_text(task, "status");
	return ts_slice_eq(status, TS_SLICE("completed")) ||
	       ts_slice_eq(status, TS_SLICE("deleted"));
}

static bool is_template(const struct ts_task *task)
{
	return ts_slice_eq(ts_task_text(task, "status"), TS_SLICE("recurring"));
}

/* An open task without a period: that is fine unless it had one, or is called recurring. */
static int settle_single(const struct ts_task *before, const struct ts_task *task,
			 struct ts_error *err)
{
	if (is_template(before) && task_has(before, "recur")) {
		return ts_fail(err, TS_EUSAGE,
			       "The recurrence of a recurring task can't be taken away.");
	}
	return is_template(task) && !is_template(before)
		       ? ts_fail(err, TS_EUSAGE, "A recurring task needs recur: as well.")
		       : TS_OK;
}

/* A task that is given a period becomes a template, from which Taskwarrior makes the tasks. */
static int settle_recurrence(const struct ts_task *before, struct ts_task *task, struct ts_arena *a,
			     struct ts_error *err)
{
	const bool had = task_has(before, "recur");
	if (is_closed(task)) {
		return TS_OK;
	}
	if (!task_has(task, "recur")) {
		return settle_single(before, task, err);
	}
	if (!task_has(task, "due") && (!had || task_has(before, "due"))) {
		return ts_fail(err, TS_EUSAGE, "A recurring task needs a due date (due:) as well.");
	}
	if (had || task_has(task, "parent")) {
		return TS_OK;
	}
	int code = task_set_text(task, a, "status", "recurring", err);
	return code == TS_OK ? task_set_text(task, a, "rtype", "periodic", err) : code;
}

int task_settle(const struct ts_task *before, struct ts_task *task, struct ts_arena *a, int64_t now,
		struct ts_error *err)
{
	const bool closed = is_closed(task);
	int code = TS_OK;
	if (!task_has(task, "description")) {
		return ts_fail(err, TS_EUSAGE, "A task needs a description.");
	}
	if (!task_has(task, "status")) {
		code = task_set_text(task, a, "status", "pending", err);
	}
	if (code == TS_OK && closed && !task_has(task, "end")) {
		code = task_set_date(task, a, "end", now, err);
	} else if (code == TS_OK && !closed && is_closed(before)) {
		code = task_set_date(task, a, "end", 0, err);
	}
	return code == TS_OK ? settle_recurrence(before, task, a, err) : code;
}
