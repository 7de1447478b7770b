/* SPDX-License-Identifier: MIT */
#include "common/task/json_prepare.h"

#include "common/task/task.h"

#define MARK "\\u0001"

/* The length of the string that `s` begins with, both quotes included; to its end if it has no
 * closing quote. */
static size_t string_length(struct ts_slice s)
{
	size_t i = 1;
	while (i < s.len && s.data[i] != '"') {
		i += s.data[i] == '\\' ? 2 : 1;
	}
	return i < s.len ? i + 1 : s.len;
}

static size_t number_length(struct ts_slice s)
{
	size_t i = 0;
	while (i < s.len && s.data[i] != '\0' && strchr("+-.0123456789eE", s.data[i]) != NULL) {
		i++;
	}
	return i;
}

/* Append what stands between the quotes of a string, control characters escaped. */
static void copy_text(struct ts_slice text, struct ts_buf *to)
{
	size_t begin = 0;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.data[i];
		if (c < 0x20) {
			ts_buf_add(to, text.data + begin, i - begin);
			ts_buf_printf(to, "\\u%04x", c);
			begin = i + 1;
		}
	}
	ts_buf_add(to, text.data + begin, text.len - begin);
}

static size_t copy_string(struct ts_slice s, struct ts_buf *to)
{
	size_t n = string_length(s);
	struct ts_slice text = {s.data + 1, n - 1};
	ts_buf_add_char(to, '"');
	if (ts_slice_starts(text, TS_SLICE(MARK)) || ts_slice_starts(text, TS_SLICE("\1"))) {
		ts_buf_add_str(to, MARK);
	}
	copy_text(text, to);
	return n;
}

static size_t copy_number(struct ts_slice s, struct ts_buf *to)
{
	size_t n = number_length(s);
	ts_buf_add_str(to, "\"" MARK);
	ts_buf_add(to, s.data, n);
	ts_buf_add_char(to, '"');
	return n;
}

/* What was seen of the structure so far. */
struct shape {
	size_t depth, values;
};

static int check_number(struct ts_slice s, struct ts_error *err)
{
	const struct ts_slice shown = {s.data, s.len < 40 ? s.len : 40};
	return ts_number_valid(s)
		       ? TS_OK
		       : ts_fail(err, TS_EMALF, "'%.*s' is not a number", TS_SLICE_ARGS(shown));
}

static int check_shape(struct shape *shape, char c, const struct ts_task_limits *limits,
		       enum ts_task_limit *ret_beyond, struct ts_error *err)
{
	if (c == '{' || c == '[') {
		shape->depth++;
	} else if ((c == '}' || c == ']') && shape->depth > 0) {
		shape->depth--;
	}
	shape->values += c == ',';
	if (limits->depth > 0 && shape->depth > limits->depth) {
		*ret_beyond = TS_TASK_DEPTH;
		return ts_fail(err, TS_EMALF, "it is nested deeper than %zu levels", limits->depth);
	}
	if (limits->attributes > 0 && shape->values > limits->attributes) {
		*ret_beyond = TS_TASK_ATTRIBUTES;
		return ts_fail(err, TS_EMALF, "it has more than %zu attributes",
			       limits->attributes);
	}
	return TS_OK;
}

int ts_json_prepare(struct ts_slice json, const struct ts_task_limits *limits, struct ts_buf *to,
		    enum ts_task_limit *ret_beyond, struct ts_error *err)
{
	struct shape shape = {0};
	int code = TS_OK;
	while (json.len > 0 && code == TS_OK) {
		char c = json.data[0];
		size_t n = 1;
		if (c == '"') {
			n = copy_string(json, to);
		} else if (c == '-' || (c >= '0' && c <= '9')) {
			n = copy_number(json, to);
			code = check_number((struct ts_slice){json.data, n}, err);
		} else {
			ts_buf_add_char(to, c);
			code = check_shape(&shape, c, limits, ret_beyond, err);
		}
		json = ts_slice_skip(json, n);
	}
	return code == TS_OK && to->failed ? ts_fail(err, TS_ENOMEM, "out of memory") : code;
}

bool ts_json_unmark(struct ts_slice *text)
{
	if (text->len == 0 || text->data[0] != '\1') {
		return false;
	}
	*text = ts_slice_skip(*text, 1);
	return text->len == 0 || text->data[0] != '\1';
}
