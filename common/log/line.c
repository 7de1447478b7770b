/* SPDX-License-Identifier: MIT */
/* A line of the log: its fields, and what it looks like as text and as JSON. */
#include "common/base/json_out.h"
#include "common/base/utf8.h"
#include "common/log/internal.h"

#include <stdio.h>

enum { USUAL_BYTES = 500 };

void ts_log_begin(struct ts_log_line *l, enum ts_log_level level, const char *event)
{
	l->level = level;
	l->event = event;
	l->values = (struct ts_buf){0};
	l->count = 0;
	l->wanted = ts_log_wants(level);
	if (l->wanted) {
		(void)clock_gettime(CLOCK_REALTIME, &l->time);
		(void)ts_buf_reserve(&l->values, USUAL_BYTES);
	}
}

static void add(struct ts_log_line *l, const char *key, struct ts_slice value, bool number)
{
	if (!l->wanted || l->count == TS_LOG_FIELDS) {
		return;
	}
	l->fields[l->count++] = (struct ts_log_value){key, l->values.len, value.len, number};
	ts_buf_add_slice(&l->values, value);
}

void ts_log_field(struct ts_log_line *l, const char *key, struct ts_slice value)
{
	add(l, key, value, false);
}

/* The digits of `n` in front of `end`; where they begin. printf() takes longer than all the rest of
 * a line. */
