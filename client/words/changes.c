/* SPDX-License-Identifier: MIT */
#include "client/words/changes.h"

#include "client/words/attributes.h"
#include "client/words/filter.h"
#include "common/base/date.h"
#include "common/base/utf8.h"
#include "common/task/recur.h"
#include "common/task/task_key.h"
#include "common/words/date_words.h"

/* One key to be set, taken away (an empty value), or a whole set to be emptied. */
struct change {
	struct ts_slice key;
	struct ts_value value;
	bool clear; /* `key` is the prefix of a set */
	struct change *next;
};

struct changes {
	struct ts_arena arena;
	struct change *first, **end;
	struct ts_buf description;
};

/* What words are read with. */
struct reading {
	struct changes *c;
	int64_t now;
	bool monday;
	struct ts_txn *txn;
	const struct replica *replica;
};

static int out_of_memory(struct ts_error *err)
{
	return ts_fail(err, TS_ENOMEM, "Out of memory.");
}

static int add(struct changes *c, struct ts_slice key, struct ts_slice value, bool clear,
	       struct ts_error *err)
{
	struct change *n = ts_arena_alloc(&c->arena, sizeof(*n));
	key = ts_arena_copy(&c->arena, key);
	value = ts_arena_copy(&c->arena, value);
	if (n == NULL || key.data == NULL || value.data == NULL) {
		return out_of_memory(err);
	}
	*n = (struct change){.key = key, .value = {TS_VALUE_STRING, value}, .clear = clear};
	*c->end = n;
	c->end = &n->next;
	return TS_OK;
}

/* An element of a set to be put in or taken out. */
static int add_element(struct changes *c, struct ts_slice prefix, struct ts_slice element, bool in,
		       struct ts_error *err)
{
	TS_BUF(key);
	ts_buf_add_slice(&key, prefix);
	ts_buf_add_slice(&key, element);
	return key.failed
		       ? out_of_memory(err)
		       : add(c, ts_buf_slice(&key), in ? TS_SLICE("x") : TS_SLICE(""), false, err);
}

static int read_text(struct reading *r, struct ts_slice name, struct ts_slice value,
		     struct ts_error *err)
{
	TS_BUF(key);
	ts_key_add_name(&key, true, name);
	return key.failed ? out_of_memory(err) : add(r->c, ts_buf_slice(&key), value, false, err);
}

static int read_date(struct reading *r, struct ts_slice name, struct ts_slice value,
		     struct ts_error *err)
{
	int64_t date;
	if (value.len == 0) {
		return add(r->c, name, value, false, err);
	}
	int code = ts_date_words_parse(value, r->now, r->monday, &date, err);
	if (code != TS_OK) {
		return code;
	}
	const struct ts_date_text text = ts_date_text(date);
	return add(r->c, name, ts_slice_of(text.text), false, err);
}

static int read_status(struct reading *r, struct ts_slice name, struct ts_slice value,
		       struct ts_error *err)
{
	int code = attribute_find_status(value, &value, err);
	return code == TS_OK ? add(r->c, name, value, false, err) : code;
}

static int read_recur(struct reading *r, struct ts_slice name, struct ts_slice value,
		      struct ts_error *err)
{
	if (value.len > 0 && !ts_recur_valid(value)) {
		return ts_fail(err, TS_EUSAGE,
			       "'%.*s' is not a period such as daily, weekly, 3days or P1M.",
			       TS_SLICE_ARGS(value));
	}
	return add(r->c, name, value, false, err);
}

static int read_tags(struct reading *r, struct ts_slice name, struct ts_slice value,
		     struct ts_error *err)
{
	(void)name;
	int code = add(r->c, TS_KEY_TAG, TS_SLICE(""), true, err);
	while (value.data != NULL && code == TS_OK) {
		const struct ts_slice tag = ts_slice_cut(&value, ',');
		code = tag.len > 0 ? add_element(r->c, TS_KEY_TAG, tag, true, err) : TS_OK;
	}
	return code;
}

/* One number or uuid, or with - before it. */
static int read_dependency(struct reading *r, struct ts_slice word, struct ts_error *err)
{
	struct ts_uuid uuid = {0};
	const bool out = ts_slice_cut_char(&word, '-');
	const struct ts_slice name = ts_arena_copy(&r->c->arena, word);
	if (name.data == NULL) {
		return out_of_memory(err);
	}
	if (!filter_is_name(name.data)) {
		return ts_fail(err, TS_EUSAGE,
			       "'%s' is neither the number nor the uuid of a task to depend on.",
			       name.data);
	}
	int code = TS_OK;
	if (!out || !ts_uuid_parse(name, &uuid)) {
		code = filter_one(name.data, r->now, r->txn, r->replica, &uuid, err);
	}
	const struct ts_uuid_text text = ts_uuid_text(&uuid);
	return code == TS_OK ? add_element(r->c, TS_KEY_DEP, ts_slice_of(text.text), !out, err)
			     : code;
}

