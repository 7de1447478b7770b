/* SPDX-License-Identifier: MIT */
#include "common/task/builder.h"

#include "common/base/date.h"
#include "common/base/utf8.h"
#include "common/task/recur.h"
#include "common/task/task_key.h"

#include <stdio.h>

int ts_build_no_memory(struct ts_builder *b)
{
	return ts_fail(b->err, TS_ENOMEM, "out of memory");
}

/* Room for one more attribute. */
static int grow(struct ts_builder *b)
{
	struct ts_task *task = b->task;
	if (task->count < b->capacity) {
		return TS_OK;
	}
	size_t capacity = b->capacity == 0 ? 24 : b->capacity * 2;
	struct ts_attr *attrs = ts_arena_array(b->arena, capacity, sizeof(*attrs));
	if (attrs == NULL) {
		return ts_build_no_memory(b);
	}
	if (task->count > 0) {
		memcpy(attrs, task->attrs, task->count * sizeof(*attrs));
	}
	task->attrs = attrs;
	b->capacity = capacity;
	return TS_OK;
}

/* The text of an annotation is a key. */
static int check_limits(struct ts_builder *b, struct ts_slice key, struct ts_slice text)
{
	const struct ts_task_limits *limits = b->limits;
	if (limits->attributes > 0 && b->task->count >= limits->attributes) {
		b->repair->beyond = TS_TASK_ATTRIBUTES;
		return ts_fail(b->err, TS_EMALF, "it has more than %zu attributes",
			       limits->attributes);
	}
	if (limits->value > 0 && (key.len > limits->value || text.len > limits->value)) {
		b->repair->beyond = TS_TASK_VALUE;
		return ts_fail(b->err, TS_EMALF, "one of its values has more than %zu bytes",
			       limits->value);
	}
	return TS_OK;
}

int ts_build_attr(struct ts_builder *b, struct ts_slice key, struct ts_value value)
{
	struct ts_task *task = b->task;
	int code = check_limits(b, key, value.text);
	if (code != TS_OK) {
		return code;
	}
	if (key.len + value.text.len > b->room) {
		return ts_fail(b->err, TS_EMALF, "its nested names are too long");
	}
	b->room -= key.len + value.text.len;
	code = grow(b);
	key = ts_arena_copy(b->arena, key);
	value.text = ts_arena_copy(b->arena, value.text);
	if (code != TS_OK || key.data == NULL || value.text.data == NULL) {
		return ts_build_no_memory(b);
	}
	task->attrs[task->count++] = (struct ts_attr){.key = key, .value = value};
	return TS_OK;
}

int ts_build_uuid(struct ts_builder *b, struct ts_slice text)
{
	b->has_uuid = ts_uuid_parse(text, &b->task->uuid);
	return b->has_uuid ? TS_OK : ts_fail(b->err, TS_EMALF, "its uuid is not a UUID");
}

static int read_date(struct ts_builder *b, struct ts_slice name, struct ts_slice text, int64_t *ret)
{
	return ts_date_parse(text, ret)
		       ? TS_OK
		       : ts_fail(b->err, TS_EMALF, "its %.*s is not a date", TS_SLICE_ARGS(name));
}

int ts_build_modified(struct ts_builder *b, struct ts_slice text)
{
	b->task->has_modified = true;
	return read_date(b, TS_SLICE("modified"), text, &b->task->modified);
}

/* As read_date(), held within what Taskwarrior reads back. */
static int read_shown_date(struct ts_builder *b, struct ts_slice name, struct ts_slice text,
			   struct ts_date_text *ret)
{
	int64_t t;
	int code = read_date(b, name, text, &t);
	if (code != TS_OK) {
		return code;
	}
	if (t < TS_DATE_MIN || t > TS_DATE_MAX) {
		(void)snprintf(b->repair->text, sizeof(b->repair->text),
			       "its %.*s is not a date that Taskwarrior can read and became the "
			       "nearest one",
			       TS_SLICE_ARGS(name));
	}
	*ret = ts_date_text(t);
	return TS_OK;
}

int ts_build_date(struct ts_builder *b, struct ts_slice name, struct ts_slice text)
{
	struct ts_date_text date;
	int code = read_shown_date(b, name, text, &date);
	if (code != TS_OK) {
		return code;
	}
	const struct ts_value value = {TS_VALUE_STRING, ts_slice_of(date.text)};
	return ts_build_attr(b, name, value);
}

