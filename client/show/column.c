/* SPDX-License-Identifier: MIT */
#include "client/show/column.h"

#include "client/words/attributes.h"
#include "common/base/date.h"
#include "common/show/spell.h"
#include "common/task/task_key.h"

#include <inttypes.h>
#include <strings.h>
#include <time.h>

enum { DUE_SOON = 7 * 86400 }; /* [s] */

static const struct column columns[] = {
	{"id", "ID", COLUMN_ID, true, NULL},
	{"uuid", "UUID", COLUMN_UUID, false, NULL},
	{"start", "Active", COLUMN_AGE, true, "start"},
	{"active", "Active", COLUMN_AGE, true, "start"},
	{"age", "Age", COLUMN_AGE, true, "entry"},
	{"entry", "Entered", COLUMN_TEXT, true, "entry"},
	{"modified", "Modified", COLUMN_TEXT, true, "modified"},
	{"priority", "P", COLUMN_TEXT, false, "priority"},
	{"project", "Project", COLUMN_TEXT, false, "project"},
	{"tags", "Tags", COLUMN_TAGS, false, NULL},
	{"depends", "Depends", COLUMN_DEPENDS, false, NULL},
	{"due", "Due", COLUMN_TEXT, true, "due"},
	{"wait", "Wait", COLUMN_TEXT, true, "wait"},
	{"scheduled", "Scheduled", COLUMN_TEXT, true, "scheduled"},
	{"until", "Until", COLUMN_TEXT, true, "until"},
	{"end", "End", COLUMN_TEXT, true, "end"},
	{"recur", "Recur", COLUMN_TEXT, false, "recur"},
	{"status", "Status", COLUMN_STATUS, false, "status"},
	{"description", "Description", COLUMN_DESCRIPTION, false, NULL},
	{"annotations", "Annotations", COLUMN_ANNOTATIONS, false, NULL},
};

struct column column_of(const char *name)
{
	for (size_t i = 0; i < TS_COUNT_OF(columns); i++) {
		if (strcmp(columns[i].name, name) == 0) {
			return columns[i];
		}
	}
	return (struct column){name, name, COLUMN_TEXT, false, name};
}

/* The attribute's value; `modified` is beside the others. */
static struct ts_value value_of(const struct ts_task *task, const char *key,
				struct ts_date_text *text)
{
	if (strcmp(key, "modified") == 0 && task->has_modified) {
		*text = ts_date_text(task->modified);
		return (struct ts_value){TS_VALUE_STRING, ts_slice_of(text->text)};
	}
	return ts_task_value(task, ts_slice_of(key));
}

static bool date_of(const struct ts_task *task, const char *key, int64_t *ret)
{
	struct ts_date_text text;
	return ts_spell_is_date(value_of(task, key, &text), ret);
}

static void add_id(const struct column *c, const struct ts_view *v, const struct replica_entry *e,
		   struct ts_buf *to)
{
	(void)c;
	(void)v;
	if (e->number > 0) {
		ts_buf_printf(to, "%" PRIu64, e->number);
	}
}

static void add_uuid(const struct column *c, const struct ts_view *v, const struct replica_entry *e,
		     struct ts_buf *to)
{
	(void)c;
	(void)v;
	ts_buf_add_str(to, ts_uuid_text(&e->task.uuid).text);
}

static void add_text(const struct column *c, const struct ts_view *v, const struct replica_entry *e,
		     struct ts_buf *to)
{
	struct ts_date_text text;
	int64_t date;
	struct ts_value value = value_of(&e->task, c->key, &text);
	if (!v->iso && ts_spell_is_date(value, &date)) {
		ts_spell_span(to, date - v->now);
	} else {
		ts_spell_value(to, ts_slice_of(c->key), value);
	}
}

