/* SPDX-License-Identifier: MIT */
#include "client/setup/doctor_internal.h"

#include "common/base/date.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

/* In order; `needs` are the checks that must have gone well, with commas around each. */
static const struct {
	const char *name;
	void (*run)(struct doctor *d);
	const char *needs;
} checks[] = {
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

enum { TEXT_MAX = 1200 };

static void tell(struct doctor *d, enum doctor_state state, const char *text, const char *advice)
{
	const struct doctor_line line = {d->check, state, text, advice};
	d->wish->tell(&line, d->wish->arg);
}

void doctor_ok(struct doctor *d, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	tell(d, DOCTOR_OK, text, "");
}

void doctor_warn(struct doctor *d, const char *advice, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	tell(d, DOCTOR_WARN, text, advice);
}

void doctor_fail(struct doctor *d, int code, const char *advice, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	d->code = d->faults++ == 0 ? code : d->code;
	d->check_failed = true;
	tell(d, DOCTOR_FAIL, text, advice);
}

struct doctor_day doctor_day(int64_t t)
{
	struct doctor_day day = {"an unknown day"};
	struct tm tm;
	time_t at = (time_t)t;
	if (gmtime_r(&at, &tm) != NULL) {
		(void)strftime(day.text, sizeof(day.text), "%Y-%m-%d", &tm);
	}
	return day;
}

void doctor_limits(const struct settings *s, struct ts_dial_limits *ret)
{
	*ret = (struct ts_dial_limits){.connect = s->timeout_connect,
				       .handshake = s->timeout_handshake,
				       .idle = s->timeout_idle,
				       .answer = s->timeout_answer,
				       .whole = s->timeout_sync};
}

/* The first of the needed checks that failed or was passed over itself; NULL: none. */
static const char *obstacle(const char *needs, const bool *good)
{
	for (size_t i = 0; i < TS_COUNT_OF(checks); i++) {
		char word[32];
		(void)snprintf(word, sizeof(word), ",%s,", checks[i].name);
		if (!good[i] && strstr(needs, word) != NULL) {
			return checks[i].name;
		}
	}
	return NULL;
}

static void run_all(struct doctor *d)
{
	bool good[TS_COUNT_OF(checks)];
	memset(good, true, sizeof(good));
	for (size_t i = 0; i < TS_COUNT_OF(checks); i++) {
		char text[TEXT_MAX];
		const char *because = obstacle(checks[i].needs, good);
		d->check = checks[i].name;
		d->check_failed = because != NULL;
		if (because == NULL) {
			checks[i].run(d);
		} else {
			(void)snprintf(text, sizeof(text), "Not looked at, because of '%s'.",
				       because);
			tell(d, DOCTOR_SKIP, text, "");
		}
		good[i] = !d->check_failed;
	}
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
	TS_CLEANUP(doctor_done) struct doctor d = {.wish = wish, .now = ts_date_now()};
	run_all(&d);
	return d.faults == 0 ? TS_OK
			     : ts_fail(err, d.code, "%zu fault%s found.", d.faults,
				       d.faults == 1 ? "" : "s");
}
