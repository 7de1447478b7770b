/* SPDX-License-Identifier: MIT */
/*
 * One sync with one remote: what is pending goes there, what others changed comes back, and both
 * are remembered as a new sync point in one local transaction. Nothing is forgotten before the
 * answer is stored: a sync may be stopped at any moment and run again.
 */
#pragma once

#include "client/remote/remote.h"
#include "client/replica/apply.h"
#include "client/sync/progress.h"
#include "common/net/dial.h"

enum sync_how {
	SYNC_NORMAL,
	SYNC_PUSH_ALL, /* the remote doesn't know our last sync: send everything, merge there */
	SYNC_ADOPT     /* the remote is right: take its tasks as they are, and no others */
};

struct arrivals; /* arrivals.h */

struct sync {
	/* Set by the caller, borrowed. */
	struct replica *replica;
	const struct remote *remote;
	const struct settings *settings;
	const struct place *place;
	enum sync_how how;         /* SYNC_NORMAL afterwards, where the other was done */
	int cancel_fd;             /* readable: stop; -1: none */
	struct progress *progress; /* NULL: none */
	/* A remark for the user, a sentence; NULL: nobody listens. */
	void (*say)(const char *text, void *arg);
	void *say_arg;
	struct ts_dial *dial; /* a connection that is open already, or NULL; afterwards one that the
			       * server keeps open, or NULL. The caller closes it. */
	bool keep;            /* ask for that */
	struct arrivals *arrivals; /* gets what arrives, for hooks; NULL. sync_whole() sets it. */

	/* What came of it, on success and, as far as known, on failure: the numbers are added to,
	 * so that several tries count together. */
	size_t sent, received; /* tasks' states; tasks that changed here */
	size_t conflicts, merges, rejected;
	uint64_t bytes_out, bytes_in;
	bool resumed;        /* the TLS session was an earlier one */
	int code;            /* the server's, 0: no answer */
	char messages[1000]; /* from the server, for its user; "" */
};

/*
 * Run it, once. The codes of common/net/dial.h; TS_EREFUSED (by the server; or it would, because
 * the own certificate has expired; or it answers what is no answer); TS_EHISTORY (the remote knows
 * none of our sync keys: nothing was changed); TS_EINVAL (configuration, clock), and those of the
 * replica. A server that is busy or about to stop counts as not reached. sync_may_retry() says what
 * is worth another try.
 */
int sync_run(struct sync *s, struct ts_error *err) TS_MUST_CHECK;
bool sync_may_retry(int code);

/*
 * What `taskc sync` does: lock, hooks, sync_run() with retries, the status file. TS_ELOCKED:
 * another process syncs. The caller sets the same fields; of `on-change` hooks the changes are
 * told.
 */
int sync_whole(struct sync *s, struct ts_error *err) TS_MUST_CHECK;

/*
 * Wait until the remote has something new, up to `timeout` [ms] (request type `wait`). TS_OK: it
 * has, or it has to be asked anyway; TS_ETIMEOUT with s->code 201: it has not; TS_EUNSUPPORTED: the
 * server doesn't know how, poll; else as sync_run().
 */
int sync_wait(struct sync *s, uint64_t timeout, struct ts_error *err) TS_MUST_CHECK;
/* The same for whoever keeps the sync key elsewhere (client/watch): `replica` may be NULL. */
int sync_wait_key(struct sync *s, const struct ts_uuid *key, uint64_t timeout,
		  struct ts_error *err) TS_MUST_CHECK;
