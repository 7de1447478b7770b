/* SPDX-License-Identifier: MIT */
#include "client/editor/task_text.h"

#include "client/words/attributes.h"
#include "client/words/changes.h"
#include "client/words/filter.h"
#include "common/base/date.h"
#include "common/base/utf8.h"
#include "common/task/builder.h"
#include "common/task/task_key.h"
#include "common/words/date_words.h"

static const struct ts_task_limits limits = {.depth = 100};

/* A text while it is read. */
struct reading {
	const struct task_text_reader *r;
	struct ts_builder builder;
	struct ts_error why; /* of the line in work */
};

static void decode(struct ts_slice s, struct ts_buf *to)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] != '\\' || i + 1 == s.len) {
			ts_buf_add_char(to, s.data[i]);
			continue;
		}
		i++;
		ts_buf_add_char(to, s.data[i] == 'n' ? '\n' : s.data[i] == 'r' ? '\r' : s.data[i]);
	}
}

/* Cut the word before the first blank or comma off. */
static struct ts_slice cut_word(struct ts_slice *rest)
{
	size_t n = 0;
	while (n < rest->len && !ts_is_blank(rest->data[n]) && rest->data[n] != ',') {
		n++;
	}
	const struct ts_slice word = {rest->data, n};
	*rest = ts_slice_skip(*rest, n < rest->len ? n + 1 : n);
	return word;
}

static int read_date(struct reading *g, struct ts_slice name, struct ts_slice text)
{
	int64_t date;
	int code = ts_date_words_parse(text, g->r->now, g->r->monday, &date, &g->why);
	if (code != TS_OK) {
		return code;
	}
	const struct ts_date_text spelled = ts_date_text(date);
	return ts_build_date(&g->builder, name, ts_slice_of(spelled.text));
}

static int read_status(struct reading *g, struct ts_slice name, struct ts_slice text)
{
	(void)name;
	int code = ts_build_status(&g->builder, text);
	if (code == TS_OK && g->builder.repair->text[0] != '\0') {
		return ts_fail(&g->why, TS_EINVAL,
			       "'%.*s' is not a status: pending, waiting, recurring, completed or "
			       "deleted.",
			       TS_SLICE_ARGS(ts_utf8_beginning(text, 60)));
	}
	return code;
}

static int read_tags(struct reading *g, struct ts_slice name, struct ts_slice text)
{
	int code = TS_OK;
	(void)name;
	while (text.len > 0 && code == TS_OK) {
		code = ts_build_tags(&g->builder, cut_word(&text));
	}
	return code;
}

static int read_dependency(struct reading *g, struct ts_slice word)
{
	struct ts_uuid uuid;
	const struct task_text_reader *r = g->r;
	const struct ts_slice name = ts_arena_copy(g->builder.arena, word);
	if (name.data == NULL) {
		return ts_build_no_memory(&g->builder);
	}
	if (ts_uuid_parse(name, &uuid)) {
		return ts_build_depends(&g->builder, name);
	}
	if (!filter_is_name(name.data)) {
		return ts_fail(&g->why, TS_EINVAL,
			       "'%.60s' is neither the number nor the uuid of a task.", name.data);
	}
	int code = filter_one(name.data, r->now, r->txn, r->replica, &uuid, &g->why);
	const struct ts_uuid_text text = ts_uuid_text(&uuid);
	return code == TS_OK ? ts_build_depends(&g->builder, ts_slice_of(text.text)) : code;
}

static int read_depends(struct reading *g, struct ts_slice name, struct ts_slice text)
{
	int code = TS_OK;
	(void)name;
	while (text.len > 0 && code == TS_OK) {
		const struct ts_slice word = cut_word(&text);
		code = word.len > 0 ? read_dependency(g, word) : TS_OK;
	}
	return code;
}

static int read_text(struct reading *g, struct ts_slice name, struct ts_slice text)
{
	const struct ts_value value = {TS_VALUE_STRING, text};
	return ts_build_attr(&g->builder, name, value);
}

static int read_fixed(struct reading *g, struct ts_slice name, struct ts_slice text)
{
	(void)text;
	return ts_fail(&g->why, TS_EINVAL, "The %.*s of a task can't be changed this way.",
		       TS_SLICE_ARGS(name));
}

/* A date, as it is written here, and a text; without a date it is made now. */
static int read_annotation(struct reading *g, struct ts_slice text)
{
	struct ts_slice rest = text;
	const struct ts_slice word = ts_slice_cut(&rest, ' ');
	int64_t date = g->r->now;
	if (word.len > 0 && word.data[0] >= '0' && word.data[0] <= '9' && rest.data != NULL &&
	    memchr(word.data, 'T', word.len) != NULL &&
	    ts_date_words_parse(word, g->r->now, g->r->monday, &date, NULL) == TS_OK) {
		text = rest;
	}
	const struct ts_date_text spelled = ts_date_text(date);
	return ts_build_annotation(&g->builder, ts_slice_of(spelled.text), ts_slice_trim(text),
				   (struct ts_slice){NULL, 0});
}

static int (*const readers[])(struct reading *g, struct ts_slice name, struct ts_slice text) = {
	[ATTRIBUTE_TEXT] = read_text,     [ATTRIBUTE_DATE] = read_date,
	[ATTRIBUTE_STATUS] = read_status, [ATTRIBUTE_RECUR] = read_text,
	[ATTRIBUTE_TAGS] = read_tags,     [ATTRIBUTE_DEPENDS] = read_depends,
	[ATTRIBUTE_FIXED] = read_fixed,
};

