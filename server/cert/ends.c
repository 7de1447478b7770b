/* SPDX-License-Identifier: MIT */
#include "server/cert/ends.h"

#include "common/tls/pki.h"
#include "server/cert/devices.h"

#include <stdio.h>

const unsigned cert_stages[CERT_STAGES] = {30, 14, 7, 1};

unsigned cert_stage(int64_t issued, int64_t until, int64_t now)
{
	unsigned stage = 0;
	for (size_t i = 0; i < CERT_STAGES && until != 0; i++) {
		const int64_t span = (int64_t)cert_stages[i] * CERT_DAY;
		const bool long_life = issued == 0 || span <= (until - issued) / 2;
		if (until - now <= span && (long_life || until < now)) {
			stage = cert_stages[i];
		}
	}
	return stage;
}

struct cert_span cert_span(int64_t until, int64_t now)
{
	struct cert_span s;
	/* Whole days between the two days, as a calendar on the wall has them. */
	const long long days = until / CERT_DAY - now / CERT_DAY;
	if (days == 0) {
		(void)snprintf(s.text, sizeof(s.text), "today");
	} else if (days == 1) {
		(void)snprintf(s.text, sizeof(s.text), "tomorrow");
	} else if (days > 0) {
		(void)snprintf(s.text, sizeof(s.text), "in %lld days", days);
	} else {
		(void)snprintf(s.text, sizeof(s.text), "%lld day%s ago", -days,
			       days == -1 ? "" : "s");
	}
	return s;
}

/* Files that can't be read end nowhere: whoever needs them says so. */
static int64_t end_of_file(const char *path)
{
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *cert = NULL;
	return path[0] != '\0' && ts_cert_open(path, &cert, NULL) == TS_OK ? ts_cert_until(cert)
									   : 0;
}

struct count {
	struct ts_txn *t;
	struct cert_ends *ends;
	int64_t now;
	struct ts_error *err;
};

static void count_device(const struct count *c, const struct ts_device *d)
{
	const int64_t left = d->until - c->now;
	if (!d->certificate || d->revoked != 0 || d->until == 0) {
		return;
	}
	for (size_t i = 0; i < CERT_STAGES; i++) {
		const bool near = left >= 0 && left <= (int64_t)cert_stages[i] * CERT_DAY;
		c->ends->clients[i] += near ? 1 : 0;
	}
	c->ends->ended += left < 0 ? 1 : 0;
}

static int count_user(const struct ts_user *user, void *arg)
{
	const struct count *c = arg;
	TS_CLEANUP(cert_devices_done) struct cert_devices all;
	int rc = cert_devices_read(c->t, user->id, &all, c->err);
	for (size_t i = 0; i < all.count && rc == TS_OK; i++) {
		if (cert_devices_renewal(&all, all.at[i].id) == NULL) {
			count_device(c, &all.at[i]);
		}
	}
	return rc;
}

static int count_org(const struct ts_org *org, void *arg)
{
	struct count *c = arg;
	return ts_user_each(c->t, org, count_user, c, c->err);
}

int cert_ends(const struct settings *s, struct ts_txn *t, int64_t now, struct cert_ends *ret,
	      struct ts_error *err)
{
	*ret = (struct cert_ends){.server = end_of_file(s->server_cert),
				  .authority = end_of_file(s->ca_cert)};
	struct count c = {.t = t, .ends = ret, .now = now, .err = err};
	return t != NULL ? ts_org_each(t, count_org, &c, err) : TS_OK;
}
