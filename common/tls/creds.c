/* SPDX-License-Identifier: MIT */
/* Credentials: what is read from files once and then shared by all sessions. */
#include "common/base/file.h"
#include "common/tls/internal.h"

enum { PEM_MAX = 16 << 20 }; /* [bytes]; a revocation list may be long */

/* A PEM file in GnuTLS's terms; `text` keeps the bytes. */
static int read_pem(const char *path, struct ts_buf *text, gnutls_datum_t *ret,
		    struct ts_error *err)
{
	int rc = ts_file_read(path, PEM_MAX, text, err);
	if (rc == TS_OK) {
		*ret = (gnutls_datum_t){(unsigned char *)text->data, (unsigned)text->len};
	}
	return rc;
}

static int load_ca(struct ts_tls_creds *c, const char *path, struct ts_error *err)
{
	TS_BUF(text);
	gnutls_datum_t pem;
	int rc = read_pem(path, &text, &pem, err);
	if (rc != TS_OK) {
		return rc;
	}
	int n = gnutls_certificate_set_x509_trust_mem(c->x509, &pem, GNUTLS_X509_FMT_PEM);
	if (n < 0) {
		return ts_fail(err, TS_EINVAL, "%s holds no certificate that can be read: %s", path,
			       gnutls_strerror(n));
	}
	if (n == 0) {
		return ts_fail(err, TS_EINVAL, "%s holds no certificate.", path);
	}
	c->has_ca = true;
	return TS_OK;
}

/* Without a file of our own, the system's; to have none there is no failure here. */
static int load_trust(struct ts_tls_creds *c, const char *path, struct ts_error *err)
{
	if (path != NULL) {
		return load_ca(c, path, err);
	}
	if (c->trust != TS_TRUST_ALLOW_ALL) {
		(void)gnutls_certificate_set_x509_system_trust(c->x509);
	}
	return TS_OK;
}

/* A list that isn't of a CA of ours would have no effect, which is worse than a failure. Whether it
 * is out of date is asked when a peer is judged. */
static int load_crl(struct ts_tls_creds *c, const char *path, struct ts_error *err)
{
	TS_BUF(text);
	gnutls_datum_t pem;
	int rc = path != NULL ? read_pem(path, &text, &pem, err) : TS_OK;
	if (rc != TS_OK || path == NULL) {
		return rc;
	}
	gnutls_x509_trust_list_t list;
	gnutls_certificate_get_trust_list(c->x509, &list);
	int n = gnutls_x509_trust_list_add_trust_mem(list, NULL, &pem, GNUTLS_X509_FMT_PEM,
						     GNUTLS_TL_VERIFY_CRL |
							     GNUTLS_TL_FAIL_ON_INVALID_CRL,
						     GNUTLS_VERIFY_DISABLE_TIME_CHECKS);
	if (n == GNUTLS_E_CRL_VERIFICATION_ERROR) {
		return ts_fail(err, TS_EINVAL,
			       "%s holds a revocation list of a certificate authority that is not "
			       "trusted here.",
			       path);
	}
	return n > 0 ? TS_OK
		     : ts_fail(err, TS_EINVAL, "%s holds no revocation list that can be read: %s",
			       path, gnutls_strerror(n));
}

static int load_own(struct ts_tls_creds *c, const struct ts_tls_config *config,
		    struct ts_error *err)
{
	if (config->cert_file == NULL && config->key_file == NULL) {
		return TS_OK;
	}
	if (config->cert_file == NULL || config->key_file == NULL) {
		return ts_fail(err, TS_EINVAL,
			       "A certificate and its key come together: %s is set, "
			       "the other one isn't.",
			       config->cert_file != NULL ? config->cert_file : config->key_file);
	}
	TS_BUF(cert_text);
	TS_BUF(key_text);
	gnutls_datum_t cert, key;
	int rc = read_pem(config->cert_file, &cert_text, &cert, err);
	if (rc == TS_OK) {
		rc = read_pem(config->key_file, &key_text, &key, err);
	}
	if (rc != TS_OK) {
		return rc;
	}
	int n = gnutls_certificate_set_x509_key_mem(c->x509, &cert, &key, GNUTLS_X509_FMT_PEM);
	explicit_bzero(key_text.data, key_text.len);
	return n >= 0 ? TS_OK
		      : ts_fail(err, TS_EINVAL,
				"The certificate %s and the key %s are of no use: %s",
				config->cert_file, config->key_file, gnutls_strerror(n));
}

static int load_priorities(struct ts_tls_creds *c, const char *text, struct ts_error *err)
{
	const char *at = NULL;
	const char *wanted = text != NULL ? text : TS_TLS_PRIORITIES;
	int n = gnutls_priority_init(&c->priorities, wanted, &at);
	if (n == GNUTLS_E_MEMORY_ERROR) {
		return ts_fail(err, TS_ENOMEM, "There is no memory for TLS credentials.");
	}
	return n == 0 ? TS_OK
		      : ts_fail(err, TS_EINVAL,
				"GnuTLS doesn't understand its priorities from \"%s\" on.",
				at != NULL ? at : wanted);
}

static int load(struct ts_tls_creds *c, const struct ts_tls_config *config, struct ts_error *err)
{
	int rc = load_priorities(c, config->priorities, err);
	if (rc == TS_OK) {
		rc = load_trust(c, config->ca_file, err);
	}
	if (rc == TS_OK) {
		rc = load_crl(c, config->crl_file, err);
	}
	return rc == TS_OK ? load_own(c, config, err) : rc;
}

int ts_tls_creds_new(const struct ts_tls_config *config, struct ts_tls_creds **ret,
		     struct ts_error *err)
{
	TS_CLEANUP(ts_tls_creds_unref_p) struct ts_tls_creds *c = calloc(1, sizeof(*c));
	if (c == NULL || gnutls_certificate_allocate_credentials(&c->x509) < 0) {
		return ts_fail(err, TS_ENOMEM, "There is no memory for TLS credentials.");
	}
	atomic_init(&c->refs, 1);
	(void)pthread_mutex_init(&c->memory.lock, NULL);
	c->trust = config->trust;
	c->tickets = config->tickets;
	int rc = load(c, config, err);
	if (rc == TS_OK) {
		*ret = TS_TAKE(c);
	}
	return rc;
}

struct ts_tls_creds *ts_tls_creds_ref(struct ts_tls_creds *c)
{
	atomic_fetch_add(&c->refs, 1);
	return c;
}

void ts_tls_creds_unref(struct ts_tls_creds *c)
{
	if (c == NULL || atomic_fetch_sub(&c->refs, 1) > 1) {
		return;
	}
	if (c->priorities != NULL) {
		gnutls_priority_deinit(c->priorities);
	}
	if (c->x509 != NULL) {
		gnutls_certificate_free_credentials(c->x509);
	}
	(void)pthread_mutex_destroy(&c->memory.lock);
	free(c);
}

void ts_tls_debug(int level, void (*tell)(int level, const char *text))
{
	gnutls_global_set_log_function(tell);
	gnutls_global_set_log_level(level);
}