static int read_depends(struct reading *r, struct ts_slice name, struct ts_slice value,
			struct ts_error *err)
{
	(void)name;
	int code = value.len == 0 ? add(r->c, TS_KEY_DEP, TS_SLICE(""), true, err) : TS_OK;
	while (value.data != NULL && code == TS_OK) {
		const struct ts_slice word = ts_slice_cut(&value, ',');
		code = word.len > 0 ? read_dependency(r, word, err) : TS_OK;
	}
	return code;
}

static int read_fixed(struct reading *r, struct ts_slice name, struct ts_slice value,
		      struct ts_error *err)
{
	(void)r;
	(void)value;
	return ts_fail(err, TS_EUSAGE, "The %.*s of a task can't be changed this way.",
		       TS_SLICE_ARGS(name));
}

static int (*const readers[])(struct reading *r, struct ts_slice name, struct ts_slice value,
			      struct ts_error *err) = {
	[ATTRIBUTE_TEXT] = read_text,     [ATTRIBUTE_DATE] = read_date,
	[ATTRIBUTE_STATUS] = read_status, [ATTRIBUTE_RECUR] = read_recur,
	[ATTRIBUTE_TAGS] = read_tags,     [ATTRIBUTE_DEPENDS] = read_depends,
	[ATTRIBUTE_FIXED] = read_fixed,
};

static void add_description(struct changes *c, const char *word)
{
	ts_buf_add_str(&c->description, c->description.len > 0 ? " " : "");
	ts_buf_add_str(&c->description, word);
}

static int read_word(struct reading *r, const char *word, bool plain, struct ts_error *err)
{
	struct ts_slice name, value;
	bool in;
	if (!ts_utf8_valid(ts_slice_of(word))) {
		return ts_fail(err, TS_EUSAGE, "A word is not UTF-8.");
	}
	if (!plain && attribute_cut_tag(word, &in, &name)) {
		return add_element(r->c, TS_KEY_TAG, name, in, err);
	}
	if (!plain && attribute_cut(word, &name, &value)) {
		name = attribute_name(name);
		return readers[attribute_kind(name)](r, name, value, err);
	}
	add_description(r->c, word);
	return TS_OK;
}

static int read_words(struct reading *r, const char *const *words, size_t count,
		      struct ts_error *err)
{
	bool plain = false;
	for (size_t i = 0; i < count; i++) {
		if (!plain && strcmp(words[i], "--") == 0) {
			plain = true;
			continue;
		}
		int code = read_word(r, words[i], plain, err);
		if (code != TS_OK) {
			return code;
		}
	}
	return r->c->description.failed ? out_of_memory(err) : TS_OK;
}

int changes_new(const char *const *words, size_t count, int64_t now, bool monday, struct ts_txn *t,
		const struct replica *r, struct changes **ret, struct ts_error *err)
{
	TS_CLEANUP(changes_free_p) struct changes *c = calloc(1, sizeof(*c));
	if (c == NULL) {
		return out_of_memory(err);
	}
	struct reading reading = {c, now, monday, t, r};
	c->end = &c->first;
	int code = read_words(&reading, words, count, err);
	if (code == TS_OK) {
		*ret = TS_TAKE(c);
	}
	return code;
}

void changes_free(struct changes *c)
{
	if (c != NULL) {
		ts_arena_done(&c->arena);
		ts_buf_done(&c->description);
		free(c);
	}
}

bool changes_are_empty(const struct changes *c)
{
	return c->first == NULL && c->description.len == 0;
}

bool changes_have_description(const struct changes *c)
{
	bool has = c->description.len > 0;
	for (const struct change *n = c->first; n != NULL; n = n->next) {
		has |= ts_slice_eq(n->key, TS_SLICE("description")) && n->value.text.len > 0;
	}
	return has;
}

static int copy_task(const struct ts_task *task, struct ts_arena *a, struct ts_task *ret,
		     struct ts_error *err)
{
	*ret = *task;
	ret->attrs = ts_arena_array(a, task->count + 1, sizeof(*ret->attrs));
	if (ret->attrs == NULL) {
		return out_of_memory(err);
	}
	if (task->count > 0) {
		memcpy(ret->attrs, task->attrs, task->count * sizeof(*task->attrs));
	}
	return TS_OK;
}

int changes_apply(const struct changes *c, const struct ts_task *task, int64_t now,
		  struct ts_arena *a, struct ts_task *ret, struct ts_error *err)
{
	int code = copy_task(task, a, ret, err);
	for (const struct change *n = c->first; n != NULL && code == TS_OK; n = n->next) {
		if (n->clear) {
			task_clear_set(ret, n->key);
		} else {
			code = task_set(ret, a, n->key, n->value, err);
		}
	}
	if (code == TS_OK && c->description.len > 0) {
		code = task_set_text(ret, a, "description", c->description.data, err);
	}
	ret->has_modified = true;
	ret->modified = now;
	return code == TS_OK ? task_settle(task, ret, a, now, err) : code;
}
