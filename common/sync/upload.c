/* SPDX-License-Identifier: MIT */
#include "common/sync/internal.h"

#include <stdio.h>
#include <stdlib.h>

enum { BUFFER_KEPT = 64 << 10 }; /* [bytes] of a buffer between two lines */

int ts_upload_new(const struct ts_task_limits *limits, struct ts_spool_budget *budget,
		  struct ts_upload **ret)
{
	TS_CLEANUP(ts_upload_free_p) struct ts_upload *u = calloc(1, sizeof(*u));
	if (u == NULL || ts_spool_new(budget, &u->states) != TS_OK ||
	    ts_spool_new(budget, &u->rejects) != TS_OK) {
		return TS_ENOMEM;
	}
	u->limits = limits;
	u->budget = budget;
	*ret = TS_TAKE(u);
	return TS_OK;
}

void ts_upload_free(struct ts_upload *u)
{
	if (u == NULL) {
		return;
	}
	if (u->budget != NULL) {
		ts_budget_give(u->budget, u->charged);
	}
	ts_spool_free(u->states);
	ts_spool_free(u->rejects);
	ts_buf_done(&u->line);
	ts_buf_done(&u->record);
	ts_buf_done(&u->reject_list);
	ts_arena_done(&u->arena);
	free(u->entries);
	free(u);
}

/* Which task a line was about, as well as one can tell. */
static void describe(struct ts_slice line, char *to, size_t size)
{
	static const struct ts_slice mark = TS_SLICE("\"uuid\":\"");
	const char *at = memmem(line.data, line.len, mark.data, mark.len);
	struct ts_uuid uuid;
	size_t left = at != NULL ? line.len - (size_t)(at - line.data) - mark.len : 0;
	if (left >= TS_UUID_TEXT &&
	    ts_uuid_parse((struct ts_slice){at + mark.len, TS_UUID_TEXT}, &uuid)) {
		(void)snprintf(to, size, "Task %.8s", ts_uuid_text(&uuid).text);
	} else {
		(void)snprintf(to, size, "A line");
	}
}

static int reject(struct ts_upload *u, struct ts_slice line, const char *because,
		  struct ts_error *err)
{
	if (u->reject_count++ == 0) {
		char what[64];
		describe(line, what, sizeof(what));
		(void)snprintf(u->first_reject, sizeof(u->first_reject),
			       "%s was not stored, because %.*s.", what,
			       TS_SLICE_ARGS(ts_utf8_beginning(ts_slice_of(because), 180)));
	}
	return ts_upload_keep_reject(u, line, because, err);
}

static void add_key(struct ts_upload *u, struct ts_slice text)
{
	if (u->key_count < TS_HISTORY_MAX && ts_uuid_parse(text, &u->keys[u->key_count])) {
		u->key_count++;
	}
}

/* Only the first such line counts. There is always room for it. */
static void take_key(struct ts_upload *u, struct ts_slice line)
{
	if (u->has_key) {
		return;
	}
	u->has_key = true;
	u->key_count -= u->key_count == TS_HISTORY_MAX;
	u->own = u->key_count;
	add_key(u, line);
	u->own = u->key_count > u->own ? u->own : TS_HISTORY_MAX;
}

static int take_task(struct ts_upload *u, struct ts_slice line, struct ts_error *err)
{
	struct ts_task task;
	struct ts_task_repair repair;
	struct ts_error why = {0};
	char what[64];
	int code = ts_task_read(line, u->limits, &u->arena, &task, &repair, &why);
	if (code == TS_EMALF) {
		u->beyond[repair.beyond]++;
		return reject(u, line, why.text, err);
	}
	if (code != TS_OK) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	bool repaired = repair.text[0] != '\0';
	if (repaired && u->repaired++ == 0) {
		describe(line, what, sizeof(what));
		(void)snprintf(u->first_repair, sizeof(u->first_repair), "%s was changed: %s.",
			       what, repair.text);
	}
	return ts_upload_keep_state(u, &task, repaired, err);
}

/* Empty a buffer, and let go of what only a large line needed. */
static void shrink(struct ts_buf *b)
{
	if (b->cap > BUFFER_KEPT) {
		ts_buf_done(b);
	}
	ts_buf_clear(b);
}

