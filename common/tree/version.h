/* SPDX-License-Identifier: MIT */
/*
 * Versions of tasks, and the tree they make.
 *
 * A version's record holds what differs from its parent; at least every TS_CHAIN_MAX versions it
 * holds the whole task, so that reading one costs a bounded number of look-ups. A version of the
 * main line also knows how far down it is and an earlier version to jump to: the ancestor at a
 * branch point is found in a logarithmic number of steps (E. Myers, "An applicative random-access
 * stack", 1983).
 */
#pragma once

#include "common/store/store.h"
#include "common/task/merge.h"

enum { TS_CHAIN_MAX = 16 };

/* What a record says beside its attributes. */
struct ts_version {
	uint64_t number; /* of the user's versions, from 1 */
	struct ts_uuid task;
	uint64_t parent; /* 0: the empty version */
	uint64_t merged; /* second parent of a merge, the branch's tip; 0: none */
	bool side;       /* not on the main line */
	bool whole;      /* the record holds every attribute, not only what differs */
	uint64_t depth;  /* main line: versions before it on it */
	uint64_t jump;   /* main line: an earlier version on it, 0: none */
	uint64_t chain;  /* records to read before this one to know the task */
	bool has_modified;
	int64_t modified;
	struct ts_slice attrs;     /* packed; borrowed from the store */
	struct ts_slice conflicts; /* packed; borrowed from the store */
};

/* Read a version's record. TS_ENOTFOUND, TS_EDAMAGED. */
int ts_version_read(struct ts_txn *t, uint32_t user, uint64_t number, struct ts_version *ret,
		    struct ts_error *err) TS_MUST_CHECK;
/* Take a record apart that was read already. TS_EDAMAGED. */
int ts_version_parse(uint64_t number, struct ts_slice record, struct ts_version *ret,
		     struct ts_error *err) TS_MUST_CHECK;

/*
 * The task as version `number` has it, stamps and tombstones included; the empty task of `uuid` for
 * number 0. It lives in `a`, copied from the store. TS_ENOTFOUND, TS_EDAMAGED, TS_ENOMEM.
 */
int ts_version_task(struct ts_txn *t, uint32_t user, uint64_t number, const struct ts_uuid *uuid,
		    struct ts_arena *a, struct ts_task *ret, struct ts_error *err) TS_MUST_CHECK;

/* A version to be written. */
struct ts_new_version {
	uint64_t number;
	uint64_t parent, merged;
	bool side;
	const struct ts_task *before; /* the parent's task */
	const struct ts_task *task;
	const struct ts_conflicts *conflicts; /* NULL: none */
};

/* Append a version. *ret_bytes: of its record. */
int ts_version_write(struct ts_txn *t, uint32_t user, const struct ts_new_version *v,
		     uint64_t *ret_bytes, struct ts_error *err) TS_MUST_CHECK;

/* The newest version at `head` or before it on the main line whose number is at most `limit`; 0 if
 * there is none. */
int ts_version_at(struct ts_txn *t, uint32_t user, uint64_t head, uint64_t limit, uint64_t *ret,
		  struct ts_error *err) TS_MUST_CHECK;

/*
 * The values that lost in a merge version, in the order of keys. They live in `a`, and so does what
 * was kept: the values of the version's own task.
 */
int ts_version_conflicts(struct ts_txn *t, uint32_t user, const struct ts_version *v,
			 struct ts_arena *a, struct ts_conflicts *ret,
			 struct ts_error *err) TS_MUST_CHECK;
