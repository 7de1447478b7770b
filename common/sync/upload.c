/* SPDX-License-Identifier: MIT */
#include "common/sync/internal.h"
#include "common/tree/attrs.h"

#include <stdio.h>
#include <stdlib.h>

/* Rejected lines kept of one upload, and how much of each; the quarantine keeps no more. */
enum { REJECTS_KEPT = 1000, REJECT_LINE_KEPT = 64 << 10 };

enum { BUFFER_KEPT = 64 << 10 }; /* [bytes] of a buffer between two lines */

enum { STATE_REPAIRED = 1 << 0, STATE_HAS_MODIFIED = 1 << 1 };

static int out_of_memory(struct ts_error *err)
{
	return ts_fail(err, TS_ENOMEM, "Out of memory.");
}

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

/* Count `more` bytes that are kept outside of the spools. */
static int charge(struct ts_upload *u, size_t more, struct ts_error *err)
{
	if (!ts_budget_take(u->budget, more)) {
		return ts_fail(
			err, TS_EBUSY,
			"The server holds too many large messages; try again in a moment.");
	}
	u->charged += more;
	return TS_OK;
}

static int add_entry(struct ts_upload *u, const struct ts_uuid *task, uint64_t offset,
		     struct ts_error *err)
{
	if (u->entry_count == u->entry_capacity) {
		size_t capacity = u->entry_capacity == 0 ? 16 : u->entry_capacity * 2;
		int code = charge(u, (capacity - u->entry_capacity) * sizeof(*u->entries), err);
		if (code != TS_OK) {
			return code;
		}
		struct ts_upload_entry *entries =
			reallocarray(u->entries, capacity, sizeof(*entries));
		if (entries == NULL) {
			return out_of_memory(err);
		}
		u->entries = entries;
		u->entry_capacity = capacity;
	}
	u->entries[u->entry_count++] = (struct ts_upload_entry){*task, offset};
	return TS_OK;
}

/* Keep a good state: its record in the spool, its place in the list. */
static int keep_state(struct ts_upload *u, const struct ts_task *task, bool repaired,
		      struct ts_error *err)
{
	uint64_t offset = ts_spool_size(u->states), size;
	struct ts_buf *b = &u->record;
	ts_buf_clear(b);
	ts_buf_add(b, &(uint64_t){0}, sizeof(uint64_t));
	ts_pack_number(b, (repaired ? STATE_REPAIRED : 0u) |
				  (task->has_modified ? STATE_HAS_MODIFIED : 0u));
	ts_buf_add(b, task->uuid.bytes, sizeof(task->uuid.bytes));
	ts_pack_signed(b, task->modified);
	ts_pack_number(b, task->count);
	for (size_t i = 0; i < task->count; i++) {
		ts_attr_pack(b, &task->attrs[i], 0);
	}
	if (b->failed) {
		return out_of_memory(err);
	}
	size = b->len;
	memcpy(b->data, &size, sizeof(size));
	int code = ts_spool_add(u->states, ts_buf_slice(b), err);
	return code == TS_OK ? add_entry(u, &task->uuid, offset, err) : code;
}

static int spool_damaged(struct ts_error *err)
{
	return ts_fail(err, TS_EDAMAGED, "A temporary file was changed by somebody else.");
}

