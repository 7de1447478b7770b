/* SPDX-License-Identifier: MIT */
#include "client/words/changes.h"

#include "common/base/date.h"
#include "common/task/task_json.h"
#include "test/unit/replica_fixture.h"

#include <time.h>

#define NOW   1795262400 /* 2026-11-21 12:00 UTC */
#define UUID  "8ad2c9f4-0000-4000-8000-000000000001"
#define OTHER "7f1c1f6e-0000-4000-8000-000000000007"
#define BEGIN "{\"uuid\":\"" UUID "\",\"entry\":\"20260101T000000Z\","
#define PLAIN BEGIN "\"description\":\"d\",\"status\":\"pending\"}"

enum { WORDS = 5 };

static const struct row {
	const char *task, *words[WORDS];
	const char *want; /* the values as words, without entry; or the error's beginning */
	int code;
} rows[] = {
	{PLAIN, {"new", "text"}, "description=new text status=pending", TS_OK},
	{PLAIN,
	 {"project:home", "pri:H"},
	 "description=d priority=H project=home status=pending",
	 TS_OK},
	{PLAIN, {"due:tomorrow"}, "description=d due=20261122T000000Z status=pending", TS_OK},
	{PLAIN, {"wait:3d"}, "description=d status=pending wait=20261124T120000Z", TS_OK},
	{PLAIN, {"+a", "+b", "-c"}, "description=d status=pending tag_a=x tag_b=x", TS_OK},
	{PLAIN, {"-5min", "+1"}, "description=-5min +1 status=pending", TS_OK},
	{PLAIN, {"--", "+a", "project:b"}, "description=+a project:b status=pending", TS_OK},
	{PLAIN, {"see", "http://x.org/"}, "description=see http://x.org/ status=pending", TS_OK},
	{PLAIN, {"at", "18:30"}, "description=at 18:30 status=pending", TS_OK},
	{PLAIN, {"note: two"}, "description=note: two status=pending", TS_OK},
	{PLAIN, {"mine:3.50"}, "description=d mine=3.50 status=pending", TS_OK},
	{PLAIN, {"my.own-one:x"}, "description=d my.own-one=x status=pending", TS_OK},
	{PLAIN, {"tag_x:1"}, "description=d status=pending ~2tag_x=1", TS_OK},
	{PLAIN, {"mine:"}, "description=d status=pending", TS_OK},
	{PLAIN, {"depends:" OTHER}, "dep_" OTHER "=x description=d status=pending", TS_OK},
	{PLAIN, {"dep:1"}, "dep_" OTHER "=x description=d status=pending", TS_OK},
	{PLAIN, {"dep:7f1c"}, "dep_" OTHER "=x description=d status=pending", TS_OK},
	{PLAIN, {"dep:1,-1"}, "description=d status=pending", TS_OK},
	{PLAIN, {"dep:-" UUID}, "description=d status=pending", TS_OK},
	{PLAIN, {"dep:4"}, "There is no task 4.", TS_ENOTFOUND},
	{PLAIN, {"dep:milk"}, "'milk' is neither", TS_EUSAGE},
	{PLAIN, {"status:completed"}, "description=d end=20261121T120000Z status=completed", TS_OK},
	{PLAIN, {"status:del"}, "description=d end=20261121T120000Z status=deleted", TS_OK},
	{PLAIN,
	 {"status:completed", "end:2026-01-01"},
	 "description=d end=20260101T000000Z status=completed",
	 TS_OK},
	{PLAIN, {"status:done"}, "'done' is not a status", TS_EUSAGE},
	{PLAIN, {"status:recurring"}, "A recurring task needs recur:", TS_EUSAGE},
	{PLAIN, {"status:"}, "'' is not a status", TS_EUSAGE},
	{PLAIN, {"recur:weekly"}, "A recurring task needs a due date", TS_EUSAGE},
	{PLAIN,
	 {"recur:weekly", "due:today"},
	 "description=d due=20261121T000000Z recur=weekly rtype=periodic status=recurring",
	 TS_OK},
	{PLAIN, {"recur:sometimes", "due:today"}, "'sometimes' is not a period", TS_EUSAGE},
	{PLAIN, {"due:sometimes"}, "'sometimes' is not a date", TS_EUSAGE},
	{PLAIN, {"uuid:" OTHER}, "The uuid of a task can't be changed", TS_EUSAGE},
	{PLAIN, {"modified:today"}, "The modified of a task can't be changed", TS_EUSAGE},
	{PLAIN, {"description:"}, "A task needs a description.", TS_EUSAGE},
	{PLAIN, {"description:e"}, "description=e status=pending", TS_OK},
	{PLAIN, {"\xc3"}, "A word is not UTF-8.", TS_EUSAGE},
	{BEGIN
	 "\"description\":\"d\",\"status\":\"pending\",\"tags\":[\"a\",\"b\"],\"project\":\"p\","
	 "\"depends\":\"" OTHER "\",\"due\":\"20260101T000000Z\"}",
	 {"tags:c,d", "project:", "depends:", "due:"},
	 "description=d status=pending tag_c=x tag_d=x",
	 TS_OK},
	{BEGIN "\"description\":\"d\",\"status\":\"pending\",\"tags\":[\"a\",\"b\"]}",
	 {"-a", "tags:"},
	 "description=d status=pending",
	 TS_OK},
	{BEGIN "\"description\":\"d\",\"status\":\"completed\",\"end\":\"20260101T000000Z\"}",
	 {"status:pending"},
	 "description=d status=pending",
	 TS_OK},
	{BEGIN "\"description\":\"d\",\"status\":\"completed\",\"end\":\"20260101T000000Z\"}",
	 {"status:deleted"},
	 "description=d end=20260101T000000Z status=deleted",
	 TS_OK},
	{BEGIN "\"description\":\"d\",\"status\":\"recurring\",\"recur\":\"daily\",\"due\":"
	       "\"20260101T000000Z\"}",
	 {"recur:"},
	 "The recurrence of a recurring task can't be taken away.",
	 TS_EUSAGE},
	{BEGIN "\"description\":\"d\",\"status\":\"recurring\",\"recur\":\"daily\",\"due\":"
	       "\"20260101T000000Z\"}",
	 {"due:"},
	 "A recurring task needs a due date",
	 TS_EUSAGE},
	{BEGIN "\"description\":\"d\",\"status\":\"recurring\",\"recur\":\"daily\",\"due\":"
	       "\"20260101T000000Z\"}",
	 {"recur:weekly"},
	 "description=d due=20260101T000000Z recur=weekly status=recurring",
	 TS_OK},
	{BEGIN "\"description\":\"d\",\"status\":\"pending\",\"recur\":\"daily\"}",
	 {"e"},
	 "description=e recur=daily status=pending",
	 TS_OK},
};

