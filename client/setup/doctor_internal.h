/* SPDX-License-Identifier: MIT */
/* What the checks share; each is a function in one of the doctor_*.c. */
#pragma once

#include "client/remote/remote.h"
#include "client/setup/doctor.h"
#include "common/net/dial.h"
#include "common/net/resolve.h"

#define DOCTOR_NEW_BUNDLE                                                                          \
	"ask for a new bundle (`taskd user bundle` on the server) and apply it with `taskc setup " \
	"FILE --replace`"

enum {
	DOCTOR_SOON = 14 * 86400,    /* [s] before a certificate's end people are told */
	DOCTOR_EARLIEST = 1577836800 /* [s since 1970] 2020: no clock that is right is before */
};

struct doctor {
	const struct doctor_wish *wish;
	int64_t now;       /* [s since 1970] */
	const char *check; /* the one that runs */
	bool check_failed; /* it found a fault */
	int code;          /* of the first fault */
	size_t faults;

	/* What checks leave for those behind them. */
	struct remote remote;
	struct hostport address;
	struct ts_tls_creds *creds;
	struct ts_resolve *names;
	const struct addrinfo *addresses; /* borrowed from `names` */
	struct ts_dial *dial;
};

void doctor_ok(struct doctor *d, const char *fmt, ...) TS_PRINTF(2, 3);
/* `advice` may be "". */
void doctor_warn(struct doctor *d, const char *advice, const char *fmt, ...) TS_PRINTF(3, 4);
/* `code` says what the exit status will be (exit_of()). */
void doctor_fail(struct doctor *d, int code, const char *advice, const char *fmt, ...)
	TS_PRINTF(4, 5);
/* 2026-12-01. */
struct doctor_day {
	char text[16];
};
struct doctor_day doctor_day(int64_t t);
void doctor_limits(const struct settings *s, struct ts_dial_limits *ret);

/* doctor_files.c */
void doctor_settings(struct doctor *d);
void doctor_remote(struct doctor *d);
void doctor_files(struct doctor *d);
void doctor_modes(struct doctor *d);
/* doctor_certificate.c */
void doctor_certificate(struct doctor *d);
void doctor_clock(struct doctor *d);
void doctor_dates(struct doctor *d);
/* doctor_server.c */
void doctor_name(struct doctor *d);
void doctor_connection(struct doctor *d);
void doctor_tls(struct doctor *d);
/* doctor_account.c */
void doctor_account(struct doctor *d);
/* doctor_replica.c */
void doctor_replica(struct doctor *d);
void doctor_sync(struct doctor *d);
