/* SPDX-License-Identifier: MIT */
/* What hub.c (all connections of a loop), conn.c (a connection's life), conn_states.c (the table of
 * its states) and the states' files share. */
#pragma once

#include "common/log/log.h"
#include "server/net/conn.h"
#include "server/request/request.h"

enum conn_state {
	CONN_PROXY, /* in front of everything: whose connection it is */
	CONN_HANDSHAKE,
	CONN_IDLE,    /* between two requests */
	CONN_HEADERS, /* the prefix as well */
	CONN_PAYLOAD,
	CONN_FORGOTTEN, /* bytes behind what was announced */
	CONN_DISCARD,   /* a payload that nobody wants */
	CONN_DELAY,     /* the answer to a log-in that failed comes late */
	CONN_STORE,
	CONN_WAIT, /* for news */
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
	STEP_STORE, /* the storage thread has it, or has posted it */
	STEP_PAUSE, /* wait until the time is over, or the other end is gone */
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
	struct conn_list *list; /* of the hub */
	struct hub *hub;
	struct policy *policy; /* a reference */
	struct transport io;
	struct ts_watch watch;
	struct ts_timer timer;
	struct ts_post post; /* of ourselves, of the storage thread, or to be woken */
	struct job job;
	enum conn_state state;
	bool posted; /* the post is under way: nothing else may run or free the connection */
	bool late;   /* the deadline passed while it was */
	bool doomed; /* close it when the post arrives */
	bool gone;   /* the other end is */

	struct ts_address address; /* of the other end */
	struct visitor *visitor;   /* … in the hub's admission; NULL: without limits */
	uint64_t delay;            /* [ms] of the answer */

	struct waiter waiter;
	bool waits;                     /* it may be woken by another thread */
	bool woken;                     /* … it was */
	uint32_t user;                  /* while it is parked: who waits … */
	uint64_t since;                 /* … for what is newer than this version */
	char device[TS_DEVICE_MAX + 1]; /* … on which device */
	bool certificate;               /* … that has one */

	bool torn;       /* where the message ends is not certain: nothing can follow it */
	bool keep;       /* after the answer, read another request */
	uint64_t served; /* requests before this one */

	struct ts_buf in;        /* prefix and headers, while the request needs them */
	size_t head;             /* [bytes] of both, once the headers are complete */
	struct ts_buf ahead;     /* what came behind the message */
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
	int64_t opened;             /* [µs] accepted */
	int64_t began, complete;    /* [µs] first byte of the message, last one */
	int64_t composed;           /* [µs] the answer is ready to be sent */
	int64_t received;           /* [µs] what the message took to come; 0: up to `complete` */
	bool told;                  /* the log has it that this log-in was refused */
	char peer[TS_ADDRESS_TEXT]; /* its address and port */
};

/* Enter a state and start its deadline. */
enum conn_step conn_go(struct conn *c, enum conn_state state);
/* Bytes moved: the state's deadline starts again. */
void conn_progress(struct conn *c);
/* A log-in has failed: its answer may have to wait. */
void conn_note_failure(struct conn *c);
/* Answer with what was decided, now or later. */
enum conn_step conn_answer(struct conn *c);
/* Put it into another list of its hub. */
void conn_move(struct conn *c, struct conn_list *to);
/* Close it, at once or as soon as nobody else has it. */
void conn_close(struct conn *c);
/* Go on in a turn of its own. */
void conn_post(struct conn *c);
/* Go by the hub's policy, between two requests. */
void conn_refresh(struct conn *c);
/* Hand the request to the storage thread. */
enum conn_step conn_submit(struct conn *c);
/* Say in the log why it ends without an answer. */
enum conn_step conn_end(struct conn *c, enum ts_log_level level, const char *why);

/* The step that waits for what a transport asks for. */
enum conn_step conn_until(enum ts_wait wait);
/* What a transport's call that moved nothing means: `rc` is TS_EAGAIN, 0 at the end, or a failure.
 */
enum conn_step conn_not_now(struct conn *c, ssize_t rc, enum ts_wait wait,
			    const struct ts_error *err);
/* The other end's address without the port. */
void conn_peer_host(const struct conn *c, char *to, size_t size);
/* One that waits may not do so any more: its account or its device is gone, or closed. */
bool conn_lost(const struct conn *c, struct ts_txn *t);
/* For the log; nothing where addresses are not logged. */
struct ts_slice conn_peer_name(const struct conn *c);

/* The log, and the counts with it: a request was answered, a log-in was refused (once a request), a
 * handshake came to nothing. */
void conn_log_request(struct conn *c);
void conn_log_refusal(struct conn *c);
enum fault conn_fault(const struct conn *c); /* of a handshake that failed */
enum conn_step conn_end_handshake(struct conn *c, enum fault why, const char *reason);

/* A request object, before anything is known of it; NULL: out of memory. */
struct request *conn_request(struct conn *c);
/* It is over. */
void conn_drop_request(struct conn *c);
/* Take the next bytes of prefix and headers, and look at what is there. STEP_READ: more is needed.
 */
enum conn_step conn_take_head(struct conn *c, struct ts_slice data);
/* What of `in` is behind the announced message. */
struct ts_slice conn_surplus(const struct conn *c);
/* The request says that the connection shall be kept. */
bool conn_asks_to_keep(const struct conn *c);
/* And it will be. */
bool conn_may_keep(const struct conn *c);
/* The answer is out: read another request. */
enum conn_step conn_next(struct conn *c);
/* Wait for news, or answer at once if there are some. */
enum conn_step conn_begin_wait(struct conn *c);
/* True: no other thread will wake it any more. False: it waits for the post. */
bool conn_leave(struct conn *c);
/* Look now and then at what other processes write, as long as somebody waits. TS_ENOMEM. */
int hub_watch(struct hub *h) TS_MUST_CHECK;
/* Whoever waits is to go on, if it doesn't already. */
void conn_wake(struct conn *c);

/* The states: conn_enter.c, conn_delay.c, conn_keep.c, conn_wait.c, conn_request.c… */
enum conn_step conn_on_idle(struct conn *c);
enum conn_step conn_late_idle(struct conn *c);
enum conn_step conn_on_wait(struct conn *c);
enum conn_step conn_late_wait(struct conn *c);
enum conn_step conn_on_proxy(struct conn *c);
enum conn_step conn_late_proxy(struct conn *c);
enum conn_step conn_on_delay(struct conn *c);
enum conn_step conn_late_delay(struct conn *c);
enum conn_step conn_on_handshake(struct conn *c);
enum conn_step conn_late_handshake(struct conn *c);
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
