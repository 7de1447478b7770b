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

struct doctor {
	struct ts_checkup checkup;
	const struct doctor_wish *wish;
	int64_t now; /* [s since 1970] */

	/* What checks leave for those behind them. */
	struct remote remote;
	struct hostport address;
	struct ts_tls_creds *creds;
	struct ts_resolve *names;
	const struct addrinfo *addresses; /* borrowed from `names` */
	struct ts_dial *dial;
};

void doctor_limits(const struct settings *s, struct ts_dial_limits *ret);

/* doctor_files.c */
void doctor_settings(struct ts_checkup *c);
void doctor_remote(struct ts_checkup *c);
void doctor_files(struct ts_checkup *c);
void doctor_modes(struct ts_checkup *c);
/* doctor_certificate.c */
void doctor_certificate(struct ts_checkup *c);
void doctor_clock(struct ts_checkup *c);
void doctor_dates(struct ts_checkup *c);
/* doctor_server.c */
void doctor_name(struct ts_checkup *c);
void doctor_connection(struct ts_checkup *c);
void doctor_tls(struct ts_checkup *c);
/* doctor_account.c */
void doctor_account(struct ts_checkup *c);
/* doctor_replica.c */
void doctor_replica(struct ts_checkup *c);
void doctor_sync(struct ts_checkup *c);
