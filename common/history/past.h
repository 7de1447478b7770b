/* SPDX-License-Identifier: MIT */
/*
 * A user's tasks as they were, made the present again: as edits of now, which win over everything
 * that was made before them, and are versions like any other.
 */
#pragma once

#include "common/history/history.h"
#include "common/history/put.h"

/* The last transaction that was made at `date` or before. TS_ENOTFOUND: the user's first one came
 * later; *ret is that one. */
int ts_past_at(struct ts_txn *t, uint32_t user, int64_t date, struct ts_transaction *ret,
	       struct ts_error *err) TS_MUST_CHECK;
/* The transaction before the one that version `number` belongs to. TS_ENOTFOUND: there is no such
 * version. */
int ts_past_before(struct ts_txn *t, uint32_t user, uint64_t number, struct ts_transaction *ret,
		   struct ts_error *err) TS_MUST_CHECK;
/* TS_EOLD with a sentence: of some task the state after that transaction was dropped, to save
 * room. */
int ts_past_check(struct ts_txn *t, uint32_t user, const struct ts_transaction *tr,
		  struct ts_error *err) TS_MUST_CHECK;

enum ts_past_what {
	TS_PAST_SAME,
	TS_PAST_CHANGED,
	TS_PAST_RETURNED, /* it had been deleted since */
	TS_PAST_DELETED   /* it was made since */
};

/* One task of a revert. */
struct ts_past_task {
	enum ts_past_what what;
	struct ts_revision revision;
};

struct ts_past_counts {
	size_t changed, returned, deleted, same; /* tasks */
};

struct ts_past {
	uint64_t limit;               /* as they were when this was the newest version: the last
				       * one of a transaction */
	int64_t now;                  /* [s since 1970] */
	const struct ts_uuids *tasks; /* NULL: all */
	struct ts_append *append;     /* where the edits go; NULL: only look */
	/* Called for each task that differs; may be NULL. Borrowed for the call. */
	int (*each)(const struct ts_past_task *task, void *arg, struct ts_error *err);
	void *arg;
};

int ts_past_revert(const struct ts_past *p, struct ts_txn *t, uint32_t user,
		   struct ts_past_counts *ret, struct ts_error *err) TS_MUST_CHECK;
