/* SPDX-License-Identifier: MIT */
/* The only file that knows jansson. */
#include "common/task/task_json.h"

#include "common/base/date.h"
#include "common/task/json_number.h"
#include "common/task/task_key.h"

#include <ctype.h>
#include <jansson.h>

/* One task while it is read. */
struct reader {
	const struct ts_task_limits *limits;
	struct ts_arena *arena;
	struct ts_task *task;
	size_t capacity;
	struct ts_task_repair *repair;
	struct ts_error *err;
	bool has_uuid;
};

static int out_of_memory(struct reader *r)
{
	return ts_fail(r->err, TS_ENOMEM, "out of memory");
}

static int add(struct reader *r, struct ts_slice key, struct ts_value value)
{
	struct ts_task *task = r->task;
	if (r->limits->attributes > 0 && task->count >= r->limits->attributes) {
		return ts_fail(r->err, TS_EMALF, "it has more than %zu attributes",
			       r->limits->attributes);
	}
	if (task->count == r->capacity) {
		size_t capacity = r->capacity == 0 ? 24 : r->capacity * 2;
		struct ts_attr *attrs = ts_arena_array(r->arena, capacity, sizeof(*attrs));
		if (attrs == NULL) {
			return out_of_memory(r);
		}
		if (task->count > 0) {
			memcpy(attrs, task->attrs, task->count * sizeof(*attrs));
		}
		task->attrs = attrs;
		r->capacity = capacity;
	}
	task->attrs[task->count++] = (struct ts_attr){.key = key, .value = value};
	return TS_OK;
}

static struct ts_value member_value(void)
{
	return (struct ts_value){TS_VALUE_STRING, TS_SLICE("x")};
}

/* Add `prefix` and `element` as the key of a set's member. */
static int add_element(struct reader *r, struct ts_slice prefix, struct ts_slice element,
		       struct ts_value value)
{
	char *key = ts_arena_alloc(r->arena, prefix.len + element.len);
	if (key == NULL) {
		return out_of_memory(r);
	}
	memcpy(key, prefix.data, prefix.len);
	memcpy(key + prefix.len, element.data, element.len);
	return add(r, (struct ts_slice){key, prefix.len + element.len}, value);
}

/* The text of a string or a number; false for anything else. */
static bool plain_text(const json_t *value, struct ts_value *ret)
{
	if (!json_is_string(value)) {
		return false;
	}
	ret->text = (struct ts_slice){json_string_value(value), json_string_length(value)};
	ret->kind = ts_json_unmark(&ret->text) ? TS_VALUE_NUMBER : TS_VALUE_STRING;
	return true;
}

/* Print a value as it came, but for blanks between its parts. */
static void print(const json_t *value, struct ts_buf *to)
{
	struct ts_value plain;
	const char *name;
	json_t *part;
	size_t i;
	if (plain_text(value, &plain)) {
		if (plain.kind == TS_VALUE_NUMBER) {
			ts_buf_add_slice(to, plain.text);
		} else {
			ts_json_add_string(to, plain.text);
		}
	} else if (json_is_array(value)) {
		ts_buf_add_char(to, '[');
		json_array_foreach(value, i, part)
		{
			ts_buf_add_str(to, i > 0 ? "," : "");
			print(part, to);
		}
		ts_buf_add_char(to, ']');
	} else if (json_is_object(value)) {
		bool first = true;
		ts_buf_add_char(to, '{');
		json_object_foreach((json_t *)(uintptr_t)value, name, part)
		{
			struct ts_slice text = ts_slice_of(name);
			(void)ts_json_unmark(&text);
			ts_buf_add_str(to, first ? "" : ",");
			ts_json_add_string(to, text);
			ts_buf_add_char(to, ':');
			print(part, to);
			first = false;
		}
		ts_buf_add_char(to, '}');
	} else {
		ts_buf_add_str(to, json_is_null(value)   ? "null"
				   : json_is_true(value) ? "true"
							 : "false");
	}
}

/* Copy what was printed to the arena, as a JSON value. */
static int printed_value(struct reader *r, const json_t *value, struct ts_value *ret)
{
	TS_BUF(text);
	print(value, &text);
	*ret = (struct ts_value){TS_VALUE_JSON, {NULL, 0}};
	if (!text.failed) {
		ret->text = ts_arena_copy(r->arena, ts_buf_slice(&text));
	}
	return ret->text.data != NULL ? TS_OK : out_of_memory(r);
}

