/* SPDX-License-Identifier: MIT */
/*
 * What a remote doesn't have yet, and what it has.
 *
 * A sync point (store.h) says: at that sync key the remote knew every version up to `sent`, and
 * those up to `last` that it sent itself. So the versions behind `sent` are pending, but for those
 * of transactions that were received from it up to `last`. What was edited while a sync ran lies
 * between `sent` and `last` and stays pending.
 *
 *	sent        in flight   received    made since
 *	… ── L2 │ L3 ───────────────── M ───── L5 …     M = merge of L3 and S, made here
 *	     └──┼──────────── S ───────┘
 *	        └ point.sent  └ point.last
 *
 * Of a task with such a merge the remote has S, and M is sent as its child, in place of L3. To
 *other remotes, S says nothing that M doesn't say: they get L3, and then M. The same holds for a
 *remote that lost its newest history, S among it. So what a remote gets of a task is found from the
 *head back: from a merge with what came from there to what came, from every other version to its
 *parent, until there is one that the remote knows.
 *
 * A version that has the values of the one before, and another `modified`, is not sent.
 *
 * A task that is empty (replica.h) is not sent. If the remote has it, the protocol's nearest word
 * for it is sent: the task as it was, deleted.
 */
#pragma once

#include "client/replica/replica.h"
#include "common/base/buf.h"
#include "common/sync/numbers.h"

/* The newest version of the task that the remote has at `point`; 0: none. It may be a side version.
 * `head` is the task's. */
int pending_known(struct ts_txn *t, const struct replica *r, const struct ts_sync_point *point,
		  const char *remote, uint64_t head, uint64_t *ret,
		  struct ts_error *err) TS_MUST_CHECK;

/* A walk over what is pending, oldest change first. */
struct pending {
	struct ts_txn *txn;
	const struct replica *replica;
	const char *remote;
	struct ts_sync_point point; /* zeroed: the remote has nothing */
	uint64_t at;                /* the last version looked at */
	uint64_t end;               /* the newest one, when the walk began */

	uint64_t checked;         /* transactions up to this version were looked at */
	struct ts_numbers merges; /* last versions of transactions of merges with what came from the
				   * remote, in order */
};

/* `point` NULL: the remote has nothing. The walk may go on in a later transaction of the same
 * replica: set `txn`; what is newer than its beginning is not visited. Whatever this returns, end
 * with pending_done(). */
int pending_begin(struct ts_txn *t, const struct replica *r, const char *remote,
		  const struct ts_sync_point *point, struct pending *ret,
		  struct ts_error *err) TS_MUST_CHECK;
void pending_done(struct pending *p); /* a zeroed one too */
/*
 * The next state to be sent: a version's number. TS_ENOTFOUND: that was all. A request may end
 * behind any of them: it has then sent (apply.h) what the walk is `at`; at the end of the walk,
 * that is `end`.
 */
int pending_next(struct pending *p, uint64_t *ret, struct ts_error *err) TS_MUST_CHECK;
/* Append the state of a version as a line of a request's payload. `a` is for temporaries, and
 * reset. */
int pending_add_line(const struct pending *p, uint64_t number, struct ts_arena *a,
		     struct ts_buf *to, struct ts_error *err) TS_MUST_CHECK;
/* How many states are pending, counted to `most` at the most. */
int pending_count(struct ts_txn *t, const struct replica *r, const char *remote,
		  const struct ts_sync_point *point, size_t most, size_t *ret,
		  struct ts_error *err) TS_MUST_CHECK;
