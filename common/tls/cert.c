/* SPDX-License-Identifier: MIT */
/* Reading certificates that are there, and revoking them. */
#include "common/base/date.h"
#include "common/base/file.h"
#include "common/tls/internal.h"
#include "common/tls/pki.h"

#include <arpa/inet.h>

enum { CERT_MAX = 1 << 20, CRL_MAX = 16 << 20 }; /* [bytes] of a file */

struct ts_cert {
	gnutls_x509_crt_t crt;
	gnutls_datum_t pem;
	char name[256];
	char issuer[256];
	char **names; /* as text */
	size_t name_count;
};

int ts_crt_read(const char *path, gnutls_x509_crt_t *ret, struct ts_error *err)
{
	TS_BUF(text);
	int rc = ts_file_read(path, CERT_MAX, &text, err);
	if (rc != TS_OK) {
		return rc;
	}
	TS_CRT(crt);
	gnutls_datum_t pem = {(unsigned char *)text.data, (unsigned)text.len};
	int n = gnutls_x509_crt_init(&crt);
	if (n >= 0) {
		n = gnutls_x509_crt_import(crt, &pem, GNUTLS_X509_FMT_PEM);
	}
	if (n < 0) {
		return ts_fail(err, TS_EINVAL, "%s holds no certificate that can be read: %s", path,
			       gnutls_strerror(n));
	}
	*ret = TS_TAKE(crt);
	return TS_OK;
}

/* A subject alternative name as people write it; NULL for kinds that are no host. */
static char *name_text(int kind, const char *data, size_t size)
{
	char text[INET6_ADDRSTRLEN];
	if (kind == GNUTLS_SAN_DNSNAME) {
		return strndup(data, size);
	}
	int family = size == 4 ? AF_INET : AF_INET6;
	if (kind != GNUTLS_SAN_IPADDRESS || (size != 4 && size != 16) ||
	    inet_ntop(family, data, text, sizeof(text)) == NULL) {
		return NULL;
	}
	return strdup(text);
}

static int add_text(struct ts_cert *c, char *text)
{
	char **names = reallocarray(c->names, c->name_count + 1, sizeof(*names));
	if (names == NULL) {
		free(text);
		return TS_ENOMEM;
	}
	c->names = names;
	c->names[c->name_count++] = text;
	return TS_OK;
}

static int read_names(struct ts_cert *c)
{
	for (unsigned i = 0;; i++) {
		char data[512];
		size_t size = sizeof(data);
		int kind = gnutls_x509_crt_get_subject_alt_name(c->crt, i, data, &size, NULL);
		if (kind == GNUTLS_E_SHORT_MEMORY_BUFFER) {
			continue;
		}
		if (kind < 0) {
			return kind == GNUTLS_E_MEMORY_ERROR ? TS_ENOMEM : TS_OK;
		}
		char *text = name_text(kind, data, size);
		if (text != NULL && add_text(c, text) != TS_OK) {
			return TS_ENOMEM;
		}
	}
}

/* Owns `crt`, whatever it returns; NULL if out of memory. */
static struct ts_cert *cert_new(gnutls_x509_crt_t crt)
{
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *c = calloc(1, sizeof(*c));
	if (c == NULL) {
		ts_crt_deinit_p(&crt);
		return NULL;
	}
	c->crt = crt;
	ts_crt_name(c->crt, c->name, sizeof(c->name));
	ts_crt_issuer(c->crt, c->issuer, sizeof(c->issuer));
	if (read_names(c) != TS_OK ||
	    gnutls_x509_crt_export2(c->crt, GNUTLS_X509_FMT_PEM, &c->pem) < 0) {
		return NULL;
	}
	return TS_TAKE(c);
}

int ts_cert_open(const char *path, struct ts_cert **ret, struct ts_error *err)
{
	gnutls_x509_crt_t crt = NULL;
	int rc = ts_crt_read(path, &crt, err);
	if (rc != TS_OK) {
		return rc;
	}
	struct ts_cert *c = cert_new(crt);
	if (c == NULL) {
		return ts_fail(err, TS_ENOMEM, "There is no memory for %s.", path);
	}
	*ret = c;
	return TS_OK;
}

int ts_cert_of_peer(struct ts_tls *t, struct ts_cert **ret, struct ts_error *err)
{
	gnutls_x509_crt_t crt = ts_tls_peer_cert(t->session);
	if (crt == NULL) {
		return ts_fail(err, TS_ENOTFOUND, "The other end showed no certificate.");
	}
	struct ts_cert *c = cert_new(crt);
	if (c == NULL) {
		return ts_fail(err, TS_ENOMEM, "There is no memory for a certificate.");
	}
	*ret = c;
	return TS_OK;
}

void ts_cert_free(struct ts_cert *c)
{
	if (c == NULL) {
		return;
	}
	for (size_t i = 0; i < c->name_count; i++) {
		free(c->names[i]);
	}
	free(c->names);
	ts_crt_deinit_p(&c->crt);
	ts_datum_free_p(&c->pem);
	free(c);
}

