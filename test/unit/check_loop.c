/* SPDX-License-Identifier: MIT */
#include "common/loop/loop.h"
#include "unit.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>

static struct ts_loop *loop;
static char trace[64]; /* what happened, in order */

static void note(char c)
{
	size_t n = strlen(trace);
	ck_assert_uint_lt(n + 1, sizeof(trace));
	trace[n] = c;
	trace[n + 1] = '\0';
}

static void begin(void)
{
	ck_assert_int_eq(ts_loop_new(&loop, NULL), TS_OK);
	trace[0] = '\0';
}

static void run_and_end(void)
{
	ck_assert_int_eq(ts_loop_run(loop, NULL), TS_OK);
	ts_loop_free(loop);
}

struct named_timer {
	struct ts_timer timer;
	char name; /* 'z' stops the loop */
};

static void on_time(struct ts_timer *t)
{
	struct named_timer *n = TS_OWNER(t, struct named_timer, timer);
	ck_assert_uint_eq(t->at, 0);
	note(n->name);
	if (n->name == 'z') {
		ts_loop_stop(loop);
	}
}

/* Timers named in the order in which they must fire, armed in another. */
START_TEST(timers_fire_in_order)
{
	static const uint64_t ms[] = {9, 3, 7, 1, 8, 2, 6, 4, 5};
	struct named_timer t[TS_COUNT_OF(ms)];
	begin();
	for (size_t i = 0; i < TS_COUNT_OF(ms); i++) {
		t[i] = (struct named_timer){{.on_time = on_time}, (char)('a' + ms[i])};
		ck_assert_int_eq(ts_loop_arm(loop, &t[i].timer, ms[i]), TS_OK);
	}
	t[0].name = 'z';
	ts_loop_disarm(loop, &t[2].timer);                          /* h never comes */
	ck_assert_int_eq(ts_loop_arm(loop, &t[3].timer, 4), TS_OK); /* b moves behind d */
	ts_loop_disarm(loop, &t[7].timer);                          /* e never comes */
	run_and_end();
	ck_assert_str_eq(trace, "cdbfgiz");
}
END_TEST

START_TEST(many_timers_keep_their_order)
{
	enum { COUNT = 500 };
	static struct named_timer t[COUNT];
	uint64_t seed = 12345;
	begin();
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < COUNT; i++) {
			seed = seed * 6364136223846793005U + 1442695040888963407U;
			t[i].timer.on_time = on_time;
			t[i].name = 'x';
			if (seed >> 62 == 0) {
				ts_loop_disarm(loop, &t[i].timer);
			} else {
				ck_assert_int_eq(
					ts_loop_arm(loop, &t[i].timer, 1000 + (seed >> 54)), TS_OK);
			}
		}
	}
	for (size_t i = 0; i < COUNT; i++) {
		ts_loop_disarm(loop, &t[i].timer);
	}
	struct named_timer last = {{.on_time = on_time}, 'z'};
	ck_assert_int_eq(ts_loop_arm(loop, &last.timer, 0), TS_OK);
	run_and_end();
	ck_assert_str_eq(trace, "z");
}
END_TEST

struct named_post {
	struct ts_post post;
	char name;
	int again;
};

static void on_post(struct ts_post *p)
{
	struct named_post *n = TS_OWNER(p, struct named_post, post);
	note(n->name);
	if (n->again-- > 0) {
		ts_loop_post(loop, p);
	}
	if (n->name == 'z') {
		ts_loop_stop(loop);
	}
}

START_TEST(posts_run_in_order_and_take_turns)
{
	struct named_post a = {{.run = on_post}, 'a', 2}, b = {{.run = on_post}, 'b', 1};
	struct named_post z = {{.run = on_post}, 'z', 0};
	begin();
	ts_loop_post(loop, &a.post);
	ts_loop_post(loop, &b.post);
	ts_loop_stop(loop);
	ck_assert_int_eq(ts_loop_run(loop, NULL), TS_OK);
	ck_assert_str_eq(trace, "ab"); /* made before the stop: run; made later: not yet */
	ts_loop_post(loop, &z.post);
	run_and_end();
	ck_assert_str_eq(trace, "ababza"); /* the last a was posted before z said stop */
}
END_TEST

