/* SPDX-License-Identifier: MIT */
#include "client/words/filter_internal.h"
#include "common/base/date.h"
#include "common/task/task_key.h"
#include "common/words/date_words.h"
#include "common/words/fold.h"

#include <stdio.h>
#include <time.h>

/* A number's text as a number; numbers longer than any that people compare are held off. */
static bool as_number(struct ts_slice s, double *ret)
{
	char text[64];
	if (s.len >= sizeof(text) || !ts_number_valid(s)) {
		return false;
	}
	memcpy(text, s.data, s.len);
	text[s.len] = '\0';
	*ret = strtod(text, NULL);
	return true;
}

/* The value before (-1), the same as (0) or behind (1) what the term has. */
static int compare(const struct filter_term *t, struct ts_slice value)
{
	int64_t date;
	double x, y;
	if (t->kind == ATTRIBUTE_DATE && ts_date_parse(value, &date)) {
		return (date > t->date) - (date < t->date);
	}
	if (as_number(value, &x) && as_number(t->value, &y)) {
		return (x > y) - (x < y);
	}
	return ts_slice_cmp(value, t->value);
}

static bool same_day(int64_t a, int64_t b)
{
	const time_t x = a, y = b;
	struct tm one, other;
	(void)localtime_r(&x, &one);
	(void)localtime_r(&y, &other);
	return one.tm_year == other.tm_year && one.tm_yday == other.tm_yday;
}

bool filter_test_equal(const struct filter_term *t, struct ts_slice value)
{
	int64_t date;
	if (t->kind == ATTRIBUTE_DATE && ts_date_words_is_day(t->date) &&
	    ts_date_parse(value, &date)) {
		return same_day(date, t->date);
	}
	return compare(t, value) == 0;
}

bool filter_test_below(const struct filter_term *t, struct ts_slice value)
{
	return ts_slice_starts(value, t->value) &&
	       (value.len == t->value.len || value.data[t->value.len] == '.');
}

bool filter_test_has(const struct filter_term *t, struct ts_slice value)
{
	return ts_fold_contains(value, t->value);
}

bool filter_test_starts(const struct filter_term *t, struct ts_slice value)
{
	return ts_fold_starts(value, t->value);
}

bool filter_test_before(const struct filter_term *t, struct ts_slice value)
{
	return compare(t, value) < 0;
}

bool filter_test_after(const struct filter_term *t, struct ts_slice value)
{
	return compare(t, value) > 0;
}

bool filter_test_by(const struct filter_term *t, struct ts_slice value)
{
	return compare(t, value) <= 0;
}

bool filter_test_any(const struct filter_term *t, struct ts_slice value)
{
	(void)t;
	return value.len > 0;
}

/* One of a set's elements passes; `skip` bytes of each are not looked at. */
static bool set_passes(const struct filter_term *t, const struct ts_task *task,
		       struct ts_slice prefix, size_t skip)
{
	const struct ts_attr *end = task->attrs + task->count;
	for (const struct ts_attr *at = ts_task_from(task, prefix);
	     at < end && ts_slice_starts(at->key, prefix); at++) {
		if (at->value.kind != TS_VALUE_NONE && at->key.len >= prefix.len + skip &&
		    t->test(t, ts_slice_skip(at->key, prefix.len + skip))) {
			return true;
		}
	}
	return false;
}

static bool notes_pass(const struct filter_term *t, const struct ts_task *task)
{
	return set_passes(t, task, TS_KEY_ANNOTATION, TS_KEY_DATE_LEN + 1);
}

static bool modified_passes(const struct filter_term *t, const struct ts_task *task)
{
	const struct ts_date_text text = ts_date_text(task->modified);
	return task->has_modified && t->test(t, ts_slice_of(text.text));
}

static bool passes(const struct filter *f, const struct filter_term *t, const struct ts_task *task)
{
	if (t->name.len == 0) {
		return t->test(t, ts_task_text(task, "description")) || notes_pass(t, task);
	}
	if (t->kind == ATTRIBUTE_TAGS) {
		return set_passes(t, task, TS_KEY_TAG, 0);
	}
	if (t->kind == ATTRIBUTE_DEPENDS) {
		return set_passes(t, task, TS_KEY_DEP, 0);
	}
	if (t->kind == ATTRIBUTE_STATUS) {
		return t->test(t, attribute_status(task, f->now));
	}
	if (ts_slice_eq(t->name, TS_SLICE("annotations"))) {
		return notes_pass(t, task);
	}
	if (ts_slice_eq(t->name, TS_SLICE("modified"))) {
		return modified_passes(t, task);
	}
	const struct ts_attr *attr = ts_task_find(task, t->key);
	return attr != NULL && attr->value.kind != TS_VALUE_NONE && t->test(t, attr->value.text);
}

bool filter_name_matches(const struct filter_name *n, const struct replica_entry *e)
{
	if (n->high > 0) {
		return e->number >= n->low && e->number <= n->high;
	}
	const struct ts_uuid_text text = ts_uuid_text(&e->task.uuid);
	return ts_fold_starts(ts_slice_of(text.text), n->uuid);
}

bool filter_terms_match(const struct filter *f, const struct replica_entry *e)
{
	for (size_t i = 0; i < f->term_count; i++) {
		if (passes(f, &f->terms[i], &e->task) == f->terms[i].negated) {
			return false;
		}
	}
	return f->every_status || f->name_count > 0 ||
	       ts_slice_eq(attribute_status(&e->task, f->now), TS_SLICE("pending"));
}

bool filter_matches(const struct filter *f, const struct replica_entry *e)
{
	bool named = f->name_count == 0;
	for (size_t i = 0; i < f->name_count && !named; i++) {
		named = filter_name_matches(&f->names[i], e);
	}
	return named && filter_terms_match(f, e);
}
