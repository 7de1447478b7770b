/* SPDX-License-Identifier: MIT */
/*
 * Where a connection's bytes come from and go to: TLS over a socket, or a test's memory. No call
 * waits: TS_EAGAIN asks to wait for *wait and to call again, with the same arguments.
 */
#pragma once

#include "common/tls/tls.h"

struct transport_ops {
	/* TS_OK, TS_EAGAIN; TS_ETLS with a sentence: there will be no connection. */
	int (*handshake)(void *ctx, enum ts_wait *wait, struct ts_error *err);
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

/* TLS over `fd`, which the transport owns from the moment this returns TS_OK. */
int transport_tls(struct ts_tls_creds *creds, int fd, struct transport *ret,
		  struct ts_error *err) TS_MUST_CHECK;
