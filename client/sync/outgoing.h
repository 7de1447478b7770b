/* SPDX-License-Identifier: MIT */
/* What one request carries: lines of pending tasks, the sync key that they stand on, and earlier
 * ones. Collected in one read transaction, which has ended before anything is sent. */
#pragma once

#include "client/sync/sync.h"
#include "common/base/spool.h"

struct outgoing {
	/* Set by the caller. */
	const struct sync *sync;
	enum sync_how how;
	uint64_t most;               /* [bytes] the request is closed by the task that gets there */
	bool pull;                   /* ask only: everything stays pending */
	const struct ts_uuid *since; /* stand on the point of this key; NULL: on the newest */

	/* Set by outgoing_collect(). */
	bool has_point;
	struct ts_sync_point point; /* which it stands on */
	struct ts_buf history;      /* keys of the points before it, newest first */
	struct ts_spool *lines;
	size_t tasks;
	struct ts_uuid first; /* the first task */
	uint64_t sent;        /* the remote will have every version up to this one */
	bool complete;        /* that was all */
};

/* TS_EHISTORY: `since` is no key of ours. */
int outgoing_collect(struct outgoing *o, struct ts_spool_budget *budget,
		     struct ts_error *err) TS_MUST_CHECK;
void outgoing_done(struct outgoing *o);
/* How many tasks are pending for the request and those after it. */
int outgoing_count(const struct outgoing *o, size_t *ret, struct ts_error *err) TS_MUST_CHECK;
