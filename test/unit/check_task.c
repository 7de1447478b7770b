/* SPDX-License-Identifier: MIT */
#include "common/task/recur.h"
#include "common/task/task_json.h"
#include "common/task/task_key.h"
#include "test/unit/unit.h"

#define U "7f1c1f6e-0000-4000-8000-000000000001"
#define V "7f1c1f6e-0000-4000-8000-000000000002"
/* A task with the least that one needs, and `more` members. */
#define TASK(more) "{\"description\":\"d\",\"status\":\"pending\",\"uuid\":\"" U "\"" more "}"
#define PLAIN      "{\"description\":\"d\",\"status\":\"pending\",\"uuid\":\"" U "\"}"

/* What comes in, and what goes out. */
static const struct {
	const char *in, *out;
} spellings[] = {
	{PLAIN, PLAIN},
	{" {\"uuid\" : \"7F1C1F6E-0000-4000-8000-000000000001\", \"description\":\"d\"} ", PLAIN},
	{TASK(",\"due\":\"20260102T000000Z\""),
	 "{\"description\":\"d\",\"due\":\"20260102T000000Z\",\"status\":\"pending\",\"uuid\":\"" U
	 "\"}"},
	{TASK(",\"due\":1767312000"),
	 "{\"description\":\"d\",\"due\":\"20260102T000000Z\",\"status\":\"pending\",\"uuid\":\"" U
	 "\"}"},
	{TASK(",\"due\":\"1767312000\""),
	 "{\"description\":\"d\",\"due\":\"20260102T000000Z\",\"status\":\"pending\",\"uuid\":\"" U
	 "\"}"},
	{TASK(",\"due\":\"2026-01-02T00:00:00Z\""),
	 "{\"description\":\"d\",\"due\":\"20260102T000000Z\",\"status\":\"pending\",\"uuid\":\"" U
	 "\"}"},
	{TASK(",\"modified\":1767312000"),
	 "{\"description\":\"d\",\"modified\":\"20260102T000000Z\",\"status\":\"pending\","
	 "\"uuid\":\"" U "\"}"},
	{TASK(",\"id\":5,\"urgency\":3.2"), PLAIN},
	{TASK(",\"project\":null,\"tags\":[],\"x\":\"\",\"annotations\":[],\"depends\":\"\""),
	 PLAIN},
	{TASK(",\"x\":{\"a\":{}}"), PLAIN},
	/* Numbers keep their spelling; so do strings that look like what marks them. */
	{TASK(",\"x\":3.50"), TASK(",\"x\":3.50")},
	{TASK(",\"x\":-0.0e+10"), TASK(",\"x\":-0.0e+10")},
	{TASK(",\"x\":123456789012345678901234567890"),
	 TASK(",\"x\":123456789012345678901234567890")},
	{TASK(",\"x\":\"3.50\""), TASK(",\"x\":\"3.50\"")},
	{TASK(",\"x\":\"\\u00013\""), TASK(",\"x\":\"\\u00013\"")},
	{TASK(",\"x\":\"\\u0001\\u00013\""), TASK(",\"x\":\"\\u0001\\u00013\"")},
	{TASK(",\"x\":[1, 2.50,\"a\",[true,null],{\"b\":1e5}]"),
	 TASK(",\"x\":[1,2.50,\"a\",[true,null],{\"b\":1e5}]")},
	{TASK(",\"x\":true,\"y\":false"), TASK(",\"x\":true,\"y\":false")},
	/* Strings: raw UTF-8, only the escapes that JSON demands. */
	{TASK(",\"x\":\"\\u00fc \\/ \\\"q\\\" \\\\ \\n\\t \\ud83d\\ude00\\u001f\""),
	 TASK(",\"x\":\"\xC3\xBC / \\\"q\\\" \\\\ \\n\\t \xF0\x9F\x98\x80\\u001f\"")},
	/* Taskwarrior writes control characters as they are. */
	{TASK(",\"x\":\"a\x01"
	      "b\x1F\""),
	 TASK(",\"x\":\"a\\u0001b\\u001f\"")},
	{TASK(",\"x\":\"\x01"
	      "5\""),
	 TASK(",\"x\":\"\\u00015\"")},
	/* Nested objects, and names with every character. */
	{TASK(",\"x\":{\"b\":1,\"a\":{\"y\":2,\"x\":\"s\"}}"),
	 TASK(",\"x\":{\"a\":{\"x\":\"s\",\"y\":2},\"b\":1}")},
	{TASK(",\"x/y\":1,\"x~0\":{\"/\":2,\"\":3}"), TASK(",\"x~0\":{\"\":3,\"/\":2},\"x/y\":1")},
	{TASK(",\"\":{\"x\":1}"), "{\"\":{\"x\":1},\"description\":\"d\",\"status\":\"pending\","
				  "\"uuid\":\"" U "\"}"},
	{TASK(",\"tag_a\":1,\"tags\":[\"a\"]"),
	 "{\"description\":\"d\",\"status\":\"pending\",\"uuid\":\"" U
	 "\",\"tag_a\":1,\"tags\":[\"a\"]}"},
	/* Sets */
	{TASK(",\"tags\":[\"b\",\"a\",\"b\"]"), TASK(",\"tags\":[\"a\",\"b\"]")},
	{TASK(",\"tags\":\"b,a\""), TASK(",\"tags\":[\"a\",\"b\"]")},
	{TASK(",\"depends\":\"" V "," U "\""), TASK(",\"depends\":\"" U "," V "\"")},
	{TASK(",\"depends\":[\"" V "\",\"" U "\"]"), TASK(",\"depends\":\"" U "," V "\"")},
	{TASK(",\"depends\":\"[\\\"" V "\\\",\\\"" U "\\\"]\""),
	 TASK(",\"depends\":\"" U "," V "\"")},
	{TASK(",\"depends\":\"[\\\\\\\"" V "\\\\\\\"]\""), TASK(",\"depends\":\"" V "\"")},
	{TASK(",\"depends\":\"[:[" V "\""), TASK(",\"depends\":\"" V "\"")},
	{TASK(",\"annotations\":[{\"entry\":\"20260102T030405Z\",\"description\":\"b\"},"
	      "{\"description\":\"a\",\"entry\":1767323045}]"),
	 TASK(",\"annotations\":[{\"description\":\"a\",\"entry\":\"20260102T030405Z\"},"
	      "{\"description\":\"b\",\"entry\":\"20260102T030405Z\"}]")},
	{TASK(",\"annotations\":[{\"entry\":\"20260102T030405Z\",\"description\":\"b\",\"by\":1.0}"
	      "]"),
	 TASK(",\"annotations\":[{\"description\":\"b\",\"entry\":\"20260102T030405Z\",\"by\":1.0}"
	      "]")},
	/* The same name twice: the later one counts. */
	{TASK(",\"x\":1,\"x\":2"), TASK(",\"x\":2")},
};

