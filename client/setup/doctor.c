/* SPDX-License-Identifier: MIT */
#include "client/setup/doctor_internal.h"

#include "common/base/date.h"

static const struct ts_check checks[] = {
	{"settings", doctor_settings, ""},
	{"remote", doctor_remote, ",settings,"},
	{"files", doctor_files, ",remote,"},
	{"modes", doctor_modes, ",remote,"},
	{"certificate", doctor_certificate, ",files,"},
	{"clock", doctor_clock, ""},
	{"dates", doctor_dates, ",certificate,clock,"},
	{"name", doctor_name, ",remote,"},
	{"connection", doctor_connection, ",name,"},
	{"tls", doctor_tls, ",certificate,clock,connection,"},
	{"account", doctor_account, ",tls,"},
	{"replica", doctor_replica, ",settings,"},
	{"sync", doctor_sync, ",remote,"},
};

void doctor_limits(const struct settings *s, struct ts_dial_limits *ret)
{
	*ret = (struct ts_dial_limits){.connect = s->timeout_connect,
				       .handshake = s->timeout_handshake,
				       .idle = s->timeout_idle,
				       .answer = s->timeout_answer,
				       .whole = s->timeout_sync};
}

static void doctor_done(struct doctor *d)
{
	ts_dial_close(d->dial);
	ts_resolve_free(d->names);
	ts_tls_creds_unref(d->creds);
	remote_done(&d->remote);
}

int doctor_run(const struct doctor_wish *wish, struct ts_error *err)
{
	TS_CLEANUP(doctor_done)
	struct doctor d = {.checkup = {.tell = wish->tell, .arg = wish->arg},
			   .wish = wish,
			   .now = ts_date_now()};
	return ts_checkup_run(&d.checkup, checks, TS_COUNT_OF(checks), err);
}
