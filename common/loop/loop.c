/* SPDX-License-Identifier: MIT */
#include "common/loop/loop.h"

#include "common/base/attr.h"
#include "common/base/clock.h"

#include <errno.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

enum { EVENTS_A_TURN = 64 };

struct ts_loop {
	int epoll_fd, wake_fd;
	uint64_t now;

	struct ts_timer **heap; /* by `at`, the soonest first */
	size_t timers, heap_cap;

	/* The events of this turn; a dropped one has a NULL watch. */
	struct epoll_event events[EVENTS_A_TURN];
	int event_next, event_count;

	pthread_mutex_t lock; /* of what follows */
	struct ts_post *first, **last;
	bool asleep; /* in epoll_wait: a post must write to wake_fd */
	bool stop;
};

static int open_fds(struct ts_loop *l, struct ts_error *err)
{
	struct epoll_event wake = {.events = EPOLLIN, .data.ptr = NULL};
	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (l->epoll_fd < 0 || l->wake_fd < 0 ||
	    epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, l->wake_fd, &wake) != 0) {
		return ts_fail_errno(err, errno, "Can't make an event loop");
	}
	return TS_OK;
}

int ts_loop_new(struct ts_loop **ret, struct ts_error *err)
{
	struct ts_loop *l = calloc(1, sizeof(*l));
	if (l == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory for an event loop.");
	}
	(void)pthread_mutex_init(&l->lock, NULL);
	l->last = &l->first;
	l->now = ts_clock_ms();
	l->epoll_fd = l->wake_fd = -1;
	int rc = open_fds(l, err);
	if (rc != TS_OK) {
		ts_loop_free(l);
		return rc;
	}
	*ret = l;
	return TS_OK;
}

void ts_loop_free(struct ts_loop *l)
{
	if (l == NULL) {
		return;
	}
	ts_close_p(&l->epoll_fd);
	ts_close_p(&l->wake_fd);
	(void)pthread_mutex_destroy(&l->lock);
	free(l->heap);
	free(l);
}

/* Readiness */

int ts_loop_watch(struct ts_loop *l, struct ts_watch *w, uint32_t events)
{
	if (events == w->events) {
		return TS_OK;
	}
	if (events == 0) {
		ts_loop_unwatch(l, w);
		return TS_OK;
	}
	struct epoll_event e = {.events = events, .data.ptr = w};
	int op = w->events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
	if (epoll_ctl(l->epoll_fd, op, w->fd, &e) != 0) {
		return errno == ENOMEM || errno == ENOSPC ? TS_ENOMEM : TS_EIO;
	}
	w->events = events;
	return TS_OK;
}

void ts_loop_unwatch(struct ts_loop *l, struct ts_watch *w)
{
	if (w->events == 0) {
		return;
	}
	(void)epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, w->fd, NULL);
	w->events = 0;
	for (int i = l->event_next; i < l->event_count; i++) {
		if (l->events[i].data.ptr == w) {
			l->events[i].data.ptr = NULL;
		}
	}
}

/* The wake-up's own event has no watch; its count is read away, the posts are looked at anyway. */
static void deliver(struct ts_loop *l)
{
	while (l->event_next < l->event_count) {
		struct epoll_event *e = &l->events[l->event_next++];
		struct ts_watch *w = e->data.ptr;
		if (w != NULL) {
			w->on_ready(w, e->events);
		}
	}
}

/* Timers: a binary heap; each timer knows its place */

static void place(struct ts_loop *l, struct ts_timer *t, size_t at)
{
	l->heap[at] = t;
	t->heap_index = at;
}

static void sift_up(struct ts_loop *l, struct ts_timer *t, size_t at)
{
	while (at > 0 && l->heap[(at - 1) / 2]->at > t->at) {
		place(l, l->heap[(at - 1) / 2], at);
		at = (at - 1) / 2;
	}
	place(l, t, at);
}

static void sift_down(struct ts_loop *l, struct ts_timer *t, size_t at)
{
	for (;;) {
		size_t child = 2 * at + 1;
		if (child >= l->timers) {
			break;
		}
		if (child + 1 < l->timers && l->heap[child + 1]->at < l->heap[child]->at) {
			child++;
		}
		if (l->heap[child]->at >= t->at) {
			break;
		}
		place(l, l->heap[child], at);
		at = child;
	}
	place(l, t, at);
}

static int grow_heap(struct ts_loop *l)
{
	if (l->timers < l->heap_cap) {
		return TS_OK;
	}
	size_t cap = l->heap_cap == 0 ? 64 : l->heap_cap * 2;
	struct ts_timer **heap = reallocarray(l->heap, cap, sizeof(struct ts_timer *));
	if (heap == NULL) {
		return TS_ENOMEM;
	}
	l->heap = heap;
	l->heap_cap = cap;
	return TS_OK;
}

