/* SPDX-License-Identifier: MIT */
/*
 * The storage thread: the only one that writes to the store while the server runs. It takes all
 * the jobs that wait, runs them in one transaction, commits once, and hands each one back. It
 * waits for nobody: what comes while a commit runs is the next batch.
 */
#pragma once

#include "common/store/store.h"

struct writer;

/* Embedded in its owner, who keeps it until done() is called. */
struct job {
	struct job *next;
	/*
	 * Storage thread. TS_OK: what was written, if anything, may be committed. Anything else: it
	 * has to be undone, and is; the job may be run once more, in a transaction of its own.
	 */
	int (*run)(struct job *j, struct ts_txn *t, struct ts_error *err);
	/* Storage thread: on disk (err->code is TS_OK), or not, and why. */
	void (*done)(struct job *j, const struct ts_error *err);
};

/* Start the thread. `store` is borrowed. TS_ENOMEM, TS_EIO. */
int writer_new(struct ts_store *store, struct writer **ret, struct ts_error *err) TS_MUST_CHECK;
/* Finish the jobs that wait, end the thread; accepts NULL. */
void writer_free(struct writer *w);
TS_DEFINE_CLEANUP(struct writer, writer_free)

/* Any thread. TS_OK: done() will be called; TS_EBUSY: `max` jobs wait already. */
int writer_submit(struct writer *w, struct job *j, size_t max) TS_MUST_CHECK;
