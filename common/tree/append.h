/* SPDX-License-Identifier: MIT */
/*
 * Appending to a user's history: versions get their numbers, heads are counted, a transaction with
 * a new key closes them. Nobody else may write between ts_append_begin() and the commit.
 */
#pragma once

#include "common/tree/version.h"

struct ts_append {
	struct ts_txn *txn; /* borrowed */
	uint32_t user;
	struct ts_transaction newest; /* the one before */
	uint64_t next;                /* number of the next version */
	uint64_t new_tasks;
	uint64_t bytes; /* of the records written */
};

int ts_append_begin(struct ts_txn *t, uint32_t user, struct ts_append *ret,
		    struct ts_error *err) TS_MUST_CHECK;
/* Write the version and set its number. */
int ts_append_version(struct ts_append *a, struct ts_new_version *v,
		      struct ts_error *err) TS_MUST_CHECK;
/* Make a version the head of its task's main line; `is_new`: the task had none. */
int ts_append_head(struct ts_append *a, const struct ts_uuid *task, uint64_t number, bool is_new,
		   struct ts_error *err) TS_MUST_CHECK;

/* Versions written since the last transaction. */
static inline uint64_t ts_append_count(const struct ts_append *a)
{
	return a->next - a->newest.last - 1;
}

/* Who made the versions, and when. */
struct ts_append_by {
	int64_t now;        /* [s since 1970] */
	const char *device; /* borrowed */
	const char *what;   /* "" on a server; borrowed */
	bool received;
	const struct ts_uuid
		*key; /* the sync key, one that nobody has; NULL: a new one; borrowed */
};
/* Close what was written as a transaction; none where that is nothing. More may follow. */
int ts_append_close(struct ts_append *a, const struct ts_append_by *by,
		    struct ts_error *err) TS_MUST_CHECK;
