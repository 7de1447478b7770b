/* SPDX-License-Identifier: MIT */
#include "server/cert/keeper.h"

#include "common/base/clock.h"
#include "common/base/date.h"
#include "common/log/log.h"
#include "server/cert/ends.h"
#include "server/cert/renew.h"

enum { HOUR = 3600000 /* [ms] between two looks at the ends */ };

/* Ends */

static void log_end(const char *which, const char *path, int64_t until, int64_t now)
{
	struct ts_log_line l;
	ts_log_begin(&l, TS_LOG_WARNING, "certificate-ends");
	ts_log_field(&l, "which", ts_slice_of(which));
	ts_log_field(&l, "file", ts_slice_of(path));
	ts_log_field(&l, "until", ts_slice_of(ts_day(until).text));
	ts_log_field(&l, "left", ts_slice_of(cert_span(until, now).text));
	ts_log_end(&l);
}

/* Each stage once; what was renewed begins from the front. */
static void warn(unsigned *warned, const char *which, const char *path, int64_t until)
{
	const int64_t now = ts_date_now();
	unsigned stage = cert_stage(0, until, now);
	if (stage != 0 && (*warned == 0 || stage < *warned)) {
		log_end(which, path, until, now);
	}
	*warned = stage;
}

static void warn_of_ends(struct keeper *k)
{
	const struct settings *s = &k->policy->settings;
	struct cert_ends ends;
	k->looked = ts_clock_ms();
	if (cert_ends(s, NULL, ts_date_now(), &ends, NULL) == TS_OK) {
		warn(&k->warned[0], "server", s->server_cert, ends.server);
		warn(&k->warned[1], "authority", s->ca_cert, ends.authority);
	}
}

/* Renewal */

static void log_renewed(const struct settings *s)
{
	struct ts_log_line l;
	struct cert_ends ends;
	if (cert_ends(s, NULL, ts_date_now(), &ends, NULL) != TS_OK) {
		return;
	}
	ts_log_begin(&l, TS_LOG_NOTICE, "certificate-renewed");
	ts_log_field(&l, "file", ts_slice_of(s->server_cert));
	ts_log_field(&l, "until", ts_slice_of(ts_day(ends.server).text));
	ts_log_end(&l);
}

void keeper_renew(const struct settings *s)
{
	struct ts_error err = {0};
	enum cert_result result;
	if (cert_renew_server(s, false, &result, &err) != TS_OK) {
		ts_log(TS_LOG_WARNING, "The server's certificate should be renewed, but: %s",
		       err.text);
	} else if (result == CERT_RENEWED) {
		log_renewed(s);
	}
}

/* Files */

static void log_failure(struct keeper *k, const struct cert_files *now, const struct ts_error *err)
{
	if (!cert_files_same(now, &k->failed)) {
		ts_log(TS_LOG_WARNING,
		       "The files of the certificates have changed, but are of no use yet; those "
		       "that were read before stay in use: %s",
		       err->text);
	}
	k->failed = *now;
}

/* Files that are being replaced don't fit each other for a moment: the next turn tries again. */
static void take_files(struct keeper *k)
{
	TS_CLEANUP(policy_unref_p) struct policy *new = NULL;
	struct ts_error err = {0};
	struct cert_files now;
	cert_files_look(&k->policy->settings, &now);
	if (cert_files_same(&now, &k->policy->files)) {
		return;
	}
	int rc = policy_renew(k->policy, &new, &err);
	if (rc == TS_OK) {
		rc = server_reload(k->server, new, &err);
	}
	if (rc != TS_OK) {
		log_failure(k, &now, &err);
		return;
	}
	struct ts_log_line l;
	ts_log_begin(&l, TS_LOG_NOTICE, "certificates-read");
	ts_log_end(&l);
	keeper_follow(k, new);
}

uint64_t keeper_interval(const struct keeper *k)
{
	const uint64_t watch = k->policy->settings.cert_watch;
	return watch != 0 && watch < HOUR ? watch : HOUR;
}

static void take_turn(void *arg)
{
	struct keeper *k = arg;
	if (ts_clock_ms() - k->looked >= HOUR) {
		keeper_renew(&k->policy->settings);
		warn_of_ends(k);
	}
	if (k->policy->settings.cert_watch != 0) {
		take_files(k);
	}
}

/* Life */

void keeper_begin(struct keeper *k, struct server *server, struct policy *policy)
{
	*k = (struct keeper){.server = server, .policy = policy_ref(policy)};
	warn_of_ends(k);
}

void keeper_done(struct keeper *k)
{
	policy_unref(TS_TAKE(k->policy));
}

void keeper_follow(struct keeper *k, struct policy *policy)
{
	struct policy *before = k->policy;
	k->policy = policy_ref(policy);
	policy_unref(before);
	k->failed = (struct cert_files){0};
	warn_of_ends(k);
}

struct chore keeper_chore(struct keeper *k)
{
	return (struct chore){.run = take_turn, .arg = k, .every = keeper_interval(k)};
}
