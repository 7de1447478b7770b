/* SPDX-License-Identifier: MIT */
#include "server/watch/health.h"

#include "common/base/date.h"
#include "server/watch/scene.h"

#include <pthread.h>
#include <time.h>

struct health {
	const struct watch_subject *subject;
	struct job job;
	uint64_t serial;      /* of the commit; storage thread */
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t answered;
	bool asked;          /* the storage thread has the job */
	int64_t asked_at;    /* [µs] on stats_clock() */
	int64_t answered_at; /* … 0: never */
	struct ts_error result;
};

/* Storage thread */

static int job_run(struct job *j, struct ts_txn *t, struct ts_error *err)
{
	struct health *h = TS_OWNER(j, struct health, job);
	h->serial = ts_txn_serial(t);
	return ts_store_touch(t, ts_date_now(), err);
}

static void job_done(struct job *j, const struct ts_error *err)
{
	struct health *h = TS_OWNER(j, struct health, job);
	if (err->code == TS_OK) {
		/* There are no news for anybody, and those who wait needn't look for any. */
		waiters_committed(h->subject->waiters, h->serial);
	}
	(void)pthread_mutex_lock(&h->lock);
	h->asked = false;
	h->answered_at = stats_clock();
	h->result = *err;
	(void)pthread_cond_broadcast(&h->answered);
	(void)pthread_mutex_unlock(&h->lock);
}

/* Asking it; with the lock held, all of these. */

static bool is_fresh(const struct health *h)
{
	const int64_t age = stats_clock() - h->answered_at;
	const int64_t most = h->result.code == TS_OK ? HEALTH_EVERY_S : 1;
	return h->answered_at != 0 && age < most * 1000000;
}

static void ask(struct health *h)
{
	h->asked = true;
	h->asked_at = stats_clock();
	if (writer_submit(h->subject->writer, &h->job, SIZE_MAX) != TS_OK) {
		h->asked = false;
	}
}

static void wait_for_answer(struct health *h, unsigned patience)
{
	const int64_t until = h->asked_at + (int64_t)patience * 1000;
	const struct timespec end = {until / 1000000, until % 1000000 * 1000};
	int rc = 0;
	while (h->asked && rc == 0) {
		rc = pthread_cond_clockwait(&h->answered, &h->lock, CLOCK_MONOTONIC, &end);
	}
}

static int commit_check(struct health *h, unsigned patience, struct ts_error *err)
{
	if (!h->asked && !is_fresh(h)) {
		ask(h);
	}
	wait_for_answer(h, patience);
	if (h->asked) {
		return ts_fail(err, TS_ETIMEOUT,
			       "The storage thread hasn't answered for %lld seconds.",
			       (long long)(stats_clock() - h->asked_at) / 1000000);
	}
	if (h->result.code != TS_OK) {
		return ts_fail(err, h->result.code, "The store can't be written: %s",
			       h->result.text);
	}
	return TS_OK;
}

static int read_check(struct health *h, struct ts_error *err)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	struct ts_error why = {0};
	struct ts_store_stats stats;
	int rc = ts_txn_begin(h->subject->store, TS_READ, &t, &why);
	if (rc != TS_OK) {
		return ts_fail(err, rc, "The store can't be read: %s", why.text);
	}
	ts_store_stats(t, &stats);
	return TS_OK;
}

int health_check(struct health *h, const char *dir, unsigned patience, struct ts_error *err)
{
	int rc = read_check(h, err);
	if (rc == TS_OK && dir != NULL && scene_disk_free(dir) < HEALTH_ROOM) {
		rc = ts_fail(err, TS_EFULL, "The disk of the data directory is full.");
	}
	if (rc != TS_OK) {
		return rc;
	}
	(void)pthread_mutex_lock(&h->lock);
	rc = commit_check(h, patience, err);
	(void)pthread_mutex_unlock(&h->lock);
	return rc;
}

int health_new(const struct watch_subject *subject, struct health **ret, struct ts_error *err)
{
	struct health *h = calloc(1, sizeof(*h));
	if (h == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory for a look at the server's health.");
	}
	h->subject = subject;
	h->job = (struct job){.run = job_run, .done = job_done};
	(void)pthread_mutex_init(&h->lock, NULL);
	(void)pthread_cond_init(&h->answered, NULL);
	*ret = h;
	return TS_OK;
}

void health_free(struct health *h)
{
	if (h != NULL) {
		(void)pthread_cond_destroy(&h->answered);
		(void)pthread_mutex_destroy(&h->lock);
		free(h);
	}
}