static int read_task(const char *json, struct ts_arena *a, struct ts_task *task,
		     struct ts_task_repair *repair, struct ts_error *err)
{
	static const struct ts_task_limits limits = {.line = 4096, .depth = 8, .attributes = 12};
	return ts_task_read(ts_slice_of(json), &limits, a, task, repair, err);
}

START_TEST(spellings_are_read_and_written)
{
	TS_ARENA(a);
	TS_BUF(out);
	struct ts_task task;
	struct ts_task_repair repair;
	struct ts_error err = {0};
	ck_assert_msg(read_task(spellings[_i].in, &a, &task, &repair, &err) == TS_OK, "%s: %s",
		      spellings[_i].in, err.text);
	ts_task_write(&task, &a, &out);
	ck_assert_str_eq(out.data, spellings[_i].out);
}
END_TEST

START_TEST(what_is_written_is_read_the_same)
{
	TS_ARENA(a);
	TS_BUF(out);
	struct ts_task task, again;
	struct ts_task_repair repair;
	ck_assert_int_eq(read_task(spellings[_i].in, &a, &task, &repair, NULL), TS_OK);
	ts_task_write(&task, &a, &out);
	ck_assert_int_eq(read_task(out.data, &a, &again, &repair, NULL), TS_OK);
	ck_assert(ts_task_same(&task, &again));
	ck_assert_uint_eq(task.count, again.count);
}
END_TEST

