/* SPDX-License-Identifier: MIT */
#include "folder.h"
#include "server/watch/tail.h"
#include "unit.h"

#include <malloc.h>
#include <pthread.h>

static void log_request(const char *org, const char *user, int code)
{
	struct ts_log_line l;
	ts_log_begin(&l, TS_LOG_INFO, "request");
	ts_log_field(&l, "org", ts_slice_of(org));
	ts_log_field(&l, "user", ts_slice_of(user));
	ts_log_number(&l, "code", code);
	ts_log_end(&l);
}

/* Everything that is there for it, the times cut off. */
static void read_all(struct tail *t, struct ts_buf *ret)
{
	char text[4096];
	ts_buf_clear(ret);
	ts_buf_add(ret, "", 0);
	log_request("the", "end", 499);
	for (;;) {
		size_t n = tail_read(t, text, sizeof(text));
		ck_assert_uint_gt(n, 0);
		ts_buf_add(ret, text, n);
		char *end = strstr(ret->data, "user=end");
		if (end != NULL) {
			return;
		}
	}
}

static const struct {
	struct tail_wish wish;
	bool mine, other, failed, sentence;
} wishes[] = {
	{{.errors = false}, true, true, true, true},
	{{.errors = true}, false, false, true, true},
};

START_TEST(what_a_follower_sees)
{
	TS_BUF(got);
	tail_begin();
	struct tail *t = tail_new(&wishes[_i].wish);
	ck_assert_ptr_nonnull(t);
	log_request("Org", "jo", 200);
	log_request("Org", "ann", 201);
	log_request("Org", "sam", 504);
	ts_log(TS_LOG_WARNING, "A sentence.");
	ts_log(TS_LOG_DEBUG, "Nobody wants this.");
	read_all(t, &got);
	ck_assert_int_eq(strstr(got.data, "user=jo") != NULL, wishes[_i].mine);
	ck_assert_int_eq(strstr(got.data, "user=ann") != NULL, wishes[_i].other);
	ck_assert_int_eq(strstr(got.data, "user=sam") != NULL, wishes[_i].failed);
	ck_assert_int_eq(strstr(got.data, "A sentence.") != NULL, wishes[_i].sentence);
	ck_assert_ptr_null(strstr(got.data, "Nobody"));
	tail_free(t);
	tail_end();
}
END_TEST

START_TEST(one_user_as_json)
{
	char text[1000] = "";
	tail_begin();
	struct tail *t = tail_new(&(struct tail_wish){.json = true, .org = "Org", .user = "jo"});
	log_request("Other", "jo", 200);
	log_request("Org", "ann", 200);
	log_request("Org", "jo", 200);
	size_t n = tail_read(t, text, sizeof(text) - 1);
	ck_assert_int_eq(text[0], '{');
	ck_assert_int_eq(text[n - 1], '\n');
	ck_assert_ptr_nonnull(strstr(text, "\"org\":\"Org\",\"user\":\"jo\",\"code\":200}\n"));
	ck_assert_ptr_null(strstr(text, "ann"));
	ck_assert_ptr_null(strstr(text, "Other"));
	tail_free(t);
	tail_end();
}
END_TEST

/* Who doesn't read loses lines, and hears how many; who writes never waits. */
START_TEST(a_slow_follower)
{
	TS_BUF(all);
	char text[60000];
	char *long_name = calloc(1, 2000);
	tail_begin();
	struct tail *t = tail_new(&(struct tail_wish){.json = true});
	uint64_t before = tail_drops();
	(void)memset(long_name, 'x', 1999);
	for (int i = 0; i < 1000; i++) {
		log_request("Org", long_name, 200);
	}
	uint64_t dropped = tail_drops() - before;
	ck_assert_uint_gt(dropped, 500);
	ck_assert_uint_lt(dropped, 1000);
	for (size_t n = sizeof(text); n == sizeof(text);) {
		n = tail_read(t, text, sizeof(text));
		ck_assert_uint_lt(all.len, TAIL_BYTES * 2);
		ts_buf_add(&all, text, n);
	}
	log_request("Org", "jo", 200);
	size_t n = tail_read(t, text, sizeof(text) - 1);
	text[n] = '\0';
	char want[100];
	(void)snprintf(want, sizeof(want), "\"event\":\"dropped\",\"lines\":%d}\n", (int)dropped);
	ck_assert_ptr_nonnull(strstr(text, want));
	ck_assert_ptr_nonnull(strstr(text, "\"user\":\"jo\""));
	free(long_name);
	tail_free(t);
	tail_end();
}
END_TEST

