/* SPDX-License-Identifier: MIT */
#include "server/doctor/doctor_internal.h"

#include "common/base/date.h"
#include "server/datalock.h"

static const struct ts_check checks[] = {
	{"data", doctor_data, ""},
	{"settings", doctor_settings, ",data,"},
	{"log", doctor_log, ",settings,"},
	{"files", doctor_files, ",settings,"},
	{"modes", doctor_modes, ",files,"},
	{"chain", doctor_chain, ",files,"},
	{"names", doctor_names, ",chain,"},
	{"clock", doctor_clock, ""},
	{"dates", doctor_dates, ",chain,clock,"},
	{"renewal", doctor_renewal, ",chain,"},
	{"store", doctor_store, ",data,"},
	{"accounts", doctor_accounts, ",store,"},
	{"clients", doctor_clients, ",store,clock,"},
	{"disk", doctor_disk, ",data,"},
	{"limits", doctor_limits, ",settings,"},
	{"ports", doctor_ports, ",settings,"},
	{"running", doctor_running, ",ports,chain,"},
};

static void doctor_done(struct doctor *d)
{
	ts_cert_free(d->server);
	ts_cert_free(d->authority);
	ts_store_close(d->store);
}

int doctor_run(const struct doctor_wish *wish, struct ts_error *err)
{
	TS_CLEANUP(doctor_done)
	struct doctor d = {.checkup = {.tell = wish->tell, .arg = wish->arg},
			   .wish = wish,
			   .settings = wish->settings,
			   .now = ts_date_now(),
			   .runs = datalock_taken(wish->data)};
	return ts_checkup_run(&d.checkup, checks, TS_COUNT_OF(checks), err);
}
