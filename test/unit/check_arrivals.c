/* SPDX-License-Identifier: MIT */
/* The lines that hooks get. */
#include "client/sync/arrivals.h"
#include "common/task/task_json.h"
#include "test/unit/folder.h"
#include "test/unit/unit.h"

#define UUID       "11111111-1111-4111-8111-111111111111"
#define TASK(more) "{\"uuid\":\"" UUID "\"" more "}"

/* "": the empty task. */
static void read_task(const char *json, struct ts_arena *a, struct ts_task *ret)
{
	static const struct ts_task_limits limits = {0};
	struct ts_task_repair repair;
	struct ts_error err = {0};
	*ret = (struct ts_task){0};
	ck_assert(ts_uuid_parse(TS_SLICE(UUID), &ret->uuid));
	if (json[0] != '\0') {
		ck_assert_msg(ts_task_read(ts_slice_of(json), &limits, a, ret, &repair, &err) ==
				      TS_OK,
			      "%s", err.text);
	}
}

static void add(struct arrivals *list, const char *before, const char *after)
{
	TS_ARENA(a);
	struct ts_task from, to;
	struct ts_error err = {0};
	read_task(before, &a, &from);
	read_task(after, &a, &to);
	const struct arrival arrival = {&from, &to};
	ck_assert_int_eq(arrivals_add(&arrival, list, &err), TS_OK);
}

/* Everything, into `to`. */
static void read_all(const struct arrivals *list, char *to, size_t size)
{
	TS_AUTOCLOSE int fd = arrivals_open(list);
	ck_assert_int_ge(fd, 0);
	ssize_t n = read(fd, to, size - 1);
	ck_assert_int_ge(n, 0);
	to[n] = '\0';
}

static struct arrivals *arrivals_in(const struct folder *f)
{
	struct arrivals *list = NULL;
	struct ts_error err = {0};
	ck_assert_msg(arrivals_new(f->path, &list, &err) == TS_OK, "%s", err.text);
	return list;
}

#define PENDING ",\"description\":\"d\",\"status\":\"pending\""
#define SHOWN   "{\"description\":\"d\",\"status\":\"pending\",\"uuid\":\"" UUID "\""

static const struct {
	const char *before, *after, *want;
} rows[] = {
	{"", TASK(PENDING),
	 "\"before\":null,\"after\":" SHOWN "},\"changes\":{\"description\":{\"from\":null,\"to\":"
	 "\"d\"},\"status\":{\"from\":null,\"to\":\"pending\"}}}"},
	{TASK(PENDING), "",
	 "\"before\":" SHOWN "},\"after\":null,\"changes\":{\"description\":{\"from\":\"d\",\"to\":"
	 "null},\"status\":{\"from\":\"pending\",\"to\":null}}}"},
	{TASK(PENDING ",\"tags\":[\"a\",\"b\"]"), TASK(PENDING ",\"tags\":[\"b\",\"c\",\"d\"]"),
	 "\"changes\":{\"tags\":{\"from\":[\"a\",\"b\"],\"to\":[\"b\",\"c\",\"d\"]}}}"},
	{TASK(PENDING ",\"x\":{\"y\":1,\"z\":2}"), TASK(PENDING ",\"x\":{\"y\":1.50,\"z\":2.0}"),
	 "\"changes\":{\"x/y\":{\"from\":1,\"to\":1.50}}}"},
	{TASK(PENDING),
	 TASK(PENDING ",\"annotations\":[{\"entry\":\"20260101T000000Z\",\"description\":\"n\"}]"),
	 "\"changes\":{\"annotations\":{\"from\":[],\"to\":[{\"entry\":\"20260101T000000Z\","
	 "\"description\":\"n\"}]}}}"},
	{TASK(PENDING), TASK(PENDING ",\"depends\":\"22222222-2222-4222-8222-222222222222\""),
	 "\"changes\":{\"depends\":{\"from\":[],\"to\":[\"22222222-2222-4222-8222-222222222222\"]}"
	 "}}"},
	{TASK(PENDING), TASK(PENDING), "\"changes\":{}}"},
};

START_TEST(lines)
{
	FOLDER(f);
	char text[4000];
	struct ts_error err = {0};
	struct arrivals *list = arrivals_in(&f);
	add(list, rows[_i].before, rows[_i].after);
	ck_assert_uint_eq(arrivals_count(list), 0);
	ck_assert_int_eq(arrivals_settle(list, true, &err), TS_OK);
	ck_assert_uint_eq(arrivals_count(list), 1);
	read_all(list, text, sizeof(text));
	ck_assert_msg(strstr(text, "{\"uuid\":\"" UUID "\",\"before\":") == text, "%s", text);
	const char *end = strstr(text, rows[_i].want);
	ck_assert_msg(end != NULL && strcmp(end + strlen(rows[_i].want), "\n") == 0, "%s", text);
	arrivals_free(list);
}
END_TEST

START_TEST(what_was_undone_never_was)
{
	FOLDER(f);
	static char text[1 << 20];
	struct ts_error err = {0};
	struct arrivals *list = arrivals_in(&f);
	add(list, "", TASK(PENDING));
	ck_assert_int_eq(arrivals_settle(list, true, &err), TS_OK);
	for (int i = 0; i < 1000; i++) { /* more than is held in memory */
		add(list, TASK(PENDING), "");
	}
	ck_assert_int_eq(arrivals_settle(list, false, &err), TS_OK);
	add(list, TASK(PENDING), TASK(",\"description\":\"last\""));
	ck_assert_int_eq(arrivals_settle(list, true, &err), TS_OK);
	ck_assert_uint_eq(arrivals_count(list), 2);
	for (int i = 0; i < 2; i++) { /* each reads from the beginning */
		read_all(list, text, sizeof(text));
		const char *second = strchr(text, '\n') + 1;
		ck_assert(strstr(second, "\"to\":\"last\"") != NULL);
		ck_assert_ptr_eq(strchr(second, '\n') + 1, text + strlen(text));
	}
	arrivals_free(list);
}
END_TEST

UNIT_MAIN("arrivals", {lines, TS_COUNT_OF(rows)}, {what_was_undone_never_was, 0})