static size_t count_words(const char *const words[WORDS])
{
	size_t n = 0;
	while (n < WORDS && words[n] != NULL) {
		n++;
	}
	return n;
}

static void read_task(const char *json, struct ts_arena *a, struct ts_task *ret)
{
	static const struct ts_task_limits limits = {0};
	struct ts_task_repair repair;
	struct ts_error err = {0};
	ck_assert_msg(ts_task_read(ts_slice_of(json), &limits, a, ret, &repair, &err) == TS_OK,
		      "%s", err.text);
}

/* Apply the words to the task, in a replica with task 1, which is OTHER. */
static int change(const struct row *row, struct ts_arena *a, struct ts_task *ret,
		  struct ts_error *err)
{
	REP(r);
	TS_CLEANUP(changes_free_p) struct changes *c = NULL;
	struct ts_task task;
	ck_assert_int_eq(setenv("TZ", "UTC", 1), 0);
	tzset();
	rep_edit(&r, 7, NOW, ADD);
	read_task(row->task, a, &task);
	struct ts_txn *t = rep_begin(&r);
	int code = changes_new(row->words, count_words(row->words), NOW, true, t, &r.r, &c, err);
	if (code == TS_OK) {
		ck_assert(!changes_are_empty(c));
		code = changes_apply(c, &task, NOW, a, ret, err);
	}
	ts_txn_abort(t);
	return code;
}

START_TEST(changes)
{
	const struct row *row = &rows[_i];
	TS_ARENA(a);
	struct ts_task task, copy;
	struct ts_error err = {0};
	int code = change(row, &a, &task, &err);
	ck_assert_msg(code == row->code, "%s", err.text);
	if (code != TS_OK) {
		ck_assert_msg(strncmp(err.text, row->want, strlen(row->want)) == 0, "%s", err.text);
		return;
	}
	ck_assert_int_eq(task.modified, NOW);
	ck_assert_slice(ts_task_text(&task, "entry"), "20260101T000000Z");
	copy = task;
	ck_assert_int_eq(task_set_date(&copy, &a, "entry", 0, &err), TS_OK);
	ck_assert_slice(ts_task_text(&task, "entry"), "20260101T000000Z"); /* the copy's own */
	ck_assert_str_eq(words_of(&copy).text, row->want);
}
END_TEST

