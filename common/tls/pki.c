/* SPDX-License-Identifier: MIT */
/* Making keys and certificates, and making them anew. */
#include "common/tls/pki.h"

#include "common/base/date.h"
#include "common/base/file.h"
#include "common/tls/internal.h"

#include <arpa/inet.h>

enum { DAY = 86400, LATE_DAYS = 7 };

/* The authority */

static int ca_pem(gnutls_x509_privkey_t key, const char *name, gnutls_datum_t *ret,
		  struct ts_error *err)
{
	TS_CRT(crt);
	int n = gnutls_x509_crt_init(&crt);
	n = n < 0 ? n
		  : ts_crt_fill(crt, key, &(struct ts_pki_subject){.name = name}, TS_PKI_CA_DAYS,
				NULL);
	n = n < 0 ? n
		  : gnutls_x509_crt_set_key_usage(crt,
						  GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN);
	n = n < 0 ? n : gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0);
	return ts_crt_export(crt, n, ret, err);
}

int ts_pki_make_ca(const char *cert_path, const char *key_path, const char *name,
		   struct ts_error *err)
{
	if (access(cert_path, F_OK) == 0) {
		return ts_fail(err, TS_EEXIST, "%s is there already.", cert_path);
	}
	TS_PRIVKEY(key);
	TS_DATUM(pem);
	int rc = access(key_path, F_OK) == 0 ? ts_key_read(key_path, &key, err)
					     : ts_key_write_new(key_path, TS_KEY_RSA, &key, err);
	if (rc == TS_OK) {
		rc = ca_pem(key, name, &pem, err);
	}
	return rc == TS_OK ? ts_pem_write(cert_path, &pem, 0644, TS_FILE_NEW, err) : rc;
}

static bool keys_match(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key)
{
	unsigned char a[64], b[64];
	size_t a_len = sizeof(a), b_len = sizeof(b);
	return gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256, a, &a_len) == 0 &&
	       gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, b, &b_len) == 0 &&
	       a_len == b_len && memcmp(a, b, a_len) == 0;
}

int ts_pki_ca_open(const char *cert_path, const char *key_path, struct ts_pki_ca **ret,
		   struct ts_error *err)
{
	TS_CLEANUP(ts_pki_ca_free_p) struct ts_pki_ca *ca = calloc(1, sizeof(*ca));
	if (ca == NULL) {
		return ts_fail(err, TS_ENOMEM, "There is no memory for %s.", cert_path);
	}
	int rc = ts_crt_read(cert_path, &ca->crt, err);
	if (rc == TS_OK) {
		rc = ts_key_read(key_path, &ca->key, err);
	}
	if (rc != TS_OK) {
		return rc;
	}
	if (!keys_match(ca->crt, ca->key)) {
		return ts_fail(err, TS_EINVAL, "The key %s doesn't belong to the certificate %s.",
			       key_path, cert_path);
	}
	rc = ts_crt_export(ca->crt, 0, &ca->pem, err);
	if (rc == TS_OK) {
		*ret = TS_TAKE(ca);
	}
	return rc;
}

void ts_pki_ca_free(struct ts_pki_ca *ca)
{
	if (ca == NULL) {
		return;
	}
	ts_crt_deinit_p(&ca->crt);
	ts_privkey_deinit_p(&ca->key);
	ts_datum_free_p(&ca->pem);
	free(ca);
}

struct ts_slice ts_pki_ca_pem(const struct ts_pki_ca *ca)
{
	return (struct ts_slice){(const char *)ca->pem.data, ca->pem.size};
}

/* Servers */

static bool is_host_name(const char *s)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-_";
	size_t len = strlen(s);
	return len > 0 && len <= 253 && strspn(s, allowed) == len && s[0] != '.' && s[0] != '-';
}

static bool is_ascii(const char *s)
{
	while (*s != '\0' && (unsigned char)*s < 0x80) {
		s++;
	}
	return *s == '\0';
}

static int add_address(gnutls_x509_crt_t crt, const void *address, unsigned size)
{
	return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, address, size,
						    GNUTLS_FSAN_APPEND);
}

/* A name in other letters becomes what DNS knows it by. */
static int add_host(gnutls_x509_crt_t crt, const char *name)
{
	TS_DATUM(mapped);
	if (!is_ascii(name)) {
		int n = gnutls_idna_map(name, (unsigned)strlen(name), &mapped, 0);
		if (n < 0) {
			return n;
		}
		name = (const char *)mapped.data;
	}
	if (!is_host_name(name)) {
		return GNUTLS_E_INVALID_REQUEST;
	}
	return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, name,
						    (unsigned)strlen(name), GNUTLS_FSAN_APPEND);
}

static int add_name(gnutls_x509_crt_t crt, const char *name, struct ts_error *err)
{
	struct in_addr four;
	struct in6_addr six;
	int n = inet_pton(AF_INET, name, &four) == 1   ? add_address(crt, &four, sizeof(four))
		: inet_pton(AF_INET6, name, &six) == 1 ? add_address(crt, &six, sizeof(six))
						       : add_host(crt, name);
	return n < 0 ? ts_fail(err, TS_EINVAL, "'%s' is neither a host name nor an address.", name)
		     : TS_OK;
}