static int take_line(struct ts_upload *u, struct ts_slice line, struct ts_error *err)
{
	if (u->line_too_long) {
		u->line_too_long = false;
		u->beyond[TS_TASK_LINE]++;
		return reject(u, line, "it is longer than the server's limit for a task", err);
	}
	line = ts_slice_trim(line);
	/* Some clients send the word null where they have nothing to say. */
	if (line.len == 0 || ts_slice_eq(line, TS_SLICE("null"))) {
		return TS_OK;
	}
	if (line.data[0] == '{' || line.data[0] == '[' || line.len > TS_UUID_TEXT) {
		int code = take_task(u, line, err);
		ts_arena_reset(&u->arena);
		shrink(&u->record);
		return code;
	}
	take_key(u, line);
	return TS_OK;
}

/* Keep the beginning of an unfinished line, no more than the limit allows. */
static int keep_part(struct ts_upload *u, struct ts_slice part, struct ts_error *err)
{
	size_t limit = u->limits->line > 0 ? u->limits->line : SIZE_MAX;
	size_t room = limit > u->line.len ? limit - u->line.len : 0;
	if (part.len > room) {
		u->line_too_long = true;
		part.len = room;
	}
	int code = ts_upload_charge(u, part.len, err);
	if (code == TS_OK) {
		ts_buf_add_slice(&u->line, part);
	}
	return u->line.failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : code;
}

static int finish_line(struct ts_upload *u, struct ts_error *err)
{
	int code = take_line(u, ts_buf_slice(&u->line), err);
	ts_budget_give(u->budget, u->line.len);
	u->charged -= u->line.len;
	shrink(&u->line);
	return code;
}

int ts_upload_feed(struct ts_upload *u, struct ts_slice data, struct ts_error *err)
{
	if (!ts_utf8_feed(&u->utf8, data)) {
		return ts_fail(err, TS_EENCODING, "The message is not UTF-8.");
	}
	while (data.len > 0) {
		const char *end = memchr(data.data, '\n', data.len);
		struct ts_slice part = {data.data,
					end != NULL ? (size_t)(end - data.data) : data.len};
		bool whole = end != NULL && u->line.len == 0 && !u->line_too_long &&
			     (u->limits->line == 0 || part.len <= u->limits->line);
		int code = whole ? take_line(u, part, err) : keep_part(u, part, err);
		if (code == TS_OK && end != NULL && !whole) {
			code = finish_line(u, err);
		}
		if (code != TS_OK) {
			return code;
		}
		data = ts_slice_skip(data, part.len + (end != NULL ? 1 : 0));
	}
	return TS_OK;
}

int ts_upload_end(struct ts_upload *u, struct ts_error *err)
{
	if (!ts_utf8_complete(&u->utf8)) {
		return ts_fail(err, TS_EENCODING, "The message ends in the middle of a character.");
	}
	return finish_line(u, err);
}

/* True where a JSON object was begun and not ended. */
static bool is_open(struct ts_slice json)
{
	size_t depth = 0;
	bool string = false;
	for (size_t i = 0; i < json.len; i++) {
		char c = json.data[i];
		if (string && c == '\\') {
			i++;
		} else if (c == '"') {
			string = !string;
		} else if (!string && (c == '{' || c == '[')) {
			depth++;
		} else if (!string && (c == '}' || c == ']') && depth > 0) {
			depth--;
		}
	}
	return string || depth > 0;
}

bool ts_upload_cut_short(const struct ts_upload *u)
{
	struct ts_slice line = ts_slice_trim(ts_buf_slice(&u->line));
	if (!ts_utf8_complete(&u->utf8)) {
		return true;
	}
	if (line.len == 0 || u->line_too_long || ts_slice_eq(line, TS_SLICE("null"))) {
		return false;
	}
	return line.data[0] == '{' ? is_open(line) : line.len < TS_UUID_TEXT;
}

size_t ts_upload_tasks(const struct ts_upload *u)
{
	return u->entry_count;
}

size_t ts_upload_rejects(const struct ts_upload *u)
{
	return u->reject_count;
}

size_t ts_upload_beyond(const struct ts_upload *u, enum ts_task_limit limit)
{
	return u->beyond[limit];
}

bool ts_upload_has_key(const struct ts_upload *u)
{
	return u->has_key;
}

bool ts_upload_key(const struct ts_upload *u, struct ts_uuid *ret)
{
	if (!u->has_key || u->own >= u->key_count) {
		return false;
	}
	*ret = u->keys[u->own];
	return true;
}

void ts_upload_history(struct ts_upload *u, struct ts_slice keys)
{
	while (keys.data != NULL) {
		struct ts_slice word = ts_slice_cut(&keys, ' ');
		while (word.data != NULL) {
			add_key(u, ts_slice_cut(&word, ','));
		}
	}
}
