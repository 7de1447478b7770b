/* SPDX-License-Identifier: MIT */
/*
 * When certificates end, and when that is worth a warning: 30, 14, 7 and 1 days before. This folder
 * looks after the certificates that a server has: their ends (ends.h), their renewal (renew.h,
 * issue.h), their files (watch.h), and what the running server does about all that (keeper.h).
 */
#pragma once

#include "common/store/device.h"
#include "server/settings.h"

enum { CERT_DAY = 86400 /* [s] */, CERT_STAGES = 4 };

/* [days] before an end, falling: 30, 14, 7, 1. */
extern const unsigned cert_stages[CERT_STAGES];

/* The stage that has been reached: the least one whose days aren't over yet; 0: there is time, or
 * `until` is 0. `issued` [s since 1970] (0: not known) keeps certificates that live for a week only
 * from being warned of all along: stages beyond half of a life don't count. */
unsigned cert_stage(int64_t issued, int64_t until, int64_t now);

struct cert_ends {
	int64_t server;    /* [s since 1970] the end of server.cert; 0: it can't be read */
	int64_t authority; /* … of ca.cert; 0: there is none */
	/* Clients' certificates that are registered, good, and end within cert_stages[i] days, one
	 * that ends tomorrow counted in each; renewed ones aren't counted. */
	size_t clients[CERT_STAGES];
	size_t ended; /* … that have ended */
};

/* Look at the files and at all devices of the store; `t` NULL: not at the devices. */
int cert_ends(const struct settings *s, struct ts_txn *t, int64_t now, struct cert_ends *ret,
	      struct ts_error *err) TS_MUST_CHECK;

/* "today", "tomorrow", "in 6 days", "13 days ago": from `now` to `until`. */
struct cert_span {
	char text[32];
};
struct cert_span cert_span(int64_t until, int64_t now);
