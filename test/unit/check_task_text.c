/* SPDX-License-Identifier: MIT */
#include "client/editor/task_text.h"
#include "client/words/changes.h"
#include "common/task/merge.h"
#include "common/task/task_json.h"
#include "test/unit/replica_fixture.h"

#include <time.h>

#define NOW   1795262400 /* 2026-11-21 12:00 UTC */
#define UUID  "8ad2c9f4-0000-4000-8000-000000000001"
#define BEGIN "{\"uuid\":\"" UUID "\",\"status\":\"pending\",\"description\":"

static const char *const tasks[] = {
	BEGIN "\"plain\"}",
	BEGIN "\"a \\\\ b\\nc: # d\\r\",\"project\":\" x \",\"est\":3.50,\"mine\":\"#\"}",
	BEGIN
	"\"d\",\"due\":\"20261025T003000Z\",\"wait\":\"20261025T013000Z\",\"tags\":[\"a\",\"b\"],"
	"\"depends\":\"8ad2c9f4-0000-4000-8000-000000000002\"}",
	BEGIN "\"d\",\"annotations\":[{\"entry\":\"20260101T000000Z\",\"description\":\"one: "
	      "\\\"x\\\"\"},"
	      "{\"entry\":\"20260101T000000Z\",\"description\":\"2026 was\",\"by\":\"me\"}]}",
	BEGIN "\"d\",\"meta\":{\"a\":{\"x\":1,\"y\":[1,{\"z\":2}]},\"b\":true},\"a b\":\"c\"}",
	BEGIN "\"d\",\"recur\":\"weekly\",\"tag_x\":\"y\",\"annotation\":\"z\",\"a:b\":1}",
};

static void read_task(const char *json, struct ts_arena *a, struct ts_task *ret)
{
	static const struct ts_task_limits limits = {0};
	struct ts_task_repair repair;
	struct ts_error err = {0};
	ck_assert_msg(ts_task_read(ts_slice_of(json), &limits, a, ret, &repair, &err) == TS_OK,
		      "%s", err.text);
	ck_assert_int_eq(setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1), 0);
	tzset();
}

static void write_text(const struct ts_task *task, bool json, struct ts_arena *a, struct ts_buf *to)
{
	struct ts_error err = {0};
	int code = json ? task_text_write_json(task, a, to, &err)
			: task_text_write(task, 3, a, to, &err);
	ck_assert_msg(code == TS_OK, "%s", err.text);
}

static int read_text(struct ts_slice text, bool json, struct ts_arena *a, struct ts_task *ret,
		     struct ts_error *err)
{
	struct task_text_reader r = {.now = NOW, .monday = true};
	ck_assert(ts_uuid_parse(TS_SLICE(UUID), &r.uuid));
	return (json ? task_text_read_json : task_text_read)(text, &r, a, ret, err);
}

/* What is shown and not touched is no change; half the cases as JSON. */
START_TEST(unchanged_is_unchanged)
{
	const bool json = _i % 2 == 1;
	TS_ARENA(a);
	TS_BUF(text);
	struct ts_task task, shown, after;
	struct ts_error err = {0};
	read_task(tasks[_i / 2], &a, &task);
	write_text(&task, json, &a, &text);
	ck_assert_msg(read_text(ts_buf_slice(&text), json, &a, &shown, &err) == TS_OK, "%s\n%s",
		      err.text, text.data);
	after = task;
	ck_assert_int_eq(task_text_apply(&shown, &shown, &a, &after, &err), TS_OK);
	ck_assert(ts_task_identical(&task, &after));
	/* And all of it was shown, but for blanks at an end, and what can't be a line. */
	if (_i / 2 == 0 || _i / 2 == 2) {
		shown.has_modified = task.has_modified;
		ck_assert_str_eq(words_of(&shown).text, words_of(&task).text);
	}
}
END_TEST

/* `from` in the text of task number `task` becomes `to`. */
static const struct row {
	int task;
	const char *from, *to;
	const char *want; /* words of the values that matter; or the error's beginning */
	int code;
} rows[] = {
	{0, "project:", "project: home", "description=plain project=home status=pending", TS_OK},
	{0, "due:", "due: tomorrow", "description=plain due=20261121T230000Z status=pending",
	 TS_OK},
	{0, "tags:", "tags: a,b c", "description=plain status=pending tag_a=x tag_b=x tag_c=x",
	 TS_OK},
	{0, "tags:", "annotation: hello\nmine: 1",
	 "annotation_20261121T120000Z_hello=x "
	 "description=plain mine=1 status=pending",
	 TS_OK},
	{0, "depends:", "depends: 8ad2c9f4-0000-4000-8000-000000000005",
	 "dep_8ad2c9f4-0000-4000-8000-000000000005=x description=plain status=pending", TS_OK},
	{0, "plain", "two\\nlines", "description=two\nlines status=pending", TS_OK},
	{1, "est: 3.50", "est: 4",
	 "description=a \\ b\nc: # d\r est=4 mine=# project= x  "
	 "status=pending",
	 TS_OK},
	{1, "mine: #", "", "description=a \\ b\nc: # d\r est=3.50 project= x  status=pending",
	 TS_OK},
	{2, "tags: a b", "tags: b",
	 "dep_8ad2c9f4-0000-4000-8000-000000000002=x description=d "
	 "due=20261025T003000Z status=pending tag_b=x wait=20261025T013000Z",
	 TS_OK},
	{0, "due:", "due: rubbish", "Line 8: 'rubbish' is not a date", TS_EINVAL},
	{0, "status: pending", "status: done", "Line 5: 'done' is not a status", TS_EINVAL},
	{0, "depends:", "depends: milk", "Line 17: 'milk' is neither", TS_EINVAL},
	{0, "tags:", "rubbish", "Line 16: It is not of the form name: value.", TS_EINVAL},
	{0, "tags:", "tag_x: y", "Line 16: It is not of the form name: value.", TS_EINVAL},
	{0, "tags:", "uuid: 1", "Line 16: The uuid of a task can't be changed", TS_EINVAL},
	{0, "description: plain", "", "That is no task, because it has no description.", TS_EINVAL},
	{0, "plain", "\xff", "The text is not UTF-8.", TS_EINVAL},
};

