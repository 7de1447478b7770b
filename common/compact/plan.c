/* SPDX-License-Identifier: MIT */
#include "common/compact/plan.h"

#include "common/tree/record.h"

#include <stdlib.h>

void plan_done(struct plan *p)
{
	ts_buf_done(&p->nodes);
}

/* Add the versions from `number` back along their first parents, those above `limit`. A merge
 * stands behind the branch that was stored with it, and in a branch nothing is merged. */
static int read_line(struct ts_txn *t, uint32_t user, uint64_t number, uint64_t limit,
		     bool is_branch, struct plan *p, struct ts_error *err)
{
	int code = TS_OK;
	while (number > limit && code == TS_OK) {
		struct ts_slice record;
		struct ts_version v;
		code = ts_version_get(t, user, number, &record, err);
		if (code == TS_ENOTFOUND) {
			return ts_version_read(t, user, number, &v, err); /* says what is missing */
		}
		if (code == TS_OK) {
			code = ts_version_parse(number, record, &v, err);
		}
		if (code != TS_OK) {
			return code;
		}
		if (is_branch && (!v.side || v.merged != 0)) {
			return ts_record_damaged(number, err);
		}
		const struct plan_node n = {.number = number,
					    .parent = v.parent,
					    .merged = v.merged,
					    .jump = v.jump,
					    .depth = v.depth,
					    .chain = v.chain,
					    .size = record.len,
					    .side = v.side,
					    .whole = v.whole,
					    .conflicts = v.conflicts.len > 0};
		ts_buf_add(&p->nodes, &n, sizeof(n));
		if (v.merged > v.parent) {
			code = read_line(t, user, v.merged, v.parent, true, p, err);
		}
		number = v.parent;
	}
	return code;
}

static int by_number(const void *a, const void *b)
{
	const struct plan_node *x = a, *y = b;
	return (x->number > y->number) - (x->number < y->number);
}

int plan_read(struct ts_txn *t, uint32_t user, uint64_t head, struct plan *p, struct ts_error *err)
{
	ts_buf_clear(&p->nodes);
	p->dropped = 0;
	int code = read_line(t, user, head, 0, false, p, err);
	if (code == TS_OK && p->nodes.failed) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	if (code == TS_OK && p->nodes.len > 0) {
		qsort(p->nodes.data, plan_count(p), sizeof(struct plan_node), by_number);
	}
	return code;
}

static struct plan_node *find(const struct plan *p, uint64_t number)
{
	const struct plan_node key = {.number = number};
	return number == 0 ? NULL
			   : bsearch(&key, p->nodes.data, plan_count(p), sizeof(key), by_number);
}

/* The newest version that stays at `number` or before it, along first parents; NULL: none. */
static const struct plan_node *kept_at(const struct plan *p, uint64_t number)
{
	const struct plan_node *n = find(p, number);
	while (n != NULL && !n->keep) {
		n = find(p, n->parent);
	}
	return n;
}

/* A branch that stays needs the version of the main line that it stands on. */
static void keep_base(const struct plan *p, const struct plan_node *branch)
{
	struct plan_node *n = find(p, branch->parent);
	while (n != NULL && n->side) {
		n = find(p, n->parent);
	}
	if (n != NULL) {
		n->keep = true;
	}
}

/* Everything behind the cutoff, what was current then, conflicts, and what these need. */
static void choose(const struct plan *p, uint64_t cutoff)
{
	struct plan_node *nodes = plan_nodes(p), *current = NULL;
	const size_t count = plan_count(p);
	for (size_t i = 0; i < count; i++) {
		struct plan_node *n = &nodes[i];
		n->keep |= n->number > cutoff || n->conflicts;
		current = !n->side && n->number <= cutoff ? n : current;
		if (n->conflicts && n->merged != 0 && find(p, n->merged) != NULL) {
			find(p, n->merged)->keep = true;
		}
	}
	if (current != NULL) {
		current->keep = true;
	}
	for (size_t i = 0; i < count; i++) {
		if (nodes[i].keep && nodes[i].side) {
			keep_base(p, &nodes[i]);
		}
	}
}

/* Where a version of the main line jumps to, behind `parent`: as ts_version_write() does. */
static uint64_t find_jump(const struct plan *p, const struct plan_node *parent)
{
	const struct plan_node *jump = find(p, parent->new_jump);
	const struct plan_node *second = jump != NULL ? find(p, jump->new_jump) : NULL;
	const bool equal = second != NULL && parent->new_depth - jump->new_depth ==
						     jump->new_depth - second->new_depth;
	return equal ? second->number : parent->number;
}

/* Tie a version that stays to others that do; those before it are tied already. */
static void tie(const struct plan *p, struct plan_node *n)
{
	const struct plan_node *parent = kept_at(p, n->parent);
	const struct plan_node *merged = find(p, n->merged);
	n->new_parent = parent != NULL ? parent->number : 0;
	n->new_merged = merged != NULL && merged->keep ? merged->number : 0;
	n->attrs = n->new_parent != n->parent && !n->whole;
	const bool whole = n->whole || n->attrs;
	n->new_chain = whole || parent == NULL ? 0 : parent->new_chain + 1;
	if (!n->side && parent != NULL) {
		n->new_depth = parent->new_depth + 1;
		n->new_jump = find_jump(p, parent);
	}
	n->rewrite = n->attrs || n->new_parent != n->parent || n->new_merged != n->merged ||
		     n->new_chain != n->chain || n->new_jump != n->jump || n->new_depth != n->depth;
}

void plan_make(struct plan *p, uint64_t cutoff)
{
	struct plan_node *nodes = plan_nodes(p);
	const size_t count = plan_count(p);
	p->dropped = 0;
	choose(p, cutoff);
	for (size_t i = 0; i < count; i++) {
		p->dropped += !nodes[i].keep;
		if (nodes[i].keep) {
			tie(p, &nodes[i]);
		}
	}
}
