/* SPDX-License-Identifier: MIT */
/*
 * Where a connection's bytes come from and go to: TLS over a socket, or a test's memory. No call
 * waits: TS_EAGAIN asks to wait for *wait and to call again, with the same arguments.
 */
#pragma once

#include "common/tls/pki.h"
#include "common/tls/tls.h"

struct transport_ops {
	/* Before the handshake: look at what has come below TLS. Bytes, 0 at the end; TS_EAGAIN,
	 * TS_ECLOSED. */
	ssize_t (*peek)(void *ctx, void *to, size_t len);
	/* Take some of what was shown. TS_OK, TS_ECLOSED. */
	int (*skip)(void *ctx, size_t len);
	/* TS_OK, TS_EAGAIN; TS_ETLS with a sentence: there will be no connection. */
	int (*handshake)(void *ctx, enum ts_wait *wait, struct ts_error *err);
	/* After a handshake that failed: what kind of failure. May be NULL. */
	enum ts_tls_fault (*fault)(void *ctx);
	/* Bytes read, 0 at the end; TS_EAGAIN, TS_ETLS. */
	ssize_t (*recv)(void *ctx, void *to, size_t len, enum ts_wait *wait, struct ts_error *err);
	/* Bytes taken; TS_EAGAIN, TS_ETLS. */
	ssize_t (*send)(void *ctx, const void *from, size_t len, enum ts_wait *wait,
			struct ts_error *err);
	/* End our side of the conversation, in TLS and below it. TS_OK, TS_EAGAIN; TS_ETLS: there
	 * is no other side any more. After TS_OK only drain() and free() are called. */
	int (*bye)(void *ctx, enum ts_wait *wait);
	/* Throw away what still comes. TS_OK: the other side has ended as well; TS_EAGAIN: it has
	 * not; wait for more. */
	int (*drain)(void *ctx);
	/* After the handshake: the certificate that was shown. TS_ENOTFOUND. May be NULL. */
	int (*certificate)(void *ctx, struct ts_cert **ret, struct ts_error *err);
	/* After the handshake: who is there? */
	void (*peer)(void *ctx, struct ts_tls_peer *ret);
	/* Judge who is there by these credentials from now on. */
	void (*adopt)(void *ctx, struct ts_tls_creds *creds);
	/* Close what is open, send nothing. */
	void (*free)(void *ctx);
};

struct transport {
	const struct transport_ops *ops;
	void *ctx; /* owned */
};

/* TLS over `fd`, which the transport owns from the moment this returns TS_OK. Its session is made
 * when the other end says its first word. A reference to `creds` is held until then. */
int transport_tls(struct ts_tls_creds *creds, int fd, struct transport *ret,
		  struct ts_error *err) TS_MUST_CHECK;
