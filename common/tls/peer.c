/* SPDX-License-Identifier: MIT */
/* Who is at the other end, and what is wrong with its certificate, in words for its user. */
#include "common/base/buf.h"
#include "common/tls/internal.h"

#include <stdio.h>
#include <time.h>

gnutls_x509_crt_t ts_tls_peer_cert(gnutls_session_t session)
{
	unsigned count = 0;
	const gnutls_datum_t *list = gnutls_certificate_get_peers(session, &count);
	TS_CRT(crt);
	if (list == NULL || count == 0 || gnutls_x509_crt_init(&crt) < 0 ||
	    gnutls_x509_crt_import(crt, &list[0], GNUTLS_X509_FMT_DER) < 0) {
		return NULL;
	}
	return TS_TAKE(crt);
}

static void add_shown(const char *name, char *to, size_t size)
{
	(void)snprintf(to, size, "%s", name);
	for (char *at = to; *at != '\0'; at++) {
		if ((unsigned char)*at < ' ' || *at == 0x7F) {
			*at = '?';
		}
	}
}

void ts_crt_name(gnutls_x509_crt_t crt, char *to, size_t size)
{
	char name[256];
	size_t len = sizeof(name);
	int n = gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &len);
	add_shown(n == 0 ? name : "", to, size);
}

void ts_crt_issuer(gnutls_x509_crt_t crt, char *to, size_t size)
{
	char name[256];
	size_t len = sizeof(name);
	int n = gnutls_x509_crt_get_issuer_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name,
						     &len);
	add_shown(n == 0 ? name : "", to, size);
}

void ts_crt_fingerprint(gnutls_x509_crt_t crt, char to[static 65])
{
	unsigned char digest[32];
	size_t len = sizeof(digest);
	to[0] = '\0';
	if (gnutls_x509_crt_get_fingerprint(crt, GNUTLS_DIG_SHA256, digest, &len) < 0) {
		return;
	}
	for (size_t i = 0; i < len; i++) {
		(void)snprintf(to + 2 * i, 3, "%02x", digest[i]);
	}
}

struct day {
	char text[16];
};

static struct day day_of(time_t t)
{
	struct day d = {"an unknown day"};
	struct tm tm;
	if (t != (time_t)-1 && gmtime_r(&t, &tm) != NULL) {
		(void)strftime(d.text, sizeof(d.text), "%Y-%m-%d", &tm);
	}
	return d;
}

/* What follows "Your client certificate" or "The server's certificate"; the first that fits. */
static const struct {
	unsigned status;
	const char *text;
} faults[] = {
	{GNUTLS_CERT_REVOKED, "was revoked."},
	{GNUTLS_CERT_SIGNER_NOT_FOUND,
	 "was not signed by a certificate authority that is trusted here."},
	{GNUTLS_CERT_SIGNER_NOT_CA, "was signed by something that is no certificate authority."},
	{GNUTLS_CERT_SIGNATURE_FAILURE, "has a signature that is wrong."},
	{GNUTLS_CERT_EXPIRED, "is in order, but the one of its certificate authority expired."},
	{GNUTLS_CERT_NOT_ACTIVATED, "isn't valid yet; is the clock right?"},
	{GNUTLS_CERT_UNEXPECTED_OWNER, "is made out for another host name."},
	{GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED,
	 "can't be checked, because the list of revoked certificates is out of date."},
	{GNUTLS_CERT_REVOCATION_DATA_ISSUED_IN_FUTURE,
	 "can't be checked, because the list of revoked certificates is of a future day."},
	{GNUTLS_CERT_INSECURE_ALGORITHM, "uses an algorithm that is not secure any more."},
};

static const char *fault_text(unsigned status)
{
	for (size_t i = 0; i < TS_COUNT_OF(faults); i++) {
		if ((status & faults[i].status) != 0) {
			return faults[i].text;
		}
	}
	return "is not in order.";
}

/* The certificate's own dates; false where the fault lies elsewhere. */
static bool date_fault(gnutls_x509_crt_t crt, const char *what, struct ts_pki_text *ret)
{
	time_t now = time(NULL);
	time_t from = gnutls_x509_crt_get_activation_time(crt);
	time_t until = gnutls_x509_crt_get_expiration_time(crt);
	if (until < now) {
		(void)snprintf(ret->text, sizeof(ret->text), "%s expired on %s.", what,
			       day_of(until).text);
	} else if (from > now) {
		(void)snprintf(ret->text, sizeof(ret->text),
			       "%s is valid from %s on; is the clock right?", what,
			       day_of(from).text);
	}
	return until < now || from > now;
}

