/* SPDX-License-Identifier: MIT */
/*
 * Edits of the replica: one command is one transaction, on disk when edit_commit() returns. Holds
 * the store's write lock from begin to commit or abort, so ask people and read files before.
 */
#pragma once

#include "client/replica/replica.h"
#include "common/tree/append.h"

/* What the merges with received versions are called in the history; undo passes over them. */
#define EDIT_MERGE "merge"

struct edit {
	struct replica *replica; /* borrowed */
	struct ts_txn *txn;      /* readable for queries; sees its own writes */
	int64_t now;             /* [s since 1970] */
	char what[TS_WHAT_MAX + 1];
	struct ts_append append;
	bool changed;          /* there is something to commit */
	struct ts_arena arena; /* of the version in work */
};

/* `what` names the command, for the history and for undo. */
int edit_begin(struct replica *r, const char *what, int64_t now, struct edit *ret,
	       struct ts_error *err) TS_MUST_CHECK;
/*
 * Store `state`, the whole task as it should be from now on, as a child of its head; its
 * attributes are sorted, its `modified` is set by the caller (usually e->now), stamps don't matter.
 * *ret_changed (may be NULL): false
 * where nothing differs, then nothing is stored.
 */
int edit_put(struct edit *e, const struct ts_task *state, bool *ret_changed,
	     struct ts_error *err) TS_MUST_CHECK;
/* Store a version that the caller made: its number and, unless it is a side version, its task's
 * head and short number are seen to here. For what comes from elsewhere (apply.h). `head`: the
 * task's one so far, 0: none. */
int edit_put_version(struct edit *e, struct ts_new_version *v, uint64_t head,
		     struct ts_error *err) TS_MUST_CHECK;
/* End a transaction of the history within the edit: what was put so far was received from `remote`,
 * or, NULL, made here. More may follow, under another `what`. */
int edit_close(struct edit *e, const char *remote, struct ts_error *err) TS_MUST_CHECK;
/* Commit if anything was stored, else undo. Gone afterwards, whatever it returns. *ret_versions may
 * be NULL. */
int edit_commit(struct edit *e, size_t *ret_versions, struct ts_error *err) TS_MUST_CHECK;
/* Accepts a zeroed one, and one that was committed. */
void edit_abort(struct edit *e);

/* What an undo did. */
struct undone {
	/* Set by the caller; NULL: nobody wants to know. Called for each task with its short
	 * number, the one that it had where it had one (0: none), before it is certain that the
	 * undo can be stored. */
	void (*each)(const struct ts_task *task, uint64_t number, void *arg);
	void *arg;
	/* What came of it. */
	char what[TS_WHAT_MAX + 1]; /* the name of the command undone */
	size_t tasks;               /* that were changed */
};

/*
 * Undo the newest change that somebody made here and that was not undone before: as one more edit,
 * which puts back what the change had changed, where nobody changed it again since; a change of
 * which nothing is left is passed over. A task that the change had made is empty afterwards
 * (replica.h) or, where a remote has it, deleted. TS_ENOTFOUND: there is nothing (more) to undo.
 */
int edit_undo(struct replica *r, int64_t now, struct undone *u, struct ts_error *err) TS_MUST_CHECK;
