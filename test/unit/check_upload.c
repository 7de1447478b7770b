/* SPDX-License-Identifier: MIT */
#include "common/sync/internal.h"
#include "test/unit/folder.h"
#include "test/unit/unit.h"

#define FOLDER(name) TS_CLEANUP(folder_done) struct folder name = folder_new()
#define UPLOAD(name) TS_CLEANUP(ts_upload_free_p) struct ts_upload *name = NULL
/* A budget and what is used of it, `usage`. */
#define BUDGET(name, ...)                                                                          \
	struct ts_spool_usage usage = {0};                                                         \
	struct ts_spool_budget name = {.usage = &usage, __VA_ARGS__}
#define KEY "7f1c1f6e-0000-4000-8000-00000000000f"

static struct ts_error err;

static const struct {
	const char *what;
	size_t each, total;
} budgets[] = {
	{"all in memory", 1 << 20, 1 << 20},
	{"each to a file", 100, 1 << 20},
	{"no memory but for the list of tasks", 0, 4096},
	{"the total is used up", 1 << 20, 4096 + 150},
};

/* Tasks of growing length, one a line, behind a key. */
static void make_payload(struct ts_buf *b, int count)
{
	ts_buf_add_str(b, KEY "\n\n");
	for (int i = 0; i < count; i++) {
		ts_buf_printf(
			b, "{\"uuid\":\"7f1c1f6e-0000-4000-8000-%012d\",\"description\":\"%*d\"}\n",
			i, i + 1, i);
	}
}

static void assert_states(const struct ts_upload *u, size_t count)
{
	ck_assert_uint_eq(ts_upload_tasks(u), count);
	for (size_t i = 0; i < count; i++) {
		TS_ARENA(a);
		struct ts_task task;
		bool repaired;
		ck_assert_int_eq(
			ts_upload_state(u, u->entries[i].offset, &a, &task, &repaired, &err),
			TS_OK);
		ck_assert(repaired);
		const struct ts_attr *d = ts_task_find(&task, TS_SLICE("description"));
		ck_assert_uint_eq(d->value.text.len, i + 1);
	}
}

START_TEST(states_come_back_from_memory_and_from_files)
{
	static const struct ts_task_limits limits = {0};
	FOLDER(f);
	TS_BUF(payload);
	BUDGET(budget, .dir = f.path, .each = budgets[_i].each, .total = budgets[_i].total);
	make_payload(&payload, 40);
	{
		UPLOAD(u);
		ck_assert_int_eq(ts_upload_new(&limits, &budget, &u), TS_OK);
		for (size_t at = 0; at < payload.len; at += 7) {
			size_t n = payload.len - at < 7 ? payload.len - at : 7;
			ck_assert_int_eq(
				ts_upload_feed(u, (struct ts_slice){payload.data + at, n}, &err),
				TS_OK);
			ck_assert_uint_le(atomic_load(&usage.memory), budget.total);
		}
		ck_assert_int_eq(ts_upload_end(u, &err), TS_OK);
		ck_assert(ts_upload_has_key(u));
		assert_states(u, 40);
	}
	ck_assert_uint_eq(atomic_load(&usage.memory), 0);
}
END_TEST

/* What a payload is taken for. */
static const struct {
	const char *payload;
	size_t tasks, rejects;
	bool key;
	int code;
} payloads[] = {
	{"", 0, 0, false, TS_OK},
	{"\n\n\n", 0, 0, false, TS_OK},
	{"null", 0, 0, false, TS_OK},
	{KEY, 0, 0, true, TS_OK},
	{"\r\n" KEY "\r\n", 0, 0, true, TS_OK},
	{"short", 0, 0, true, TS_OK},
	{"{\"uuid\":\"" KEY "\",\"description\":\"d\"}\n" KEY, 1, 0, true, TS_OK},
	{"{\"uuid\":\"" KEY "\",\"description\":\"d\"}", 1, 0, false, TS_OK},
	{"{}\n[]\n{\"uuid\":\"" KEY "\",\"description\":\"d\"}\n", 1, 2, false, TS_OK},
	{"a line that is neither a key nor a task, but long", 0, 1, false, TS_OK},
	{"{\"uuid\":\"" KEY
	 "\",\"description\":\"0123456789012345678901234567890123456789\"}\n" KEY,
	 0, 1, true, TS_OK},
	{"\xFF", 0, 0, false, TS_EENCODING},
	{"\xC3", 0, 0, false, TS_EENCODING},
};

