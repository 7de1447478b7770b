/* SPDX-License-Identifier: MIT */
/* The engine's only file that knows jansson. */
#include "common/task/task_json.h"

#include "common/base/json_out.h"
#include "common/task/builder.h"
#include "common/task/json_prepare.h"
#include "common/task/task_key.h"

#include <jansson.h>

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

static bool is_absent(const json_t *value)
{
	return json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0) ||
	       (json_is_array(value) && json_array_size(value) == 0);
}

/* Take the marks off an object's key; a number is not allowed there. */
static int read_name(struct ts_builder *b, const char *name, struct ts_slice *ret)
{
	*ret = ts_slice_of(name);
	return ts_json_unmark(ret) ? ts_fail(b->err, TS_EMALF, "a name is a number") : TS_OK;
}

static int add_leaf(struct ts_builder *b, struct ts_slice key, const json_t *value)
{
	struct ts_value leaf;
	TS_BUF(text);
	if (!plain_text(value, &leaf)) {
		print(value, &text);
		leaf = (struct ts_value){TS_VALUE_JSON, ts_buf_slice(&text)};
	}
	return text.failed ? ts_build_no_memory(b) : ts_build_attr(b, key, leaf);
}

static int add_leaves(struct ts_builder *b, struct ts_slice path, const json_t *value);

/* Each leaf below one member of an object. */
static int add_member(struct ts_builder *b, struct ts_slice path, const char *key,
		      const json_t *value)
{
	TS_BUF(below);
	struct ts_slice name;
	int code = read_name(b, key, &name);
	if (code != TS_OK) {
		return code;
	}
	ts_buf_add_slice(&below, path);
	ts_key_add_name(&below, false, name);
	return below.failed ? ts_build_no_memory(b) : add_leaves(b, ts_buf_slice(&below), value);
}

/* Add a leaf, or each leaf below an object. */
static int add_leaves(struct ts_builder *b, struct ts_slice path, const json_t *value)
{
	const char *name;
	json_t *part;
	if (is_absent(value)) {
		return TS_OK;
	}
	if (!json_is_object(value)) {
		return add_leaf(b, path, value);
	}
	json_object_foreach((json_t *)(uintptr_t)value, name, part)
	{
		int code = add_member(b, path, name, part);
		if (code != TS_OK) {
			return code;
		}
	}
	return TS_OK;
}

static int read_other(struct ts_builder *b, struct ts_slice name, const json_t *value)
{
	TS_BUF(path);
	ts_key_add_name(&path, true, name);
	return path.failed ? ts_build_no_memory(b) : add_leaves(b, ts_buf_slice(&path), value);
}

/* The text of a string or a number; "" for anything else, which no attribute takes. */
static struct ts_slice text_of(const json_t *value)
{
	struct ts_value text;
	return plain_text(value, &text) ? text.text : TS_SLICE("");
}

static int read_uuid(struct ts_builder *b, struct ts_slice name, const json_t *value)
{
	(void)name;
	return ts_build_uuid(b, text_of(value));
}

static int read_modified(struct ts_builder *b, struct ts_slice name, const json_t *value)
{
	(void)name;
	return ts_build_modified(b, text_of(value));
}

static int read_date(struct ts_builder *b, struct ts_slice name, const json_t *value)
{
	return ts_build_date(b, name, text_of(value));
}

static int read_status(struct ts_builder *b, struct ts_slice name, const json_t *value)
{
	(void)name;
	return ts_build_status(b, text_of(value));
}

static int read_dropped(struct ts_builder *b, struct ts_slice name, const json_t *value)
{
	(void)b;
	(void)name;
	(void)value;
	return TS_OK;
}

/* Call `add` for a text, or for each text of a list. */
static int read_texts(struct ts_builder *b, struct ts_slice name, const json_t *value,
		      int (*add)(struct ts_builder *b, struct ts_slice text))
{
	struct ts_value text;
	json_t *part;
	size_t i;
	int code = TS_OK;
	if (plain_text(value, &text)) {
		return add(b, text.text);
	}
	if (!json_is_array(value)) {
		return ts_fail(b->err, TS_EMALF, "its %.*s are not a list", TS_SLICE_ARGS(name));
	}
	json_array_foreach(value, i, part)
	{
		code = plain_text(part, &text)
			       ? add(b, text.text)
			       : ts_fail(b->err, TS_EMALF, "one of its %.*s is not a text",
					 TS_SLICE_ARGS(name));
		if (code != TS_OK) {
			return code;
		}
	}
	return TS_OK;
}

static int read_tags(struct ts_builder *b, struct ts_slice name, const json_t *value)
{
	return read_texts(b, name, value, ts_build_tags);
}

static int read_depends(struct ts_builder *b, struct ts_slice name, const json_t *value)
{
	return read_texts(b, name, value, ts_build_depends);
}

/* Append what an annotation holds beside entry and description, as an object; nothing if that is
 * all. */
