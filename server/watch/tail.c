/* SPDX-License-Identifier: MIT */
#include "server/watch/tail.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>

struct tail {
	LIST_ENTRY(tail) link;
	struct tail_wish wish;
	struct ts_buf waiting; /* lines */
	size_t taken;          /* [bytes] of them */
	uint64_t dropped;      /* lines since the last one that was kept */
};

/* All with the lock held, but for the atomic ones. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t some = PTHREAD_COND_INITIALIZER;
static LIST_HEAD(, tail) tails = LIST_HEAD_INITIALIZER(tails);
static bool open;
static struct ts_buf errors[TAIL_ERRORS]; /* a ring of JSON objects */
static size_t error_count;
static atomic_size_t count;
static atomic_uint_fast64_t drops;

/* Taking lines */

static bool is_error(const struct ts_log_line *l)
{
	struct ts_slice code = ts_log_get(l, "code");
	return l->level <= TS_LOG_WARNING || (code.len == 3 && code.data[0] >= '4');
}

static bool is_of(const struct ts_log_line *l, const struct tail_wish *w)
{
	return w->user[0] == '\0' || (ts_slice_eq(ts_log_get(l, "org"), ts_slice_of(w->org)) &&
				      ts_slice_eq(ts_log_get(l, "user"), ts_slice_of(w->user)));
}

static void add_line(const struct ts_log_line *l, bool json, struct ts_buf *to)
{
	if (json) {
		ts_log_json(l, to);
	} else {
		ts_log_text(l, to);
	}
	ts_buf_add_char(to, '\n');
}

/* So that a follower knows of the gap. */
static void tell_drops(struct tail *t)
{
	struct ts_log_line l = {.level = TS_LOG_WARNING, .wanted = true, .event = "dropped"};
	(void)clock_gettime(CLOCK_REALTIME, &l.time);
	ts_log_number(&l, "lines", (int64_t)t->dropped);
	add_line(&l, t->wish.json, &t->waiting);
	ts_buf_done(&l.values);
	t->dropped = 0;
}

static void give(struct tail *t, const struct ts_log_line *l)
{
	if (t->waiting.len - t->taken > TAIL_BYTES) {
		t->dropped++;
		(void)atomic_fetch_add(&drops, 1);
		return;
	}
	if (t->dropped > 0) {
		tell_drops(t);
	}
	add_line(l, t->wish.json, &t->waiting);
	if (t->waiting.failed) {
		ts_buf_done(&t->waiting);
		t->taken = 0;
		t->dropped++;
	}
}

static void give_all(const struct ts_log_line *l)
{
	struct tail *t;
	LIST_FOREACH(t, &tails, link)
	{
		if (is_of(l, &t->wish) && (!t->wish.errors || is_error(l))) {
			give(t, l);
		}
	}
	(void)pthread_cond_broadcast(&some);
}

static void keep_error(const struct ts_log_line *l)
{
	struct ts_buf *b = &errors[error_count++ % TAIL_ERRORS];
	ts_buf_clear(b);
	ts_log_json(l, b);
}

static void listen_to(const struct ts_log_line *l)
{
	bool grave = l->level <= TS_LOG_WARNING;
	if (!grave && atomic_load(&count) == 0) {
		return;
	}
	(void)pthread_mutex_lock(&lock);
	if (grave && open) {
		keep_error(l);
	}
	give_all(l);
	(void)pthread_mutex_unlock(&lock);
}

/* Lines that are not in the log are made for followers only. */
static void set_level(void)
{
	ts_log_listen(atomic_load(&count) > 0 ? TS_LOG_INFO : TS_LOG_WARNING, listen_to);
}

void tail_begin(void)
{
	(void)pthread_mutex_lock(&lock);
	open = true;
	set_level();
	(void)pthread_mutex_unlock(&lock);
}

void tail_end(void)
{
	(void)pthread_mutex_lock(&lock);
	open = false;
	ts_log_listen(TS_LOG_ERROR, NULL);
	(void)pthread_cond_broadcast(&some);
	for (size_t i = 0; i < TAIL_ERRORS; i++) {
		ts_buf_done(&errors[i]);
	}
	error_count = 0;
	(void)pthread_mutex_unlock(&lock);
}

/* Followers */

struct tail *tail_new(const struct tail_wish *wish)
{
	struct tail *t = calloc(1, sizeof(*t));
	if (t == NULL) {
		return NULL;
	}
	t->wish = *wish;
	(void)pthread_mutex_lock(&lock);
	bool room = open && atomic_load(&count) < TAIL_MOST;
	if (room) {
		LIST_INSERT_HEAD(&tails, t, link);
		(void)atomic_fetch_add(&count, 1);
		set_level();
	}
	(void)pthread_mutex_unlock(&lock);
	if (!room) {
		free(TS_TAKE(t));
	}
	return t;
}

void tail_free(struct tail *t)
{
	if (t == NULL) {
		return;
	}
	(void)pthread_mutex_lock(&lock);
	LIST_REMOVE(t, link);
	(void)atomic_fetch_sub(&count, 1);
	if (open) {
		set_level();
	}
	(void)pthread_mutex_unlock(&lock);
	ts_buf_done(&t->waiting);
	free(t);
}

static struct timespec deadline(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += TAIL_PATIENCE_MS / 1000;
	return t;
}

/* Whoever is never quite up to date would need ever more memory otherwise. What moves is no more
 * than what was read. */
static void drop_taken(struct tail *t)
{
	size_t left = t->waiting.len - t->taken;
	if (left > 0) {
		memmove(t->waiting.data, t->waiting.data + t->taken, left);
	}
	t->waiting.len = left;
	t->taken = 0;
}

static size_t take(struct tail *t, char *to, size_t size)
{
	size_t left = t->waiting.len - t->taken;
	size_t n = left < size ? left : size;
	if (n > 0) {
		memcpy(to, t->waiting.data + t->taken, n);
	}
	t->taken += n;
	if (t->taken >= left - n) {
		drop_taken(t);
	}
	return n;
}

size_t tail_read(struct tail *t, char *to, size_t size)
{
	struct timespec end = deadline();
	int rc = 0;
	(void)pthread_mutex_lock(&lock);
	while (open && t->waiting.len == 0 && rc == 0) {
		rc = pthread_cond_clockwait(&some, &lock, CLOCK_MONOTONIC, &end);
	}
	size_t n = take(t, to, size);
	bool silent = n == 0 && open;
	(void)pthread_mutex_unlock(&lock);
	if (silent) {
		to[0] = '\n';
		n = 1;
	}
	return n;
}

size_t tail_count(void)
{
	return atomic_load(&count);
}

uint64_t tail_drops(void)
{
	return atomic_load(&drops);
}

void tail_errors(struct ts_buf *to)
{
	ts_buf_add_char(to, '[');
	(void)pthread_mutex_lock(&lock);
	size_t first = error_count > TAIL_ERRORS ? error_count - TAIL_ERRORS : 0;
	for (size_t i = first; i < error_count; i++) {
		ts_buf_add_str(to, i > first ? "," : "");
		ts_buf_add_slice(to, ts_buf_slice(&errors[i % TAIL_ERRORS]));
	}
	(void)pthread_mutex_unlock(&lock);
	ts_buf_add_char(to, ']');
}
