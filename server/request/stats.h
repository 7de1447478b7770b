/* SPDX-License-Identifier: MIT */
/*
 * What the server has done since its start, in counts that only grow, and how many connections are
 * in which state now. Any thread, no lock: a count is one addition.
 */
#pragma once

#include "server/request/histogram.h"

#include <stdbool.h>

/* What a request's time goes into, in this order; a handshake is a connection's. */
#define STATS_STAGES(X)                                                                            \
	X(HANDSHAKE, "handshake")                                                                  \
	X(RECEIVE, "receive")                                                                      \
	X(QUEUE, "queue")                                                                          \
	X(STORE, "store")                                                                          \
	X(COMPOSE, "compose")                                                                      \
	X(SEND, "send")

enum stage {
#define STATS_STAGE(name, text) STAGE_##name,
	STATS_STAGES(STATS_STAGE)
#undef STATS_STAGE
		STAGES
};
extern const char *const stage_names[STAGES];

/* Why a handshake came to nothing. */
#define STATS_FAULTS(X)                                                                            \
	X(CLOSED, "closed")           /* the client went away */                                   \
	X(TIMEOUT, "timeout")         /* it took too long */                                       \
	X(NOT_TLS, "not_tls")         /* it doesn't speak TLS */                                   \
	X(VERSION, "version")         /* no version of TLS in common */                            \
	X(CIPHER, "cipher")           /* no cipher suite, curve or signature in common */          \
	X(CERTIFICATE, "certificate") /* one side doesn't take the other's certificate */          \
	X(PROXY, "proxy")             /* no PROXY header from where there has to be one */         \
	X(OTHER, "other")

enum fault {
#define STATS_FAULT(name, text) FAULT_##name,
	STATS_FAULTS(STATS_FAULT)
#undef STATS_FAULT
		FAULTS
};
extern const char *const fault_names[FAULTS];

/* Codes of answers; the last one is for what isn't in the table. */
enum { STATS_CODES = 17, STATS_TYPES = 8, STATS_STATES = 24, STATS_MINUTES = 64 };
extern const int stats_codes[STATS_CODES];

/* What came of one request. */
struct stats_request {
	unsigned type; /* request_type_number() */
	int code;
	uint64_t in, out;    /* [bytes] */
	uint64_t us[STAGES]; /* [µs] */
	uint64_t busy;       /* [µs] from its last byte to its answer's */
	uint64_t whole;      /* [µs] from its first byte to its answer's last, waits left out */
	uint64_t tasks_in, tasks_out, versions, merges, conflicts, rejected;
	bool stored;
};

struct stats_minute {
	atomic_uint_fast64_t number; /* of minutes since the machine's start, plus 1 */
	atomic_uint_fast64_t requests, errors;
};

struct stats {
	int64_t started;    /* [ms] of the monotonic clock */
	int64_t started_at; /* [s since 1970] */
	atomic_uint_fast64_t requests[STATS_TYPES][STATS_CODES];
	atomic_uint_fast64_t bytes_in, bytes_out;
	atomic_uint_fast64_t tasks_in, tasks_out, versions, merges, conflicts, rejected;
	atomic_uint_fast64_t busy;    /* [µs] */
	atomic_uint_fast64_t slowest; /* [µs] */
	atomic_uint_fast64_t accepted;
	atomic_uint_fast64_t faults[FAULTS];
	atomic_uint_fast64_t refused_logins;
	atomic_int_fast64_t states[STATS_STATES]; /* connections by enum conn_state */
	struct histogram stages[STAGES];
	struct histogram whole;
	struct stats_minute minutes[STATS_MINUTES];
};

struct stats_view {
	uint64_t uptime; /* [s] */
	uint64_t requests, errors, bytes_in, bytes_out;
	double idle;          /* share of the uptime in which no request was worked on */
	double mean, slowest; /* [s] a request */
	double rate;          /* requests in a second of work */
};

void stats_init(struct stats *s);
/* A request was answered. */
void stats_request(struct stats *s, const struct stats_request *r);
/* A handshake was finished in `us`, or came to nothing. */
void stats_handshake(struct stats *s, uint64_t us);
void stats_fault(struct stats *s, enum fault why);
/* A connection enters a state and leaves another; -1: it begins, or ends. */
void stats_state(struct stats *s, int from, int to);
void stats_add(atomic_uint_fast64_t *to, uint64_t n);
uint64_t stats_get(const atomic_uint_fast64_t *from);

void stats_view(const struct stats *s, struct stats_view *ret);
/* Requests, and those of them that failed, of the last `minutes`, the one that runs included; up to
 * STATS_MINUTES - 2. */
void stats_lately(const struct stats *s, unsigned minutes, uint64_t *ret_requests,
		  uint64_t *ret_errors);
/* [µs] monotonic. */
int64_t stats_clock(void);
