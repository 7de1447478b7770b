/* SPDX-License-Identifier: MIT */
/*
 * Keeping a replica, or Taskwarrior's data, in step with a server for as long as the program runs.
 * One thread: whatever it waits for, the server's news among it, ends when something else happens
 * (events.h); what comes next is timing.h's decision.
 */
#pragma once

#include "client/command/command.h"

struct watch_how {
	const char *remote; /* NULL: the usual one */
	bool taskwarrior;   /* instead of the replica: $TASKRC says which data */
};

/* Until TERM or INT: TS_OK. Else a failure that trying again can't cure: TS_EHISTORY, TS_EDAMAGED,
 * TS_EFORMAT, or what is wrong with the configuration at the beginning. */
int watch_run(const struct line *l, const struct watch_how *how,
	      struct ts_error *err) TS_MUST_CHECK;