static size_t memory_in_use(void)
{
	struct mallinfo2 m = mallinfo2();
	return m.uordblks + m.hblkhd;
}

/* Who reads all the time, but is always a little behind, costs no more than one who isn't. */
START_TEST(a_follower_that_is_always_behind)
{
	char text[1000];
	char *long_name = calloc(1, sizeof(text));
	tail_begin();
	struct tail *t = tail_new(&(struct tail_wish){.json = true});
	(void)memset(long_name, 'x', sizeof(text) - 1);
	log_request("Org", long_name, 200);
	const size_t before = memory_in_use();
	for (int i = 0; i < 10000; i++) {
		log_request("Org", long_name, 200);
		ck_assert_uint_gt(tail_read(t, text, sizeof(text)), 0);
	}
	ck_assert_uint_lt(memory_in_use(), before + 4 * TAIL_BYTES);
	free(long_name);
	tail_free(t);
	tail_end();
}
END_TEST

START_TEST(so_many_and_no_more)
{
	struct tail *all[TAIL_MOST];
	const struct tail_wish wish = {.json = false};
	ck_assert_ptr_null(tail_new(&wish)); /* nobody listens yet */
	tail_begin();
	for (size_t i = 0; i < TAIL_MOST; i++) {
		all[i] = tail_new(&wish);
		ck_assert_ptr_nonnull(all[i]);
	}
	ck_assert_ptr_null(tail_new(&wish));
	ck_assert_uint_eq(tail_count(), TAIL_MOST);
	for (size_t i = 0; i < TAIL_MOST; i++) {
		tail_free(all[i]);
	}
	ck_assert_uint_eq(tail_count(), 0);
	ck_assert(!ts_log_wants(TS_LOG_INFO));
	tail_end();
	ck_assert(!ts_log_wants(TS_LOG_ERROR));
}
END_TEST

static void *read_one(void *arg)
{
	char text[100];
	while (tail_read(arg, text, sizeof(text)) > 0) {
		continue;
	}
	return NULL;
}

START_TEST(the_end_wakes_who_waits)
{
	pthread_t thread;
	tail_begin();
	struct tail *t = tail_new(&(struct tail_wish){.json = false});
	ck_assert_int_eq(pthread_create(&thread, NULL, read_one, t), 0);
	tail_end();
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	tail_free(t);
}
END_TEST

START_TEST(the_last_errors)
{
	TS_BUF(text);
	tail_begin();
	tail_errors(&text);
	ck_assert_str_eq(text.data, "[]");
	for (int i = 0; i < TAIL_ERRORS + 3; i++) {
		ts_log(TS_LOG_WARNING, "number %d.", i);
	}
	ts_buf_clear(&text);
	tail_errors(&text);
	ck_assert_ptr_null(strstr(text.data, "number 2."));
	ck_assert_ptr_nonnull(strstr(text.data, "number 3.\"},{"));
	ck_assert_ptr_nonnull(strstr(text.data, "number 12.\"}]"));
	tail_end();
}
END_TEST

UNIT_MAIN("tail", {what_a_follower_sees, TS_COUNT_OF(wishes)}, {one_user_as_json, 0},
	  {a_slow_follower, 0}, {a_follower_that_is_always_behind, 0}, {so_many_and_no_more, 0},
	  {the_end_wakes_who_waits, 0}, {the_last_errors, 0})