static bool is_absent(const json_t *value)
{
	return json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0) ||
	       (json_is_array(value) && json_array_size(value) == 0);
}

/* Take the marks off an object's key; a number is not allowed there. */
static int read_name(struct reader *r, const char *name, struct ts_slice *ret)
{
	*ret = ts_slice_of(name);
	return ts_json_unmark(ret) ? ts_fail(r->err, TS_EMALF, "a name is a number") : TS_OK;
}

/* Add a leaf, or each leaf below an object. */
static int add_leaves(struct reader *r, const struct ts_buf *path, const json_t *value)
{
	struct ts_value leaf;
	const char *name;
	json_t *part;
	int code = TS_OK;
	if (is_absent(value)) {
		return TS_OK;
	}
	if (json_is_object(value)) {
		json_object_foreach((json_t *)(uintptr_t)value, name, part)
		{
			TS_BUF(below);
			struct ts_slice text;
			code = read_name(r, name, &text);
			ts_buf_add_slice(&below, ts_buf_slice(path));
			ts_key_add_name(&below, false, text);
			if (code == TS_OK) {
				code = below.failed ? out_of_memory(r)
						    : add_leaves(r, &below, part);
			}
			if (code != TS_OK) {
				return code;
			}
		}
		return TS_OK;
	}
	if (plain_text(value, &leaf)) {
		leaf.text = ts_arena_copy(r->arena, leaf.text);
		code = leaf.text.data != NULL ? TS_OK : out_of_memory(r);
	} else {
		code = printed_value(r, value, &leaf);
	}
	struct ts_slice key = ts_arena_copy(r->arena, ts_buf_slice(path));
	if (code != TS_OK || key.data == NULL) {
		return out_of_memory(r);
	}
	return add(r, key, leaf);
}

static int read_other(struct reader *r, struct ts_slice name, const json_t *value)
{
	TS_BUF(path);
	ts_key_add_name(&path, true, name);
	return path.failed ? out_of_memory(r) : add_leaves(r, &path, value);
}

static int read_uuid(struct reader *r, struct ts_slice name, const json_t *value)
{
	struct ts_value text;
	(void)name;
	if (!plain_text(value, &text) || !ts_uuid_parse(text.text, &r->task->uuid)) {
		return ts_fail(r->err, TS_EMALF, "its uuid is not a UUID");
	}
	r->has_uuid = true;
	return TS_OK;
}

/* Dates as clients spell them, and with the separators of ISO 8601. */
static bool read_date_text(struct ts_slice text, int64_t *ret)
{
	char packed[TS_KEY_DATE_LEN];
	size_t n = 0;
	if (ts_date_parse(text, ret)) {
		return true;
	}
	if (text.len != 20 || text.data[4] != '-' || text.data[7] != '-' || text.data[13] != ':' ||
	    text.data[16] != ':') {
		return false;
	}
	for (size_t i = 0; i < text.len; i++) {
		if (i != 4 && i != 7 && i != 13 && i != 16) {
			packed[n++] = text.data[i];
		}
	}
	return ts_date_parse((struct ts_slice){packed, n}, ret);
}

static int read_date(struct reader *r, struct ts_slice name, const json_t *value, int64_t *ret)
{
	struct ts_value text;
	if (plain_text(value, &text) && read_date_text(text.text, ret)) {
		return TS_OK;
	}
	return ts_fail(r->err, TS_EMALF, "its %.*s is not a date", TS_SLICE_ARGS(name));
}

static int read_modified(struct reader *r, struct ts_slice name, const json_t *value)
{
	r->task->has_modified = true;
	return read_date(r, name, value, &r->task->modified);
}

static int add_date(struct reader *r, struct ts_slice name, const json_t *value)
{
	int64_t t;
	int code = read_date(r, name, value, &t);
	if (code != TS_OK) {
		return code;
	}
	const struct ts_date_text text = ts_date_text(t);
	struct ts_slice copy = ts_arena_copy(r->arena, ts_slice_of(text.text));
	struct ts_slice key = ts_arena_copy(r->arena, name);
	if (copy.data == NULL || key.data == NULL) {
		return out_of_memory(r);
	}
	return add(r, key, (struct ts_value){TS_VALUE_STRING, copy});
}