int ts_build_status(struct ts_builder *b, struct ts_slice text)
{
	static const char *const known[] = {"pending", "completed", "deleted", "waiting",
					    "recurring"};
	for (size_t i = 0; i < TS_COUNT_OF(known); i++) {
		if (ts_slice_eq(text, ts_slice_of(known[i]))) {
			const struct ts_value value = {TS_VALUE_STRING, text};
			return ts_build_attr(b, TS_SLICE("status"), value);
		}
	}
	(void)snprintf(b->repair->text, sizeof(b->repair->text),
		       "its status '%.*s' is unknown to Taskwarrior and became pending",
		       TS_SLICE_ARGS(ts_utf8_beginning(text, 30)));
	const struct ts_value pending = {TS_VALUE_STRING, TS_SLICE("pending")};
	return ts_build_attr(b, TS_SLICE("status"), pending);
}

/* Add `prefix` and `element` as the key of a set's member. */
static int add_element(struct ts_builder *b, struct ts_slice prefix, struct ts_slice element,
		       struct ts_value value)
{
	TS_BUF(key);
	ts_buf_add_slice(&key, prefix);
	ts_buf_add_slice(&key, element);
	return key.failed ? ts_build_no_memory(b) : ts_build_attr(b, ts_buf_slice(&key), value);
}

static const struct ts_value member = {TS_VALUE_STRING, TS_SLICE("x")};

int ts_build_tags(struct ts_builder *b, struct ts_slice text)
{
	int code = TS_OK;
	while (text.data != NULL && code == TS_OK) {
		struct ts_slice tag = ts_slice_cut(&text, ',');
		code = tag.len > 0 ? add_element(b, TS_KEY_TAG, tag, member) : TS_OK;
	}
	return code;
}

int ts_build_depends(struct ts_builder *b, struct ts_slice text)
{
	struct ts_uuid uuid;
	while (text.len >= TS_UUID_TEXT) {
		if (!ts_uuid_parse((struct ts_slice){text.data, TS_UUID_TEXT}, &uuid)) {
			text = ts_slice_skip(text, 1);
			continue;
		}
		const struct ts_uuid_text lower = ts_uuid_text(&uuid);
		int code = add_element(b, TS_KEY_DEP, ts_slice_of(lower.text), member);
		if (code != TS_OK) {
			return code;
		}
		text = ts_slice_skip(text, TS_UUID_TEXT);
	}
	return TS_OK;
}

int ts_build_annotation(struct ts_builder *b, struct ts_slice entry, struct ts_slice description,
			struct ts_slice rest)
{
	TS_BUF(element);
	struct ts_date_text date;
	int code = read_shown_date(b, TS_SLICE("annotation's entry"), entry, &date);
	if (code != TS_OK) {
		return code;
	}
	ts_buf_add_str(&element, date.text);
	ts_buf_add_char(&element, '_');
	ts_buf_add_slice(&element, description);
	const struct ts_value value =
		rest.data != NULL ? (struct ts_value){TS_VALUE_JSON, rest} : member;
	return element.failed ? ts_build_no_memory(b)
			      : add_element(b, TS_KEY_ANNOTATION, ts_buf_slice(&element), value);
}

/* Every task has a status. */
static int complete_status(struct ts_builder *b)
{
	if (ts_task_find(b->task, TS_SLICE("status")) != NULL) {
		return TS_OK;
	}
	(void)snprintf(b->repair->text, sizeof(b->repair->text),
		       "it had no status and became pending");
	const struct ts_value pending = {TS_VALUE_STRING, TS_SLICE("pending")};
	int code = ts_build_attr(b, TS_SLICE("status"), pending);
	ts_task_sort(b->task);
	return code;
}

static void check_recurrence(struct ts_builder *b)
{
	const struct ts_attr *recur = ts_task_find(b->task, TS_SLICE("recur"));
	bool due = ts_task_find(b->task, TS_SLICE("due")) != NULL;
	if (recur != NULL && (!due || !ts_recur_valid(recur->value.text))) {
		(void)snprintf(b->repair->text, sizeof(b->repair->text),
			       "its recurrence is not shown, because %s",
			       due ? "Taskwarrior can't read its period" : "it has no due date");
	}
}

int ts_build_finish(struct ts_builder *b)
{
	if (!b->has_uuid) {
		return ts_fail(b->err, TS_EMALF, "it has no uuid");
	}
	ts_task_sort(b->task);
	if (ts_task_find(b->task, TS_SLICE("description")) == NULL) {
		return ts_fail(b->err, TS_EMALF, "it has no description");
	}
	check_recurrence(b);
	return complete_status(b);
}