START_TEST(a_number_stays_one)
{
	static const struct {
		const char *word;
		enum ts_value_kind kind;
	} kinds[] = {{"est:4.50", TS_VALUE_NUMBER},
		     {"est:many", TS_VALUE_STRING},
		     {"est:", TS_VALUE_NONE}};
	for (size_t i = 0; i < TS_COUNT_OF(kinds); i++) {
		TS_ARENA(a);
		struct ts_task task;
		struct ts_error err = {0};
		const struct row row = {.task = BEGIN "\"description\":\"d\",\"est\":3}",
					.words = {kinds[i].word}};
		ck_assert_msg(change(&row, &a, &task, &err) == TS_OK, "%s", err.text);
		ck_assert_int_eq(ts_task_find(&task, TS_SLICE("est"))->value.kind, kinds[i].kind);
	}
}
END_TEST

START_TEST(nothing_is_no_change)
{
	REP(r);
	TS_CLEANUP(changes_free_p) struct changes *c = NULL;
	struct ts_txn *t = rep_begin(&r);
	const char *const words[] = {"--"};
	rep_ok(&r, changes_new(words, 1, NOW, true, t, &r.r, &c, &r.err));
	ck_assert(changes_are_empty(c));
	ck_assert(!changes_have_description(c));
	ts_txn_abort(t);
}
END_TEST

/* 1 depends on 2, that on 3. */
START_TEST(circles_are_refused)
{
	REP(r);
	static const struct {
		unsigned task, on;
		int code;
	} circles[] = {{3, 1, TS_EUSAGE}, {3, 2, TS_EUSAGE}, {3, 3, TS_EUSAGE}, {3, 4, TS_OK},
		       {4, 1, TS_OK},     {1, 3, TS_OK},     {2, 1, TS_EUSAGE}, {1, 9, TS_OK}};
	rep_edit(&r, 1, NOW, ADD "dep_7f1c1f6e-0000-4000-8000-000000000002=x");
	rep_edit(&r, 2, NOW, ADD "dep_7f1c1f6e-0000-4000-8000-000000000003=x");
	rep_edit(&r, 3, NOW, ADD);
	rep_edit(&r, 4, NOW, ADD);
	for (size_t i = 0; i < TS_COUNT_OF(circles); i++) {
		TS_ARENA(a);
		struct ts_task before, after;
		struct ts_error err = {0};
		char key[64];
		const struct ts_uuid uuid = uuid_of(circles[i].task), on = uuid_of(circles[i].on);
		struct ts_txn *t = rep_begin(&r);
		rep_ok(&r, replica_task(t, &r.r, &uuid, &a, &before, NULL, &r.err));
		after = before;
		(void)snprintf(key, sizeof(key), "dep_%s", ts_uuid_text(&on).text);
		rep_ok(&r, task_set_text(&after, &a, key, "x", &r.err));
		ck_assert_int_eq(task_check_depends(t, &r.r, &before, &after, &err),
				 circles[i].code);
		ts_txn_abort(t);
	}
}
END_TEST

/* What others have tied into a circle can still be edited. */
START_TEST(a_circle_that_is_there_does_not_hinder)
{
	REP(r);
	TS_ARENA(a);
	struct ts_task task;
	const struct ts_uuid uuid = uuid_of(1);
	rep_edit(&r, 1, NOW, ADD "dep_7f1c1f6e-0000-4000-8000-000000000002=x");
	rep_edit(&r, 2, NOW, ADD "dep_7f1c1f6e-0000-4000-8000-000000000001=x");
	struct ts_txn *t = rep_begin(&r);
	rep_ok(&r, replica_task(t, &r.r, &uuid, &a, &task, NULL, &r.err));
	rep_ok(&r, task_check_depends(t, &r.r, &task, &task, &r.err));
	ts_txn_abort(t);
}
END_TEST

UNIT_MAIN("changes", {changes, TS_COUNT_OF(rows)}, {a_number_stays_one, 0},
	  {nothing_is_no_change, 0}, {circles_are_refused, 0},
	  {a_circle_that_is_there_does_not_hinder, 0})
