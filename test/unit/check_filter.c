/* SPDX-License-Identifier: MIT */
#include "client/replica/edit.h"
#include "client/words/filter.h"
#include "common/base/date.h"
#include "common/task/task_json.h"
#include "test/unit/replica_fixture.h"

#include <time.h>

/* 2026-11-21 12:00 in UTC, where all of this is. */
#define NOW  1795262400
#define UUID "8ad2c9f4-0000-4000-8000-00000000000"

static const char *const tasks[] = {
	("{\"uuid\":\"" UUID "1\",\"description\":\"Buy Äpfel\",\"project\":\"home.garden\","
	 "\"tags\":[\"shop\",\"fruit\"],\"due\":\"20261121T180000Z\",\"priority\":\"H\","
	 "\"entry\":\"20261101T000000Z\",\"status\":\"pending\",\"est\":12}"),
	("{\"uuid\":\"" UUID "2\",\"description\":\"Call\",\"project\":\"homework\","
	 "\"annotations\":[{\"entry\":\"20261101T000000Z\",\"description\":\"about apples\"}],"
	 "\"depends\":\"" UUID "1\",\"entry\":\"20261102T000000Z\",\"status\":\"pending\","
	 "\"est\":\"9.5\"}"),
	("{\"uuid\":\"" UUID "3\",\"description\":\"Wait\",\"wait\":\"20261201T000000Z\","
	 "\"entry\":\"20261103T000000Z\",\"status\":\"pending\"}"),
	("{\"uuid\":\"" UUID "4\",\"description\":\"Waited\",\"wait\":\"20261101T000000Z\","
	 "\"entry\":\"20261104T000000Z\",\"status\":\"waiting\"}"),
	("{\"uuid\":\"" UUID "5\",\"description\":\"Template\",\"recur\":\"weekly\","
	 "\"due\":\"20261101T000000Z\",\"entry\":\"20261105T000000Z\",\"status\":\"recurring\"}"),
	("{\"uuid\":\"" UUID "6\",\"description\":\"Done\",\"end\":\"20261106T000000Z\","
	 "\"entry\":\"20261106T000000Z\",\"status\":\"completed\"}"),
	("{\"uuid\":\"9bd2c9f4-0000-4000-8000-000000000007\",\"description\":\"Gone\","
	 "\"entry\":\"20261107T000000Z\",\"end\":\"20261107T000000Z\",\"status\":\"deleted\"}"),
};

static void in_utc(void)
{
	ck_assert_int_eq(setenv("TZ", "UTC", 1), 0);
	tzset();
}

/* The tasks in a replica; open ones get the numbers 1 to 5, as above. */
static void fill(struct rep *r)
{
	static const struct ts_task_limits limits = {0};
	struct ts_task_repair repair;
	struct edit e;
	in_utc();
	rep_ok(r, edit_begin(&r->r, "add", NOW, &e, &r->err));
	for (size_t i = 0; i < TS_COUNT_OF(tasks); i++) {
		TS_ARENA(a);
		struct ts_task task;
		rep_ok(r,
		       ts_task_read(ts_slice_of(tasks[i]), &limits, &a, &task, &repair, &r->err));
		rep_ok(r, edit_put(&e, &task, NULL, &r->err));
	}
	rep_ok(r, edit_commit(&e, NULL, &r->err));
}

enum { WORDS = 4 };

static size_t count_words(const char *const words[WORDS])
{
	size_t n = 0;
	while (n < WORDS && words[n] != NULL) {
		n++;
	}
	return n;
}

