/* SPDX-License-Identifier: MIT */
/*
 * When a watch does what: events and times go in, what to do next comes out. Knows no clock, no
 * files and no network. All times are [ms] on one clock that never goes back.
 *
 *	a local change         sync at once; of those that follow each other more quickly than
 *	                       `quiet`, the last is synced when it has been quiet for that long
 *	news at the server     sync at once, but once a second at the most
 *	the server can wait    wait for its news
 *	it can't               sync every `interval`, varied by a fifth
 *	a failure              try again after a second or two, then twice as long each time, up to
 *	                       `interval`; and at each local change
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define TIMING_NEVER UINT64_MAX

struct timing {
	uint64_t quiet, interval; /* settings */
	uint64_t random;          /* state of the numbers that vary times; any value */

	uint64_t due;      /* the next sync that no local change asked for */
	uint64_t settled;  /* the sync at the end of a run of changes; NEVER: none */
	uint64_t latest;   /* by when that one has to be, however many changes follow */
	uint64_t restless; /* until then another change belongs to the same run */
	uint64_t ask;      /* from then on the server is asked to wait */
	uint64_t news;     /* when it had news last */
	unsigned failures; /* syncs in a row */
	unsigned broken;   /* waits in a row */
};

enum timing_action {
	TIMING_SYNC,  /* now */
	TIMING_WAIT,  /* for the server's news, or a local change */
	TIMING_SLEEP, /* until then, or a local change */
};

struct timing_next {
	enum timing_action action;
	uint64_t until; /* of SLEEP */
};

/* A sync is due at once. */
void timing_begin(struct timing *t, uint64_t now);
struct timing_next timing_next(const struct timing *t, uint64_t now);

/* The replica has something that wasn't there when it was looked at before. */
void timing_changed(struct timing *t, uint64_t now);
/* The machine woke up, or somebody asks for it: a sync is due at once. */
void timing_hurry(struct timing *t, uint64_t now);
/* A sync ended. What was changed while it ran is told afterwards, by timing_changed(). */
void timing_synced(struct timing *t, bool ok, uint64_t now);
/* A wait ended as it should, with news or without. */
void timing_waited(struct timing *t, bool news, uint64_t now);
/* A wait failed: the connection broke, or the server was busy. */
void timing_lost(struct timing *t, uint64_t now);
/* The server doesn't know how to wait. It is asked again after a failure, which may have been its
 * upgrade, and once a day. */
void timing_cannot_wait(struct timing *t, uint64_t now);
