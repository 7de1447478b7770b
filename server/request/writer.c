/* SPDX-License-Identifier: MIT */
#include "server/request/writer.h"

#include "common/log/log.h"
#include "server/request/stats.h"

#include <pthread.h>
#include <time.h>

enum { LOOK_S = 10 }; /* whether what goes along wants a commit of its own */

struct writer {
	struct ts_store *store;
	struct writer_counts counts;
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t some;
	struct companion *companion; /* NULL: none */
	struct job *first, **last;
	size_t waiting;
	bool stop;
	bool busy;     /* has taken jobs and not come back */
	uint64_t done; /* times it came back */
	uint64_t seen; /* writer_gets_on(): what it looked like the last time */
	struct timespec seen_time;
};

/* Until there are jobs, or it is time to look after what goes along. */
static void wait_a_while(struct writer *w)
{
	struct timespec end;
	if (w->companion == NULL) {
		(void)pthread_cond_wait(&w->some, &w->lock);
		return;
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += LOOK_S;
	(void)pthread_cond_timedwait(&w->some, &w->lock, &end);
}

/* Take everything that waits; NULL: there is nothing now, and with *ret_stop nothing will come. */
static struct job *take_all(struct writer *w, bool *ret_stop)
{
	(void)pthread_mutex_lock(&w->lock);
	w->busy = false;
	w->done++;
	if (w->first == NULL && !w->stop) {
		wait_a_while(w);
	}
	struct job *batch = w->first;
	*ret_stop = w->stop;
	w->first = NULL;
	w->last = &w->first;
	w->waiting = 0;
	w->busy = true;
	(void)pthread_mutex_unlock(&w->lock);
	return batch;
}

static int run_all(struct job *batch, struct ts_txn *t, struct ts_error *err)
{
	int rc = TS_OK;
	for (struct job *j = batch; j != NULL && rc == TS_OK; j = j->next) {
		j->begun = stats_clock();
		rc = j->run(j, t, err);
	}
	return rc;
}

static size_t count(const struct job *batch)
{
	size_t n = 0;
	for (const struct job *j = batch; j != NULL; j = j->next) {
		n++;
	}
	return n;
}

static int commit(struct writer *w, size_t jobs, struct ts_txn *t, struct ts_error *err)
{
	struct writer_counts *c = &w->counts;
	int64_t begun = stats_clock();
	int rc = ts_txn_commit(t, err);
	if (rc == TS_OK) {
		stats_add(&c->commits, 1);
		histogram_add(&c->batches, &histogram_counts, jobs);
		histogram_add(&c->times, &histogram_times, (uint64_t)(stats_clock() - begun));
	}
	return rc;
}

/* What became of a try. */
struct outcome {
	bool ran;       /* each job went well */
	bool ran_along; /* … and so did what goes along */
	uint64_t serial;
};

static int run_along(struct writer *w, struct ts_txn *t, bool last, struct outcome *o,
		     struct ts_error *err)
{
	int rc = w->companion->run(w->companion, t, last, err);
	o->ran_along = rc == TS_OK;
	if (rc != TS_OK) {
		ts_log(TS_LOG_WARNING, "What goes along with a commit failed: %s",
		       err != NULL ? err->text : ts_strerror(rc));
	}
	return rc;
}

/* One transaction for the batch: all of it is on disk, or nothing. */
static int try_batch(struct writer *w, struct job *batch, bool along, bool last, struct outcome *o,
		     struct ts_error *err)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	*o = (struct outcome){.ran_along = !along};
	int rc = ts_txn_begin(w->store, TS_WRITE, &t, err);
	if (rc != TS_OK) {
		return rc;
	}
	o->serial = ts_txn_serial(t);
	rc = run_all(batch, t, err);
	o->ran = rc == TS_OK;
	if (rc == TS_OK && along) {
		rc = run_along(w, t, last, o, err);
	}
	return rc == TS_OK ? commit(w, count(batch), TS_TAKE(t), err) : rc;
}

static int commit_batch(struct writer *w, struct job *batch, bool along, bool last,
			struct outcome *o, struct ts_error *err)
{
	int rc = try_batch(w, batch, along, last, o, err);
	if (w->companion != NULL) {
		w->companion->done(w->companion, rc == TS_OK, o->serial);
	}
	return rc;
}

static void finish(struct writer *w, struct job *batch, const struct ts_error *err)
{
	int64_t now = stats_clock();
	stats_add(&w->counts.failures, err->code != TS_OK ? 1 : 0);
	while (batch != NULL) {
		struct job *next = batch->next; /* its owner may free it in done() */
		batch->finished = now;
		batch->done(batch, err);
		batch = next;
	}
}