const char *ts_cert_common_name(const struct ts_cert *c)
{
	return c->name;
}

const char *ts_cert_issuer(const struct ts_cert *c)
{
	return c->issuer;
}

int64_t ts_cert_from(const struct ts_cert *c)
{
	return gnutls_x509_crt_get_activation_time(c->crt);
}

int64_t ts_cert_until(const struct ts_cert *c)
{
	return gnutls_x509_crt_get_expiration_time(c->crt);
}

struct ts_slice ts_cert_pem(const struct ts_cert *c)
{
	return (struct ts_slice){(const char *)c->pem.data, c->pem.size};
}

size_t ts_cert_name_count(const struct ts_cert *c)
{
	return c->name_count;
}

const char *ts_cert_name_at(const struct ts_cert *c, size_t i)
{
	return c->names[i];
}

bool ts_cert_covers(const struct ts_cert *c, const char *host)
{
	return gnutls_x509_crt_check_hostname(c->crt, host) != 0;
}

static bool signed_by(gnutls_x509_crt_t crt, gnutls_x509_crt_t authority)
{
	unsigned status = 0;
	const unsigned flags =
		GNUTLS_VERIFY_DISABLE_TIME_CHECKS | GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS;
	return gnutls_x509_crt_verify(crt, &authority, 1, flags, &status) == 0 && status == 0;
}

bool ts_cert_signed_by(const struct ts_cert *c, const struct ts_pki_ca *ca)
{
	return signed_by(c->crt, ca->crt);
}

bool ts_cert_issued_by(const struct ts_cert *c, const struct ts_cert *authority)
{
	return signed_by(c->crt, authority->crt);
}

/* Revoking */

static int crl_open(const char *path, gnutls_x509_crl_t *ret, struct ts_error *err)
{
	TS_CRL(crl);
	TS_BUF(text);
	if (gnutls_x509_crl_init(&crl) < 0) {
		return ts_fail(err, TS_ENOMEM, "There is no memory for %s.", path);
	}
	int rc = access(path, F_OK) == 0 ? ts_file_read(path, CRL_MAX, &text, err) : TS_OK;
	if (rc != TS_OK) {
		return rc;
	}
	gnutls_datum_t pem = {(unsigned char *)text.data, (unsigned)text.len};
	int n = text.len > 0 ? gnutls_x509_crl_import(crl, &pem, GNUTLS_X509_FMT_PEM) : 0;
	if (n < 0) {
		return ts_fail(err, TS_EINVAL, "%s holds no revocation list that can be read: %s",
			       path, gnutls_strerror(n));
	}
	*ret = TS_TAKE(crl);
	return TS_OK;
}

/* Numbered by the time, so that a later list has a greater number. */
static int set_number(gnutls_x509_crl_t crl, time_t now)
{
	unsigned char number[8];
	for (size_t i = 0; i < sizeof(number); i++) {
		number[i] = (unsigned char)((uint64_t)now >> (8 * (sizeof(number) - 1 - i)));
	}
	return gnutls_x509_crl_set_number(crl, number, sizeof(number));
}

static int crl_sign(gnutls_x509_crl_t crl, const struct ts_pki_ca *ca, gnutls_x509_crt_t crt)
{
	time_t now = ts_date_now();
	int n = gnutls_x509_crl_set_crt(crl, crt, now);
	n = n < 0 ? n : gnutls_x509_crl_set_version(crl, 2);
	n = n < 0 ? n : set_number(crl, now);
	n = n < 0 ? n : gnutls_x509_crl_set_this_update(crl, now);
	n = n < 0 ? n
		  : gnutls_x509_crl_set_next_update(crl,
						    gnutls_x509_crt_get_expiration_time(ca->crt));
	return n < 0 ? n : gnutls_x509_crl_sign2(crl, ca->crt, ca->key, GNUTLS_DIG_SHA256, 0);
}

int ts_pki_revoke(const struct ts_pki_ca *ca, const char *cert_path, const char *crl_path,
		  struct ts_error *err)
{
	TS_CRT(crt);
	TS_CRL(crl);
	TS_DATUM(pem);
	int rc = ts_crt_read(cert_path, &crt, err);
	if (rc == TS_OK) {
		rc = crl_open(crl_path, &crl, err);
	}
	if (rc != TS_OK) {
		return rc;
	}
	int n = crl_sign(crl, ca, crt);
	n = n < 0 ? n : gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_PEM, &pem);
	if (n < 0) {
		return ts_fail(err, TS_ETLS, "%s can't be made: %s", crl_path, gnutls_strerror(n));
	}
	struct ts_slice text = {(const char *)pem.data, pem.size};
	return ts_file_write(crl_path, text, 0644, TS_FILE_REPLACE, err);
}