static int read_status(struct reader *r, struct ts_slice name, const json_t *value)
{
	static const char *const known[] = {"pending", "completed", "deleted", "waiting",
					    "recurring"};
	struct ts_value text = {0};
	bool plain = plain_text(value, &text);
	for (size_t i = 0; plain && i < TS_COUNT_OF(known); i++) {
		if (ts_slice_eq(text.text, ts_slice_of(known[i]))) {
			return read_other(r, name, value);
		}
	}
	(void)snprintf(r->repair->text, sizeof(r->repair->text),
		       "its status '%.*s' is unknown to Taskwarrior and became pending",
		       plain && text.text.len < 30 ? (int)text.text.len : 0, text.text.data);
	return add(r, TS_SLICE("status"), (struct ts_value){TS_VALUE_STRING, TS_SLICE("pending")});
}

static int read_dropped(struct reader *r, struct ts_slice name, const json_t *value)
{
	(void)r;
	(void)name;
	(void)value;
	return TS_OK;
}

static int add_tag(struct reader *r, struct ts_slice tag)
{
	return tag.len == 0 ? TS_OK : add_element(r, TS_KEY_TAG, tag, member_value());
}

static int read_tags(struct reader *r, struct ts_slice name, const json_t *value)
{
	struct ts_value text;
	json_t *part;
	size_t i;
	int code = TS_OK;
	(void)name;
	if (plain_text(value, &text)) {
		while (text.text.data != NULL && code == TS_OK) {
			code = add_tag(r, ts_slice_cut(&text.text, ','));
		}
		return code;
	}
	if (!json_is_array(value)) {
		return ts_fail(r->err, TS_EMALF, "its tags are not a list");
	}
	json_array_foreach(value, i, part)
	{
		if (!plain_text(part, &text)) {
			return ts_fail(r->err, TS_EMALF, "one of its tags is not a text");
		}
		code = add_tag(r, text.text);
		if (code != TS_OK) {
			return code;
		}
	}
	return TS_OK;
}

/* Every UUID in a text, whatever stands between them: a list with commas, a JSON array printed
 * into a string, escaped once or more. */
static int add_dependencies(struct reader *r, struct ts_slice text)
{
	struct ts_uuid uuid;
	while (text.len >= TS_UUID_TEXT) {
		if (!ts_uuid_parse((struct ts_slice){text.data, TS_UUID_TEXT}, &uuid)) {
			text = ts_slice_skip(text, 1);
			continue;
		}
		const struct ts_uuid_text lower = ts_uuid_text(&uuid);
		int code = add_element(r, TS_KEY_DEP, ts_slice_of(lower.text), member_value());
		if (code != TS_OK) {
			return code;
		}
		text = ts_slice_skip(text, TS_UUID_TEXT);
	}
	return TS_OK;
}

static int read_depends(struct reader *r, struct ts_slice name, const json_t *value)
{
	struct ts_value text;
	json_t *part;
	size_t i;
	int code = TS_OK;
	(void)name;
	if (plain_text(value, &text)) {
		return add_dependencies(r, text.text);
	}
	if (!json_is_array(value)) {
		return ts_fail(r->err, TS_EMALF, "its depends are neither a text nor a list");
	}
	json_array_foreach(value, i, part)
	{
		if (plain_text(part, &text)) {
			code = add_dependencies(r, text.text);
		}
		if (code != TS_OK) {
			return code;
		}
	}
	return TS_OK;
}

/* What an annotation holds beside entry and description, as the value of its key. */
static int annotation_rest(struct reader *r, const json_t *value, struct ts_value *ret)
{
	if (json_object_size(value) <= 2) {
		*ret = member_value();
		return TS_OK;
	}
	json_t *rest = json_copy((json_t *)(uintptr_t)value);
	if (rest == NULL) {
		return out_of_memory(r);
	}
	(void)json_object_del(rest, "entry");
	(void)json_object_del(rest, "description");
	int code = printed_value(r, rest, ret);
	json_decref(rest);
	return code;
}

