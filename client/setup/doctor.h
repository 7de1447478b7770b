/* SPDX-License-Identifier: MIT */
/*
 * What can be wrong between this machine and its remote, looked at in the order in which it would
 * get in a sync's way. What can't be judged because of an earlier fault is passed over, and said to
 * be.
 */
#pragma once

#include "client/place.h"
#include "client/settings.h"

enum doctor_state { DOCTOR_OK, DOCTOR_WARN, DOCTOR_FAIL, DOCTOR_SKIP, DOCTOR_STATES };

struct doctor_line {
	const char *check; /* a word */
	enum doctor_state state;
	const char *text;   /* a sentence: how it is */
	const char *advice; /* what to do, "" */
};

struct doctor_wish {
	const struct place *place;
	const struct settings *settings;
	const struct ts_error *fault; /* what is wrong in taskc.conf; its text may be empty */
	const char *remote;           /* NULL: the usual one */
	void (*tell)(const struct doctor_line *line, void *arg);
	void *arg;
};

/* TS_OK where nothing is wrong that keeps syncs from working, else the code of the first fault with
 * their number in err. */
int doctor_run(const struct doctor_wish *wish, struct ts_error *err) TS_MUST_CHECK;
