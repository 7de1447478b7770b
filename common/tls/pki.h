/* SPDX-License-Identifier: MIT */
/*
 * A small public key infrastructure: one certificate authority (CA), which signs the server's and
 * the clients' certificates. Keys are written once, mode 0600, and never overwritten.
 *
 * What is made:
 *
 *	CA	RSA 3072, 10 years. RSA because every connection verifies its signatures, and
 *		verifying is what RSA is quick at; and because old phones read nothing else.
 *	server	ECDSA P-256 unless asked for RSA, 825 days: some systems refuse a longer life.
 *		Every name is a subject alternative name, DNS or IP.
 *	client	RSA 3072 in PKCS#1 unless asked for another, up to the CA's end. Ed25519 works with
 *		TLS 1.3 only.
 *
 * Every certificate begins a week ago, for machines whose clock is late.
 *
 * Codes: TS_EIO, TS_EFULL, TS_ENOMEM; TS_ENOTFOUND and TS_EINVAL for a file that isn't there or
 * isn't what it should be; TS_ETLS where GnuTLS refuses.
 */
#pragma once

#include "common/base/buf.h"
#include "common/base/error.h"

enum ts_key_type { TS_KEY_RSA, TS_KEY_ECDSA, TS_KEY_ED25519 };

/* "rsa", "ecdsa", "ed25519"; TS_EINVAL for another word. */
int ts_key_type_parse(const char *word, enum ts_key_type *ret, struct ts_error *err) TS_MUST_CHECK;

struct ts_pki_ca; /* certificate and key of a CA, in memory */

/* Make a CA; a key that is there is used. TS_EEXIST: the certificate is there. */
int ts_pki_make_ca(const char *cert_path, const char *key_path, const char *name,
		   struct ts_error *err) TS_MUST_CHECK;
int ts_pki_ca_open(const char *cert_path, const char *key_path, struct ts_pki_ca **ret,
		   struct ts_error *err) TS_MUST_CHECK;
void ts_pki_ca_free(struct ts_pki_ca *ca); /* accepts NULL */
TS_DEFINE_CLEANUP(struct ts_pki_ca, ts_pki_ca_free)
/* The CA's certificate, PEM. Borrowed from `ca`. */
struct ts_slice ts_pki_ca_pem(const struct ts_pki_ca *ca);

struct ts_pki_subject {
	const char *name;         /* common name; cut where it is longer than certificates allow */
	const char *org;          /* organization, NULL: none */
	const char *const *names; /* of a server: host names and addresses */
	size_t name_count;
	int64_t from, until; /* [s since 1970] validity; 0: as above */
};

/* TS_EINVAL: `name` is neither a host name nor an address. */
int ts_pki_check_host(const char *name, struct ts_error *err) TS_MUST_CHECK;
/* Make a key file. TS_EEXIST: there is one. */
int ts_pki_make_key(const char *path, enum ts_key_type type, struct ts_error *err) TS_MUST_CHECK;
/* Certify the key in `key_path` for a server, replacing the certificate that is there. TS_EINVAL:
 * a name is neither a host name nor an address. */
int ts_pki_certify_server(const struct ts_pki_ca *ca, const struct ts_pki_subject *subject,
			  const char *key_path, const char *cert_path,
			  struct ts_error *err) TS_MUST_CHECK;
/* Make a client's key and certificate, both PEM, appended to buffers; nothing is written. */
int ts_pki_make_client(const struct ts_pki_ca *ca, const struct ts_pki_subject *subject,
		       enum ts_key_type type, struct ts_buf *ret_cert, struct ts_buf *ret_key,
		       struct ts_error *err) TS_MUST_CHECK;
/* Add the certificate in `cert_path` to the revocation list in `crl_path`, which is made where it
 * is missing. */
int ts_pki_revoke(const struct ts_pki_ca *ca, const char *cert_path, const char *crl_path,
		  struct ts_error *err) TS_MUST_CHECK;

/* A certificate that is there. */
struct ts_cert;

int ts_cert_open(const char *path, struct ts_cert **ret, struct ts_error *err) TS_MUST_CHECK;
/* What the other end of a session showed, after the handshake. TS_ENOTFOUND: nothing. */
struct ts_tls;
int ts_cert_of_peer(struct ts_tls *t, struct ts_cert **ret, struct ts_error *err) TS_MUST_CHECK;
void ts_cert_free(struct ts_cert *c); /* accepts NULL */
TS_DEFINE_CLEANUP(struct ts_cert, ts_cert_free)
/* Common name, "" if none; borrowed. */
const char *ts_cert_common_name(const struct ts_cert *c);
/* The issuer's common name, "" if none; borrowed. */
const char *ts_cert_issuer(const struct ts_cert *c);
/* The beginning and the end of its life. [s since 1970] */
int64_t ts_cert_from(const struct ts_cert *c);
int64_t ts_cert_until(const struct ts_cert *c);
/* PEM; borrowed. */
struct ts_slice ts_cert_pem(const struct ts_cert *c);
/* The number of names that it is made out for, and each as text; borrowed. */
size_t ts_cert_name_count(const struct ts_cert *c);
const char *ts_cert_name_at(const struct ts_cert *c, size_t i);
/* Whether a client that connects to `host`, a name or an address, accepts it. */
bool ts_cert_covers(const struct ts_cert *c, const char *host);
/* Whether `ca` signed it. */
bool ts_cert_signed_by(const struct ts_cert *c, const struct ts_pki_ca *ca);
bool ts_cert_issued_by(const struct ts_cert *c, const struct ts_cert *authority);
