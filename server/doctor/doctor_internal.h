/* SPDX-License-Identifier: MIT */
/* What the checks share; each is a function in one of the doctor_*.c. */
#pragma once

#include "common/store/store.h"
#include "common/tls/pki.h"
#include "server/doctor/doctor.h"
#include "server/policy.h"

struct doctor {
	struct ts_checkup checkup;
	const struct doctor_wish *wish;
	const struct settings *settings;
	int64_t now; /* [s since 1970] */
	bool runs;   /* a server has the data directory */

	/* What checks leave for those behind them. */
	struct ts_cert *server, *authority;
	struct ts_store *store;
};

/* doctor_files.c */
void doctor_data(struct ts_checkup *c);
void doctor_settings(struct ts_checkup *c);
void doctor_files(struct ts_checkup *c);
void doctor_modes(struct ts_checkup *c);
void doctor_log(struct ts_checkup *c);
/* doctor_certificates.c */
void doctor_chain(struct ts_checkup *c);
void doctor_names(struct ts_checkup *c);
void doctor_dates(struct ts_checkup *c);
void doctor_clients(struct ts_checkup *c);
void doctor_renewal(struct ts_checkup *c);
/* doctor_place.c */
void doctor_clock(struct ts_checkup *c);
void doctor_ports(struct ts_checkup *c);
void doctor_disk(struct ts_checkup *c);
void doctor_limits(struct ts_checkup *c);
/* doctor_store.c */
void doctor_store(struct ts_checkup *c);
void doctor_accounts(struct ts_checkup *c);
/* doctor_running.c */
void doctor_running(struct ts_checkup *c);
