/* SPDX-License-Identifier: MIT */
#include "common/show/spell.h"

#include "common/base/date.h"
#include "common/task/task_key.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

enum { UUID_SHOWN = 8 };

void ts_spell_moment(struct ts_buf *to, int64_t date)
{
	char text[64] = "";
	struct tm tm;
	time_t t = (time_t)date;
	if (localtime_r(&t, &tm) != NULL && strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm)) {
		ts_buf_add_str(to, text);
	}
}

void ts_spell_date(struct ts_buf *to, int64_t date)
{
	static const char midnight[] = " 00:00";
	size_t begin = to->len;
	ts_spell_moment(to, date);
	if (!to->failed && to->len - begin > strlen(midnight) &&
	    strcmp(to->data + to->len - strlen(midnight), midnight) == 0) {
		to->len -= strlen(midnight);
		to->data[to->len] = '\0';
	}
}

/* Each unit is used from `from` seconds on. */
static const struct {
	int64_t from, seconds;
	const char *name;
} units[] = {
	{2 * 365 * 86400, 365 * 86400, "y"},
	{90 * 86400, 30 * 86400, "mo"},
	{14 * 86400, 7 * 86400, "w"},
	{86400, 86400, "d"},
	{3600, 3600, "h"},
	{60, 60, "min"},
	{0, 1, "s"},
};

void ts_spell_span(struct ts_buf *to, int64_t seconds)
{
	size_t i = 0;
	int64_t size = seconds < 0 ? -seconds : seconds;
	while (size < units[i].from) {
		i++;
	}
	ts_buf_printf(to, "%s%" PRId64 "%s", seconds < 0 ? "-" : "", size / units[i].seconds,
		      units[i].name);
}

void ts_spell_age(struct ts_buf *to, int64_t date, int64_t now)
{
	if (date == now) {
		ts_buf_add_str(to, "now");
		return;
	}
	ts_buf_add_str(to, date > now ? "in " : "");
	ts_spell_span(to, date > now ? date - now : now - date);
	ts_buf_add_str(to, date > now ? "" : " ago");
}

bool ts_spell_is_date(struct ts_value value, int64_t *ret)
{
	return value.kind == TS_VALUE_STRING && value.text.len == TS_KEY_DATE_LEN &&
	       value.text.data[TS_KEY_DATE_LEN - 1] == 'Z' && ts_date_parse(value.text, ret);
}

/* The sets, as task JSON names them. */
static const struct {
	const char *prefix, *name;
} sets[] = {
	{"tag_", "tags"},
	{"dep_", "depends"},
	{"annotation_", "annotations"},
};

static const char *set_name(struct ts_slice key, struct ts_slice *ret_element)
{
	for (size_t i = 0; i < TS_COUNT_OF(sets) && ts_key_is_element(key); i++) {
		const struct ts_slice prefix = ts_slice_of(sets[i].prefix);
		if (ts_slice_starts(key, prefix)) {
			*ret_element = ts_key_element(key, prefix);
			return sets[i].name;
		}
	}
	return NULL;
}

void ts_spell_attribute(struct ts_buf *to, struct ts_slice key)
{
	TS_ARENA(a);
	struct ts_slice element;
	const char *set = set_name(key, &element);
	if (set != NULL) {
		ts_buf_add_str(to, set);
		return;
	}
	for (bool first = true; key.data != NULL; first = false) {
		ts_buf_add_str(to, first ? "" : ".");
		ts_buf_add_slice(to, ts_key_name_of(&a, ts_key_cut(&key)));
	}
}

/* DATE_TEXT */
static void add_annotation(struct ts_buf *to, struct ts_slice element)
{
	int64_t date;
	if (element.len > TS_KEY_DATE_LEN &&
	    ts_date_parse((struct ts_slice){element.data, TS_KEY_DATE_LEN}, &date)) {
		ts_spell_moment(to, date);
		ts_buf_add_char(to, ' ');
		element = ts_slice_skip(element, TS_KEY_DATE_LEN + 1);
	}
	ts_buf_add_slice(to, element);
}

void ts_spell_value(struct ts_buf *to, struct ts_slice key, struct ts_value value)
{
	struct ts_slice element;
	int64_t date;
	if (set_name(key, &element) != NULL) {
		if (ts_slice_starts(key, TS_KEY_ANNOTATION)) {
			add_annotation(to, element);
		} else {
			ts_buf_add_slice(to, element);
		}
	} else if (ts_spell_is_date(value, &date) && !ts_slice_eq(key, TS_SLICE("description"))) {
		ts_spell_date(to, date);
	} else {
		ts_buf_add_slice(to, value.text);
	}
}

void ts_spell_task(struct ts_buf *to, uint64_t number, const struct ts_uuid *uuid)
{
	if (number > 0) {
		ts_buf_printf(to, "%" PRIu64, number);
	} else {
		ts_buf_printf(to, "%.*s", UUID_SHOWN, ts_uuid_text(uuid).text);
	}
}

struct ts_size_text ts_size_text(uint64_t bytes)
{
	static const char *const names[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
	struct ts_size_text t;
	double size = (double)bytes;
	size_t i = 0;
	while (size >= 1024 && i + 1 < TS_COUNT_OF(names)) {
		size /= 1024;
		i++;
	}
	(void)snprintf(t.text, sizeof(t.text), i == 0 ? "%.0f %s" : "%.1f %s", size, names[i]);
	return t;
}