static int annotation_rest(struct ts_builder *b, const json_t *value, struct ts_buf *to)
{
	if (json_object_size(value) <= 2) {
		return TS_OK;
	}
	json_t *rest = json_copy((json_t *)(uintptr_t)value);
	if (rest == NULL) {
		return ts_build_no_memory(b);
	}
	(void)json_object_del(rest, "entry");
	(void)json_object_del(rest, "description");
	print(rest, to);
	json_decref(rest);
	return to->failed ? ts_build_no_memory(b) : TS_OK;
}

static int read_annotation(struct ts_builder *b, const json_t *value)
{
	TS_BUF(rest);
	struct ts_value description;
	if (!plain_text(json_object_get(value, "description"), &description)) {
		return ts_fail(b->err, TS_EMALF, "one of its annotations has no description");
	}
	int code = annotation_rest(b, value, &rest);
	return code != TS_OK ? code
			     : ts_build_annotation(b, text_of(json_object_get(value, "entry")),
						   description.text, ts_buf_slice(&rest));
}

static int read_annotations(struct ts_builder *b, struct ts_slice name, const json_t *value)
{
	json_t *part;
	size_t i;
	(void)name;
	if (!json_is_array(value)) {
		return ts_fail(b->err, TS_EMALF, "its annotations are not a list");
	}
	json_array_foreach(value, i, part)
	{
		int code = read_annotation(b, part);
		if (code != TS_OK) {
			return code;
		}
	}
	return TS_OK;
}

/* Attributes that need more than being kept. */
static const struct special {
	const char *name;
	int (*read)(struct ts_builder *b, struct ts_slice name, const json_t *value);
} specials[] = {
	{"uuid", read_uuid},  {"modified", read_modified}, {"status", read_status},
	{"tags", read_tags},  {"depends", read_depends},   {"annotations", read_annotations},
	{"entry", read_date}, {"start", read_date},        {"end", read_date},
	{"due", read_date},   {"wait", read_date},         {"scheduled", read_date},
	{"until", read_date}, {"id", read_dropped},        {"urgency", read_dropped},
};

static int read_attribute(struct ts_builder *b, const char *key, const json_t *value)
{
	struct ts_slice name;
	int code = read_name(b, key, &name);
	if (code != TS_OK || is_absent(value)) {
		return code;
	}
	for (size_t i = 0; i < TS_COUNT_OF(specials); i++) {
		if (ts_slice_eq(name, ts_slice_of(specials[i].name))) {
			return specials[i].read(b, name, value);
		}
	}
	return read_other(b, name, value);
}

static int read_object(struct ts_builder *b, json_t *object)
{
	const char *name;
	json_t *value;
	if (!json_is_object(object)) {
		return ts_fail(b->err, TS_EMALF, "it is not a JSON object");
	}
	json_object_foreach(object, name, value)
	{
		int code = read_attribute(b, name, value);
		if (code != TS_OK) {
			return code;
		}
	}
	return ts_build_finish(b);
}

int ts_task_read(struct ts_slice json, const struct ts_task_limits *limits, struct ts_arena *a,
		 struct ts_task *ret, struct ts_task_repair *repair, struct ts_error *err)
{
	TS_BUF(prepared);
	json_error_t why;
	struct ts_builder b = {
		.limits = limits,
		.arena = a,
		.task = ret,
		.repair = repair,
		.err = err,
		/* Each leaf has its whole path: what is short as JSON must not become long. */
		.room = 4 * json.len + 4096,
	};
	*ret = (struct ts_task){0};
	*repair = (struct ts_task_repair){0};
	if (limits->line > 0 && json.len > limits->line) {
		repair->beyond = TS_TASK_LINE;
		return ts_fail(err, TS_EMALF, "it has more than %zu bytes", limits->line);
	}
	int code = ts_json_prepare(json, limits, &prepared, &repair->beyond, err);
	if (code != TS_OK) {
		return code;
	}
	json_t *object =
		json_loadb(prepared.data != NULL ? prepared.data : "", prepared.len, 0, &why);
	if (object == NULL) {
		return ts_fail(err, TS_EMALF, "it is not JSON (%s)", why.text);
	}
	code = read_object(&b, object);
	json_decref(object);
	return code;
}

int ts_json_check(struct ts_slice json, struct ts_buf *ret, struct ts_error *err)
{
	static const struct ts_task_limits none = {0};
	TS_BUF(prepared);
	json_error_t why;
	enum ts_task_limit beyond;
	int code = ts_json_prepare(json, &none, &prepared, &beyond, err);
	if (code != TS_OK) {
		return code;
	}
	json_t *value =
		json_loadb(prepared.data != NULL ? prepared.data : "", prepared.len, 0, &why);
	if (value == NULL) {
		return ts_fail(err, TS_EMALF, "It is not JSON: %s.", why.text);
	}
	print(value, ret);
	json_decref(value);
	return ret->failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : TS_OK;
}