int ts_upload_state(const struct ts_upload *u, uint64_t offset, struct ts_arena *a,
		    struct ts_task *ret, bool *ret_repaired, struct ts_error *err)
{
	uint64_t size = 0;
	size_t got;
	int code = ts_spool_read(u->states, offset, &size, sizeof(size), &got, err);
	if (code != TS_OK) {
		return code;
	}
	char *record = size > sizeof(size) ? ts_arena_alloc(a, size) : NULL;
	if (record == NULL) {
		return out_of_memory(err);
	}
	code = ts_spool_read(u->states, offset, record, size, &got, err);
	if (code != TS_OK) {
		return code;
	}
	struct ts_unpack p = {.rest = {record + sizeof(size), got - sizeof(size)}};
	uint64_t flags = ts_unpack_number(&p);
	struct ts_slice uuid = ts_unpack_bytes(&p, sizeof(ret->uuid.bytes));
	*ret = (struct ts_task){.has_modified = (flags & STATE_HAS_MODIFIED) != 0,
				.modified = ts_unpack_signed(&p)};
	*ret_repaired = (flags & STATE_REPAIRED) != 0;
	uint64_t count = ts_unpack_number(&p);
	if (p.failed || count > got) {
		return spool_damaged(err);
	}
	memcpy(ret->uuid.bytes, uuid.data, uuid.len);
	ret->attrs = ts_arena_array(a, (size_t)count + 1, sizeof(*ret->attrs));
	for (; ret->attrs != NULL && ret->count < count; ret->count++) {
		if (!ts_attr_unpack(&p, 0, a, &ret->attrs[ret->count])) {
			return p.failed ? spool_damaged(err) : out_of_memory(err);
		}
	}
	return ret->attrs != NULL ? TS_OK : out_of_memory(err);
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
	char what[64];
	const struct ts_upload_reject r = {.offset = ts_spool_size(u->rejects)};
	struct ts_upload_reject *kept;
	describe(line, what, sizeof(what));
	if (u->reject_count++ == 0) {
		(void)snprintf(u->first_reject, sizeof(u->first_reject),
			       "%s was not stored, because %s.", what, because);
	}
	if (u->reject_count > REJECTS_KEPT) {
		return TS_OK;
	}
	line.len = line.len < REJECT_LINE_KEPT ? line.len : REJECT_LINE_KEPT;
	ts_buf_clear(&u->record);
	ts_pack_string(&u->record, ts_slice_of(because));
	ts_pack_string(&u->record, line);
	ts_buf_add(&u->reject_list, &r, sizeof(r));
	if (u->record.failed || u->reject_list.failed) {
		return out_of_memory(err);
	}
	kept = (struct ts_upload_reject *)(void *)u->reject_list.data;
	kept[u->reject_count - 1].size = u->record.len;
	return ts_spool_add(u->rejects, ts_buf_slice(&u->record), err);
}

int ts_upload_reject(const struct ts_upload *u, size_t i, struct ts_arena *a, struct ts_reject *ret,
		     struct ts_error *err)
{
	const struct ts_upload_reject *list = (void *)u->reject_list.data;
	char *record = ts_arena_alloc(a, list[i].size);
	size_t got;
	if (record == NULL) {
		return out_of_memory(err);
	}
	int code = ts_spool_read(u->rejects, list[i].offset, record, list[i].size, &got, err);
	struct ts_unpack p = {.rest = {record, code == TS_OK ? got : 0}};
	ret->reason = ts_unpack_string(&p);
	ret->line = ts_unpack_string(&p);
	return code;
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
	add_key(u, line);
}

static int take_task(struct ts_upload *u, struct ts_slice line, struct ts_error *err)
{
	struct ts_task task;
	struct ts_task_repair repair;
	struct ts_error why = {0};
	char what[64];
	int code = ts_task_read(line, u->limits, &u->arena, &task, &repair, &why);
	if (code == TS_EMALF) {
		return reject(u, line, why.text, err);
	}
	if (code != TS_OK) {
		return out_of_memory(err);
	}
	bool repaired = repair.text[0] != '\0';
	if (repaired && u->repaired++ == 0) {
		describe(line, what, sizeof(what));
		(void)snprintf(u->first_repair, sizeof(u->first_repair), "%s was changed: %s.",
			       what, repair.text);
	}
	return keep_state(u, &task, repaired, err);
}

static struct ts_slice trim(struct ts_slice s)
{
	while (s.len > 0 && strchr(" \t\r", s.data[0]) != NULL && s.data[0] != '\0') {
		s = ts_slice_skip(s, 1);
	}
	while (s.len > 0 && strchr(" \t\r", s.data[s.len - 1]) != NULL &&
	       s.data[s.len - 1] != '\0') {
		s.len--;
	}
	return s;
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
		return reject(u, line, "it is longer than the server's limit for a task", err);
	}
	line = trim(line);
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
	int code = charge(u, part.len, err);
	if (code == TS_OK) {
		ts_buf_add_slice(&u->line, part);
	}
	return u->line.failed ? out_of_memory(err) : code;
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
	struct ts_slice line = trim(ts_buf_slice(&u->line));
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

bool ts_upload_has_key(const struct ts_upload *u)
{
	return u->has_key;
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