static int add_annotation(struct reader *r, const json_t *value)
{
	struct ts_value description, rest;
	int64_t entry;
	const json_t *date = json_object_get(value, "entry");
	if (!plain_text(json_object_get(value, "description"), &description)) {
		return ts_fail(r->err, TS_EMALF, "one of its annotations has no description");
	}
	if (read_date(r, TS_SLICE("annotation's entry"), date, &entry) != TS_OK) {
		return TS_EMALF;
	}
	int code = annotation_rest(r, value, &rest);
	if (code != TS_OK) {
		return code;
	}
	TS_BUF(element);
	const struct ts_date_text text = ts_date_text(entry);
	ts_buf_add_str(&element, text.text);
	ts_buf_add_char(&element, '_');
	ts_buf_add_slice(&element, description.text);
	return element.failed ? out_of_memory(r)
			      : add_element(r, TS_KEY_ANNOTATION, ts_buf_slice(&element), rest);
}

static int read_annotations(struct reader *r, struct ts_slice name, const json_t *value)
{
	json_t *part;
	size_t i;
	(void)name;
	if (!json_is_array(value)) {
		return ts_fail(r->err, TS_EMALF, "its annotations are not a list");
	}
	json_array_foreach(value, i, part)
	{
		int code = add_annotation(r, part);
		if (code != TS_OK) {
			return code;
		}
	}
	return TS_OK;
}

/* Attributes that need more than being kept. */
static const struct special {
	const char *name;
	int (*read)(struct reader *r, struct ts_slice name, const json_t *value);
} specials[] = {
	{"uuid", read_uuid}, {"modified", read_modified}, {"status", read_status},
	{"tags", read_tags}, {"depends", read_depends},   {"annotations", read_annotations},
	{"entry", add_date}, {"start", add_date},         {"end", add_date},
	{"due", add_date},   {"wait", add_date},          {"scheduled", add_date},
	{"until", add_date}, {"id", read_dropped},        {"urgency", read_dropped},
};

static int read_attribute(struct reader *r, const char *key, const json_t *value)
{
	struct ts_slice name;
	int code = read_name(r, key, &name);
	if (code != TS_OK || is_absent(value)) {
		return code;
	}
	for (size_t i = 0; i < TS_COUNT_OF(specials); i++) {
		if (ts_slice_eq(name, ts_slice_of(specials[i].name))) {
			return specials[i].read(r, name, value);
		}
	}
	return read_other(r, name, value);
}

/* What every client wants to see in a task. */
static int complete(struct reader *r)
{
	if (!r->has_uuid) {
		return ts_fail(r->err, TS_EMALF, "it has no uuid");
	}
	ts_task_sort(r->task);
	if (ts_task_find(r->task, TS_SLICE("description")) == NULL) {
		return ts_fail(r->err, TS_EMALF, "it has no description");
	}
	if (ts_task_find(r->task, TS_SLICE("status")) != NULL) {
		return TS_OK;
	}
	(void)snprintf(r->repair->text, sizeof(r->repair->text),
		       "it had no status and became pending");
	int code =
		add(r, TS_SLICE("status"), (struct ts_value){TS_VALUE_STRING, TS_SLICE("pending")});
	ts_task_sort(r->task);
	return code;
}

static int read_object(struct reader *r, json_t *object)
{
	const char *name;
	json_t *value;
	if (!json_is_object(object)) {
		return ts_fail(r->err, TS_EMALF, "it is not a JSON object");
	}
	json_object_foreach(object, name, value)
	{
		int code = read_attribute(r, name, value);
		if (code != TS_OK) {
			return code;
		}
	}
	return complete(r);
}

int ts_task_read(struct ts_slice json, const struct ts_task_limits *limits, struct ts_arena *a,
		 struct ts_task *ret, struct ts_task_repair *repair, struct ts_error *err)
{
	TS_BUF(marked);
	json_error_t why;
	struct reader r = {.limits = limits, .arena = a, .task = ret, .repair = repair, .err = err};
	*ret = (struct ts_task){0};
	*repair = (struct ts_task_repair){0};
	if (limits->line > 0 && json.len > limits->line) {
		return ts_fail(err, TS_EMALF, "it has more than %zu bytes", limits->line);
	}
	int code = ts_json_mark_numbers(json, limits->depth, &marked, err);
	if (code != TS_OK) {
		return code;
	}
	json_t *object = json_loadb(marked.data != NULL ? marked.data : "", marked.len, 0, &why);
	if (object == NULL) {
		return ts_fail(err, TS_EMALF, "it is not JSON (%s)", why.text);
	}
	code = read_object(&r, object);
	json_decref(object);
	return code;
}
