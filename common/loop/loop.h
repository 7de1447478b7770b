/* SPDX-License-Identifier: MIT */
/*
 * epoll, a heap of timers and an eventfd. One loop a thread; only ts_loop_post() and
 * ts_loop_stop() may be called from another one.
 */
#pragma once

#include "common/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ts_loop;

/* Embedded in its owner, never allocated here. */
struct ts_watch {
	int fd;
	uint32_t events; /* EPOLLIN | EPOLLOUT…, 0 while not watched */
	void (*on_ready)(struct ts_watch *w, uint32_t events);
};

struct ts_timer {
	uint64_t at; /* [ms] on the loop's clock, 0 while not armed */
	void (*on_time)(struct ts_timer *t);
	size_t heap_index;
};

/* Work handed over from another thread; embedded in its owner. */
struct ts_post {
	struct ts_post *next;
	void (*run)(struct ts_post *p);
};

int ts_loop_new(struct ts_loop **ret, struct ts_error *err) TS_MUST_CHECK;
void ts_loop_free(struct ts_loop *l);
TS_DEFINE_CLEANUP(struct ts_loop, ts_loop_free)

/* Watch w->fd for `events` (EPOLLEXCLUSIVE allowed the first time), or change what is watched. */
int ts_loop_watch(struct ts_loop *l, struct ts_watch *w, uint32_t events) TS_MUST_CHECK;
/* Also drops events of this turn that were not delivered yet: the owner may be freed in any
 * callback. */
void ts_loop_unwatch(struct ts_loop *l, struct ts_watch *w);
/* Fire once in `ms`; arming again moves it. TS_OK or TS_ENOMEM. */
int ts_loop_arm(struct ts_loop *l, struct ts_timer *t, uint64_t ms) TS_MUST_CHECK;
void ts_loop_disarm(struct ts_loop *l, struct ts_timer *t);
/* [ms] monotonic, read once a turn. */
uint64_t ts_loop_now(const struct ts_loop *l);
/* Any thread: run p->run(p) in the loop's thread, in the order of the posts. Never fails. */
void ts_loop_post(struct ts_loop *l, struct ts_post *p);
/* Serve until ts_loop_stop(). TS_OK, or TS_EIO if epoll itself fails. */
int ts_loop_run(struct ts_loop *l, struct ts_error *err) TS_MUST_CHECK;
/* Any thread. Posts made before it are still run. */
void ts_loop_stop(struct ts_loop *l);
