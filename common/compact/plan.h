/* SPDX-License-Identifier: MIT */
/* One task's versions: which of them stay, and how they stand on each other then. */
#pragma once

#include "common/base/buf.h"
#include "common/tree/version.h"

struct plan_node {
	uint64_t number, parent, merged, jump, depth, chain;
	size_t size; /* [bytes] of its record */
	bool side, whole, conflicts;
	/* Found by plan_make(). */
	bool keep;
	bool rewrite; /* its record changes */
	bool attrs;   /* … and holds the whole task now, which it didn't */
	uint64_t new_parent, new_merged, new_jump, new_depth, new_chain;
};

struct plan {
	struct ts_buf nodes; /* struct plan_node[], by number */
	size_t dropped;
};

void plan_done(struct plan *p);
/* List every version that can be reached from the task's head. */
int plan_read(struct ts_txn *t, uint32_t user, uint64_t head, struct plan *p,
	      struct ts_error *err) TS_MUST_CHECK;
/* Decide. */
void plan_make(struct plan *p, uint64_t cutoff);

static inline struct plan_node *plan_nodes(const struct plan *p)
{
	return (struct plan_node *)(void *)p->nodes.data;
}

static inline size_t plan_count(const struct plan *p)
{
	return p->nodes.len / sizeof(struct plan_node);
}
