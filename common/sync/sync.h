/* SPDX-License-Identifier: MIT */
/*
 * One sync of one user: find the branch point, store what came, answer what changed
 * (doc/architecture.md, "A sync").
 *
 * A request without tasks needs no writer: ts_sync_find(), then the answer. One with tasks is
 * stored first, in a write transaction that may hold the work of other requests as well. Either way
 * the answer is made from a read transaction, so it only ever speaks of what is on disk.
 */
#pragma once

#include "common/store/store.h"
#include "common/sync/numbers.h"
#include "common/sync/upload.h"

struct ts_sync {
	/* What is asked; set by the caller. */
	uint32_t user;
	const char *device; /* fingerprint or program, at most TS_DEVICE_MAX bytes; borrowed */
	int64_t now;        /* [s since 1970] */
	size_t reject_max;  /* rejected lines kept for a user */
	bool init;          /* subtype: init; the key is not looked at */
	bool refuse;        /* a request whose own key is unknown: TS_EHISTORY */
	/* What a client has whose keys are all unknown: everything up to this version. 0: nothing
	 * is known of it, and everything is sent, over what it has. */
	uint64_t lost;
	const struct ts_upload *upload; /* borrowed */

	/* What came of it; all set by ts_sync_find(), the counts by ts_sync_store(). */
	uint64_t since;   /* the branch point: the last version which the client has; 0: none */
	bool unknown_key; /* a key was sent and none of them was ever issued to this user */
	struct ts_uuid newest; /* where a key is known: the newest such one */
	size_t stored;         /* versions */
	size_t merges;
	size_t conflicts;
	size_t repaired; /* tasks that were taken with a change, such as an unknown status */
	size_t rejected; /* lines put aside, now or in an earlier try */
	char note[300];  /* about repaired and rejected ones, a sentence for the user; or "" */
	struct ts_numbers known;   /* heads that the client has just sent itself */
	struct ts_numbers differs; /* heads of sent tasks that the client has otherwise */
};

/* Find the branch point. Any transaction of the store will do. TS_EHISTORY: refused; `newest` is
 * set where `unknown_key` isn't. */
int ts_sync_find(struct ts_txn *t, struct ts_sync *s, struct ts_error *err) TS_MUST_CHECK;

/*
 * Find the branch point and store the tasks: everything or, on failure, nothing that the caller
 * may commit (abort the transaction; a refusal has written nothing). May be run again after an
 * abort. Answering is allowed once the transaction is committed.
 */
int ts_sync_store(struct ts_txn *t, struct ts_sync *s, struct ts_error *err) TS_MUST_CHECK;

/* Free what the results own; the structure may be used again. */
void ts_sync_done(struct ts_sync *s);

/*
 * The answer's payload: the head of each task that changed after the branch point or that the
 * client has otherwise, but for those which it has just sent itself, and the current sync key. Made
 * in steps, so that a loop may serve others in between; holds a read transaction until the last
 * step.
 */
struct ts_answer;

/* `s` is borrowed until the answer is freed. */
int ts_answer_begin(struct ts_store *store, const struct ts_sync *s, struct ts_spool_budget *budget,
		    struct ts_answer **ret, struct ts_error *err) TS_MUST_CHECK;
void ts_answer_free(struct ts_answer *a); /* accepts NULL */
TS_DEFINE_CLEANUP(struct ts_answer, ts_answer_free)

/* Look at up to `versions` more versions. TS_OK: complete; TS_EAGAIN: call again. */
int ts_answer_step(struct ts_answer *a, size_t versions, struct ts_error *err) TS_MUST_CHECK;

/* When complete: how many tasks are in it, whether anything changed after the branch point (if
 * not, and no task was sent, the protocol's code is 201), and the payload. */
size_t ts_answer_tasks(const struct ts_answer *a);
bool ts_answer_changed(const struct ts_answer *a);
const struct ts_spool *ts_answer_payload(const struct ts_answer *a);
