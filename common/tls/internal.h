/* SPDX-License-Identifier: MIT */
/* What the files of this folder share; nobody outside it knows GnuTLS. */
#pragma once

#include "common/base/error.h"
#include "common/base/file.h"
#include "common/tls/memory.h"
#include "common/tls/pki.h"
#include "common/tls/tls.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdatomic.h>

struct ts_tls_creds {
	atomic_uint refs;
	enum ts_trust trust;
	bool has_ca; /* false: the system's roots, which vouch for servers and never for clients */
	gnutls_certificate_credentials_t x509;
	gnutls_priority_t priorities;
	struct ts_tls_memory memory;
	bool tickets;
};

struct ts_tls {
	struct ts_tls_creds *creds; /* a reference */
	gnutls_session_t session;
	int fd;
	size_t idle;  /* [bytes] read since there was data in them */
	bool flooded; /* that was too much */
	bool server;
	bool shaken;      /* hands; a ticket may still have to leave */
	bool ticket_sent; /* or not wanted */
	enum ts_tls_fault fault;
	char *host;       /* as a client, whom we want to reach: without brackets and zone */
};

/* Read from `fd`, and write to it. */
void ts_tls_pull_from(struct ts_tls *t, int fd);
/* Nothing is behind what came. */
bool ts_tls_at_end(const struct ts_tls *t);

struct ts_pki_text {
	char text[200];
};

struct ts_pki_ca {
	gnutls_x509_crt_t crt;
	gnutls_x509_privkey_t key;
	gnutls_datum_t pem;
};

/* The first certificate of a PEM file. */
int ts_crt_read(const char *path, gnutls_x509_crt_t *ret, struct ts_error *err) TS_MUST_CHECK;

/* The certificate itself; borrowed. */
gnutls_x509_crt_t ts_cert_crt(const struct ts_cert *c);

/* Making certificates. These three give a number of GnuTLS. */

/* A number of its own: positive and never the same, 159 random bits. */
int ts_crt_new_serial(gnutls_x509_crt_t crt);
/* What all kinds have; `issuer` is NULL for a CA, which signs itself. */
int ts_crt_fill(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key,
		const struct ts_pki_subject *subject, int64_t days, gnutls_x509_crt_t issuer);
/* A server's or client's: what it may be used for, and the CA's signature. */
int ts_crt_finish(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, const char *purpose,
		  const struct ts_pki_ca *ca);
/* PEM, unless `n`, a number of GnuTLS, says that it failed before. */
int ts_crt_export(gnutls_x509_crt_t crt, int n, gnutls_datum_t *ret,
		  struct ts_error *err) TS_MUST_CHECK;

/* Keys. */
int ts_key_read(const char *path, gnutls_x509_privkey_t *ret, struct ts_error *err) TS_MUST_CHECK;
int ts_key_make(enum ts_key_type type, gnutls_x509_privkey_t *ret,
		struct ts_error *err) TS_MUST_CHECK;
int ts_key_pem(gnutls_x509_privkey_t key, gnutls_datum_t *ret, struct ts_error *err) TS_MUST_CHECK;
/* Make one and write it; *ret may be NULL. */
int ts_key_write_new(const char *path, enum ts_key_type type, gnutls_x509_privkey_t *ret,
		     struct ts_error *err) TS_MUST_CHECK;
/* Write a file; what has mode 0600 is a secret, and is forgotten from memory. */
int ts_pem_write(const char *path, const gnutls_datum_t *pem, mode_t mode, enum ts_file_how how,
		 struct ts_error *err) TS_MUST_CHECK;
/* TS_ETLS or TS_ENOMEM, with GnuTLS's words for `number`. */
int ts_tls_refuse(struct ts_error *err, const char *what, int number);

/* The certificate that the other end showed; NULL if none. The caller frees it. */
gnutls_x509_crt_t ts_tls_peer_cert(gnutls_session_t session);
/* Why `status`, a set of gnutls_certificate_status_t, says that it is not to be believed. */
struct ts_pki_text ts_tls_untrusted(const struct ts_tls *t, unsigned status);

/* As a server: issue tickets, and take those that were issued. TS_OK or TS_ENOMEM. */
int ts_tickets_enable(struct ts_tls *t) TS_MUST_CHECK;
/* As a client: be one that tickets are issued to. TS_OK or TS_ENOMEM. */
int ts_tickets_ask(struct ts_tls *t) TS_MUST_CHECK;
/* As a server, after the handshake: send the ticket that is due. A number of GnuTLS. */
int ts_tickets_send(struct ts_tls *t);

/* "" where there is none. Control characters become question marks. */
void ts_crt_name(gnutls_x509_crt_t crt, char *to, size_t size);
void ts_crt_issuer(gnutls_x509_crt_t crt, char *to, size_t size);
void ts_crt_fingerprint(gnutls_x509_crt_t crt, char to[static 65]);

static inline void ts_crt_deinit_p(gnutls_x509_crt_t *crt)
{
	if (*crt != NULL) {
		gnutls_x509_crt_deinit(*crt);
	}
}

static inline void ts_privkey_deinit_p(gnutls_x509_privkey_t *key)
{
	if (*key != NULL) {
		gnutls_x509_privkey_deinit(*key);
	}
}

static inline void ts_datum_free_p(gnutls_datum_t *d)
{
	gnutls_free(d->data);
}

#define TS_CRT(name)     TS_CLEANUP(ts_crt_deinit_p) gnutls_x509_crt_t name = NULL
#define TS_PRIVKEY(name) TS_CLEANUP(ts_privkey_deinit_p) gnutls_x509_privkey_t name = NULL
#define TS_DATUM(name)   TS_CLEANUP(ts_datum_free_p) gnutls_datum_t name = {0}
