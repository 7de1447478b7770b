/* SPDX-License-Identifier: MIT */
/*
 * The states of one task that a client sent, as a branch of that task's version tree: from the
 * version that the client had edited, to the merge with the head of the main line.
 *
 *	server:  base ── … ── head ── M       M = merge of head and tip, two parents
 *	            └── s1 ── s2 = tip (client)
 */
#pragma once

#include "common/sync/internal.h"
#include "common/sync/sync.h"
#include "common/tree/append.h"

/* The work of one sync. Filled by the caller: txn, sync and append. */
struct ts_branch {
	struct ts_txn *txn;
	struct ts_sync *sync; /* counts and lists are added to */
	struct ts_append append;
	struct ts_arena arena; /* of the task in work */
};

void ts_branch_done(struct ts_branch *b);

/* Store `count` states of one task, oldest edit first. Codes as ts_sync_store(). */
int ts_branch_store(struct ts_branch *b, const struct ts_upload_entry *states, size_t count,
		    struct ts_error *err) TS_MUST_CHECK;
