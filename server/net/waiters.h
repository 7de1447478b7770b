/* SPDX-License-Identifier: MIT */
/*
 * Who waits for news of which account: a table of users, each with its waiting connections, shared
 * by all loops and the storage thread. To wake a user's costs as much as that user has, however
 * many others wait. Any thread may call anything here.
 */
#pragma once

#include "common/base/error.h"
#include "common/loop/loop.h"

#include <sys/queue.h>

struct waiters;
struct waiting_user;

/* Embedded in its owner. To be woken is to get the post, once, in the loop's thread. */
struct waiter {
	LIST_ENTRY(waiter) link;
	struct waiting_user *user;
	struct ts_loop *loop;
	struct ts_post *post;
};

/* `serial` is the store's as of now (ts_store_serial()). TS_ENOMEM. */
int waiters_new(uint64_t serial, struct waiters **ret, struct ts_error *err) TS_MUST_CHECK;
void waiters_free(struct waiters *w); /* accepts NULL; nobody may wait any more */
TS_DEFINE_CLEANUP(struct waiters, waiters_free)

struct waiting_limits {
	size_t all, user;
};

/* TS_OK; TS_EBUSY with a sentence: so many wait already; TS_ENOMEM. */
int waiters_add(struct waiters *w, struct waiter *me, uint32_t user,
		const struct waiting_limits *limits, struct ts_error *err) TS_MUST_CHECK;
/* True: it waits no more, and won't be woken. False: its post is under way. */
bool waiters_leave(struct waiters *w, struct waiter *me) TS_MUST_CHECK;
/* How many wait. */
size_t waiters_count(const struct waiters *w);

/* A commit of ours, which made the store's serial what it says, has news for `user`. */
void waiters_wake(struct waiters *w, uint32_t user, uint64_t serial);
/* The same, with news for nobody. */
void waiters_committed(struct waiters *w, uint64_t serial);
/* The store's serial was this a moment ago. Gives a number that grows whenever somebody else has
 * written. */
uint64_t waiters_look(struct waiters *w, uint64_t serial);
