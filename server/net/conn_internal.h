/* SPDX-License-Identifier: MIT */
/* What conn.c (a connection's life), conn_states.c (the table of its states), conn_request.c and
 * conn_answer.c (the states) share. */
#pragma once

#include "common/log/log.h"
#include "server/net/conn.h"
#include "server/request/request.h"

enum conn_state {
	CONN_HANDSHAKE,
	CONN_HEADERS, /* the prefix as well */
	CONN_PAYLOAD,
	CONN_FORGOTTEN, /* bytes behind what was announced */
	CONN_DISCARD,   /* a payload that nobody wants */
	CONN_STORE,
	CONN_COMPOSE,
	CONN_WRITE,
	CONN_BYE,
	CONN_LINGER,
	CONN_STATES
};

/* What a step says about what comes next. */
enum conn_step {
	STEP_NEXT,  /* run the state, which may be a new one */
	STEP_READ,  /* wait until there is something to read */
	STEP_WRITE, /* wait until something can be written */
	STEP_TURN,  /* go on after others had their turn */
	STEP_STORE, /* the storage thread has it */
	STEP_END    /* it is over */
};

struct conn_row {
	const char *name;
	enum conn_step (*run)(struct conn *c);
	/* The deadline passed; NULL: it is over. */
	enum conn_step (*late)(struct conn *c);
	size_t timeout; /* offset of the time in struct settings [ms]; 0: none */
	bool whole;     /* also bounded by the time for the whole request */
};
extern const struct conn_row conn_rows[CONN_STATES];

struct conn {
	TAILQ_ENTRY(conn) link;
	struct hub *hub;
	struct policy *policy; /* a reference */
	struct transport io;
	struct ts_watch watch;
	struct ts_timer timer;
	struct ts_post post; /* of ourselves, or of the storage thread */
	struct job job;
	enum conn_state state;
	bool posted; /* the post is under way: nothing else may run or free the connection */
	bool late;   /* the deadline passed while it was */
	bool doomed; /* close it when the post arrives */
	bool known;  /* in the hub's list of those that have shown who they are */

	struct ts_buf in;        /* prefix and headers, while the request needs them */
	size_t scanned;          /* bytes of `in` that were searched for the headers' end */
	uint64_t remaining;      /* [bytes] of the announced ones, still to come */
	size_t forgotten;        /* [bytes] behind the announced ones, taken */
	uint64_t progressed;     /* [ms] on the loop's clock, when bytes moved last */
	uint64_t born;           /* [ms] on the loop's clock */
	uint64_t request_end;    /* [ms] on the loop's clock, when the whole has to be done */
	struct request *request; /* once the headers are complete, or have failed */

	struct ts_buf out;                /* a part of the answer */
	size_t sent;                      /* [bytes] of `out` */
	uint64_t payload_at, payload_len; /* of the answer's payload: what is in `out` or was */

	uint64_t bytes_in, bytes_out;
	int64_t began, complete; /* [µs] first byte of the message, last one */
	char peer[64];
};

/* Enter a state and start its deadline. */
enum conn_step conn_go(struct conn *c, enum conn_state state);
/* Bytes moved: the state's deadline starts again. */
void conn_progress(struct conn *c);
/* This is no stranger any more. */
void conn_welcome(struct conn *c);
/* Hand the request to the storage thread. */
enum conn_step conn_submit(struct conn *c);
/* Say in the log why it ends without an answer. */
enum conn_step conn_end(struct conn *c, enum ts_log_level level, const char *why);

/* The step that waits for what a transport asks for. */
enum conn_step conn_wait(enum ts_wait wait);
/* What a transport's call that moved nothing means: `rc` is TS_EAGAIN, 0 at the end, or a failure.
 */
enum conn_step conn_not_now(struct conn *c, ssize_t rc, enum ts_wait wait,
			    const struct ts_error *err);
/* For the log; nothing where addresses are not logged. */
struct ts_slice conn_peer_name(const struct conn *c);

/* The states: conn_request.c… */
enum conn_step conn_on_handshake(struct conn *c);
enum conn_step conn_on_headers(struct conn *c);
enum conn_step conn_on_payload(struct conn *c);
enum conn_step conn_on_forgotten(struct conn *c);
enum conn_step conn_late_forgotten(struct conn *c);
enum conn_step conn_on_discard(struct conn *c);
enum conn_step conn_late_message(struct conn *c);
enum conn_step conn_late_discard(struct conn *c);
/* …and conn_answer.c */
enum conn_step conn_on_store(struct conn *c);
enum conn_step conn_on_compose(struct conn *c);
enum conn_step conn_on_write(struct conn *c);
enum conn_step conn_on_bye(struct conn *c);
enum conn_step conn_on_linger(struct conn *c);
enum conn_step conn_late_linger(struct conn *c);