static void add_age(const struct column *c, const struct ts_view *v, const struct replica_entry *e,
		    struct ts_buf *to)
{
	int64_t date;
	if (v->iso) {
		add_text(c, v, e, to);
	} else if (date_of(&e->task, c->key, &date)) {
		ts_spell_span(to, v->now - date);
	}
}

static void add_status(const struct column *c, const struct ts_view *v,
		       const struct replica_entry *e, struct ts_buf *to)
{
	(void)c;
	ts_buf_add_slice(to, attribute_status(&e->task, v->now));
}

/* The elements of a set, `separator` between them, if there is a `to`; their number. */
static size_t add_set(const struct ts_task *task, struct ts_slice prefix, const char *separator,
		      struct ts_buf *to)
{
	size_t count = 0;
	const struct ts_attr *at = ts_task_from(task, prefix);
	for (; at < task->attrs + task->count && ts_slice_starts(at->key, prefix); at++) {
		if (at->value.kind == TS_VALUE_NONE) {
			continue;
		}
		if (to != NULL) {
			ts_buf_add_str(to, count > 0 ? separator : "");
			ts_spell_value(to, at->key, at->value);
		}
		count++;
	}
	return count;
}

static void add_tags(const struct column *c, const struct ts_view *v, const struct replica_entry *e,
		     struct ts_buf *to)
{
	(void)c;
	(void)v;
	(void)add_set(&e->task, TS_KEY_TAG, " ", to);
}

/* Short numbers, where they have any. */
static void add_depends(const struct column *c, const struct ts_view *v,
			const struct replica_entry *e, struct ts_buf *to)
{
	const struct ts_attr *at = ts_task_from(&e->task, TS_KEY_DEP);
	const struct ts_attr *end = e->task.attrs + e->task.count;
	const char *separator = "";
	(void)c;
	for (; at < end && ts_slice_starts(at->key, TS_KEY_DEP); at++) {
		struct ts_uuid uuid;
		uint64_t number;
		if (at->value.kind == TS_VALUE_NONE ||
		    !ts_uuid_parse(ts_key_element(at->key, TS_KEY_DEP), &uuid) ||
		    ts_number_or_none(v->txn, v->user, &uuid, &number, NULL) != TS_OK) {
			continue;
		}
		ts_buf_add_str(to, separator);
		ts_spell_task(to, number, &uuid);
		separator = " ";
	}
}

static void add_description(const struct column *c, const struct ts_view *v,
			    const struct replica_entry *e, struct ts_buf *to)
{
	size_t annotations = add_set(&e->task, TS_KEY_ANNOTATION, "", NULL);
	(void)c;
	(void)v;
	ts_buf_add_slice(to, ts_task_text(&e->task, "description"));
	if (annotations > 0) {
		ts_buf_printf(to, " [%zu]", annotations);
	}
}

static void add_annotations(const struct column *c, const struct ts_view *v,
			    const struct replica_entry *e, struct ts_buf *to)
{
	(void)c;
	(void)v;
	(void)add_set(&e->task, TS_KEY_ANNOTATION, "\n", to);
}

void column_add(const struct column *c, const struct ts_view *v, const struct replica_entry *e,
		struct ts_buf *to)
{
	static void (*const add[])(const struct column *c, const struct ts_view *v,
				   const struct replica_entry *e, struct ts_buf *to) = {
		[COLUMN_TEXT] = add_text,
		[COLUMN_ID] = add_id,
		[COLUMN_UUID] = add_uuid,
		[COLUMN_AGE] = add_age,
		[COLUMN_STATUS] = add_status,
		[COLUMN_TAGS] = add_tags,
		[COLUMN_DEPENDS] = add_depends,
		[COLUMN_DESCRIPTION] = add_description,
		[COLUMN_ANNOTATIONS] = add_annotations,
	};
	add[c->kind](c, v, e, to);
}

/* H before M before L before nothing, and what is none of them in between. */
static struct sort_value priority_value(struct ts_slice text)
{
	static const char order[] = "LMH";
	const char *at = text.len == 1 ? strchr(order, text.data[0]) : NULL;
	return (struct sort_value){.none = text.len == 0,
				   .number = at != NULL ? (double)(at - order) : -1};
}

