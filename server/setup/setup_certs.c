/* SPDX-License-Identifier: MIT */
#include "server/setup/setup_certs.h"

#include "common/base/date.h"
#include "server/setup/enrol.h"

#include <stdio.h>
#include <strings.h>

enum { DAY = 86400, RENEW_DAYS = 90, NAMES_MAX = 256 };

int setup_authority(const struct settings *s, const char *host, struct ts_pki_ca **ret,
		    enum setup_result *ret_result, struct ts_error *err)
{
	*ret_result = SETUP_KEPT;
	if (access(s->ca_cert, F_OK) == 0) {
		return enrol_open_ca(s, ret, err);
	}
	TS_BUF(key);
	char name[64];
	(void)snprintf(name, sizeof(name), "taskd CA %s", host);
	int rc = enrol_ca_key(s->ca_cert, &key, err);
	if (rc == TS_OK) {
		rc = ts_pki_make_ca(s->ca_cert, key.data, name, err);
	}
	*ret_result = SETUP_MADE;
	return rc == TS_OK ? enrol_open_ca(s, ret, err) : rc;
}

/* Names */

struct names {
	const char *at[NAMES_MAX];
	size_t count;
};

/* Once each; beyond NAMES_MAX they are too many for a certificate. */
static bool add_name(struct names *n, const char *name)
{
	for (size_t i = 0; i < n->count; i++) {
		if (strcasecmp(n->at[i], name) == 0) {
			return true;
		}
	}
	if (n->count == NAMES_MAX) {
		return false;
	}
	n->at[n->count++] = name;
	return true;
}

/* What the wish says, what the certificate says already, and this machine; the first is the name
 * that clients are told. */
static int collect_names(const struct setup_wish *wish, const struct ts_cert *old,
			 struct names *ret, struct ts_error *err)
{
	static const char *const here[] = {"localhost", "127.0.0.1", "::1"};
	bool fits = true;
	for (size_t i = 0; i < wish->host_count; i++) {
		fits = add_name(ret, wish->hosts[i]) && fits;
	}
	for (size_t i = 0; old != NULL && i < ts_cert_name_count(old); i++) {
		fits = add_name(ret, ts_cert_name_at(old, i)) && fits;
	}
	for (size_t i = 0; i < TS_COUNT_OF(here); i++) {
		fits = add_name(ret, here[i]) && fits;
	}
	return fits ? TS_OK
		    : ts_fail(err, TS_EINVAL, "A server's certificate can have %d names.",
			      NAMES_MAX);
}

static int certify(const struct settings *s, const struct ts_pki_ca *ca,
		   const struct setup_wish *wish, const struct ts_cert *old, struct ts_error *err)
{
	struct names names = {.count = 0};
	int rc = collect_names(wish, old, &names, err);
	if (rc != TS_OK) {
		return rc;
	}
	const struct ts_pki_subject subject = {
		.name = names.at[0], .names = names.at, .name_count = names.count};
	return ts_pki_certify_server(ca, &subject, s->server_key, s->server_cert, err);
}

/* The first host that the certificate lacks; NULL if it has all. */
static const char *missing_host(const struct ts_cert *cert, const struct setup_wish *wish)
{
	for (size_t i = 0; i < wish->host_count && wish->hosts_given; i++) {
		if (!ts_cert_covers(cert, wish->hosts[i])) {
			return wish->hosts[i];
		}
	}
	return NULL;
}

static int renew(const struct settings *s, const struct ts_pki_ca *ca,
		 const struct setup_wish *wish, enum setup_result *ret_result, struct ts_error *err)
{
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *old = NULL;
	int rc = ts_cert_open(s->server_cert, &old, err);
	if (rc != TS_OK) {
		return rc;
	}
	const char *missing = missing_host(old, wish);
	bool late = ts_cert_until(old) < ts_date_now() + (int64_t)RENEW_DAYS * DAY;
	bool ours = ts_cert_signed_by(old, ca);
	if (missing != NULL && !ours) {
		return ts_fail(err, TS_EINVAL,
			       "The server's certificate %s is not made out for '%s'. Another "
			       "certificate authority signed it; get a new one there.",
			       s->server_cert, missing);
	}
	if ((missing == NULL && !late) || !ours) {
		return TS_OK;
	}
	*ret_result = SETUP_RENEWED;
	return certify(s, ca, wish, old, err);
}

int setup_server_cert(const struct settings *s, const struct ts_pki_ca *ca,
		      const struct setup_wish *wish, enum setup_result *ret_result,
		      struct ts_error *err)
{
	*ret_result = SETUP_KEPT;
	if (access(s->server_cert, F_OK) == 0) {
		return renew(s, ca, wish, ret_result, err);
	}
	int rc = access(s->server_key, F_OK) == 0
			 ? TS_OK
			 : ts_pki_make_key(s->server_key, wish->server_key, err);
	*ret_result = SETUP_MADE;
	return rc == TS_OK ? certify(s, ca, wish, NULL, err) : rc;
}