int ts_pki_check_host(const char *name, struct ts_error *err)
{
	TS_CRT(crt);
	int n = gnutls_x509_crt_init(&crt);
	return n < 0 ? ts_tls_refuse(err, "A name can't be checked", n) : add_name(crt, name, err);
}

static int add_names(gnutls_x509_crt_t crt, const struct ts_pki_subject *subject,
		     struct ts_error *err)
{
	int rc = TS_OK;
	for (size_t i = 0; i < subject->name_count && rc == TS_OK; i++) {
		rc = add_name(crt, subject->names[i], err);
	}
	return rc;
}

int ts_pki_certify_server(const struct ts_pki_ca *ca, const struct ts_pki_subject *subject,
			  const char *key_path, const char *cert_path, struct ts_error *err)
{
	TS_PRIVKEY(key);
	TS_CRT(crt);
	TS_DATUM(pem);
	int rc = ts_key_read(key_path, &key, err);
	if (rc != TS_OK) {
		return rc;
	}
	int n = gnutls_x509_crt_init(&crt);
	n = n < 0 ? n : ts_crt_fill(crt, key, subject, TS_PKI_SERVER_DAYS, ca->crt);
	if (n < 0) {
		return ts_tls_refuse(err, "A server's certificate can't be made", n);
	}
	rc = add_names(crt, subject, err);
	if (rc == TS_OK) {
		rc = ts_crt_export(crt, ts_crt_finish(crt, key, GNUTLS_KP_TLS_WWW_SERVER, ca), &pem,
				   err);
	}
	return rc == TS_OK ? ts_pem_write(cert_path, &pem, 0644, TS_FILE_REPLACE, err) : rc;
}

/* Clients */

static int append(struct ts_buf *to, const gnutls_datum_t *pem, struct ts_error *err)
{
	ts_buf_add(to, pem->data, pem->size);
	return to->failed ? ts_fail(err, TS_ENOMEM, "There is no memory for a certificate.")
			  : TS_OK;
}

int ts_pki_make_client(const struct ts_pki_ca *ca, const struct ts_pki_subject *subject,
		       enum ts_key_type type, struct ts_buf *ret_cert, struct ts_buf *ret_key,
		       struct ts_error *err)
{
	TS_PRIVKEY(key);
	TS_CRT(crt);
	TS_DATUM(cert);
	TS_DATUM(secret);
	int rc = ts_key_make(type, &key, err);
	if (rc != TS_OK) {
		return rc;
	}
	int n = gnutls_x509_crt_init(&crt);
	n = n < 0 ? n : ts_crt_fill(crt, key, subject, TS_PKI_CA_DAYS, ca->crt);
	n = n < 0 ? n : ts_crt_finish(crt, key, GNUTLS_KP_TLS_WWW_CLIENT, ca);
	rc = ts_crt_export(crt, n, &cert, err);
	if (rc == TS_OK) {
		rc = ts_key_pem(key, &secret, err);
	}
	if (rc == TS_OK) {
		rc = append(ret_cert, &cert, err);
	}
	return rc == TS_OK ? append(ret_key, &secret, err) : rc;
}

/* Again */

/* Everything but the dates, the number and the signature stays. */
static int renew(gnutls_x509_crt_t old, gnutls_x509_crt_t issuer, gnutls_x509_privkey_t key,
		 int64_t until, gnutls_datum_t *ret, struct ts_error *err)
{
	TS_CRT(crt);
	TS_DATUM(der);
	int n = gnutls_x509_crt_init(&crt);
	n = n < 0 ? n : gnutls_x509_crt_export2(old, GNUTLS_X509_FMT_DER, &der);
	n = n < 0 ? n : gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER);
	n = n < 0 ? n : ts_crt_new_serial(crt);
	n = n < 0 ? n : gnutls_x509_crt_set_activation_time(crt, ts_date_now() - LATE_DAYS * DAY);
	n = n < 0 ? n : gnutls_x509_crt_set_expiration_time(crt, until);
	n = n < 0 ? n
		  : gnutls_x509_crt_sign2(crt, issuer != NULL ? issuer : crt, key,
					  GNUTLS_DIG_SHA256, 0);
	return ts_crt_export(crt, n, ret, err);
}

int ts_pki_renew(const struct ts_pki_ca *ca, const struct ts_cert *old, int64_t until,
		 struct ts_buf *ret_cert, struct ts_error *err)
{
	TS_DATUM(pem);
	const int64_t end = gnutls_x509_crt_get_expiration_time(ca->crt);
	until = until == 0 || until > end ? end : until;
	int rc = renew(ts_cert_crt(old), ca->crt, ca->key, until, &pem, err);
	return rc == TS_OK ? append(ret_cert, &pem, err) : rc;
}

int ts_pki_renew_ca(const struct ts_pki_ca *ca, const char *cert_path, struct ts_error *err)
{
	TS_DATUM(pem);
	const int64_t until = ts_date_now() + (int64_t)(TS_PKI_CA_DAYS - LATE_DAYS) * DAY;
	int rc = renew(ca->crt, NULL, ca->key, until, &pem, err);
	return rc == TS_OK ? ts_pem_write(cert_path, &pem, 0644, TS_FILE_REPLACE, err) : rc;
}
