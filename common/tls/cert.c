/* SPDX-License-Identifier: MIT */
/* Certificates that are there. */
#include "common/base/file.h"
#include "common/tls/internal.h"
#include "common/tls/pki.h"

#include <arpa/inet.h>

enum { CERT_MAX = 1 << 20 }; /* [bytes] of a file */

struct ts_cert {
	gnutls_x509_crt_t crt;
	gnutls_datum_t pem;
	char name[256];
	char issuer[256];
	char **names; /* as text */
	size_t name_count;
};

/* `what` begins the sentence of a failure. */
static int crt_parse(const char *what, struct ts_slice text, gnutls_x509_crt_t *ret,
		     struct ts_error *err)
{
	TS_CRT(crt);
	gnutls_datum_t pem = {(unsigned char *)(uintptr_t)text.data, (unsigned)text.len};
	int n = gnutls_x509_crt_init(&crt);
	if (n >= 0) {
		n = gnutls_x509_crt_import(crt, &pem, GNUTLS_X509_FMT_PEM);
	}
	if (n < 0) {
		return ts_fail(err, TS_EINVAL, "%s holds no certificate that can be read: %s", what,
			       gnutls_strerror(n));
	}
	*ret = TS_TAKE(crt);
	return TS_OK;
}

int ts_crt_read(const char *path, gnutls_x509_crt_t *ret, struct ts_error *err)
{
	TS_BUF(text);
	int rc = ts_file_read(path, CERT_MAX, &text, err);
	return rc == TS_OK ? crt_parse(path, ts_buf_slice(&text), ret, err) : rc;
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

int ts_cert_parse(struct ts_slice pem, struct ts_cert **ret, struct ts_error *err)
{
	gnutls_x509_crt_t crt = NULL;
	int rc = crt_parse("The text", pem, &crt, err);
	if (rc != TS_OK) {
		return rc;
	}
	struct ts_cert *c = cert_new(crt);
	if (c == NULL) {
		return ts_fail(err, TS_ENOMEM, "There is no memory for a certificate.");
	}
	*ret = c;
	return TS_OK;
}

bool ts_cert_cut(struct ts_slice *rest, struct ts_slice *ret)
{
	static const struct ts_slice opening = TS_SLICE("-----BEGIN CERTIFICATE-----"),
				     closing = TS_SLICE("-----END CERTIFICATE-----");
	if (rest->len == 0) {
		return false;
	}
	const char *from = memmem(rest->data, rest->len, opening.data, opening.len);
	struct ts_slice behind = from != NULL ? ts_slice_skip(*rest, (size_t)(from - rest->data))
					      : (struct ts_slice){NULL, 0};
	const char *to =
		from != NULL ? memmem(behind.data, behind.len, closing.data, closing.len) : NULL;
	if (to == NULL) {
		return false;
	}
	size_t len = (size_t)(to - from) + closing.len;
	len += len < behind.len && behind.data[len] == '\n';
	*ret = (struct ts_slice){from, len};
	*rest = ts_slice_skip(behind, len);
	return true;
}

gnutls_x509_crt_t ts_cert_crt(const struct ts_cert *c)
{
	return c->crt;
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

void ts_cert_fingerprint(const struct ts_cert *c, char to[static 65])
{
	ts_crt_fingerprint(c->crt, to);
}

bool ts_cert_same_key(const struct ts_cert *a, const struct ts_cert *b)
{
	unsigned char x[64], y[64];
	size_t x_len = sizeof(x), y_len = sizeof(y);
	return gnutls_x509_crt_get_key_id(a->crt, GNUTLS_KEYID_USE_SHA256, x, &x_len) == 0 &&
	       gnutls_x509_crt_get_key_id(b->crt, GNUTLS_KEYID_USE_SHA256, y, &y_len) == 0 &&
	       x_len == y_len && memcmp(x, y, x_len) == 0;
}

bool ts_cert_due(int64_t from, int64_t until, uint64_t ahead, int64_t now)
{
	return until - now < (int64_t)(ahead / 1000) && until - now < (until - from) / 3;
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
