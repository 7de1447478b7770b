/* SPDX-License-Identifier: MIT */
/* Private keys. */
#include "common/base/file.h"
#include "common/tls/internal.h"
#include "common/tls/pki.h"

enum { KEY_FILE_MAX = 1 << 20 };

static const struct {
	const char *word;
	gnutls_pk_algorithm_t algorithm;
	unsigned bits;
} key_types[] = {
	[TS_KEY_RSA] = {"rsa", GNUTLS_PK_RSA, 3072},
	[TS_KEY_ECDSA] = {"ecdsa", GNUTLS_PK_ECDSA,
			  GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1)},
	[TS_KEY_ED25519] = {"ed25519", GNUTLS_PK_EDDSA_ED25519, 256},
};

int ts_key_type_parse(const char *word, enum ts_key_type *ret, struct ts_error *err)
{
	for (size_t i = 0; i < TS_COUNT_OF(key_types); i++) {
		if (strcmp(key_types[i].word, word) == 0) {
			*ret = (enum ts_key_type)i;
			return TS_OK;
		}
	}
	return ts_fail(err, TS_EINVAL, "'%s' is no type of key; rsa, ecdsa and ed25519 are.", word);
}

int ts_tls_refuse(struct ts_error *err, const char *what, int number)
{
	return number == GNUTLS_E_MEMORY_ERROR
		       ? ts_fail(err, TS_ENOMEM, "%s: there is no memory.", what)
		       : ts_fail(err, TS_ETLS, "%s: %s", what, gnutls_strerror(number));
}

int ts_pem_write(const char *path, const gnutls_datum_t *pem, mode_t mode, enum ts_file_how how,
		 struct ts_error *err)
{
	struct ts_slice text = {(const char *)pem->data, pem->size};
	int rc = ts_file_write(path, text, mode, how, err);
	if (mode == 0600) {
		explicit_bzero(pem->data, pem->size);
	}
	return rc;
}

int ts_key_read(const char *path, gnutls_x509_privkey_t *ret, struct ts_error *err)
{
	TS_BUF(text);
	int rc = ts_file_read(path, KEY_FILE_MAX, &text, err);
	if (rc != TS_OK) {
		return rc;
	}
	TS_PRIVKEY(key);
	gnutls_datum_t pem = {(unsigned char *)text.data, (unsigned)text.len};
	int n = gnutls_x509_privkey_init(&key);
	if (n >= 0) {
		n = gnutls_x509_privkey_import2(key, &pem, GNUTLS_X509_FMT_PEM, NULL,
						GNUTLS_PKCS_PLAIN);
	}
	explicit_bzero(text.data, text.len);
	if (n < 0) {
		return ts_fail(err, TS_EINVAL, "%s holds no private key that can be read: %s", path,
			       gnutls_strerror(n));
	}
	*ret = TS_TAKE(key);
	return TS_OK;
}

int ts_key_make(enum ts_key_type type, gnutls_x509_privkey_t *ret, struct ts_error *err)
{
	TS_PRIVKEY(key);
	int n = gnutls_x509_privkey_init(&key);
	if (n >= 0) {
		n = gnutls_x509_privkey_generate(key, key_types[type].algorithm,
						 key_types[type].bits, 0);
	}
	if (n < 0) {
		return ts_tls_refuse(err, "A key can't be made", n);
	}
	*ret = TS_TAKE(key);
	return TS_OK;
}

/* RSA keys come out as PKCS#1, "BEGIN RSA PRIVATE KEY" on the first line; Ed25519 has PKCS#8. */
int ts_key_pem(gnutls_x509_privkey_t key, gnutls_datum_t *ret, struct ts_error *err)
{
	bool modern = gnutls_x509_privkey_get_pk_algorithm(key) == GNUTLS_PK_EDDSA_ED25519;
	int n = modern ? gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL,
							   GNUTLS_PKCS_PLAIN, ret)
		       : gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, ret);
	return n < 0 ? ts_tls_refuse(err, "A key can't be written as PEM", n) : TS_OK;
}

int ts_key_write_new(const char *path, enum ts_key_type type, gnutls_x509_privkey_t *ret,
		     struct ts_error *err)
{
	TS_PRIVKEY(key);
	TS_DATUM(pem);
	int rc = ts_key_make(type, &key, err);
	if (rc == TS_OK) {
		rc = ts_key_pem(key, &pem, err);
	}
	if (rc == TS_OK) {
		rc = ts_pem_write(path, &pem, 0600, TS_FILE_NEW, err);
	}
	if (rc == TS_OK && ret != NULL) {
		*ret = TS_TAKE(key);
	}
	return rc;
}

int ts_pki_make_key(const char *path, enum ts_key_type type, struct ts_error *err)
{
	return ts_key_write_new(path, type, NULL, err);
}