static const struct {
	const char *in, *because;
} refused[] = {
	{"", "it is not JSON"},
	{"junk", "it is not JSON"},
	{"[]", "it is not JSON object"},
	{"{\"description\":\"d\"}", "it has no uuid"},
	{"{\"uuid\":\"x\",\"description\":\"d\"}", "its uuid is not a UUID"},
	{"{\"uuid\":\"" U "\"}", "it has no description"},
	{TASK(",\"due\":\"soon\""), "its due is not a date"},
	{TASK(",\"modified\":[1]"), "its modified is not a date"},
	{TASK(",\"tags\":{\"a\":1}"), "its tags are not a list"},
	{TASK(",\"annotations\":[{\"entry\":\"20260102T030405Z\"}]"), "has no description"},
	{TASK(",\"annotations\":[{\"description\":\"x\"}]"), "annotation's entry is not a date"},
	{TASK(",\"annotations\":\"x\""), "its annotations are not a list"},
	{TASK(",\"x\":01"), "is not a number"},
	{TASK(",\"x\":1."), "is not a number"},
	{TASK(",\"x\":1.5.5"), "is not a number"},
	{TASK(",1:2"), "a name is a number"},
	{TASK(",\"x\":[[[[[[[[1]]]]]]]]"), "nested deeper than 8"},
	{TASK(",\"tags\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\",\"k\","
	      "\"l\"]"),
	 "more than 12 attributes"},
	{TASK("}"), "it is not JSON"},
	{TASK(",\"x\":\"\\u0000\""), "it is not JSON"},
	{TASK(",\"x\":\"\\ud800\""), "it is not JSON"},
	{TASK(",\"x\":\"\xFF\""), "it is not JSON"},
};

START_TEST(what_is_no_task_is_refused_with_the_reason)
{
	TS_ARENA(a);
	struct ts_task task;
	struct ts_task_repair repair;
	struct ts_error err = {0};
	const char *because = refused[_i].because;
	ck_assert_msg(read_task(refused[_i].in, &a, &task, &repair, &err) == TS_EMALF, "%s",
		      refused[_i].in);
	bool wanted = strncmp(because, "it is not JSON", 14) == 0
			      ? strncmp(err.text, "it is not ", 10) == 0
			      : strstr(err.text, because) != NULL;
	ck_assert_msg(wanted, "%s: %s", refused[_i].in, err.text);
}
END_TEST

static const struct {
	const char *in;
	enum ts_task_limit beyond;
} limited[] = {
	{TASK(",\"x\":\"1234567890123456\""), TS_TASK_WITHIN},
	{TASK(",\"x\":\"12345678901234567\""), TS_TASK_VALUE},
	{TASK(",\"x\":12345678901234567"), TS_TASK_VALUE},
	{TASK(",\"x\":[\"1234567890\",\"1234567890\"]"), TS_TASK_VALUE},
	{TASK(",\"tags\":[\"12345678901234567\"]"), TS_TASK_VALUE},
	{TASK(",\"x\":[[[[1]]]]"), TS_TASK_DEPTH},
	{TASK(",\"a\":1,\"b\":2,\"c\":3,\"d\":4"), TS_TASK_ATTRIBUTES},
	{TASK(",\"tags\":[\"a\",\"b\",\"c\",\"d\"]"), TS_TASK_ATTRIBUTES},
	{TASK(",\"a\":\"1234567890\",\"b\":\"1234567890\",\"c\":\"1234567890\"         "
	      "                                                            "),
	 TS_TASK_LINE},
	{"junk", TS_TASK_WITHIN},
};