START_TEST(payloads_are_understood)
{
	static const struct ts_task_limits limits = {.line = 90};
	FOLDER(f);
	UPLOAD(u);
	BUDGET(budget, .dir = f.path, .each = 1 << 16, .total = 1 << 16);
	ck_assert_int_eq(ts_upload_new(&limits, &budget, &u), TS_OK);
	int code = ts_upload_feed(u, ts_slice_of(payloads[_i].payload), &err);
	code = code == TS_OK ? ts_upload_end(u, &err) : code;
	ck_assert_int_eq(code, payloads[_i].code);
	ck_assert_uint_eq(ts_upload_tasks(u), payloads[_i].tasks);
	ck_assert_uint_eq(ts_upload_rejects(u), payloads[_i].rejects);
	ck_assert_int_eq(ts_upload_has_key(u), payloads[_i].key);
}
END_TEST

START_TEST(keys_come_from_the_payload_and_the_header)
{
	static const struct ts_task_limits limits = {0};
	FOLDER(f);
	UPLOAD(u);
	BUDGET(budget, .dir = f.path, .each = 1 << 16, .total = 1 << 16);
	ck_assert_int_eq(ts_upload_new(&limits, &budget, &u), TS_OK);
	ts_upload_history(u, TS_SLICE("7f1c1f6e-0000-4000-8000-000000000001, junk "
				      "7f1c1f6e-0000-4000-8000-000000000002"));
	ck_assert_uint_eq(u->key_count, 2);
	ck_assert_int_eq(ts_upload_feed(u, TS_SLICE(KEY "\n"), &err), TS_OK);
	ck_assert_int_eq(ts_upload_end(u, &err), TS_OK);
	ck_assert_uint_eq(u->key_count, 3);
	ck_assert_str_eq(ts_uuid_text(&u->keys[2]).text, KEY);
	for (int i = 0; i < 2 * TS_HISTORY_MAX; i++) {
		ts_upload_history(u, TS_SLICE(KEY));
	}
	ck_assert_uint_eq(u->key_count, TS_HISTORY_MAX);
}
END_TEST

static const struct {
	const char *payload;
	bool cut;
} ends[] = {
	{KEY "\n{\"uuid\":\"", true},
	{KEY "\n{\"a\":[\"}]", true},
	{KEY "\n{\"a\":{\"b\":\"\\\"\"}", true},
	{KEY "\n{\"a\":1}", false},
	{"7f1c1f6e-0000-4000-8000-00000000", true},
	{KEY, false},
	{KEY "\n", false},
	{"null", false},
	{"", false},
	{"\xC3", true},
};

START_TEST(a_payload_that_is_cut_short_is_noticed)
{
	static const struct ts_task_limits limits = {0};
	FOLDER(f);
	UPLOAD(u);
	BUDGET(budget, .dir = f.path, .each = 1 << 16, .total = 1 << 16);
	ck_assert_int_eq(ts_upload_new(&limits, &budget, &u), TS_OK);
	ck_assert_int_eq(ts_upload_feed(u, ts_slice_of(ends[_i].payload), &err), TS_OK);
	ck_assert_msg(ts_upload_cut_short(u) == ends[_i].cut, "%s", ends[_i].payload);
}
END_TEST