static void replace(const struct ts_buf *text, const char *from, const char *to, struct ts_buf *ret)
{
	const char *at = strstr(text->data, from);
	ck_assert_msg(at != NULL, "%s is not in %s", from, text->data);
	ts_buf_add(ret, text->data, (size_t)(at - text->data));
	ts_buf_add_str(ret, to);
	ts_buf_add_str(ret, at + strlen(from));
}

START_TEST(takes_edits)
{
	const struct row *row = &rows[_i];
	TS_ARENA(a);
	TS_BUF(before);
	TS_BUF(after);
	struct ts_task task, shown, edited;
	struct ts_error err = {0};
	read_task(tasks[row->task], &a, &task);
	write_text(&task, false, &a, &before);
	ck_assert_int_eq(read_text(ts_buf_slice(&before), false, &a, &shown, &err), TS_OK);
	replace(&before, row->from, row->to, &after);
	int code = read_text(ts_buf_slice(&after), false, &a, &edited, &err);
	ck_assert_msg(code == row->code, "%s", err.text);
	if (code != TS_OK) {
		ck_assert_msg(strncmp(err.text, row->want, strlen(row->want)) == 0, "%s", err.text);
		return;
	}
	ck_assert_int_eq(task_text_apply(&shown, &edited, &a, &task, &err), TS_OK);
	ck_assert_str_eq(words_of(&task).text, row->want);
}
END_TEST

/* Somebody else changed the task while the editor was open. */
START_TEST(what_came_between_stays)
{
	TS_ARENA(a);
	struct ts_task shown, edited, now;
	struct ts_error err = {0};
	read_task(BEGIN "\"d\",\"project\":\"p\",\"priority\":\"H\",\"tags\":[\"a\",\"b\"]}", &a,
		  &shown);
	read_task(BEGIN "\"e\",\"project\":\"p\",\"tags\":[\"b\"]}", &a, &edited);
	read_task(BEGIN "\"d\",\"project\":\"q\",\"priority\":\"H\",\"tags\":[\"a\",\"b\",\"c\"]}",
		  &a, &now);
	ck_assert_int_eq(task_text_apply(&shown, &edited, &a, &now, &err), TS_OK);
	ck_assert_str_eq(words_of(&now).text,
			 "description=e project=q status=pending tag_b=x tag_c=x");
}
END_TEST

START_TEST(kinds_stay)
{
	static const struct {
		const char *from, *to;
		enum ts_value_kind kind;
	} kinds[] = {{"meta/b: true", "meta/b: false", TS_VALUE_JSON},
		     {"meta/b: true", "meta/b: maybe", TS_VALUE_STRING},
		     {"meta/b: true", "meta/b: [1]", TS_VALUE_JSON}};
	for (size_t i = 0; i < TS_COUNT_OF(kinds); i++) {
		TS_ARENA(a);
		TS_BUF(before);
		TS_BUF(after);
		struct ts_task task, shown, edited;
		struct ts_error err = {0};
		read_task(tasks[4], &a, &task);
		write_text(&task, false, &a, &before);
		replace(&before, kinds[i].from, kinds[i].to, &after);
		ck_assert_int_eq(read_text(ts_buf_slice(&before), false, &a, &shown, &err), TS_OK);
		ck_assert_int_eq(read_text(ts_buf_slice(&after), false, &a, &edited, &err), TS_OK);
		ck_assert_int_eq(task_text_apply(&shown, &edited, &a, &task, &err), TS_OK);
		ck_assert_int_eq(ts_task_find(&task, TS_SLICE("meta/b"))->value.kind,
				 kinds[i].kind);
		ck_assert_int_eq(ts_task_find(&task, TS_SLICE("meta/a/x"))->value.kind,
				 TS_VALUE_NUMBER);
	}
}
END_TEST

UNIT_MAIN("task_text", {unchanged_is_unchanged, 2 * TS_COUNT_OF(tasks)},
	  {takes_edits, TS_COUNT_OF(rows)}, {what_came_between_stays, 0}, {kinds_stay, 0})
