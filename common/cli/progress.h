/* SPDX-License-Identifier: MIT */
/*
 * How far a long piece of work is, as one line on a terminal that is written over and in the end
 * taken away. Where the standard error is no terminal, nothing is written. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ts_progress {
	const char *doing; /* "Verifying"; borrowed */
	uint64_t total;    /* 0: not known */
	int fd;            /* -1: nobody looks */
	bool drawn;
	int64_t next; /* [ms] of a clock that never goes back: when it may be drawn again */
};

/* `total` in whatever is counted; 0: not known, then the count itself is shown. */
void ts_progress_begin(struct ts_progress *p, const char *doing, uint64_t total);
/* So much is done. Costs next to nothing: it is drawn some ten times a second. */
void ts_progress_set(struct ts_progress *p, uint64_t done);
/* Take the line away; allowed more than once, and before a message is written over it. */
void ts_progress_clear(struct ts_progress *p);

/* The line's text, "Verifying 37 %" or "Reading 12,345"; at most `size` bytes with a NUL. */
void ts_progress_text(const struct ts_progress *p, uint64_t done, char *to, size_t size);
