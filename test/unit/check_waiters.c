/* SPDX-License-Identifier: MIT */
#include "server/net/waiters.h"

#include "common/base/attr.h"
#include "unit.h"

#include <pthread.h>

enum { MANY = 1000, USERS = 50 };

/* One who waits, and what it has heard. */
struct guest {
	struct waiter waiter;
	struct ts_post post;
	int woken;
};

static const struct waiting_limits no_limits = {SIZE_MAX, SIZE_MAX};

static void on_post(struct ts_post *p)
{
	TS_OWNER(p, struct guest, post)->woken++;
}

struct room {
	struct ts_loop *loop;
	struct waiters *waiters;
	struct ts_post end;
};

static void on_end(struct ts_post *p)
{
	ts_loop_stop(TS_OWNER(p, struct room, end)->loop);
}

static void room_begin(struct room *r)
{
	*r = (struct room){.end.run = on_end};
	ck_assert_int_eq(ts_loop_new(&r->loop, NULL), TS_OK);
	ck_assert_int_eq(waiters_new(7, &r->waiters, NULL), TS_OK);
}

static void room_done(struct room *r)
{
	waiters_free(r->waiters);
	ts_loop_free(r->loop);
}

#define ROOM(name)                                                                                 \
	TS_CLEANUP(room_done) struct room name;                                                    \
	room_begin(&name)

static int enter(struct room *r, struct guest *g, uint32_t user, struct waiting_limits limits)
{
	*g = (struct guest){.post.run = on_post};
	g->waiter = (struct waiter){.loop = r->loop, .post = &g->post};
	return waiters_add(r->waiters, &g->waiter, user, &limits, NULL);
}

/* Run all posts that were made. */
static void deliver(struct room *r)
{
	ts_loop_post(r->loop, &r->end);
	ck_assert_int_eq(ts_loop_run(r->loop, NULL), TS_OK);
}

START_TEST(a_users_guests_are_woken_once_and_no_others)
{
	ROOM(r);
	static struct guest guests[MANY];
	for (uint32_t i = 0; i < MANY; i++) {
		/* Users who share a bucket are two users all the same. */
		uint32_t user = i % USERS + (i % 2 == 0 ? 8192 : 0);
		ck_assert_int_eq(enter(&r, &guests[i], user, no_limits), TS_OK);
	}
	waiters_wake(r.waiters, 3, 8);
	waiters_wake(r.waiters, 3, 9);
	waiters_wake(r.waiters, 8192 + 3, 10);
	deliver(&r);
	for (size_t i = 0; i < MANY; i++) {
		ck_assert_int_eq(guests[i].woken, i % USERS == 3);
		ck_assert(waiters_leave(r.waiters, &guests[i].waiter) == (i % USERS != 3));
		ck_assert(!waiters_leave(r.waiters, &guests[i].waiter));
	}
	ck_assert_uint_eq(waiters_count(r.waiters), 0);
}
END_TEST

START_TEST(places_are_counted)
{
	ROOM(r);
	struct guest a, b, c;
	const struct waiting_limits one_each = {SIZE_MAX, 1}, two = {2, SIZE_MAX};
	ck_assert_int_eq(enter(&r, &a, 1, one_each), TS_OK);
	ck_assert_int_eq(enter(&r, &b, 1, one_each), TS_EBUSY);
	ck_assert(!waiters_leave(r.waiters, &b.waiter));
	ck_assert_int_eq(enter(&r, &b, 2, one_each), TS_OK);
	ck_assert_int_eq(enter(&r, &c, 3, two), TS_EBUSY);
	ck_assert(waiters_leave(r.waiters, &a.waiter));
	ck_assert_int_eq(enter(&r, &c, 3, two), TS_OK);
	ck_assert(waiters_leave(r.waiters, &b.waiter));
	ck_assert(waiters_leave(r.waiters, &c.waiter));
}
END_TEST

/* Commits of ours follow one another; a number that none of them had is somebody else's. */
START_TEST(commits_of_others_are_noticed)
{
	ROOM(r);
	uint64_t first = waiters_look(r.waiters, 7);
	waiters_wake(r.waiters, 1, 8);
	waiters_wake(r.waiters, 2, 8);
	waiters_wake(r.waiters, 1, 9);
	ck_assert_uint_eq(waiters_look(r.waiters, 9), first);
	ck_assert_uint_eq(waiters_look(r.waiters, 10), first + 1);
	ck_assert_uint_eq(waiters_look(r.waiters, 10), first + 1);
	waiters_wake(r.waiters, 1, 12);
	ck_assert_uint_eq(waiters_look(r.waiters, 12), first + 2);
	waiters_wake(r.waiters, 1, 13);
	ck_assert_uint_eq(waiters_look(r.waiters, 14), first + 3);
	/* A number that was read before a commit of ours, and comes after it. */
	waiters_wake(r.waiters, 1, 15);
	ck_assert_uint_eq(waiters_look(r.waiters, 14), first + 3);
	ck_assert_uint_eq(waiters_look(r.waiters, 15), first + 3);
	waiters_committed(r.waiters, 16); /* ours, with news for nobody */
	ck_assert_uint_eq(waiters_look(r.waiters, 16), first + 3);
	waiters_committed(r.waiters, 18); /* and one of somebody else before it */
	ck_assert_uint_eq(waiters_look(r.waiters, 18), first + 4);
}
END_TEST

static void *wake_often(void *arg)
{
	struct room *r = arg;
	for (uint64_t i = 0; i < 20 * MANY; i++) {
		waiters_wake(r->waiters, (uint32_t)(i % USERS), i);
	}
	return NULL;
}

/* Whoever couldn't leave has a post under way, and nobody else has. */
START_TEST(leaving_while_being_woken)
{
	ROOM(r);
	static struct guest guests[MANY];
	static bool left[MANY];
	pthread_t thread;
	for (uint32_t i = 0; i < MANY; i++) {
		ck_assert_int_eq(enter(&r, &guests[i], i % USERS, no_limits), TS_OK);
	}
	ck_assert_int_eq(pthread_create(&thread, NULL, wake_often, &r), 0);
	for (size_t i = 0; i < MANY; i++) {
		left[i] = waiters_leave(r.waiters, &guests[i].waiter);
	}
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	deliver(&r);
	for (size_t i = 0; i < MANY; i++) {
		ck_assert_int_eq(guests[i].woken, left[i] ? 0 : 1);
	}
	ck_assert_uint_eq(waiters_count(r.waiters), 0);
}
END_TEST

UNIT_MAIN("waiters", {a_users_guests_are_woken_once_and_no_others, 0}, {places_are_counted, 0},
	  {commits_of_others_are_noticed, 0}, {leaving_while_being_woken, 0})