static int read_value(struct reading *g, struct ts_slice name, struct ts_slice value)
{
	TS_BUF(text);
	decode(value, &text);
	if (text.failed) {
		return ts_build_no_memory(&g->builder);
	}
	if (text.len == 0) {
		return TS_OK;
	}
	return ts_slice_eq(name, TS_SLICE("annotation"))
		       ? read_annotation(g, ts_buf_slice(&text))
		       : readers[attribute_kind(name)](g, name, ts_buf_slice(&text));
}

static int read_line(struct reading *g, struct ts_slice line)
{
	struct ts_slice value = ts_slice_trim(line);
	if (value.len == 0 || value.data[0] == '#') {
		return TS_OK;
	}
	const struct ts_slice name = ts_slice_trim(ts_slice_cut(&value, ':'));
	if (value.data == NULL || name.len == 0 || ts_key_is_element(name)) {
		return ts_fail(&g->why, TS_EINVAL, "It is not of the form name: value.");
	}
	return read_value(g, name, ts_slice_trim(value));
}

static int finish(struct reading *g, struct ts_error *err)
{
	int code = ts_build_finish(&g->builder);
	if (code == TS_ENOMEM) {
		return ts_fail(err, code, "Out of memory.");
	}
	return code == TS_OK ? TS_OK
			     : ts_fail(err, TS_EINVAL, "That is no task, because %s.", g->why.text);
}

int task_text_read(struct ts_slice text, const struct task_text_reader *r, struct ts_arena *a,
		   struct ts_task *ret, struct ts_error *err)
{
	struct ts_task_repair repair = {0};
	struct reading g = {.r = r};
	g.builder = (struct ts_builder){.limits = &limits,
					.arena = a,
					.task = ret,
					.repair = &repair,
					.err = &g.why,
					.room = SIZE_MAX / 2,
					.has_uuid = true};
	*ret = (struct ts_task){.uuid = r->uuid};
	if (!ts_utf8_valid(text)) {
		return ts_fail(err, TS_EINVAL, "The text is not UTF-8.");
	}
	for (size_t n = 1; text.data != NULL; n++) {
		int code = read_line(&g, ts_slice_cut(&text, '\n'));
		if (code != TS_OK) {
			return code == TS_ENOMEM
				       ? ts_fail(err, code, "Out of memory.")
				       : ts_fail(err, TS_EINVAL, "Line %zu: %s", n, g.why.text);
		}
	}
	return finish(&g, err);
}

int task_text_read_json(struct ts_slice text, const struct task_text_reader *r, struct ts_arena *a,
			struct ts_task *ret, struct ts_error *err)
{
	struct ts_task_repair repair;
	struct ts_error why = {0};
	int code = ts_task_read(text, &limits, a, ret, &repair, &why);
	if (code == TS_ENOMEM) {
		return ts_fail(err, code, "Out of memory.");
	}
	if (code != TS_OK) {
		return ts_fail(err, TS_EINVAL, "That is no task, because %s.", why.text);
	}
	return ts_uuid_eq(&ret->uuid, &r->uuid)
		       ? TS_OK
		       : ts_fail(err, TS_EINVAL, "The uuid of a task can't be changed.");
}

static const struct ts_value *value_of(const struct ts_task *task, struct ts_slice key)
{
	static const struct ts_value none = {TS_VALUE_NONE, {"", 0}};
	const struct ts_attr *attr = ts_task_find(task, key);
	return attr != NULL ? &attr->value : &none;
}

/* Where JSON stood, and JSON was written, it stays JSON. */
static struct ts_value keep_kind(const struct ts_task *task, struct ts_slice key,
				 struct ts_value value)
{
	TS_BUF(json);
	if (value.kind == TS_VALUE_STRING && value_of(task, key)->kind == TS_VALUE_JSON &&
	    !ts_key_is_element(key) &&
	    (ts_slice_eq(value.text, TS_SLICE("true")) ||
	     ts_slice_eq(value.text, TS_SLICE("false")) ||
	     ts_json_check(value.text, &json, NULL) == TS_OK)) {
		value.kind = TS_VALUE_JSON;
	}
	return value;
}

/* Set in *task what `other` has otherwise than `one`. */
static int apply_changed(const struct ts_task *one, const struct ts_task *other, bool removed,
			 struct ts_arena *a, struct ts_task *task, struct ts_error *err)
{
	int code = TS_OK;
	for (size_t i = 0; i < other->count && code == TS_OK; i++) {
		const struct ts_attr *at = &other->attrs[i];
		const struct ts_value gone = {TS_VALUE_NONE, {"", 0}};
		if (removed ? value_of(one, at->key)->kind == TS_VALUE_NONE
			    : !ts_value_same(*value_of(one, at->key), at->value)) {
			code = task_set(task, a, at->key,
					removed ? gone : keep_kind(task, at->key, at->value), err);
		}
	}
	return code;
}

int task_text_apply(const struct ts_task *shown, const struct ts_task *edited, struct ts_arena *a,
		    struct ts_task *task, struct ts_error *err)
{
	int code = apply_changed(shown, edited, false, a, task, err);
	return code == TS_OK ? apply_changed(edited, shown, true, a, task, err) : code;
}
