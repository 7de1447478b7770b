/* SPDX-License-Identifier: MIT */
#include "server/request/stats.h"
#include "unit.h"

#include <pthread.h>

/* Where a value is counted: the first bound that is not below it. */
static const struct {
	uint64_t value;
	size_t place;
} times[] = {{0, 0},        {100, 0},       {101, 1},       {250, 1},        {251, 2},
	     {1000000, 12}, {60000000, 15}, {60000001, 16}, {UINT32_MAX, 16}};

START_TEST(places)
{
	struct histogram h = {0};
	histogram_add(&h, &histogram_times, times[_i].value);
	for (size_t i = 0; i <= HISTOGRAM_BOUNDS; i++) {
		ck_assert_uint_eq(h.counts[i], i == times[_i].place ? 1 : 0);
	}
	ck_assert_uint_eq(h.sum, times[_i].value);
}
END_TEST

START_TEST(a_shorter_scale)
{
	struct histogram h = {0};
	histogram_add(&h, &histogram_counts, 4096);
	histogram_add(&h, &histogram_counts, 4097);
	ck_assert_uint_eq(h.counts[11], 1);
	ck_assert_uint_eq(h.counts[12], 1);
}
END_TEST

START_TEST(requests)
{
	static struct stats s;
	struct stats_view v;
	uint64_t all, errors;
	stats_init(&s);
	stats_request(&s, &(struct stats_request){.type = 1,
						  .code = 200,
						  .in = 10,
						  .out = 20,
						  .busy = 3000,
						  .stored = true,
						  .versions = 2,
						  .conflicts = 1});
	stats_request(&s, &(struct stats_request){.type = 1, .code = 430, .in = 1, .busy = 1000});
	stats_request(&s, &(struct stats_request){.type = 99, .code = 999});
	stats_view(&s, &v);
	ck_assert_uint_eq(v.requests, 3);
	ck_assert_uint_eq(v.errors, 1);
	ck_assert_uint_eq(v.bytes_in, 11);
	ck_assert_uint_eq(v.bytes_out, 20);
	ck_assert(v.slowest > 0.0029 && v.slowest < 0.0031);
	ck_assert_uint_eq(s.versions, 2);
	ck_assert_uint_eq(s.conflicts, 1);
	ck_assert_uint_eq(s.requests[0][STATS_CODES - 1], 1);
	ck_assert_uint_eq(s.stages[STAGE_STORE].counts[0], 1);
	ck_assert_uint_eq(s.stages[STAGE_SEND].counts[0], 3);
	stats_lately(&s, 1, &all, &errors);
	ck_assert_uint_eq(all, 3);
	ck_assert_uint_eq(errors, 2);
}
END_TEST

/* A minute of an hour ago is in the same place as this one; nothing of it is counted. */
START_TEST(minutes_that_are_over)
{
	static struct stats s;
	uint64_t now = (uint64_t)stats_clock() / 60000000 + 1 + STATS_MINUTES;
	uint64_t all, errors;
	stats_init(&s);
	for (uint64_t i = 0; i < STATS_MINUTES; i++) {
		uint64_t minute = now - STATS_MINUTES - 64 + i;
		struct stats_minute *m = &s.minutes[minute % STATS_MINUTES];
		m->number = minute;
		m->requests = 1000;
	}
	stats_request(&s, &(struct stats_request){.code = 200});
	stats_lately(&s, 1, &all, &errors);
	ck_assert_uint_le(all, 1002);
	ck_assert_uint_ge(all, 1);
}
END_TEST

START_TEST(states)
{
	static struct stats s;
	stats_init(&s);
	stats_state(&s, -1, 2);
	stats_state(&s, 2, 3);
	ck_assert_int_eq(s.states[2], 0);
	ck_assert_int_eq(s.states[3], 1);
	stats_state(&s, 3, -1);
	stats_state(&s, 1000, 1000);
	ck_assert_int_eq(s.states[3], 0);
}
END_TEST

static void *count_many(void *arg)
{
	for (int i = 0; i < 10000; i++) {
		stats_request(arg, &(struct stats_request){.type = 1, .code = 200, .in = 1});
	}
	return NULL;
}

START_TEST(threads_lose_nothing)
{
	static struct stats s;
	struct stats_view v;
	pthread_t threads[4];
	stats_init(&s);
	for (size_t i = 0; i < TS_COUNT_OF(threads); i++) {
		ck_assert_int_eq(pthread_create(&threads[i], NULL, count_many, &s), 0);
	}
	for (size_t i = 0; i < TS_COUNT_OF(threads); i++) {
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	}
	stats_view(&s, &v);
	ck_assert_uint_eq(v.requests, 40000);
	ck_assert_uint_eq(v.bytes_in, 40000);
	ck_assert_uint_eq(s.whole.counts[0], 40000);
}
END_TEST

UNIT_MAIN("stats", {places, TS_COUNT_OF(times)}, {a_shorter_scale, 0}, {requests, 0},
	  {minutes_that_are_over, 0}, {states, 0}, {threads_lose_nothing, 0})
