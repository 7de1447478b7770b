/* SPDX-License-Identifier: MIT */
/*
 * Whether the server can read and commit. To know it, the storage thread commits something tiny, at
 * most once in a while, however often somebody asks. Any thread.
 */
#pragma once

#include "server/watch/watch.h"

enum {
	HEALTH_EVERY_S = 10,       /* an answer is as old as this at most */
	HEALTH_PATIENCE_MS = 5000, /* for a question over HTTP */
	HEALTH_ROOM = 1 << 20      /* [bytes] of the disk that have to be free */
};

struct health;

int health_new(const struct watch_subject *subject, struct health **ret,
	       struct ts_error *err) TS_MUST_CHECK;
/* Once the storage thread is gone; accepts NULL. */
void health_free(struct health *h);

/* TS_OK, or what is wrong, with a sentence. `dir` is the data directory; `patience` [ms] is how
 * long the storage thread may take. */
int health_check(struct health *h, const char *dir, unsigned patience,
		 struct ts_error *err) TS_MUST_CHECK;