static struct sort_value text_value(struct ts_slice text)
{
	struct sort_value v = {.none = text.len == 0, .is_text = true, .text = text};
	char number[64];
	if (ts_number_valid(text) && text.len < sizeof(number)) {
		memcpy(number, text.data, text.len);
		number[text.len] = '\0';
		v.is_text = false;
		v.number = strtod(number, NULL);
	}
	return v;
}

/* The first element of a set. */
static struct sort_value set_value(const struct ts_task *task, struct ts_slice prefix)
{
	const struct ts_attr *at = ts_task_from(task, prefix);
	const struct ts_attr *end = task->attrs + task->count;
	while (at < end && at->value.kind == TS_VALUE_NONE) {
		at++;
	}
	bool there = at < end && ts_slice_starts(at->key, prefix);
	return (struct sort_value){
		.none = !there, .is_text = true, .text = there ? at->key : (struct ts_slice){0}};
}

struct sort_value column_sort_value(const struct column *c, const struct replica_entry *e)
{
	int64_t date;
	struct ts_slice text = {0};
	switch (c->kind) {
	case COLUMN_ID:
		return (struct sort_value){.none = e->number == 0, .number = (double)e->number};
	case COLUMN_UUID: /* they come in that order */
		return (struct sort_value){.none = true};
	case COLUMN_TAGS:
		return set_value(&e->task, TS_KEY_TAG);
	case COLUMN_DEPENDS:
		return set_value(&e->task, TS_KEY_DEP);
	case COLUMN_ANNOTATIONS:
		return set_value(&e->task, TS_KEY_ANNOTATION);
	case COLUMN_DESCRIPTION:
		text = ts_task_text(&e->task, "description");
		return (struct sort_value){.none = text.len == 0, .is_text = true, .text = text};
	case COLUMN_AGE:
	case COLUMN_STATUS:
	case COLUMN_TEXT:
		break;
	}
	if (date_of(&e->task, c->key, &date)) {
		return (struct sort_value){.number = (double)date};
	}
	text = ts_task_text(&e->task, c->key);
	return strcmp(c->key, "priority") == 0 ? priority_value(text) : text_value(text);
}

int sort_value_cmp(const struct sort_value *a, const struct sort_value *b)
{
	if (a->is_text != b->is_text) {
		return a->is_text ? 1 : -1;
	}
	if (!a->is_text) {
		return (a->number > b->number) - (a->number < b->number);
	}
	size_t n = a->text.len < b->text.len ? a->text.len : b->text.len;
	int c = n > 0 ? strncasecmp(a->text.data, b->text.data, n) : 0;
	return c != 0 ? c : (a->text.len > b->text.len) - (a->text.len < b->text.len);
}

/* A date without a time of day is the whole day. */
static bool is_today(int64_t date, int64_t now)
{
	struct tm today, day;
	time_t a = (time_t)now, b = (time_t)date;
	return localtime_r(&a, &today) != NULL && localtime_r(&b, &day) != NULL &&
	       today.tm_year == day.tm_year && today.tm_yday == day.tm_yday && day.tm_hour == 0 &&
	       day.tm_min == 0;
}

enum ts_style entry_style(const struct ts_view *v, const struct replica_entry *e)
{
	int64_t due;
	bool open = ts_task_is_open(&e->task);
	if (open && date_of(&e->task, "due", &due) && due < v->now + DUE_SOON) {
		return due < v->now && !is_today(due, v->now) ? TS_STYLE_OVERDUE : TS_STYLE_DUE;
	}
	if (open && ts_task_text(&e->task, "start").len > 0) {
		return TS_STYLE_ACTIVE;
	}
	return open ? TS_STYLE_NONE : TS_STYLE_DIM;
}
