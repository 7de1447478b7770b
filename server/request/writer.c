/* SPDX-License-Identifier: MIT */
#include "server/request/writer.h"

#include <pthread.h>

struct writer {
	struct ts_store *store;
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t some;
	struct job *first, **last;
	size_t waiting;
	bool stop;
};

/* Take everything that waits; NULL: nothing will ever come again. */
static struct job *take_all(struct writer *w)
{
	(void)pthread_mutex_lock(&w->lock);
	while (w->first == NULL && !w->stop) {
		(void)pthread_cond_wait(&w->some, &w->lock);
	}
	struct job *batch = w->first;
	w->first = NULL;
	w->last = &w->first;
	w->waiting = 0;
	(void)pthread_mutex_unlock(&w->lock);
	return batch;
}

static int run_all(struct job *batch, struct ts_txn *t, struct ts_error *err)
{
	int rc = TS_OK;
	for (struct job *j = batch; j != NULL && rc == TS_OK; j = j->next) {
		rc = j->run(j, t, err);
	}
	return rc;
}

/* One transaction for the batch: all of it is on disk, or nothing. */
static int commit_batch(struct writer *w, struct job *batch, bool *ret_ran, struct ts_error *err)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	*ret_ran = false;
	int rc = ts_txn_begin(w->store, TS_WRITE, &t, err);
	if (rc != TS_OK) {
		return rc;
	}
	rc = run_all(batch, t, err);
	if (rc != TS_OK) {
		return rc;
	}
	*ret_ran = true;
	return ts_txn_commit(TS_TAKE(t), err);
}

static void finish(struct job *batch, const struct ts_error *err)
{
	while (batch != NULL) {
		struct job *next = batch->next; /* its owner may free it in done() */
		batch->done(batch, err);
		batch = next;
	}
}

static void run_alone(struct writer *w, struct job *j)
{
	struct ts_error err = {0};
	bool ran;
	j->next = NULL;
	err.code = commit_batch(w, j, &ran, &err);
	j->done(j, &err);
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
	bool ran;
	err.code = commit_batch(w, batch, &ran, &err);
	if (err.code != TS_OK && !ran && batch->next != NULL) {
		run_each_alone(w, batch);
	} else {
		finish(batch, &err);
	}
}

static void *serve(void *arg)
{
	struct writer *w = arg;
	for (;;) {
		struct job *batch = take_all(w);
		if (batch == NULL) {
			return NULL;
		}
		run_batch(w, batch);
	}
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
	(void)pthread_cond_init(&w->some, NULL);
	int failure = pthread_create(&w->thread, NULL, serve, w);
	if (failure != 0) {
		free(w);
		return ts_fail_errno(err, failure, "Can't start the storage thread");
	}
	*ret = w;
	return TS_OK;
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

int writer_submit(struct writer *w, struct job *j, size_t max)
{
	int rc = TS_EBUSY;
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
