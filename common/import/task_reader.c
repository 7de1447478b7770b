/* SPDX-License-Identifier: MIT */
#include "common/import/task_reader.h"

#include "common/base/uuid.h"

enum { BETWEEN, BRACKET, OBJECT, LINE };

static int step(struct ts_task_reader *r, char c, struct ts_error *err);

static void keep(struct ts_task_reader *r, char c)
{
	if (r->text.len >= TS_TASK_RECORD_MAX) {
		r->too_long = true;
	} else {
		ts_buf_add_char(&r->text, c);
	}
}

static void begin(struct ts_task_reader *r, int state)
{
	ts_buf_clear(&r->text);
	r->state = state;
	r->too_long = r->in_string = r->escaped = false;
	r->at_margin = r->column == 0;
	r->depth = 0;
	r->begin = r->line;
}

/* Hand the record over. */
static int emit(struct ts_task_reader *r, bool is_line, const char *fault, struct ts_error *err)
{
	const struct ts_task_record record = {
		.text = ts_buf_slice(&r->text),
		.is_line = is_line,
		.line = r->begin + 1,
		.fault = r->too_long ? "it is too long for a task" : fault,
	};
	r->state = BETWEEN;
	return r->text.failed ? ts_fail(err, TS_ENOMEM, "Out of memory.")
			      : r->each(&record, r->arg, err);
}

/* A sync key, or what some clients write where they have nothing to say. */
static bool is_idle(struct ts_slice line)
{
	struct ts_uuid uuid;
	return line.len == 0 || ts_slice_eq(line, TS_SLICE("null")) || ts_uuid_parse(line, &uuid);
}

static int end_line(struct ts_task_reader *r, struct ts_error *err)
{
	while (r->text.len > 0 && strchr(" \t\r", r->text.data[r->text.len - 1]) != NULL) {
		r->text.len--;
	}
	const struct ts_slice line = ts_buf_slice(&r->text);
	if (is_idle(line) && !r->text.failed) {
		r->state = BETWEEN;
		return TS_OK;
	}
	const bool task = line.len > 0 && line.data[0] == '[';
	return emit(r, task, task ? NULL : "it is neither a task nor a sync key", err);
}

/* A byte of an object's text in quotes. */
static int step_string(struct ts_task_reader *r, char c, struct ts_error *err)
{
	if (c == '\n') {
		return emit(r, false, "it ends in the middle of a text", err);
	}
	keep(r, c);
	if (r->escaped || c == '\\') {
		r->escaped = !r->escaped;
	} else if (c == '"') {
		r->in_string = false;
	}
	return TS_OK;
}

static int step_object(struct ts_task_reader *r, char c, struct ts_error *err)
{
	if (r->in_string) {
		return step_string(r, c, err);
	}
	/* A line was cut off: the next one begins as this one did, and no deeper. */
	if (c == '{' && r->column == 0 && r->at_margin && r->depth > 0) {
		int code = emit(r, false, "it has no end", err);
		return code == TS_OK ? step(r, c, err) : code;
	}
	keep(r, c == '\n' ? ' ' : c);
	r->in_string = c == '"';
	r->depth += c == '{' || c == '[' ? 1 : 0;
	if (c == '}' || c == ']') {
		r->depth--;
	}
	return r->depth == 0 ? emit(r, false, NULL, err) : TS_OK;
}

static int step_between(struct ts_task_reader *r, char c, struct ts_error *err)
{
	if (c != '\0' && strchr(" \t\r\n,]", c) != NULL) {
		return TS_OK;
	}
	begin(r, c == '{' ? OBJECT : c == '[' ? BRACKET : LINE);
	if (c == '{') {
		return step_object(r, c, err);
	}
	keep(r, c);
	return TS_OK;
}

/* Behind a '[': a name begins a line of Taskwarrior's, anything else is in an array. */
static int step_bracket(struct ts_task_reader *r, char c, struct ts_error *err)
{
	const bool name = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
	r->state = name ? LINE : BETWEEN;
	return step(r, c, err);
}

static int step_line(struct ts_task_reader *r, char c, struct ts_error *err)
{
	if (c == '\n') {
		return end_line(r, err);
	}
	keep(r, c);
	return TS_OK;
}

static int step(struct ts_task_reader *r, char c, struct ts_error *err)
{
	static int (*const steps[])(struct ts_task_reader * r, char c, struct ts_error *err) = {
		[BETWEEN] = step_between,
		[BRACKET] = step_bracket,
		[OBJECT] = step_object,
		[LINE] = step_line,
	};
	return steps[r->state](r, c, err);
}

int ts_task_reader_feed(struct ts_task_reader *r, struct ts_slice bytes, struct ts_error *err)
{
	for (size_t i = 0; i < bytes.len; i++) {
		int code = step(r, bytes.data[i], err);
		if (code != TS_OK) {
			return code;
		}
		const bool newline = bytes.data[i] == '\n';
		r->line += newline ? 1 : 0;
		r->column = newline ? 0 : r->column + 1;
	}
	return TS_OK;
}

int ts_task_reader_end(struct ts_task_reader *r, struct ts_error *err)
{
	if (r->state == OBJECT) {
		return emit(r, false, "it has no end", err);
	}
	int code = r->state == LINE ? end_line(r, err) : TS_OK;
	r->state = BETWEEN;
	return code;
}

void ts_task_reader_done(struct ts_task_reader *r)
{
	ts_buf_done(&r->text);
}