static const struct row {
	const char *words[WORDS];
	const char *want; /* last digits of the uuids, in order; or the error's beginning */
	int code;
} rows[] = {
	{{NULL}, "124", TS_OK},
	{{"all"}, "1234567", TS_OK},
	{{"3"}, "3", TS_OK},
	{{"3-5"}, "345", TS_OK},
	{{"4,1-2"}, "124", TS_OK},
	{{"1", "5"}, "15", TS_OK},
	{{"1", "1"}, "1", TS_OK},
	{{"1", "+shop"}, "1", TS_OK},
	{{"2", "+shop"}, "", TS_OK},
	{{"9"}, "There is no task 9.", TS_ENOTFOUND},
	{{"1", "9"}, "There is no task 9.", TS_ENOTFOUND},
	{{"20-30"}, "There is no task 20-30.", TS_ENOTFOUND},
	{{UUID "6"}, "6", TS_OK},
	{{"9bd2"}, "7", TS_OK},
	{{"9BD2C9F4"}, "7", TS_OK},
	{{"8ad2"}, "The uuids of 6 tasks begin with 8ad2;", TS_ENOTFOUND},
	{{"7ad2"}, "There is no task 7ad2.", TS_ENOTFOUND},
	{{UUID "9"}, "There is no task " UUID "9.", TS_ENOTFOUND},
	{{"uuid:9bd2"}, "7", TS_OK},
	{{"id:2"}, "2", TS_OK},
	{{"uuid.not:9bd2"}, "'9bd2' is neither", TS_EUSAGE},
	{{"+shop"}, "1", TS_OK},
	{{"-shop"}, "24", TS_OK},
	{{"-shop", "all"}, "234567", TS_OK},
	{{"tags:shop"}, "1", TS_OK},
	{{"tags:"}, "24", TS_OK},
	{{"tags.any:"}, "1", TS_OK},
	{{"project:home"}, "1", TS_OK},
	{{"proj:home.garden"}, "1", TS_OK},
	{{"project:home.g"}, "", TS_OK},
	{{"project.not:home"}, "124", TS_OK},
	{{"project.startswith:HOME"}, "12", TS_OK},
	{{"project:"}, "4", TS_OK},
	{{"project.is:"}, "4", TS_OK},
	{{"project.not:"}, "12", TS_OK},
	{{"project.none:"}, "4", TS_OK},
	{{"pri:H"}, "1", TS_OK},
	{{"due:today"}, "1", TS_OK},
	{{"due:tomorrow"}, "", TS_OK},
	{{"due:2026-11-21T18:00Z"}, "1", TS_OK},
	{{"due:2026-11-21T18:01Z"}, "", TS_OK},
	{{"due.before:eod"}, "1", TS_OK},
	{{"due.before:today"}, "", TS_OK},
	{{"due.after:now"}, "1", TS_OK},
	{{"due.by:2026-11-21T18:00Z"}, "1", TS_OK},
	{{"due:rubbish"}, "'rubbish' is not a date", TS_EUSAGE},
	{{"entry.before:2026-11-03"}, "12", TS_OK},
	{{"est.over:9.6"}, "1", TS_OK},
	{{"est.before:10"}, "2", TS_OK},
	{{"est:12.0"}, "1", TS_OK},
	{{"status:waiting"}, "3", TS_OK},
	{{"status:pending"}, "124", TS_OK},
	{{"status:rec"}, "5", TS_OK},
	{{"status:all"}, "1234567", TS_OK},
	{{"status:completed"}, "6", TS_OK},
	{{"status.not:pending"}, "3567", TS_OK},
	{{"status:nope"}, "'nope' is not a status", TS_EUSAGE},
	{{"depends:" UUID "1"}, "2", TS_OK},
	{{"depends:8ad2"}, "2", TS_OK},
	{{"depends:1"}, "Say by its uuid", TS_EUSAGE},
	{{"depends.any:"}, "2", TS_OK},
	{{"äPFEL"}, "1", TS_OK},
	{{"APPLES"}, "2", TS_OK},
	{{"a"}, "24", TS_OK},
	{{"cafe"}, "", TS_OK}, /* it could be a uuid's beginning, but is a word */
	{{"description:buy"}, "1", TS_OK},
	{{"description.hasnt:buy"}, "24", TS_OK},
	{{"annotations.has:about"}, "2", TS_OK},
	{{"http://example.org"}, "", TS_OK},
	{{"\xff"}, "A word is not UTF-8.", TS_EUSAGE},
};

START_TEST(selects)
{
	const struct row *row = &rows[_i];
	TS_ARENA(a);
	REP(r);
	TS_CLEANUP(filter_free_p) struct filter *f = NULL;
	struct ts_uuids found = {0};
	struct ts_error err = {0};
	char got[16] = "";
	fill(&r);
	struct ts_txn *t = rep_begin(&r);
	int code = filter_new(row->words, count_words(row->words), NOW, &f, &err);
	if (code == TS_OK) {
		code = filter_select(f, t, &r.r, &a, &found, &err);
	}
	ts_txn_abort(t);
	ck_assert_msg(code == row->code, "%s", err.text);
	if (code != TS_OK) {
		ck_assert_msg(strncmp(err.text, row->want, strlen(row->want)) == 0, "%s", err.text);
		return;
	}
	for (size_t i = 0; i < found.count; i++) {
		got[i] = (char)('0' + found.at[i].bytes[15]);
	}
	ck_assert_str_eq(got, row->want);
}
END_TEST

static const struct {
	const char *word;
	bool is;
} names[] = {
	{"3", true},         {"3-7", true},         {"3,9", true},      {"3,8ad2c9f4", true},
	{"8ad2", true},      {"cafe", false},       {"cafecafe", true}, {"12345678", true},
	{"8ad2c9f4-", true}, {"8ad2c9f4-00", true}, {"8ad2-", false},   {"", false},
	{"0", false},        {"7-3", false},        {"3,", false},      {"3-", false},
	{"-3", false},       {"2026-12-24", false}, {"buy", false},     {UUID "1", true},
	{UUID "11", false},
};

START_TEST(knows_names)
{
	ck_assert_msg(filter_is_name(names[_i].word) == names[_i].is, "%s", names[_i].word);
}
END_TEST

START_TEST(one_is_one)
{
	REP(r);
	struct ts_uuid uuid;
	struct ts_error err = {0};
	fill(&r);
	struct ts_txn *t = rep_begin(&r);
	ck_assert_int_eq(filter_one("2", NOW, t, &r.r, &uuid, &err), TS_OK);
	ck_assert_int_eq(uuid.bytes[15], 2);
	ck_assert_int_eq(filter_one("+shop", NOW, t, &r.r, &uuid, &err), TS_OK);
	ck_assert_int_eq(uuid.bytes[15], 1);
	ck_assert_int_eq(filter_one("1-2", NOW, t, &r.r, &uuid, &err), TS_EUSAGE);
	ck_assert_int_eq(filter_one("nowhere", NOW, t, &r.r, &uuid, &err), TS_ENOTFOUND);
	ts_txn_abort(t);
}
END_TEST

UNIT_MAIN("filter", {selects, TS_COUNT_OF(rows)}, {knows_names, TS_COUNT_OF(names)},
	  {one_is_one, 0})
