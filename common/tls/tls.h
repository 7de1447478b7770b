/* SPDX-License-Identifier: MIT */
/*
 * TLS sessions over non-blocking sockets. Nothing here waits: what can't be done now returns
 * TS_EAGAIN and says for which direction to wait, because TLS may have to read in order to write.
 *
 * Threads: credentials are immutable and counted, any thread may hold them; a session belongs to
 * one thread at a time.
 */
#pragma once

#include "common/base/buf.h"
#include "common/base/error.h"
#include "common/base/slice.h"

#include <sys/types.h>

enum ts_wait { TS_WAIT_READ, TS_WAIT_WRITE };

/* How far the other end's certificate is believed. */
enum ts_trust {
	TS_TRUST_STRICT,          /* chain, dates, revocation; as a client the host name as well */
	TS_TRUST_IGNORE_HOSTNAME, /* as a client: everything but the name */
	TS_TRUST_ALLOW_ALL        /* anything */
};

/* What is offered and accepted where the configuration names no GnuTLS priorities of its own: TLS
 * 1.2 and 1.3 with forward secrecy, the quickest curve first. */
#define TS_TLS_PRIORITIES                                                                          \
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-DHE-RSA:-GROUP-ALL:+GROUP-X25519:"       \
	"+GROUP-SECP256R1:+GROUP-SECP384R1:+GROUP-SECP521R1:%SERVER_PRECEDENCE"
/* For phones that were made before 2015: TLS 1.0 and 1.1 as well, key exchange by RSA (needs an
 * RSA key), signatures with SHA-1. */
#define TS_TLS_PRIORITIES_LEGACY                                                                   \
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:+VERS-TLS1.1:+VERS-TLS1.0:+RSA:-DHE-RSA:"      \
	"+SHA1:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:+GROUP-SECP521R1:"       \
	"+SIGN-RSA-SHA1:+SIGN-ECDSA-SHA1:%SERVER_PRECEDENCE:%VERIFY_ALLOW_SIGN_WITH_SHA1"

struct ts_tls_config {
	const char *ca_file;    /* NULL: the system's roots for a client, nobody for a server */
	const char *cert_file;  /* PEM chain, own certificate first */
	const char *key_file;   /* PEM */
	const char *crl_file;   /* NULL: none */
	const char *priorities; /* GnuTLS priority string; NULL: ours, TLS 1.2 and 1.3 */
	enum ts_trust trust;
	bool tickets; /* as a server: clients may resume their sessions */
};

struct ts_tls_creds;

/* Read the files; none is looked at again. TS_EINVAL, TS_ENOTFOUND, TS_EIO with a sentence that
 * names the file. */
int ts_tls_creds_new(const struct ts_tls_config *config, struct ts_tls_creds **ret,
		     struct ts_error *err) TS_MUST_CHECK;
struct ts_tls_creds *ts_tls_creds_ref(struct ts_tls_creds *c);
void ts_tls_creds_unref(struct ts_tls_creds *c); /* accepts NULL */
TS_DEFINE_CLEANUP(struct ts_tls_creds, ts_tls_creds_unref)

/* Have GnuTLS tell the whole process's `tell`, from any thread, what it does: 0 is nothing, 9 is
 * everything, secrets too. Call it while there is one thread only. */
void ts_tls_debug(int level, void (*tell)(int level, const char *text));

struct ts_tls;

/* A session on `fd`, which stays the caller's and must be non-blocking. The session holds a
 * reference to `creds`. The server side asks for a client certificate and lives without one: look
 * at ts_tls_peer() after the handshake. TS_OK or TS_ENOMEM. */
int ts_tls_server_new(struct ts_tls_creds *creds, int fd, struct ts_tls **ret,
		      struct ts_error *err) TS_MUST_CHECK;
/* `host` is verified (and sent as SNI unless it is an address). */
int ts_tls_client_new(struct ts_tls_creds *creds, int fd, const char *host, struct ts_tls **ret,
		      struct ts_error *err) TS_MUST_CHECK;
