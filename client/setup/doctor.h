/* SPDX-License-Identifier: MIT */
/* What can be wrong between this machine and its remote. */
#pragma once

#include "client/place.h"
#include "client/settings.h"
#include "common/show/checkup.h"

struct doctor_wish {
	const struct place *place;
	const struct settings *settings;
	const struct ts_error *fault; /* what is wrong in taskc.conf; its text may be empty */
	const char *remote;           /* NULL: the usual one */
	void (*tell)(const struct ts_finding *f, void *arg);
	void *arg;
};

/* TS_OK where nothing is wrong that keeps syncs from working, else the code of the first fault with
 * their number in err. */
int doctor_run(const struct doctor_wish *wish, struct ts_error *err) TS_MUST_CHECK;