int ts_loop_arm(struct ts_loop *l, struct ts_timer *t, uint64_t ms)
{
	uint64_t at;
	if (__builtin_add_overflow(l->now, ms == 0 ? 1 : ms, &at)) {
		at = UINT64_MAX;
	}
	if (t->at == 0) {
		int rc = grow_heap(l);
		if (rc != TS_OK) {
			return rc;
		}
		t->heap_index = l->timers++;
	}
	bool sooner = t->at == 0 || at < t->at;
	t->at = at;
	(sooner ? sift_up : sift_down)(l, t, t->heap_index);
	return TS_OK;
}

void ts_loop_disarm(struct ts_loop *l, struct ts_timer *t)
{
	if (t->at == 0) {
		return;
	}
	struct ts_timer *moved = l->heap[--l->timers];
	if (moved != t) {
		(moved->at < t->at ? sift_up : sift_down)(l, moved, t->heap_index);
	}
	t->at = 0;
}

uint64_t ts_loop_now(const struct ts_loop *l)
{
	return l->now;
}

static void fire(struct ts_loop *l)
{
	while (l->timers > 0 && l->heap[0]->at <= l->now) {
		struct ts_timer *t = l->heap[0];
		ts_loop_disarm(l, t);
		t->on_time(t);
	}
}

/* [ms] until the first timer, for epoll_wait. */
static int until_timer(const struct ts_loop *l)
{
	if (l->timers == 0) {
		return -1;
	}
	uint64_t at = l->heap[0]->at;
	if (at <= l->now) {
		return 0;
	}
	return at - l->now > INT32_MAX ? INT32_MAX : (int)(at - l->now);
}

/* Posts */

static void wake(struct ts_loop *l)
{
	if (l->asleep) {
		l->asleep = false;
		uint64_t one = 1;
		ssize_t n = write(l->wake_fd, &one, sizeof(one));
		(void)n; /* it can only be full, and then the loop wakes as well */
	}
}

void ts_loop_post(struct ts_loop *l, struct ts_post *p)
{
	p->next = NULL;
	(void)pthread_mutex_lock(&l->lock);
	*l->last = p;
	l->last = &p->next;
	wake(l);
	(void)pthread_mutex_unlock(&l->lock);
}

void ts_loop_stop(struct ts_loop *l)
{
	(void)pthread_mutex_lock(&l->lock);
	l->stop = true;
	wake(l);
	(void)pthread_mutex_unlock(&l->lock);
}

/* Run what was posted until now; what is posted meanwhile waits for the next turn, so that work
 * which posts itself again leaves room for others. True: stop. */
static bool run_posts(struct ts_loop *l)
{
	(void)pthread_mutex_lock(&l->lock);
	struct ts_post *p = l->first;
	l->first = NULL;
	l->last = &l->first;
	bool stop = l->stop;
	(void)pthread_mutex_unlock(&l->lock);
	while (p != NULL) {
		struct ts_post *next = p->next;
		p->run(p);
		p = next;
	}
	return stop;
}

/* True where nothing is posted: from now on a post writes to wake_fd. */
static bool fall_asleep(struct ts_loop *l)
{
	(void)pthread_mutex_lock(&l->lock);
	l->asleep = l->first == NULL && !l->stop;
	bool asleep = l->asleep;
	(void)pthread_mutex_unlock(&l->lock);
	return asleep;
}

static void awake(struct ts_loop *l)
{
	(void)pthread_mutex_lock(&l->lock);
	bool woken = !l->asleep;
	l->asleep = false;
	(void)pthread_mutex_unlock(&l->lock);
	uint64_t count;
	if (woken && read(l->wake_fd, &count, sizeof(count)) < 0) {
		return; /* nothing to read away */
	}
}

static int wait_events(struct ts_loop *l, struct ts_error *err)
{
	bool asleep = fall_asleep(l);
	int n = epoll_wait(l->epoll_fd, l->events, EVENTS_A_TURN, asleep ? until_timer(l) : 0);
	int failure = errno;
	if (asleep) {
		awake(l);
	}
	if (n < 0 && failure != EINTR) {
		return ts_fail_errno(err, failure, "The event loop failed");
	}
	l->event_next = 0;
	l->event_count = n < 0 ? 0 : n;
	l->now = ts_clock_ms();
	return TS_OK;
}

int ts_loop_run(struct ts_loop *l, struct ts_error *err)
{
	l->now = ts_clock_ms();
	while (!run_posts(l)) {
		int rc = wait_events(l, err);
		if (rc != TS_OK) {
			return rc;
		}
		deliver(l);
		fire(l);
	}
	l->stop = false;
	return TS_OK;
}
