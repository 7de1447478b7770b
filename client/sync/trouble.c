/* SPDX-License-Identifier: MIT */
#include "client/sync/trouble.h"

#include "common/base/date.h"
#include "common/tls/pki.h"

#include <stdio.h>
#include <time.h>

enum { DAY = 86400, SOON = 14 * DAY }; /* [s] */

static const int64_t oldest = INT64_C(1577836800); /* 2020-01-01: there was no taskc then */

struct day {
	char text[16];
};

static struct day day_of(int64_t t)
{
	struct day d = {"?"};
	const time_t seconds = (time_t)t;
	struct tm tm;
	if (gmtime_r(&seconds, &tm) != NULL) {
		(void)strftime(d.text, sizeof(d.text), "%Y-%m-%d", &tm);
	}
	return d;
}

static int check_clock(int64_t now, struct ts_error *err)
{
	return now >= oldest
		       ? TS_OK
		       : ts_fail(err, TS_EINVAL,
				 "The clock of this machine says %s: set it first. "
				 "Certificates could not be checked, and tasks would get wrong "
				 "dates.",
				 day_of(now).text);
}

static void remark_end(const struct sync *s, int64_t now, int64_t until)
{
	char text[300];
	const int64_t days = (until - now) / DAY;
	if (s->say == NULL || until - now > SOON) {
		return;
	}
	(void)snprintf(text, sizeof(text),
		       "The certificate of the remote %s ends on %s, in %lld day%s. `taskd user "
		       "bundle --renew` on the server makes a new file for `taskc setup FILE "
		       "--replace`.",
		       s->remote->name, day_of(until).text, (long long)days, days == 1 ? "" : "s");
	s->say(text, s->say_arg);
}

static int check_dates(const struct sync *s, int64_t now, const struct ts_cert *c,
		       struct ts_error *err)
{
	if (ts_cert_until(c) < now) {
		return ts_fail(err, TS_EREFUSED,
			       "The certificate of the remote %s ended on %s, the server would "
			       "refuse it. Make a new file with `taskd user bundle` on the server, "
			       "then run `taskc setup FILE --replace`.",
			       s->remote->name, day_of(ts_cert_until(c)).text);
	}
	if (ts_cert_from(c) > now) {
		return ts_fail(
			err, TS_EINVAL,
			"The certificate of the remote %s begins on %s, but the clock of this "
			"machine says %s: set it first.",
			s->remote->name, day_of(ts_cert_from(c)).text, day_of(now).text);
	}
	return TS_OK;
}

/* *ret stays NULL where there is none. */
static int open_cert(const struct sync *s, struct ts_cert **ret, struct ts_error *err)
{
	TS_BUF(path);
	if (s->remote->certificate[0] == '\0') {
		return TS_OK;
	}
	int code = remote_path(s->remote, s->remote->certificate, &path, err);
	return code == TS_OK ? ts_cert_open(path.data, ret, err) : code;
}

int trouble_find(const struct sync *s, struct ts_error *err)
{
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *cert = NULL;
	const int64_t now = ts_date_now();
	int code = check_clock(now, err);
	if (code == TS_OK) {
		code = open_cert(s, &cert, err);
	}
	return code == TS_OK && cert != NULL ? check_dates(s, now, cert, err) : code;
}

void trouble_remark(const struct sync *s)
{
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *cert = NULL;
	if (open_cert(s, &cert, NULL) == TS_OK && cert != NULL) {
		remark_end(s, ts_date_now(), ts_cert_until(cert));
	}
}
