/* SPDX-License-Identifier: MIT */
/* What can be wrong with a server and the machine that it runs on. Looks; changes nothing. */
#pragma once

#include "common/show/checkup.h"
#include "server/settings.h"

struct doctor_wish {
	const char *data;
	const struct settings *settings; /* what could be read of them */
	const struct ts_error *fault; /* what is wrong in the configuration; its text may be "" */
	const char *unknown;          /* names in it that are no settings, "" */
	void (*tell)(const struct ts_finding *f, void *arg);
	void *arg;
};

/* TS_OK where nothing is wrong that keeps the server from serving, else the code of the first fault
 * with their number in err. */
int doctor_run(const struct doctor_wish *wish, struct ts_error *err) TS_MUST_CHECK;
