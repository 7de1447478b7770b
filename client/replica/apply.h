/* SPDX-License-Identifier: MIT */
/*
 * Taking what a remote answered: whole tasks, already merged there, and the new sync key.
 * Everything or nothing, at once with the new sync point.
 *
 * For each task, with S0 the version that the remote had before, L2 the last one that was sent to
 * it, R what others had made of S0 meanwhile:
 *
 *	S0 ── L1 ── L2 ── S          S: what the remote answered, a merge of L2 and R
 *	 └──────── R ────┘           R: S0 with those values of S which L2 hasn't
 *
 * Where nothing was sent, S is simply a child of S0. Where the task was edited while the sync ran,
 * S stands beside the main line and is merged into it as merge.h says; that merge is pending for
 * the next sync. A value that was sent and that S doesn't have has lost: S records the conflict.
 *
 * Where S is an old state that comes again and again (apply_echo.c), it stands beside the main
 *line, too, and what is here goes to the remote.
 *
 * In the history R and S are one transaction, received from the remote; the merges are another,
 * made here.
 */
#pragma once

#include "client/replica/replica.h"
#include "common/sync/upload.h"

enum apply_how {
	APPLY_ANSWER, /* to what was sent */
	APPLY_ADOPT   /* the remote is right: its tasks as they are, and no others */
};

/* One task that arrived with something new, borrowed for the call. `before` is the empty task where
 * it is new here. */
struct arrival {
	const struct ts_task *before, *after;
};

struct apply {
	/* Set by the caller. */
	enum apply_how how;
	const char *remote;
	int64_t now;                      /* [s since 1970] */
	const struct ts_upload *received; /* the answer's payload, after ts_upload_end() */
	const struct ts_sync_point *base; /* which the request stood on; NULL: none */
	uint64_t sent;                    /* every version up to it was sent, or is known there */
	/* Called in the write transaction, for each task whose values changed; may be NULL.
	 * Anything else than TS_OK undoes everything. */
	int (*each)(const struct arrival *a, void *arg, struct ts_error *err);
	void *arg;

	/* Set by apply_run(). */
	size_t tasks;     /* whose values changed here */
	size_t conflicts; /* values of ours that lost */
	size_t merges;    /* with edits made while the sync ran */
	size_t rejected;  /* lines that were no task */
};

/* The key of `received` is the new sync key; TS_EMALF where it has none. */
int apply_run(struct replica *r, struct apply *a, struct ts_error *err) TS_MUST_CHECK;