START_TEST(which_limit_a_task_is_beyond)
{
	static const struct ts_task_limits limits = {
		.line = 150, .depth = 4, .attributes = 5, .value = 16};
	TS_ARENA(a);
	struct ts_task task;
	struct ts_task_repair repair;
	struct ts_error err = {0};
	int rc = ts_task_read(ts_slice_of(limited[_i].in), &limits, &a, &task, &repair, &err);
	ck_assert_int_eq(rc, _i == 0 ? TS_OK : TS_EMALF);
	ck_assert_msg(repair.beyond == limited[_i].beyond, "%s: %s", limited[_i].in, err.text);
}
END_TEST

/* Each leaf has its whole path: a long name above many leaves must not become much more. */
START_TEST(short_json_stays_short)
{
	static const struct ts_task_limits limits = {.line = 1 << 20};
	TS_ARENA(a);
	TS_BUF(json);
	struct ts_task task;
	struct ts_task_repair repair;
	struct ts_error err = {0};
	ts_buf_add_str(&json, "{\"uuid\":\"" U "\",\"description\":\"d\",\"");
	for (int i = 0; i < 20000; i++) {
		ts_buf_add_char(&json, 'n');
	}
	ts_buf_add_str(&json, "\":{\"0\":0");
	for (int i = 1; i < 3000; i++) {
		ts_buf_printf(&json, ",\"%d\":%d", i, i);
	}
	ts_buf_add_str(&json, "}}");
	ck_assert_int_eq(ts_task_read(ts_buf_slice(&json), &limits, &a, &task, &repair, &err),
			 TS_EMALF);
	ck_assert_str_eq(err.text, "its nested names are too long");
}
END_TEST

START_TEST(unknown_statuses_are_repaired_and_told)
{
	TS_ARENA(a);
	TS_BUF(out);
	struct ts_task task;
	struct ts_task_repair repair;
	ck_assert_int_eq(read_task("{\"uuid\":\"" U
				   "\",\"description\":\"d\",\"status\":\"aitin\"}",
				   &a, &task, &repair, NULL),
			 TS_OK);
	ck_assert_ptr_nonnull(strstr(repair.text, "'aitin'"));
	ts_task_write(&task, &a, &out);
	ck_assert_str_eq(out.data, PLAIN);
	ck_assert_int_eq(read_task(PLAIN, &a, &task, &repair, NULL), TS_OK);
	ck_assert_str_eq(repair.text, "");
}
END_TEST

static const struct {
	const char *a, *b;
	bool same;
} numbers[] = {
	{"2.5", "2.500000", true}, {"3", "3.000000", true},   {"0", "-0.0", true},
	{"1e3", "1000", true},     {"1.5E-2", "0.015", true}, {"10", "1", false},
	{"2.5", "2.50001", false}, {"-2", "2", false},        {"1e999999999999", "1e5", false},
	{"007", "7", false},       {"", "0", false},          {".5", "0.5", false},
	{"1 ", "1", false},        {"100", "1e2", true},      {"0.1", "1", false},
	{"12", "12e0", true},      {"12.0", "1.2e+1", true},
};

START_TEST(numbers_are_the_same_however_they_are_spelled)
{
	struct ts_value a = {TS_VALUE_NUMBER, ts_slice_of(numbers[_i].a)};
	struct ts_value b = {TS_VALUE_STRING, ts_slice_of(numbers[_i].b)};
	ck_assert_msg(ts_value_same(a, b) == numbers[_i].same, "%s %s", numbers[_i].a,
		      numbers[_i].b);
	ck_assert_int_eq(ts_value_same(b, a), numbers[_i].same);
}
END_TEST

static const struct {
	const char *text;
	bool valid;
} periods[] = {
	{"weekly", true},
	{"day", true},
	{"days", false},
	{"3days", true},
	{"3 d", true},
	{"1.5weeks", true},
	{"2monthly", true},
	{"-1d", true},
	{"P1D", true},
	{"P1Y2M3DT4H5M6S", true},
	{"PT5M", true},
	{"P1W", true},
	{"P1DT", true},
	{"P1W2D", false},
	{"P1M1Y", false},
	{"PT", false},
	{"P", false},
	{"P3", false},
	{"", false},
	{" 3d", false},
	{"3d ", true},
	{"10", false},
	{"Weekly", false},
	{"3d4h", false},
	{"1e3d", false},
	{".5d", false},
	{"99999999999d", false},
	{"xyz", false},
};