START_TEST(what_is_beyond_a_limit_is_counted)
{
	static const struct ts_task_limits limits = {.line = 200, .value = 16};
	FOLDER(f);
	UPLOAD(u);
	TS_BUF(payload);
	BUDGET(budget, .dir = f.path, .each = 1 << 16, .total = 1 << 16);
	make_payload(&payload, 18);
	for (int i = 0; i < 300; i++) {
		ts_buf_add_char(&payload, 'x');
	}
	ts_buf_add_str(&payload, "\njunk that is longer than a key, and is no task\n");
	ck_assert_int_eq(ts_upload_new(&limits, &budget, &u), TS_OK);
	for (size_t i = 0; i < payload.len; i += 50) {
		struct ts_slice part = ts_slice_skip(ts_buf_slice(&payload), i);
		part.len = part.len < 50 ? part.len : 50;
		ck_assert_int_eq(ts_upload_feed(u, part, &err), TS_OK);
	}
	ck_assert_int_eq(ts_upload_end(u, &err), TS_OK);
	ck_assert_uint_eq(ts_upload_tasks(u), 16);
	ck_assert_uint_eq(ts_upload_rejects(u), 4);
	ck_assert_uint_eq(ts_upload_beyond(u, TS_TASK_VALUE), 2);
	ck_assert_uint_eq(ts_upload_beyond(u, TS_TASK_LINE), 1);
	ck_assert_uint_eq(ts_upload_beyond(u, TS_TASK_DEPTH), 0);
}
END_TEST

static atomic_size_t refusals[2];

static void on_refused(bool memory)
{
	atomic_fetch_add(&refusals[memory], 1);
}

/* Unfinished lines count, and come back. */
START_TEST(memory_beside_the_spools_is_counted)
{
	static const struct ts_task_limits limits = {.line = 5000};
	FOLDER(f);
	TS_BUF(line);
	BUDGET(budget, .dir = f.path, .each = 0, .total = 6000);
	usage.refused = on_refused;
	for (int i = 0; i < 4000; i++) {
		ts_buf_add_char(&line, 'x');
	}
	{
		UPLOAD(u);
		UPLOAD(second);
		ck_assert_int_eq(ts_upload_new(&limits, &budget, &u), TS_OK);
		ck_assert_int_eq(ts_upload_new(&limits, &budget, &second), TS_OK);
		ck_assert_int_eq(ts_upload_feed(u, ts_buf_slice(&line), &err), TS_OK);
		ck_assert_uint_eq(atomic_load(&usage.memory), 4000);
		ck_assert_int_eq(ts_upload_feed(second, ts_buf_slice(&line), &err), TS_EBUSY);
		ck_assert(refusals[true] == 1 && refusals[false] == 0);
		ck_assert_int_eq(ts_upload_feed(u, TS_SLICE("\n"), &err), TS_OK);
		ck_assert_uint_eq(atomic_load(&usage.memory), 0);
	}
	ck_assert_uint_eq(atomic_load(&usage.memory), 0);
}
END_TEST

START_TEST(files_have_a_limit_together)
{
	static const struct ts_task_limits limits = {0};
	FOLDER(f);
	TS_BUF(payload);
	BUDGET(budget, .dir = f.path, .each = 0, .total = 1 << 16, .disk = 500);
	usage.refused = on_refused;
	make_payload(&payload, 40);
	{
		UPLOAD(u);
		ck_assert_int_eq(ts_upload_new(&limits, &budget, &u), TS_OK);
		ck_assert_int_eq(ts_upload_feed(u, ts_buf_slice(&payload), &err), TS_EBUSY);
		ck_assert_uint_eq(refusals[false], 1);
	}
	ck_assert_uint_eq(atomic_load(&usage.files), 0);
}
END_TEST

START_TEST(a_full_disk_is_told)
{
	static const struct ts_task_limits limits = {0};
	UPLOAD(u);
	TS_BUF(payload);
	BUDGET(budget, .dir = "/nonexistent", .each = 0, .total = 0);
	make_payload(&payload, 2);
	ck_assert_int_eq(ts_upload_new(&limits, &budget, &u), TS_OK);
	ck_assert_int_ne(ts_upload_feed(u, ts_buf_slice(&payload), &err), TS_OK);
	ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent"));
}
END_TEST

UNIT_MAIN("upload", {states_come_back_from_memory_and_from_files, TS_COUNT_OF(budgets)},
	  {payloads_are_understood, TS_COUNT_OF(payloads)},
	  {keys_come_from_the_payload_and_the_header, 0}, {a_full_disk_is_told, 0},
	  {what_is_beyond_a_limit_is_counted, 0}, {memory_beside_the_spools_is_counted, 0},
	  {files_have_a_limit_together, 0},
	  {a_payload_that_is_cut_short_is_noticed, TS_COUNT_OF(ends)})