static char *digits_before(char *end, uint64_t n)
{
	do {
		*--end = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	return end;
}

static void add_number(struct ts_log_line *l, const char *key, const char *from, const char *end)
{
	add(l, key, (struct ts_slice){from, (size_t)(end - from)}, true);
}

void ts_log_number(struct ts_log_line *l, const char *key, int64_t value)
{
	char text[32];
	char *end = text + sizeof(text);
	char *at = digits_before(end, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
	if (value < 0) {
		*--at = '-';
	}
	add_number(l, key, at, end);
}

void ts_log_ms(struct ts_log_line *l, const char *key, uint64_t us)
{
	char text[32];
	char *end = text + sizeof(text);
	uint64_t tenths = us / 100 + (us % 100 >= 50 ? 1 : 0);
	char *at = digits_before(end, tenths % 10);
	*--at = '.';
	add_number(l, key, digits_before(at, tenths / 10), end);
}

void ts_log_end(struct ts_log_line *l)
{
	if (l->wanted) {
		ts_log_emit(l);
	}
	ts_buf_done(&l->values);
}

static struct ts_slice value_of(const struct ts_log_line *l, const struct ts_log_value *v)
{
	return (struct ts_slice){v->len > 0 ? l->values.data + v->at : "", v->len};
}

struct ts_slice ts_log_get(const struct ts_log_line *l, const char *key)
{
	for (size_t i = 0; i < l->count; i++) {
		if (strcmp(l->fields[i].key, key) == 0) {
			return value_of(l, &l->fields[i]);
		}
	}
	return (struct ts_slice){NULL, 0};
}

const char *ts_log_level_name(enum ts_log_level level)
{
	static const char *const names[] = {
		[TS_LOG_ERROR] = "error", [TS_LOG_WARNING] = "warning", [TS_LOG_NOTICE] = "notice",
		[TS_LOG_INFO] = "info",   [TS_LOG_DEBUG] = "debug",
	};
	const char *name = (size_t)level < TS_COUNT_OF(names) ? names[level] : NULL;
	return name != NULL ? name : "info";
}

static void add_stamp(struct ts_buf *b, const struct timespec *t)
{
	struct tm tm;
	char text[32];
	if (gmtime_r(&t->tv_sec, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm) == 0) {
		text[0] = '\0';
	}
	ts_buf_printf(b, "%s.%03ldZ", text, t->tv_nsec / 1000000);
}

/* As text */

/* `s` with a blank in the place of what can't be shown. */
static void add_blanked(struct ts_buf *b, struct ts_slice s)
{
	while (s.len > 0) {
		bool shown;
		struct ts_slice c = ts_utf8_cut(&s, &shown);
		ts_buf_add_slice(b, shown ? c : TS_SLICE(" "));
	}
}

static bool is_plain(struct ts_slice s)
{
	bool ascii = true;
	for (size_t i = 0; i < s.len; i++) {
		const char c = s.data[i];
		if (c == ' ' || c == '"' || c == '\\' || c == '=') {
			return false;
		}
		ascii = ascii && c > ' ' && c < 0x7f;
	}
	return ascii || ts_utf8_printable(s);
}

static void add_quoted(struct ts_buf *b, struct ts_slice s)
{
	ts_buf_add_char(b, '"');
	while (s.len > 0) {
		bool shown;
		struct ts_slice c = ts_utf8_cut(&s, &shown);
		if (shown) {
			ts_buf_add_str(b, c.data[0] == '"' || c.data[0] == '\\' ? "\\" : "");
			ts_buf_add_slice(b, c);
		}
		for (size_t i = 0; i < c.len && !shown; i++) {
			ts_buf_printf(b, "\\x%02x", (unsigned char)c.data[i]);
		}
	}
	ts_buf_add_char(b, '"');
}

static void add_value(struct ts_buf *b, struct ts_slice value)
{
	if (value.len == 0) {
		ts_buf_add_char(b, '-');
	} else if (is_plain(value)) {
		ts_buf_add_slice(b, value);
	} else {
		add_quoted(b, value);
	}
}

void ts_log_body(const struct ts_log_line *l, struct ts_buf *to)
{
	if (l->event == NULL) {
		add_blanked(to, ts_log_get(l, "message"));
		return;
	}
	ts_buf_add_str(to, "event=");
	ts_buf_add_str(to, l->event);
	for (size_t i = 0; i < l->count; i++) {
		ts_buf_add_char(to, ' ');
		ts_buf_add_str(to, l->fields[i].key);
		ts_buf_add_char(to, '=');
		add_value(to, value_of(l, &l->fields[i]));
	}
}

void ts_log_text(const struct ts_log_line *l, struct ts_buf *to)
{
	add_stamp(to, &l->time);
	ts_buf_add_char(to, ' ');
	ts_buf_add_str(to, ts_log_level_name(l->level));
	ts_buf_add_char(to, ' ');
	ts_log_body(l, to);
}

/* As JSON */

/* The number of the character `c`, which is UTF-8; that of "none" for a byte that is none. */
static uint32_t code_point(struct ts_slice c)
{
	static const uint8_t masks[] = {0, 0x7f, 0x1f, 0x0f};
	uint8_t first = (uint8_t)c.data[0];
	if (c.len > 3 || (c.len == 1 && first >= 0x80)) {
		return 0xfffd;
	}
	uint32_t n = first & masks[c.len];
	for (size_t i = 1; i < c.len; i++) {
		n = n << 6 | ((uint8_t)c.data[i] & 0x3f);
	}
	return n;
}

/* What can't be shown, all of it in Unicode's first plane, is escaped, so that a log can be looked
 * at as it is. */
static void add_json_string(struct ts_buf *b, struct ts_slice s)
{
	ts_buf_add_char(b, '"');
	if (is_plain(s)) {
		ts_buf_add_slice(b, s);
		s.len = 0;
	}
	while (s.len > 0) {
		bool shown;
		struct ts_slice c = ts_utf8_cut(&s, &shown);
		if (!shown) {
			ts_buf_printf(b, "\\u%04x", code_point(c));
			continue;
		}
		ts_buf_add_str(b, c.data[0] == '"' || c.data[0] == '\\' ? "\\" : "");
		ts_buf_add_slice(b, c);
	}
	ts_buf_add_char(b, '"');
}

void ts_log_json(const struct ts_log_line *l, struct ts_buf *to)
{
	struct ts_json j = ts_json_to(to);
	ts_buf_add_str(to, "{\"time\":\"");
	add_stamp(to, &l->time);
	ts_buf_add_char(to, '"');
	j.comma = true;
	ts_json_name(&j, "level");
	ts_json_text(&j, ts_slice_of(ts_log_level_name(l->level)));
	if (l->event != NULL) {
		ts_json_name(&j, "event");
		ts_json_text(&j, ts_slice_of(l->event));
	}
	for (size_t i = 0; i < l->count; i++) {
		struct ts_slice value = value_of(l, &l->fields[i]);
		ts_json_name(&j, l->fields[i].key);
		j.comma = true;
		if (l->fields[i].number) {
			ts_buf_add_slice(to, value);
		} else {
			add_json_string(to, value);
		}
	}
	ts_json_close(&j, '}');
}
