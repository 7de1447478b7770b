/* SPDX-License-Identifier: MIT */
/*
 * Who follows the log, and its last errors. A line goes to each follower's own memory, which is
 * bounded: what a slow one can't hold is dropped and counted, and nobody waits for it. There is one
 * log in a process, so all of this is the process's; any thread.
 */
#pragma once

#include "common/base/buf.h"
#include "common/log/log.h"

enum {
	TAIL_MOST = 16,          /* followers at a time */
	TAIL_BYTES = 256 << 10,  /* what waits for each */
	TAIL_PATIENCE_MS = 5000, /* so long without a line, then an empty one */
	TAIL_ERRORS = 10         /* the last ones that are kept */
};

/* What a follower wants to see. */
struct tail_wish {
	bool json;
	bool errors;              /* warnings, errors, and requests that failed */
	char org[256], user[256]; /* of this user; "" of everybody */
};

struct tail;

/* Listen to the log, or not any more: then tail_read() returns 0 to everybody. */
void tail_begin(void);
void tail_end(void);

/* NULL: there are TAIL_MOST already, or there is no memory, or nobody listens to the log. */
struct tail *tail_new(const struct tail_wish *wish);
void tail_free(struct tail *t); /* accepts NULL */
/* Up to `size` bytes of lines; waits for some, and after TAIL_PATIENCE_MS gives an empty line. 0:
 * it is over. */
size_t tail_read(struct tail *t, char *to, size_t size);

size_t tail_count(void);
uint64_t tail_drops(void);
/* The last errors and warnings as a JSON array, the newest last. */
void tail_errors(struct ts_buf *to);
