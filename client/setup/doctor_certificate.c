/* SPDX-License-Identifier: MIT */
/* This machine's certificate and key, and the clock that they are judged by. */
#include "client/setup/doctor_internal.h"

#include "common/base/date.h"
#include "common/tls/pki.h"

/* *ret stays as it is where there is no such setting. */
static int open_cert(const struct remote *r, const char *setting, struct ts_cert **ret,
		     struct ts_error *err)
{
	TS_BUF(path);
	if (setting[0] == '\0') {
		return TS_OK;
	}
	int rc = remote_path(r, setting, &path, err);
	return rc == TS_OK ? ts_cert_open(path.data, ret, err) : rc;
}

/* Each by itself, then together: so the sentence names the file that is at fault. */
static int read_all(struct doctor *d, struct ts_error *err)
{
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *own = NULL;
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *ca = NULL;
	int rc = open_cert(&d->remote, d->remote.certificate, &own, err);
	if (rc == TS_OK) {
		rc = open_cert(&d->remote, d->remote.ca, &ca, err);
	}
	return rc == TS_OK ? remote_creds(&d->remote, &d->creds, err) : rc;
}

void doctor_certificate(struct ts_checkup *c)
{
	struct doctor *d = TS_OWNER(c, struct doctor, checkup);
	struct ts_error err = {0};
	int rc = read_all(d, &err);
	if (rc != TS_OK) {
		ts_checkup_fail(&d->checkup, rc, DOCTOR_NEW_BUNDLE, "%s", err.text);
	} else if (d->remote.certificate[0] == '\0') {
		ts_checkup_warn(
			&d->checkup, DOCTOR_NEW_BUNDLE,
			"There is no certificate: only a server that asks for none will do.");
	} else {
		ts_checkup_ok(&d->checkup,
			      "The certificate and the key can be read and belong together.");
	}
}

void doctor_clock(struct ts_checkup *c)
{
	ts_checkup_clock(c, TS_OWNER(c, struct doctor, checkup)->now);
}

/* A certificate file's dates. `what` begins the sentence. */
static bool check_dates(struct doctor *d, const struct ts_cert *c, const char *what)
{
	const struct ts_checkup_span span = {.what = what,
					     .from = ts_cert_from(c),
					     .until = ts_cert_until(c),
					     .now = d->now,
					     .advice = DOCTOR_NEW_BUNDLE};
	return ts_checkup_dates(&d->checkup, &span);
}

/* The authority is there to believe the server by; mostly it has signed this certificate too. */
static bool check_issuer(struct doctor *d, const struct ts_cert *own, const struct ts_cert *ca)
{
	if (ts_cert_issued_by(own, ca) ||
	    strcmp(ts_cert_issuer(own), ts_cert_common_name(ca)) != 0) {
		return true;
	}
	ts_checkup_warn(
		&d->checkup, DOCTOR_NEW_BUNDLE,
		"The certificate says that '%s' signed it, but the authority of that name in "
		"the `ca` file did not: the server may have been set up anew.",
		ts_cert_issuer(own));
	return false;
}

void doctor_dates(struct ts_checkup *c)
{
	struct doctor *d = TS_OWNER(c, struct doctor, checkup);
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *own = NULL;
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *ca = NULL;
	struct ts_error err = {0};
	int rc = open_cert(&d->remote, d->remote.certificate, &own, &err);
	if (rc == TS_OK) {
		rc = open_cert(&d->remote, d->remote.ca, &ca, &err);
	}
	if (rc != TS_OK) {
		ts_checkup_fail(&d->checkup, rc, DOCTOR_NEW_BUNDLE, "%s", err.text);
		return;
	}
	bool good = own == NULL || check_dates(d, own, "This machine's certificate");
	good = (ca == NULL || check_dates(d, ca, "The authority's certificate")) && good;
	good = (ca == NULL || own == NULL || check_issuer(d, own, ca)) && good;
	if (good && own != NULL) {
		ts_checkup_ok(&d->checkup, "The certificate of '%s', by '%s', is valid until %s.",
			      ts_cert_common_name(own), ts_cert_issuer(own),
			      ts_day(ts_cert_until(own)).text);
	}
}
