/* SPDX-License-Identifier: MIT */
#pragma once

#include "client/replica/pending.h"
#include "common/tree/version.h"

/* What a remote knows, and where to look. */
struct pending_view {
	struct ts_txn *txn;
	uint32_t user;
	const char *remote;
	const struct ts_sync_point *point;
};

static inline struct pending_view pending_view(const struct pending *p)
{
	return (struct pending_view){p->txn, p->replica->user, p->remote, &p->point};
}

/* The version before `v` on its way to the remote, which may have sent what was merged. */
int pending_step_back(const struct pending_view *w, const struct ts_version *v, uint64_t *ret,
		      struct ts_error *err) TS_MUST_CHECK;
/* Whether there is something to be said of a version on its task's way: its state, or that the
 * task is gone. `head` is the task's at the end of the walk. */
int pending_wants(const struct pending *p, const struct ts_version *v, uint64_t head, bool *ret,
		  struct ts_error *err) TS_MUST_CHECK;
