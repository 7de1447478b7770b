/* SPDX-License-Identifier: MIT */
/* The server's certificate and its authority's: do they fit together, for whom, until when? */
#include "common/base/date.h"
#include "server/doctor/doctor_internal.h"

#include "server/cert/ends.h"
#include "server/policy.h"
#include "server/setup/enrol.h"

static void keep_settings(struct settings *s)
{
	(void)s; /* they are the command's */
}

/* Everything is read as the server reads it. */
static int read_as_server(const struct doctor *d, struct ts_error *err)
{
	TS_CLEANUP(policy_unref_p) struct policy *policy = NULL;
	return policy_new(d->settings, keep_settings, &policy, err);
}

void doctor_chain(struct ts_checkup *c)
{
	struct doctor *d = TS_OWNER(c, struct doctor, checkup);
	const struct settings *s = d->settings;
	struct ts_error err = {0};
	int rc = ts_cert_open(s->server_cert, &d->server, &err);
	if (rc == TS_OK && s->ca_cert[0] != '\0') {
		rc = ts_cert_open(s->ca_cert, &d->authority, &err);
	}
	if (rc == TS_OK) {
		rc = read_as_server(d, &err);
	}
	if (rc != TS_OK) {
		ts_checkup_fail(c, rc, "`taskd setup` renews what is its own", "%s", err.text);
	} else if (d->authority == NULL) {
		ts_checkup_warn(c, "set ca.cert",
				"There is no authority: every client may connect, with any "
				"certificate or none.");
	} else if (ts_cert_issued_by(d->server, d->authority)) {
		ts_checkup_ok(c,
			      "The server's certificate fits its key and is from our own "
			      "authority, '%s'.",
			      ts_cert_common_name(d->authority));
	} else {
		ts_checkup_ok(c,
			      "The server's certificate fits its key and is from '%s'; clients' "
			      "certificates are from '%s'.",
			      ts_cert_issuer(d->server), ts_cert_common_name(d->authority));
	}
}

void doctor_names(struct ts_checkup *c)
{
	struct doctor *d = TS_OWNER(c, struct doctor, checkup);
	TS_BUF(names);
	size_t count = ts_cert_name_count(d->server);
	for (size_t i = 0; i < count; i++) {
		ts_buf_printf(&names, "%s%s", i > 0 ? ", " : "", ts_cert_name_at(d->server, i));
	}
	if (count == 0) {
		ts_checkup_fail(c, TS_EINVAL, "`taskd setup --host NAME` renews it",
				"The server's certificate is made out for no host: it has a common "
				"name only, which clients of today don't look at.");
	} else {
		ts_checkup_ok(c, "Clients may call the server %s.",
			      names.failed ? "by its names" : names.data);
	}
}

/* True where there is nothing to say. */
static bool check_dates(struct ts_checkup *c, const struct ts_cert *cert, const char *what,
			const char *advice)
{
	struct doctor *d = TS_OWNER(c, struct doctor, checkup);
	const struct ts_checkup_span span = {.what = what,
					     .from = ts_cert_from(cert),
					     .until = ts_cert_until(cert),
					     .now = d->now,
					     .advice = advice};
	return ts_checkup_dates(c, &span);
}

void doctor_dates(struct ts_checkup *c)
{
	struct doctor *d = TS_OWNER(c, struct doctor, checkup);
	bool good = check_dates(c, d->server, "The server's certificate",
				"`taskd certificate renew server`, or ask whoever issued it");
	if (d->authority != NULL) {
		good = check_dates(c, d->authority, "The authority's certificate",
				   "`taskd certificate renew ca`, and new bundles for all") &&
		       good;
	}
	if (good) {
		ts_checkup_ok(c, "The server's certificate is good until %s%s%s.",
			      ts_day(ts_cert_until(d->server)).text,
			      d->authority != NULL ? ", the authority's until " : "",
			      d->authority != NULL ? ts_day(ts_cert_until(d->authority)).text : "");
	}
}

void doctor_renewal(struct ts_checkup *c)
{
	struct doctor *d = TS_OWNER(c, struct doctor, checkup);
	TS_CLEANUP(ts_pki_ca_free_p) struct ts_pki_ca *ca = NULL;
	struct ts_error err = {0};
	if (d->authority == NULL) {
		ts_checkup_ok(c, "Without an authority there is nothing to renew.");
	} else if (enrol_open_ca(d->settings, &ca, &err) != TS_OK) {
		ts_checkup_warn(c, "make bundles where the key is, and renew certificates by hand",
				"The authority's key isn't here: %s", err.text);
	} else if (!d->settings->cert_renew) {
		ts_checkup_warn(c, "taskd config cert.renew on",
				"Certificates are not renewed: cert.renew is off.");
	} else if (!ts_cert_signed_by(d->server, ca)) {
		ts_checkup_ok(c,
			      "Clients' certificates can be renewed here; the server's comes from "
			      "elsewhere.");
	} else {
		ts_checkup_ok(c, "The server's certificate and its clients' can be renewed here.");
	}
}

/* Clients' certificates, as far as the store knows them. */
void doctor_clients(struct ts_checkup *c)
{
	struct doctor *d = TS_OWNER(c, struct doctor, checkup);
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	struct cert_ends ends = {0};
	struct ts_error err = {0};
	int rc = ts_txn_begin(d->store, TS_READ, &t, &err);
	if (rc == TS_OK) {
		rc = cert_ends(d->settings, t, d->now, &ends, &err);
	}
	if (rc != TS_OK) {
		ts_checkup_fail(c, rc, "taskd verify", "%s", err.text);
	} else if (ends.clients[0] > 0) {
		ts_checkup_warn(c, "`taskd device list` has them; `taskd user bundle --renew`",
				"Certificates of %zu devices end within %u days.", ends.clients[0],
				cert_stages[0]);
	} else {
		ts_checkup_ok(c, "No device's certificate ends within %u days.", cert_stages[0]);
	}
}
