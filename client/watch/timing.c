/* SPDX-License-Identifier: MIT */
#include "client/watch/timing.h"

enum {
	SECOND = 1000,    /* [ms] */
	LONGEST_RUN = 12, /* times `quiet` */
	ASK_AGAIN = 86400 * SECOND
};

/* splitmix64 */
static uint64_t number(struct timing *t)
{
	uint64_t z = t->random += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* From four fifths of `time` to six fifths: machines that began together don't stay together. */
static uint64_t varied(struct timing *t, uint64_t time)
{
	const uint64_t fifth = time / 5;
	return time - fifth + number(t) % (2 * fifth + 1);
}

static uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void timing_begin(struct timing *t, uint64_t now)
{
	t->due = now;
	t->settled = TIMING_NEVER;
	t->latest = TIMING_NEVER;
	t->restless = 0;
	t->ask = 0;
	t->news = 0;
	t->failures = 0;
	t->broken = 0;
}

struct timing_next timing_next(const struct timing *t, uint64_t now)
{
	const uint64_t sync = min(t->due, t->settled);
	if (sync <= now) {
		return (struct timing_next){TIMING_SYNC, now};
	}
	/* Where a sync is due soon, no connection is made to wait until then. */
	return (struct timing_next){sync == TIMING_NEVER ? TIMING_WAIT : TIMING_SLEEP, sync};
}

void timing_changed(struct timing *t, uint64_t now)
{
	if (now >= t->restless) {
		t->due = now;
	} else {
		t->latest = t->latest != TIMING_NEVER ? t->latest : now + LONGEST_RUN * t->quiet;
		t->settled = min(now + t->quiet, t->latest);
	}
	t->restless = now + t->quiet;
}

void timing_hurry(struct timing *t, uint64_t now)
{
	t->due = now;
}

static uint64_t delay(struct timing *t)
{
	uint64_t time = SECOND;
	for (unsigned i = 1; i < t->failures + t->broken && time < t->interval; i++) {
		time *= 2;
	}
	return varied(t, min(time, t->interval));
}

void timing_synced(struct timing *t, bool ok, uint64_t now)
{
	t->settled = TIMING_NEVER;
	t->latest = TIMING_NEVER;
	if (!ok) {
		t->failures++;
		t->ask = 0;
		t->due = now + delay(t);
		return;
	}
	t->failures = 0;
	t->due = t->ask <= now ? TIMING_NEVER : min(now + varied(t, t->interval), t->ask);
}

void timing_waited(struct timing *t, bool news, uint64_t now)
{
	t->broken = 0;
	if (news) {
		t->due = t->news != 0 && now - t->news < SECOND ? t->news + SECOND : now;
		t->news = t->due;
	}
}

void timing_lost(struct timing *t, uint64_t now)
{
	t->broken++;
	t->due = now + delay(t);
}

void timing_cannot_wait(struct timing *t, uint64_t now)
{
	t->ask = now + ASK_AGAIN;
	t->due = now + varied(t, t->interval);
}