static struct named_post from_threads[4][100];

static void *post_many(void *arg)
{
	struct named_post *posts = arg;
	for (size_t i = 0; i < TS_COUNT_OF(from_threads[0]); i++) {
		ts_loop_post(loop, &posts[i].post);
	}
	return NULL;
}

static size_t arrived;

static void on_arrival(struct ts_post *p)
{
	(void)p;
	if (++arrived == TS_COUNT_OF(from_threads) * TS_COUNT_OF(from_threads[0])) {
		ts_loop_stop(loop);
	}
}

START_TEST(posts_of_many_threads_all_arrive)
{
	pthread_t threads[TS_COUNT_OF(from_threads)];
	begin();
	arrived = 0;
	for (size_t i = 0; i < TS_COUNT_OF(threads); i++) {
		for (size_t k = 0; k < TS_COUNT_OF(from_threads[0]); k++) {
			from_threads[i][k].post.run = on_arrival;
		}
		ck_assert_int_eq(pthread_create(&threads[i], NULL, post_many, from_threads[i]), 0);
	}
	ck_assert_int_eq(ts_loop_run(loop, NULL), TS_OK);
	for (size_t i = 0; i < TS_COUNT_OF(threads); i++) {
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	}
	ts_loop_free(loop);
}
END_TEST

struct end {
	struct ts_watch watch;
	struct end *other;
};

/* The first end that is told drops the second one, whose event of the same turn must not come. */
static void on_ready(struct ts_watch *w, uint32_t events)
{
	struct end *e = TS_OWNER(w, struct end, watch);
	ck_assert_uint_ne(events & EPOLLIN, 0);
	note('r');
	ts_loop_unwatch(loop, &e->other->watch);
	free(e->other);
	ts_loop_unwatch(loop, w);
	free(e);
	ts_loop_stop(loop);
}

START_TEST(a_dropped_watch_is_silent)
{
	int fds[2];
	struct end *ends[2] = {calloc(1, sizeof(struct end)), calloc(1, sizeof(struct end))};
	begin();
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	for (int i = 0; i < 2; i++) {
		*ends[i] = (struct end){{.fd = fds[i], .on_ready = on_ready}, ends[!i]};
		ck_assert_int_eq(write(fds[i], "x", 1), 1);
		ck_assert_int_eq(ts_loop_watch(loop, &ends[i]->watch, EPOLLIN), TS_OK);
	}
	ck_assert_int_eq(ts_loop_run(loop, NULL), TS_OK);
	ck_assert_str_eq(trace, "r");
	ts_loop_free(loop);
	(void)close(fds[0]);
	(void)close(fds[1]);
}
END_TEST

static void on_writable(struct ts_watch *w, uint32_t events)
{
	ck_assert_uint_ne(events & EPOLLOUT, 0);
	note('w');
	ts_loop_unwatch(loop, w);
	ck_assert_uint_eq(w->events, 0);
	ts_loop_stop(loop);
}

START_TEST(what_is_watched_can_change)
{
	int fds[2];
	begin();
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	struct ts_watch w = {.fd = fds[0], .on_ready = on_writable};
	ck_assert_int_eq(ts_loop_watch(loop, &w, EPOLLIN), TS_OK);
	ck_assert_int_eq(ts_loop_watch(loop, &w, EPOLLIN), TS_OK);
	ck_assert_int_eq(ts_loop_watch(loop, &w, EPOLLOUT), TS_OK);
	run_and_end();
	ck_assert_str_eq(trace, "w");
	struct ts_watch bad = {.fd = -1, .on_ready = on_writable};
	begin();
	ck_assert_int_eq(ts_loop_watch(loop, &bad, EPOLLIN), TS_EIO);
	ts_loop_unwatch(loop, &bad);
	ts_loop_free(loop);
	(void)close(fds[0]);
	(void)close(fds[1]);
}
END_TEST

UNIT_MAIN("loop", {timers_fire_in_order, 0}, {many_timers_keep_their_order, 0},
	  {posts_run_in_order_and_take_turns, 0}, {posts_of_many_threads_all_arrive, 0},
	  {a_dropped_watch_is_silent, 0}, {what_is_watched_can_change, 0})
