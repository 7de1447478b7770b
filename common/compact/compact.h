/* SPDX-License-Identifier: MIT */
/*
 * Versions that nobody needs any more are dropped.
 *
 * What is needed is what a client that comes back may stand on: the cutoff is a transaction, and of
 * each task the version that was current then stays, everything that came later, the head, what
 * recorded a conflict with the branch that lost, and the versions that such branches stand on. What
 * stays is tied together again. Numbers, transactions and sync keys stay as they are, so each key
 * that was ever given out still gets the answer that it got before; a client that comes with edits
 * and a key older than the cutoff is merged without knowing what it had edited.
 *
 * Work is done in write transactions of a bounded number of versions, between which others write;
 * after each of them the store is in order.
 */
#pragma once

#include "common/store/device.h"

/* The newest transaction whose past may be dropped, and who needs it. */
struct ts_cutoff {
	struct ts_transaction wanted; /* the newest one at or before the time that was asked for */
	uint64_t version;             /* the last version of the cutoff; 0: nothing may go */
	bool held;                    /* `version` is less than `wanted`, because of … */
	struct ts_device holder;      /* … this device, that has no more than it */
};

/*
 * The cutoff for `before` [s since 1970], lowered to what the user's devices have: each that has a
 * certificate that is not revoked, and was seen. With `force` those don't count that were last seen
 * before `before`. TS_OK also where there is nothing to drop.
 */
int ts_cutoff_find(struct ts_txn *t, uint32_t user, int64_t before, bool force,
		   struct ts_cutoff *ret, struct ts_error *err) TS_MUST_CHECK;

/* Of one user's versions. */
struct ts_compacted {
	uint64_t versions_before, bytes_before;
	uint64_t versions_after, bytes_after;
	uint64_t tasks;     /* with versions that went */
	uint64_t rewritten; /* versions that stay and were tied together again */
};

struct ts_compact {
	struct ts_store *store;
	uint32_t user;
	uint64_t cutoff; /* ts_cutoff.version */
	bool dry_run;    /* only look */
	uint64_t batch;  /* versions changed in one write transaction; 0: as is best */
	void (*progress)(uint64_t tasks, uint64_t total, void *arg); /* may be NULL */
	void *arg;
};

int ts_compact_user(const struct ts_compact *how, struct ts_compacted *ret,
		    struct ts_error *err) TS_MUST_CHECK;