void ts_tls_free(struct ts_tls *t); /* accepts NULL; sends nothing */
TS_DEFINE_CLEANUP(struct ts_tls, ts_tls_free)

/* TS_OK, TS_EAGAIN (wait for *wait, call again), TS_ETLS (a sentence in err; the end of it). As a
 * client also TS_EACCESS: the server's certificate is not believed, err says why; and TS_ECLOSED: the
 * connection broke, which TLS has nothing to do with. */
int ts_tls_handshake(struct ts_tls *t, enum ts_wait *wait, struct ts_error *err) TS_MUST_CHECK;
/* After a handshake that failed: what kind of failure it was. */
enum ts_tls_fault {
	TS_TLS_FAULT_OTHER,
	TS_TLS_FAULT_CLOSED,      /* the other end went away, or the connection broke */
	TS_TLS_FAULT_NOT_TLS,     /* the other end doesn't speak it */
	TS_TLS_FAULT_VERSION,     /* nothing in common: versions … */
	TS_TLS_FAULT_CIPHER,      /* … or cipher suites, groups, signatures */
	TS_TLS_FAULT_CERTIFICATE, /* one end doesn't take the other's certificate */
};
enum ts_tls_fault ts_tls_fault(const struct ts_tls *t);
/* Bytes read into `to`; 0 at an orderly or abrupt end; else TS_EAGAIN or TS_ETLS. */
ssize_t ts_tls_recv(struct ts_tls *t, void *to, size_t len, enum ts_wait *wait,
		    struct ts_error *err) TS_MUST_CHECK;
/* Bytes taken (perhaps fewer than `len`); TS_EAGAIN: call again with the same bytes; TS_ETLS. */
ssize_t ts_tls_send(struct ts_tls *t, const void *from, size_t len, enum ts_wait *wait,
		    struct ts_error *err) TS_MUST_CHECK;
/* Send close_notify. TS_OK, TS_EAGAIN, TS_ETLS. */
int ts_tls_bye(struct ts_tls *t, enum ts_wait *wait) TS_MUST_CHECK;

/* After the handshake: judge the other end by these credentials from now on; a reference is held.
 */
void ts_tls_adopt(struct ts_tls *t, struct ts_tls_creds *creds);

/*
 * A session that was made once can be resumed on a later connection, which spares both ends the
 * work with certificates; they are checked again all the same, as they were shown then. What a
 * session is remembered by is a secret.
 */

/* As a client, before the handshake: offer what ts_tls_session() gave. One that is no good is
 * passed over. TS_OK or TS_ENOMEM. */
int ts_tls_resume(struct ts_tls *t, struct ts_slice session, struct ts_error *err) TS_MUST_CHECK;
/* As a client, once something was received: append what to remember. TS_ENOTFOUND: the server
 * offers nothing; TS_ENOMEM. */
int ts_tls_session(struct ts_tls *t, struct ts_buf *to, struct ts_error *err) TS_MUST_CHECK;
/* After the handshake: whether this is an earlier session. */
bool ts_tls_resumed(const struct ts_tls *t);

enum ts_peer_state {
	TS_PEER_NONE,      /* it showed no certificate */
	TS_PEER_VERIFIED,  /* chain, dates and revocation are in order, or trust is allow all */
	TS_PEER_UNTRUSTED, /* `reason` says why */
};

struct ts_tls_peer {
	enum ts_peer_state state;
	char reason[200]; /* a sentence for its user: "Your client certificate expired on …" */
	char name[128];   /* common name of the certificate, "" if none */
	char fingerprint[65]; /* SHA-256 of the certificate in hexadecimal, "" if none */
	int64_t not_after;    /* [s since 1970] the certificate's end, 0 if none */
	char protocol[64];    /* such as "TLS1.3 ECDHE-X25519 ECDSA-SECP256R1-SHA256" */
};

/* After the handshake: who is at the other end? As a client, the server, which is verified unless
 * trust is allow all. */
void ts_tls_peer(struct ts_tls *t, struct ts_tls_peer *ret);
