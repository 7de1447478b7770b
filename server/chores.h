/* SPDX-License-Identifier: MIT */
/* What the main thread does now and then while it waits for signals. */
#pragma once

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

struct chore {
	void (*run)(void *arg);
	void *arg;
	uint64_t every; /* [ms]; 0: never; run() of any chore may change it */
	uint64_t at;    /* when it is due, 0 before the first time is known */
};

/* Wait for one of the signals, which are blocked, and do the chores as they come due: each for the
 * first time when its interval has passed. The signal's number. */
int chores_wait(struct chore *list, size_t count, const sigset_t *signals);
