/* SPDX-License-Identifier: MIT */
/*
 * A client's certificate, renewed: the same key and name, a later end. It is registered as the same
 * device. The answer's payload is the new certificate, and behind it what clients believe the
 * server by; only the latter where there is nothing to renew.
 */
#include "server/request/request.h"

#include "common/base/date.h"
#include "common/tls/pki.h"
#include "server/cert/chain.h"
#include "server/cert/devices.h"
#include "server/cert/ends.h"
#include "server/cert/renew.h"
#include "server/setup/enrol.h"

enum { RENEWALS_MAX = 10 }; /* of one certificate */

struct renewal {
	struct ts_pki_ca *ca;
	struct ts_cert *shown, *made; /* `made` NULL: it isn't time */
	struct ts_spool *payload;
};

static void renewal_free(struct renewal *n)
{
	if (n == NULL) {
		return;
	}
	ts_pki_ca_free(n->ca);
	ts_cert_free(n->shown);
	ts_cert_free(n->made);
	ts_spool_free(n->payload);
	free(n);
}

static int not_here(struct ts_error *err)
{
	return ts_fail(err, TS_EABSENT, "This server renews no certificates.");
}

/* What a server that doesn't look at certificates believes, it must not vouch for. */
static int renew_begin(struct request *r, struct ts_error *err)
{
	if (!r->policy->settings.cert_renew || !r->policy->strict || r->certificate == NULL) {
		return not_here(err);
	}
	r->renewal = calloc(1, sizeof(*r->renewal));
	return r->renewal != NULL ? TS_OK
				  : ts_fail(err, TS_ENOMEM, "Out of memory for a certificate.");
}

/* The certificate of the session, and the authority, which must have signed it. */
static int find_certs(struct request *r, struct ts_error *err)
{
	struct renewal *n = r->renewal;
	struct ts_error why = {0};
	if (enrol_open_ca(&r->policy->settings, &n->ca, &why) != TS_OK) {
		return not_here(err);
	}
	int rc = r->certificate(r->certificate_arg, &n->shown, err);
	if (rc == TS_OK && !ts_cert_signed_by(n->shown, n->ca)) {
		rc = ts_fail(err, TS_EACCESS,
			     "Another authority than this server's own signed your certificate; "
			     "only that one can renew it.");
	}
	return rc;
}

/* Nothing that would end a moment later is made. */
static int make_cert(struct request *r, struct ts_error *err)
{
	TS_BUF(pem);
	struct renewal *n = r->renewal;
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *authority = NULL;
	const struct settings *s = &r->policy->settings;
	const int64_t now = ts_date_now(), from = ts_cert_from(n->shown),
		      old = ts_cert_until(n->shown);
	int rc = ts_cert_parse(ts_pki_ca_pem(n->ca), &authority, err);
	if (rc != TS_OK || !ts_cert_due(from, old, s->cert_ahead, now)) {
		return rc;
	}
	const int64_t until = cert_client_end(s, 0, ts_cert_until(authority), now);
	if (until - old < (old - now) + CERT_DAY / 24) {
		return TS_OK;
	}
	rc = ts_pki_renew(n->ca, n->shown, until, &pem, err);
	return rc == TS_OK ? ts_cert_parse(ts_buf_slice(&pem), &n->made, err) : rc;
}

static int write_payload(struct request *r, struct ts_error *err)
{
	TS_BUF(text);
	struct renewal *n = r->renewal;
	if (n->made != NULL) {
		ts_buf_add_slice(&text, ts_cert_pem(n->made));
	}
	int rc = cert_chain_roots(&r->policy->settings, &text, err);
	if (rc == TS_OK &&
	    (text.failed || ts_spool_new(&r->policy->budget, &n->payload) != TS_OK)) {
		rc = ts_fail(err, TS_ENOMEM, "Out of memory for a certificate.");
	}
	return rc == TS_OK ? ts_spool_add(n->payload, ts_buf_slice(&text), err) : rc;
}

static int renew_end(struct request *r, struct ts_error *err)
{
	int rc = find_certs(r, err);
	if (rc == TS_OK) {
		rc = make_cert(r, err);
	}
	if (rc == TS_OK) {
		rc = write_payload(r, err);
	}
	return rc == TS_OK && r->renewal->made != NULL ? TS_EAGAIN : rc;
}

/* What the account has of the device; one that came without being registered is from now on. */
static int find_device(struct request *r, struct ts_txn *t, struct ts_device *ret,
		       struct ts_error *err)
{
	const uint32_t user = r->account.user.id;
	int rc = ts_device_get(t, user, r->device, ret, err);
	if (rc != TS_ENOTFOUND) {
		return rc;
	}
	*ret = r->card;
	ret->first = ret->seen = ts_date_now();
	return ts_device_put(t, user, ret, err);
}

/* A client that loses each answer asks again; one that never stops would fill the table. */
static int check_count(struct request *r, struct ts_txn *t, const struct ts_device *old,
		       struct ts_error *err)
{
	TS_CLEANUP(cert_devices_done) struct cert_devices all;
	size_t count = 0;
	int rc = cert_devices_read(t, r->account.user.id, &all, err);
	for (size_t i = 0; i < all.count; i++) {
		count += strcmp(all.at[i].renews, old->id) == 0 ? 1 : 0;
	}
	return rc != TS_OK || count < RENEWALS_MAX
		       ? rc
		       : ts_fail(err, TS_ETOOMANY,
				 "Your certificate was renewed %d times already. Ask the operator "
				 "of the server for a new bundle.",
				 RENEWALS_MAX);
}

static int renew_store(struct request *r, struct ts_txn *t, struct ts_error *err)
{
	struct ts_device old, new;
	int rc = find_device(r, t, &old, err);
	if (rc == TS_OK) {
		rc = check_count(r, t, &old, err);
	}
	if (rc == TS_OK) {
		rc = cert_device(r->renewal->made, ts_slice_of(old.name), &new, err);
	}
	return rc == TS_OK ? cert_device_renew(t, r->account.user.id, &old, &new, err) : rc;
}

static int renew_compose(struct request *r, struct ts_error *err)
{
	(void)err;
	r->code = r->renewal->made != NULL ? 200 : 201;
	r->payload = r->renewal->payload;
	return TS_OK;
}

static void renew_done(struct request *r)
{
	renewal_free(r->renewal);
}

const struct request_type request_renew = {
	.name = "renew",
	.begin = renew_begin,
	.end = renew_end,
	.store = renew_store,
	.compose = renew_compose,
	.done = renew_done,
	.brief = "Give the client's certificate a later end.",
};
