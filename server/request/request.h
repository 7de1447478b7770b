/* SPDX-License-Identifier: MIT */
/*
 * One request, from its headers to its answer; knows no sockets and no loops. The connection
 * calls, in this order: open, feed…, end, then store in the storage thread if that is asked for,
 * compose… until it is complete, head, and reads the payload. One that waits (`waits`) is composed
 * later, perhaps by another request with the same headers.
 *
 * A step that fails leaves its sentence in err; request_fail() makes the answer of it.
 */
#pragma once

#include "common/store/device.h"
#include "common/sync/sync.h"
#include "common/tls/pki.h"
#include "common/wire/message.h"
#include "server/policy.h"
#include "server/request/auth.h"
#include "server/request/presence.h"
#include "server/request/quota.h"
#include "server/request/stats.h"

struct request;

struct request_type {
	const char *name;
	/* Each may be NULL: nothing to do. Who asks is known in all of them. */
	int (*begin)(struct request *r, struct ts_error *err);
	int (*feed)(struct request *r, struct ts_slice data, struct ts_error *err);
	bool (*cut_short)(const struct request *r);
	/* The payload is complete. TS_EAGAIN: the storage thread has to store it. */
	int (*end)(struct request *r, struct ts_error *err);
	/* Storage thread; may be run again after a failure. */
	int (*store)(struct request *r, struct ts_txn *t, struct ts_error *err);
	/* A slice of the work on the answer. TS_EAGAIN: there is more; others go first. */
	int (*compose)(struct request *r, struct ts_error *err);
	void (*done)(struct request *r);
	const char *brief; /* for taskd-protocol(7) */
};

extern const struct request_type request_sync, request_statistics, request_wait, request_renew;

struct request {
	/* Set by the connection, before open. */
	struct ts_store *store;
	const struct stats *stats;
	struct policy *policy;                   /* borrowed */
	struct presence *presence;               /* NULL: nobody keeps what is seen of devices */
	struct quota *quota;                     /* NULL: without quotas */
	char address[TS_DEVICE_ADDRESS_MAX + 1]; /* of the other end, without the port */
	struct ts_tls_peer peer;
	/* The certificate that was shown; NULL: it can't be had. */
	int (*certificate)(void *arg, struct ts_cert **ret, struct ts_error *err);
	void *certificate_arg;
	uint64_t size; /* [bytes] of the whole message, as announced */
	bool stopping; /* the server finishes what it has begun and begins nothing */

	/* Who asks for what. */
	const struct request_type *type; /* NULL: not known */
	struct ts_headers headers;       /* borrows from the block given to open */
	struct account account;
	bool trusted; /* account is who they are */
	char device[TS_DEVICE_MAX + 1];
	/* That device, once trusted: as the store and the presence have it, or as it will be
	 * registered. A change of `warned` is kept. */
	struct ts_device card;
	bool registered; /* the card is in the store */

	/* Of `sync`. */
	struct ts_upload *upload;
	struct quota_room room; /* for it */
	struct ts_sync sync;
	struct ts_answer *answer;

	/* Of `renew`. */
	struct renewal *renewal;

	/* Of `wait`. */
	bool waits;       /* the answer comes when there are news, or the time is over */
	bool woken;       /* set before open: it has waited; sync.since is what it waits with */
	uint64_t wait_ms; /* at most */

	/* The answer. */
	bool keep;          /* the connection reads another request behind it */
	uint64_t serial;    /* of the store, once what was sent is on disk */
	bool stored;        /* what was sent is on disk, whatever becomes of the answer */
	int code;           /* 0: none yet */
	const char *status; /* NULL: as the code has it */
	char messages[800];
	char info[TS_REDIRECT_MAX + 1];
	struct ts_buf values;           /* further header lines */
	const struct ts_spool *payload; /* NULL: `line` */
	char line[TS_UUID_TEXT + 2];    /* "": a line's end, as the reference server sends */
};

/* Read the header block, find out who asks and for what, and whether they may. On TS_OK the
 * payload is wanted; on a failure it has to be thrown away. */
int request_open(struct request *r, struct ts_slice block, struct ts_error *err) TS_MUST_CHECK;
int request_feed(struct request *r, struct ts_slice data, struct ts_error *err) TS_MUST_CHECK;
/* The payload ends in the middle of something, as if the client had announced too little. */
bool request_cut_short(const struct request *r);
/* TS_OK: compose the answer; TS_EAGAIN: request_store() has to be run first. */
int request_end(struct request *r, struct ts_error *err) TS_MUST_CHECK;
/* Who asks, as of `t`; as auth_check(). For handlers: time has passed since the headers came. */
int request_authenticate(struct request *r, struct ts_txn *t, struct ts_error *err) TS_MUST_CHECK;
/* Whether one who waits with these headers on that device may still do so. */
bool request_stands(const struct policy *policy, struct ts_slice block, const char *device,
		    bool certificate, struct ts_txn *t);
/* Storage thread. Asks again who they are: an account may have been removed meanwhile. */
int request_store(struct request *r, struct ts_txn *t, struct ts_error *err) TS_MUST_CHECK;
/* The transaction of request_store() is on disk. */
void request_stored(struct request *r);
/* TS_OK: complete; TS_EAGAIN: call again. */
int request_compose(struct request *r, struct ts_error *err) TS_MUST_CHECK;

/* The answer says what went wrong; whatever was composed is dropped. */
void request_fail(struct request *r, const struct ts_error *err);
/* Add a sentence to what the client's user is shown. */
void request_say(struct request *r, const char *fmt, ...) TS_PRINTF(2, 3);
/* Everything of the answer but its payload into `b`; *ret_payload is the payload's length. */
int request_head(struct request *r, struct ts_buf *b, uint64_t *ret_payload,
		 struct ts_error *err) TS_MUST_CHECK;
/* The payload from `offset` on; less than `len` only at its end. */
int request_payload(const struct request *r, uint64_t offset, void *to, size_t len, size_t *ret_got,
		    struct ts_error *err) TS_MUST_CHECK;

/* Of a request that waits: whether there are news already. Looks at the account as well. */
int request_news(struct request *r, bool *ret, struct ts_error *err) TS_MUST_CHECK;

/* A number for each type, from 1 and without gaps; 0: not known. And its name, NULL behind them. */
unsigned request_type_number(const struct request_type *type);
const char *request_type_name(unsigned number);

/* Free what the request owns, not the structure. */
void request_done(struct request *r);