START_TEST(periods_are_those_that_taskwarrior_reads)
{
	ck_assert_msg(ts_recur_valid(ts_slice_of(periods[_i].text)) == periods[_i].valid, "'%s'",
		      periods[_i].text);
}
END_TEST

/* What makes Taskwarrior fail is kept, and not shown. */
static const struct {
	const char *in, *out;
} unservable[] = {
	{TASK(",\"recur\":\"weekly\""), PLAIN},
	{TASK(",\"recur\":\"sometimes\",\"due\":\"20260102T000000Z\""),
	 "{\"description\":\"d\",\"due\":\"20260102T000000Z\",\"status\":\"pending\",\"uuid\":\"" U
	 "\"}"},
	{TASK(",\"annotation_5\":\"x\""), PLAIN},
	{TASK(",\"modified\":5"), "{\"description\":\"d\",\"modified\":\"19800101T000000Z\","
				  "\"status\":\"pending\",\"uuid\":\"" U "\"}"},
};

START_TEST(what_taskwarrior_cannot_read_is_kept_and_not_shown)
{
	TS_ARENA(a);
	TS_BUF(out);
	struct ts_task task;
	struct ts_task_repair repair;
	ck_assert_int_eq(read_task(unservable[_i].in, &a, &task, &repair, NULL), TS_OK);
	ck_assert(task.count > 2 || task.modified == 5);
	ts_task_write(&task, &a, &out);
	ck_assert_str_eq(out.data, unservable[_i].out);
}
END_TEST

START_TEST(dates_out_of_range_become_the_nearest)
{
	TS_ARENA(a);
	struct ts_task task;
	struct ts_task_repair repair;
	ck_assert_int_eq(read_task(TASK(",\"due\":-1"), &a, &task, &repair, NULL), TS_OK);
	ck_assert_slice(ts_task_find(&task, TS_SLICE("due"))->value.text, "19800101T000000Z");
	ck_assert_ptr_nonnull(strstr(repair.text, "its due"));
}
END_TEST

/* Where a merge leaves a value and an object of the same name, the later one is shown. */
START_TEST(a_value_and_an_object_of_one_name)
{
	TS_ARENA(a);
	struct ts_attr attrs[] = {
		{TS_SLICE("m"), {TS_VALUE_NUMBER, TS_SLICE("1")}, {10, 0}},
		{TS_SLICE("m-x"), {TS_VALUE_NUMBER, TS_SLICE("2")}, {10, 0}},
		{TS_SLICE("m/k"), {TS_VALUE_NUMBER, TS_SLICE("3")}, {20, 0}},
	};
	struct ts_task task = {.attrs = attrs, .count = 3};
	TS_BUF(object);
	ts_task_write(&task, &a, &object);
	ck_assert_ptr_nonnull(strstr(object.data, "{\"m-x\":2,\"m\":{\"k\":3},"));
	attrs[0].stamp.t = 30;
	TS_BUF(value);
	ts_task_write(&task, &a, &value);
	ck_assert_ptr_nonnull(strstr(value.data, "{\"m\":1,\"m-x\":2,\"uuid\""));
}
END_TEST

UNIT_MAIN("task", {spellings_are_read_and_written, TS_COUNT_OF(spellings)},
	  {what_is_written_is_read_the_same, TS_COUNT_OF(spellings)},
	  {what_is_no_task_is_refused_with_the_reason, TS_COUNT_OF(refused)},
	  {which_limit_a_task_is_beyond, TS_COUNT_OF(limited)}, {short_json_stays_short, 0},
	  {unknown_statuses_are_repaired_and_told, 0},
	  {numbers_are_the_same_however_they_are_spelled, TS_COUNT_OF(numbers)},
	  {a_value_and_an_object_of_one_name, 0},
	  {periods_are_those_that_taskwarrior_reads, TS_COUNT_OF(periods)},
	  {what_taskwarrior_cannot_read_is_kept_and_not_shown, TS_COUNT_OF(unservable)},
	  {dates_out_of_range_become_the_nearest, 0})
