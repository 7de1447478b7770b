/* SPDX-License-Identifier: MIT */
/*
 * A client's connection: name resolution, TCP, TLS, bytes both ways, each with a deadline, in a
 * thread that waits. For the programs' commands; the server's own connections are in server/net/.
 *
 * Codes, each with a sentence that names the host, and the stage where that isn't clear:
 *
 *	TS_ECONNECT  not reached, or the connection broke
 *	TS_ETIMEOUT  a deadline passed
 *	TS_ECLOSED   the other end closed where it should not have
 *	TS_EACCESS   the server's certificate is not believed
 *	TS_ETLS      TLS failed otherwise
 *	TS_ECANCELED cancel_fd became readable
 */
#pragma once

#include "common/base/buf.h"
#include "common/net/hostport.h"
#include "common/tls/tls.h"

/* Where a connection is, for those who tell people about it. */
enum ts_stage {
	TS_STAGE_RESOLVE,
	TS_STAGE_CONNECT,
	TS_STAGE_HANDSHAKE,
	TS_STAGE_SEND,
	TS_STAGE_WAIT,
	TS_STAGE_RECEIVE,
	TS_STAGES
};

struct ts_dial_limits {
	uint64_t connect;   /* [ms] for name and TCP, all addresses together */
	uint64_t handshake; /* [ms] */
	uint64_t idle;      /* [ms] while sending or receiving, without a byte of progress */
	uint64_t answer;    /* [ms] from the last byte sent to the first one received */
	uint64_t whole;     /* [ms] for everything since `begun`; 0: no limit */
	uint64_t begun;     /* [ms] by ts_clock_ms(); 0: now */
};

struct ts_dial;

/*
 * Connect to the first address that accepts and shake hands. `cancel_fd`: becomes readable when the
 * user wants to stop (a signalfd, a pipe), -1: never. `session`: of an earlier connection, to be
 * resumed; may be empty. `creds` gets a reference.
 */
int ts_dial_open(struct ts_tls_creds *creds, const struct hostport *to,
		 const struct ts_dial_limits *limits, int cancel_fd, struct ts_slice session,
		 struct ts_dial **ret, struct ts_error *err) TS_MUST_CHECK;
/* Says goodbye to TLS without waiting; accepts NULL. */
void ts_dial_close(struct ts_dial *d);
TS_DEFINE_CLEANUP(struct ts_dial, ts_dial_close)

/* A connection that was kept begins another request: whoever asks now has limits and a cancel_fd of
 * their own. */
void ts_dial_renew(struct ts_dial *d, int cancel_fd, const struct ts_dial_limits *limits);
/* The next one waits this long for its first byte instead of limits.answer: for a request that the
 * server keeps waiting. [ms] */
void ts_dial_patience(struct ts_dial *d, uint64_t answer);

/* All of it. While it can't be sent because the other end has closed, an answer may be there all
 * the same: try to receive. */
int ts_dial_send(struct ts_dial *d, struct ts_slice data, struct ts_error *err) TS_MUST_CHECK;
/* At least one byte, at most `size`. *ret_got 0: the other end has closed. */
int ts_dial_receive(struct ts_dial *d, void *to, size_t size, size_t *ret_got,
		    struct ts_error *err) TS_MUST_CHECK;

/* Where it is now. */
enum ts_stage ts_dial_stage(const struct ts_dial *d);
/* For those who wait for several things: readable when the server speaks or closes. */
int ts_dial_fd(const struct ts_dial *d);
struct ts_tls *ts_dial_tls(struct ts_dial *d); /* borrowed */
