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

enum { TS_PKI_CA_DAYS = 3653, TS_PKI_SERVER_DAYS = 825 };

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

/* A certificate that is there. */
struct ts_cert;

/*
 * Certify once more what `old` does, which `ca` has signed: the same key, names and uses, from now
 * until `until`, 0: as long as the CA, which nothing outlives. PEM, appended.
 */
int ts_pki_renew(const struct ts_pki_ca *ca, const struct ts_cert *old, int64_t until,
		 struct ts_buf *ret_cert, struct ts_error *err) TS_MUST_CHECK;
/* Put the CA's own certificate with new dates in the place of the one in `cert_path`: the same key
 * and name, so that it vouches for all that it has signed. */
int ts_pki_renew_ca(const struct ts_pki_ca *ca, const char *cert_path,
		    struct ts_error *err) TS_MUST_CHECK;

/* The first certificate of a file, or of a PEM text. TS_EINVAL: there is none. */
int ts_cert_open(const char *path, struct ts_cert **ret, struct ts_error *err) TS_MUST_CHECK;
int ts_cert_parse(struct ts_slice pem, struct ts_cert **ret, struct ts_error *err) TS_MUST_CHECK;
/* The next certificate's PEM out of a text with several; *rest is what is behind it. False: there
 * is none. */
bool ts_cert_cut(struct ts_slice *rest, struct ts_slice *ret);
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
/* The SHA-256 of it, in hexadecimal. */
void ts_cert_fingerprint(const struct ts_cert *c, char to[static 65]);
/* Whether both certify the same key. */
bool ts_cert_same_key(const struct ts_cert *a, const struct ts_cert *b);
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
/* Whether it is time to renew what lives from `from` to `until`: less than `ahead` [ms] is left,
 * and less than a third of its life, so that what lives for a day isn't renewed all day. */
bool ts_cert_due(int64_t from, int64_t until, uint64_t ahead, int64_t now);
