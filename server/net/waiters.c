/* SPDX-License-Identifier: MIT */
#include "server/net/waiters.h"

#include "server/request/limits.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { BUCKETS = 8192 };

struct waiting_user {
	LIST_ENTRY(waiting_user) link;
	uint32_t id;
	size_t count;
	LIST_HEAD(, waiter) waiters;
};

LIST_HEAD(bucket, waiting_user);

struct waiters {
	atomic_size_t count;  /* changed with the lock held */
	pthread_mutex_t lock; /* of what follows */
	uint64_t serial;      /* the last commit of ours, or that was noticed */
	uint64_t foreign;
	struct bucket buckets[BUCKETS];
};

int waiters_new(uint64_t serial, struct waiters **ret, struct ts_error *err)
{
	struct waiters *w = calloc(1, sizeof(*w));
	if (w == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory for those who wait.");
	}
	(void)pthread_mutex_init(&w->lock, NULL);
	w->serial = serial;
	*ret = w;
	return TS_OK;
}

void waiters_free(struct waiters *w)
{
	if (w != NULL) {
		(void)pthread_mutex_destroy(&w->lock);
		free(w);
	}
}

size_t waiters_count(const struct waiters *w)
{
	return atomic_load(&w->count);
}

/* With the lock held, all of these. User ids are small numbers in a row: no hash is better. */

static struct waiting_user *find(struct waiters *w, uint32_t id)
{
	struct waiting_user *u;
	LIST_FOREACH(u, &w->buckets[id % BUCKETS], link)
	{
		if (u->id == id) {
			return u;
		}
	}
	return NULL;
}

static struct waiting_user *find_or_make(struct waiters *w, uint32_t id)
{
	struct waiting_user *u = find(w, id);
	if (u != NULL) {
		return u;
	}
	u = calloc(1, sizeof(*u));
	if (u != NULL) {
		u->id = id;
		LIST_INSERT_HEAD(&w->buckets[id % BUCKETS], u, link);
	}
	return u;
}

static void take_away(struct waiters *w, struct waiter *me)
{
	struct waiting_user *u = me->user;
	LIST_REMOVE(me, link);
	me->user = NULL;
	(void)atomic_fetch_sub(&w->count, 1);
	if (--u->count == 0) {
		LIST_REMOVE(u, link);
		free(u);
	}
}

static int add(struct waiters *w, struct waiter *me, uint32_t id,
	       const struct waiting_limits *limits, struct ts_error *err)
{
	struct waiting_user *u = find(w, id);
	bool full = waiters_count(w) >= limits->all;
	if (full || (u != NULL && u->count >= limits->user)) {
		limits_hit(full ? LIMIT_WAIT_CONNECTIONS : LIMIT_WAIT_USER);
		return ts_fail(err, TS_EBUSY, "Too many clients wait; try again in a while.");
	}
	u = find_or_make(w, id);
	if (u == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory for one who waits.");
	}
	me->user = u;
	LIST_INSERT_HEAD(&u->waiters, me, link);
	u->count++;
	(void)atomic_fetch_add(&w->count, 1);
	return TS_OK;
}

/* Whoever is taken away belongs to its loop's thread as soon as it has the post. */
static void wake_all(struct waiters *w, struct waiting_user *u)
{
	for (size_t n = u->count; n > 0; n--) {
		struct waiter *one = LIST_FIRST(&u->waiters);
		take_away(w, one);
		ts_loop_post(one->loop, one->post);
	}
}

/* The doors */

int waiters_add(struct waiters *w, struct waiter *me, uint32_t user,
		const struct waiting_limits *limits, struct ts_error *err)
{
	(void)pthread_mutex_lock(&w->lock);
	int rc = add(w, me, user, limits, err);
	(void)pthread_mutex_unlock(&w->lock);
	return rc;
}

bool waiters_leave(struct waiters *w, struct waiter *me)
{
	(void)pthread_mutex_lock(&w->lock);
	bool there = me->user != NULL;
	if (there) {
		take_away(w, me);
	}
	(void)pthread_mutex_unlock(&w->lock);
	return there;
}

/* With the lock held. Where a number was passed over, somebody else has written in between. */
static void commit(struct waiters *w, uint64_t serial)
{
	w->serial = w->serial + 1 == serial ? serial : w->serial;
}

void waiters_committed(struct waiters *w, uint64_t serial)
{
	(void)pthread_mutex_lock(&w->lock);
	commit(w, serial);
	(void)pthread_mutex_unlock(&w->lock);
}

void waiters_wake(struct waiters *w, uint32_t user, uint64_t serial)
{
	(void)pthread_mutex_lock(&w->lock);
	commit(w, serial);
	struct waiting_user *u = find(w, user);
	if (u != NULL) {
		wake_all(w, u);
	}
	(void)pthread_mutex_unlock(&w->lock);
}

uint64_t waiters_look(struct waiters *w, uint64_t serial)
{
	(void)pthread_mutex_lock(&w->lock);
	/* A smaller one was read before our last commit, and says nothing new. */
	if (serial > w->serial) {
		w->serial = serial;
		w->foreign++;
	}
	uint64_t foreign = w->foreign;
	(void)pthread_mutex_unlock(&w->lock);
	return foreign;
}