static bool owner_fault(const struct ts_tls *t, unsigned status, struct ts_pki_text *ret)
{
	if (status != (GNUTLS_CERT_INVALID | GNUTLS_CERT_UNEXPECTED_OWNER)) {
		return false;
	}
	(void)snprintf(ret->text, sizeof(ret->text),
		       "The server's certificate is not made out for %.100s.", t->host);
	return true;
}

struct ts_pki_text ts_tls_untrusted(const struct ts_tls *t, unsigned status)
{
	const unsigned dates = GNUTLS_CERT_EXPIRED | GNUTLS_CERT_NOT_ACTIVATED;
	const char *what = t->server ? "Your client certificate" : "The server's certificate";
	struct ts_pki_text ret;
	TS_CRT(crt);
	crt = ts_tls_peer_cert(t->session);
	if (owner_fault(t, status, &ret)) {
		return ret;
	}
	if ((status & dates) != 0 && (status & GNUTLS_CERT_REVOKED) == 0 && crt != NULL &&
	    date_fault(crt, what, &ret)) {
		return ret;
	}
	(void)snprintf(ret.text, sizeof(ret.text), "%s %s", what, fault_text(status));
	return ret;
}

/* "(TLS1.3)-(ECDHE-X25519)-(ECDSA-SHA256)-(AES-256-GCM)" without brackets and cipher. */
static void describe_protocol(gnutls_session_t session, char *to, size_t size)
{
	char *desc = gnutls_session_get_desc(session);
	struct ts_slice rest = ts_slice_of(desc != NULL ? desc : "");
	size_t used = 0;
	to[0] = '\0';
	for (int i = 0; i < 3 && rest.len > 0 && used < size; i++) {
		ts_slice_cut(&rest, '(');
		struct ts_slice word = ts_slice_cut(&rest, ')');
		used += (size_t)snprintf(to + used, size - used, "%s%.*s", i > 0 ? " " : "",
					 TS_SLICE_ARGS(word));
	}
	gnutls_free(desc);
}

/* As a client, the handshake has verified what had to be. */
static void judge(struct ts_tls *t, struct ts_tls_peer *ret)
{
	unsigned status = GNUTLS_CERT_INVALID;
	ret->state = TS_PEER_VERIFIED;
	if (t->creds->trust == TS_TRUST_ALLOW_ALL || !t->server) {
		return;
	}
	if (!t->creds->has_ca) {
		status |= GNUTLS_CERT_SIGNER_NOT_FOUND;
	} else if (gnutls_certificate_verify_peers2(t->session, &status) < 0) {
		status |= GNUTLS_CERT_INVALID;
	}
	if (status != 0) {
		ret->state = TS_PEER_UNTRUSTED;
		(void)snprintf(ret->reason, sizeof(ret->reason), "%s",
			       ts_tls_untrusted(t, status).text);
	}
}

/* Look at the certificate that was shown, and verify it. */
static void examine(struct ts_tls *t, struct ts_tls_peer *ret)
{
	TS_CRT(crt);
	crt = ts_tls_peer_cert(t->session);
	if (crt != NULL) {
		ts_crt_name(crt, ret->name, sizeof(ret->name));
		ts_crt_fingerprint(crt, ret->fingerprint);
		ret->not_after = gnutls_x509_crt_get_expiration_time(crt);
	}
	judge(t, ret);
}

void ts_tls_peer(struct ts_tls *t, struct ts_tls_peer *ret)
{
	struct ts_tls_digest digest;
	unsigned shown = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(t->session, &shown);
	bool digested = ts_memory_digest(chain, chain != NULL ? shown : 0, &digest);
	const int64_t now = (int64_t)time(NULL);
	*ret = (struct ts_tls_peer){.state = TS_PEER_NONE};
	if (!digested || !ts_memory_recall(&t->creds->memory, &digest, now, ret)) {
		if (shown > 0 || t->creds->trust == TS_TRUST_ALLOW_ALL) {
			examine(t, ret);
		}
		if (digested && ret->state == TS_PEER_VERIFIED) {
			ts_memory_keep(&t->creds->memory, &digest, now, ret);
		}
	}
	describe_protocol(t->session, ret->protocol, sizeof(ret->protocol));
}