static void run_alone(struct writer *w, struct job *j)
{
	struct ts_error err = {0};
	struct outcome o;
	j->next = NULL;
	err.code = commit_batch(w, j, false, false, &o, &err);
	finish(w, j, &err);
}

static void run_each_alone(struct writer *w, struct job *batch)
{
	while (batch != NULL) {
		struct job *next = batch->next;
		run_alone(w, batch);
		batch = next;
	}
}

/* A job that fails spoils the transaction for the others of its batch, so then each gets one of
 * its own. A commit that fails is everybody's. */
static void run_batch(struct writer *w, struct job *batch)
{
	struct ts_error err = {0};
	struct outcome o;
	err.code = commit_batch(w, batch, w->companion != NULL, false, &o, &err);
	bool alone = (!o.ran && batch->next != NULL) || (o.ran && !o.ran_along);
	if (err.code != TS_OK && alone) {
		run_each_alone(w, batch);
	} else {
		finish(w, batch, &err);
	}
}

static void look_after(struct writer *w, bool last)
{
	struct companion *c = w->companion;
	struct outcome o;
	int rc = TS_OK;
	while (c != NULL && rc == TS_OK && c->due(c, last)) {
		rc = commit_batch(w, NULL, true, last, &o, NULL);
	}
}

static void *serve(void *arg)
{
	struct writer *w = arg;
	(void)pthread_setname_np(pthread_self(), "taskd-writer");
	for (;;) {
		bool stop;
		struct job *batch = take_all(w, &stop);
		if (batch != NULL) {
			run_batch(w, batch);
			continue;
		}
		look_after(w, stop);
		if (stop) {
			return NULL;
		}
	}
}

static void init_condition(pthread_cond_t *c)
{
	pthread_condattr_t attr;
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(c, &attr);
	(void)pthread_condattr_destroy(&attr);
}

int writer_new(struct ts_store *store, struct writer **ret, struct ts_error *err)
{
	struct writer *w = calloc(1, sizeof(*w));
	if (w == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory for the storage thread.");
	}
	w->store = store;
	w->last = &w->first;
	(void)pthread_mutex_init(&w->lock, NULL);
	init_condition(&w->some);
	int failure = pthread_create(&w->thread, NULL, serve, w);
	if (failure != 0) {
		free(w);
		return ts_fail_errno(err, failure, "Can't start the storage thread");
	}
	*ret = w;
	return TS_OK;
}

void writer_take_along(struct writer *w, struct companion *c)
{
	(void)pthread_mutex_lock(&w->lock);
	w->companion = c;
	(void)pthread_cond_signal(&w->some); /* it waits for jobs alone as yet */
	(void)pthread_mutex_unlock(&w->lock);
}

void writer_free(struct writer *w)
{
	if (w == NULL) {
		return;
	}
	(void)pthread_mutex_lock(&w->lock);
	w->stop = true;
	(void)pthread_cond_signal(&w->some);
	(void)pthread_mutex_unlock(&w->lock);
	(void)pthread_join(w->thread, NULL);
	(void)pthread_cond_destroy(&w->some);
	(void)pthread_mutex_destroy(&w->lock);
	free(w);
}

/* The processor's time that the thread has had. */
static struct timespec time_of(const struct writer *w)
{
	struct timespec spent = {0};
	clockid_t clock;
	if (pthread_getcpuclockid(w->thread, &clock) == 0) {
		(void)clock_gettime(clock, &spent);
	}
	return spent;
}

bool writer_gets_on(struct writer *w)
{
	struct timespec spent = time_of(w);
	(void)pthread_mutex_lock(&w->lock);
	bool moved = w->done != w->seen || spent.tv_sec != w->seen_time.tv_sec ||
		     spent.tv_nsec != w->seen_time.tv_nsec;
	bool fine = !w->busy || moved;
	w->seen = w->done;
	w->seen_time = spent;
	(void)pthread_mutex_unlock(&w->lock);
	return fine;
}

const struct writer_counts *writer_counts(const struct writer *w)
{
	return &w->counts;
}

size_t writer_waiting(struct writer *w)
{
	(void)pthread_mutex_lock(&w->lock);
	size_t waiting = w->waiting;
	(void)pthread_mutex_unlock(&w->lock);
	return waiting;
}

int writer_submit(struct writer *w, struct job *j, size_t max)
{
	int rc = TS_EBUSY;
	j->queued = stats_clock();
	(void)pthread_mutex_lock(&w->lock);
	if (w->waiting < max) {
		j->next = NULL;
		*w->last = j;
		w->last = &j->next;
		w->waiting++;
		(void)pthread_cond_signal(&w->some);
		rc = TS_OK;
	}
	(void)pthread_mutex_unlock(&w->lock);
	return rc;
}
