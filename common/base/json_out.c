/* SPDX-License-Identifier: MIT */
#include "common/base/json_out.h"

#include "common/base/date.h"

#include <inttypes.h>

static void add_comma(struct ts_json *j)
{
	if (j->comma) {
		ts_buf_add_char(j->to, ',');
	}
	j->comma = true;
}

void ts_json_open(struct ts_json *j, char bracket)
{
	add_comma(j);
	ts_buf_add_char(j->to, bracket);
	j->comma = false;
}

void ts_json_close(struct ts_json *j, char bracket)
{
	ts_buf_add_char(j->to, bracket);
	j->comma = true;
}

void ts_json_name(struct ts_json *j, const char *name)
{
	add_comma(j);
	ts_json_add_string(j->to, ts_slice_of(name));
	ts_buf_add_char(j->to, ':');
	j->comma = false;
}

void ts_json_text(struct ts_json *j, struct ts_slice text)
{
	add_comma(j);
	ts_json_add_string(j->to, text);
}

void ts_json_int(struct ts_json *j, int64_t number)
{
	add_comma(j);
	ts_buf_printf(j->to, "%" PRId64, number);
}

void ts_json_bool(struct ts_json *j, bool yes)
{
	ts_json_raw(j, yes ? TS_SLICE("true") : TS_SLICE("false"));
}

void ts_json_null(struct ts_json *j)
{
	ts_json_raw(j, TS_SLICE("null"));
}

void ts_json_raw(struct ts_json *j, struct ts_slice json)
{
	add_comma(j);
	ts_buf_add_slice(j->to, json);
}

void ts_json_text_member(struct ts_json *j, const char *name, struct ts_slice text)
{
	ts_json_name(j, name);
	ts_json_text(j, text);
}

void ts_json_count_member(struct ts_json *j, const char *name, uint64_t count)
{
	ts_json_name(j, name);
	ts_json_int(j, (int64_t)count);
}

void ts_json_date_member(struct ts_json *j, const char *name, int64_t date)
{
	const struct ts_date_text text = ts_date_text(date);
	ts_json_text_member(j, name, ts_slice_of(text.text));
}

void ts_json_add_string(struct ts_buf *to, struct ts_slice text)
{
	static const char *const named[32] = {
		['\b'] = "\\b", ['\f'] = "\\f", ['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t"};
	size_t begin = 0;
	ts_buf_add_char(to, '"');
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.data[i];
		if (c >= 0x20 && c != '"' && c != '\\') {
			continue;
		}
		ts_buf_add(to, text.data + begin, i - begin);
		begin = i + 1;
		if (c >= 0x20) {
			const char escaped[2] = {'\\', (char)c};
			ts_buf_add(to, escaped, 2);
		} else if (named[c] != NULL) {
			ts_buf_add_str(to, named[c]);
		} else {
			ts_buf_printf(to, "\\u%04x", c);
		}
	}
	ts_buf_add(to, text.data + begin, text.len - begin);
	ts_buf_add_char(to, '"');
}
