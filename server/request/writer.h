/* SPDX-License-Identifier: MIT */
/*
 * The storage thread: the only one that writes to the store while the server runs. It takes all
 * the jobs that wait, runs them in one transaction, commits once, and hands each one back. It
 * waits for nobody: what comes while a commit runs is the next batch.
 */
#pragma once

#include "common/store/store.h"
#include "server/request/histogram.h"

struct writer;

/* What it has done since it began. Any thread. */
struct writer_counts {
	atomic_uint_fast64_t commits;
	atomic_uint_fast64_t failures; /* batches that could not be stored */
	struct histogram batches;      /* jobs in each commit */
	struct histogram times;        /* of each commit, up to the disk */
};

/* Embedded in its owner, who keeps it until done() is called. */
struct job {
	struct job *next;
	int64_t queued, begun, finished; /* [µs] on stats_clock(); set by the writer */
	/*
	 * Storage thread. TS_OK: what was written, if anything, may be committed. Anything else: it
	 * has to be undone, and is; the job may be run once more, in a transaction of its own.
	 */
	int (*run)(struct job *j, struct ts_txn *t, struct ts_error *err);
	/* Storage thread: on disk (err->code is TS_OK), or not, and why. */
	void (*done)(struct job *j, const struct ts_error *err);
};

/* What goes along with the jobs: work that has time, such as counting. Storage thread, all of it.
 */
struct companion {
	/* Behind a batch's jobs, in their transaction, or alone. A failure undoes the jobs, and
	 * they are run again without it. `last`: nothing comes behind. */
	int (*run)(struct companion *c, struct ts_txn *t, bool last, struct ts_error *err);
	/* Behind each transaction, whether or not run() was in it: it is on disk, as the store's
	 * commit `serial`, or was undone. */
	void (*done)(struct companion *c, bool stored, uint64_t serial);
	/* Asked now and then while there are no jobs, and at the end: run it alone. */
	bool (*due)(struct companion *c, bool last);
};

/* Start the thread. `store` is borrowed. TS_ENOMEM, TS_EIO. */
int writer_new(struct ts_store *store, struct writer **ret, struct ts_error *err) TS_MUST_CHECK;
/* Borrowed, from now on; once, before the first job. */
void writer_take_along(struct writer *w, struct companion *c);
/* Finish the jobs that wait, end the thread; accepts NULL. */
void writer_free(struct writer *w);
TS_DEFINE_CLEANUP(struct writer, writer_free)

/* One thread, now and then: has the storage thread nothing to do, or has it worked since the last
 * call? A job that takes long is work; one that hangs is none. */
bool writer_gets_on(struct writer *w);

const struct writer_counts *writer_counts(const struct writer *w);
/* Jobs that wait. Any thread. */
size_t writer_waiting(struct writer *w);

/* Any thread. TS_OK: done() will be called; TS_EBUSY: `max` jobs wait already. */
int writer_submit(struct writer *w, struct job *j, size_t max) TS_MUST_CHECK;
