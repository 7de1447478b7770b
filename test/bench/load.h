/* SPDX-License-Identifier: MIT */
/*
 * A closed loop of clients against a server of the taskd protocol: each is a thread that makes one
 * connection, one handshake and one sync after the other, and remembers how long each took.
 */
#pragma once

#include "common/base/buf.h"
#include "common/base/error.h"
#include "common/base/uuid.h"

#include "common/net/dial.h"
#include "server/command/exchange.h"

#include <stdatomic.h>
#include <stdio.h>

enum { LOAD_WORD = 128, LOAD_CODES = 8 };

/* One account, and the sync key which its client begins with. */
struct account {
	char org[LOAD_WORD], user[LOAD_WORD], key[LOAD_WORD], sync[LOAD_WORD];
};

enum load_mode {
	LOAD_NOOP,     /* nothing to send, nothing new */
	LOAD_PUSH,     /* new tasks */
	LOAD_PULL,     /* no sync key: everything */
	LOAD_CONFLICT, /* two replicas in turn edit the same task, each one sync behind */
	LOAD_FEED,     /* the lines of a file, some a sync, in order */
	LOAD_WAIT,     /* wait for news; see load_wait() */
	LOAD_MODES
};

enum load_how {
	LOAD_FULL,   /* a connection and a full handshake for each sync */
	LOAD_RESUME, /* a connection for each, of a session that is resumed */
	LOAD_KEEP,   /* one connection */
	LOAD_HOWS
};

struct load {
	/* What to do */
	enum load_mode mode;
	enum load_how how;
	struct ts_tls_creds *creds;
	struct hostport server;
	struct account *accounts;
	size_t account_count;
	size_t clients;
	size_t tasks;       /* new ones in each push; lines in each sync of a feed */
	long conflict_base; /* edit task number N, N+1… of a history; -1: one shared task */
	uint64_t requests;  /* in all; 0: no end */
	uint64_t duration;  /* [us]; 0: no end */
	struct exchange_limits limits;
	FILE *feed;
	/* While it runs */
	atomic_uint_fast64_t next;
	uint64_t end; /* [us] */
};

struct sample {
	uint32_t took; /* [us] from the first packet to the answer's last byte */
	bool merged;   /* it was a replica's that was behind */
};

struct client {
	struct load *load;
	struct account *account;
	size_t id;
	uint64_t sequence;
	char sync[2][LOAD_WORD];  /* a key a replica */
	struct ts_uuid_text task; /* the one which both replicas edit */
	struct ts_buf session;    /* to be resumed */
	struct ts_dial *dial;     /* that was kept */
	size_t resumed, kept;
	struct sample *samples;
	size_t count, cap;
	size_t errors;
	int codes[LOAD_CODES]; /* 0: a free place */
	size_t code_counts[LOAD_CODES];
	uint64_t tasks_in, bytes_in, bytes_out;
	struct ts_error first_error;
};

/* [us] on a clock that never jumps. */
uint64_t load_clock(void);

/* One request and its answer, as load->how says. */
int load_talk(struct client *c, struct ts_slice request, struct ts_buf *answer,
	      struct ts_error *err) TS_MUST_CHECK;
void load_hang_up(struct client *c);
/* Sync a new task. */
int load_push(struct client *c, struct ts_error *err) TS_MUST_CHECK;
/* Append the request of one who waits. */
int load_wait_request(const struct account *a, struct ts_buf *to,
		      struct ts_error *err) TS_MUST_CHECK;

/* What it costs that many clients wait, and how soon they hear of a push. */
struct waited {
	size_t clients;
	long rss_before, rss; /* [kB] of the server, without and with them */
	double cpu;           /* [ms] of the server in a second in which nothing happens */
	double one, all;      /* [ms] from the begin of a push to the wake of its only waiter; of
			       * all others, by a push of theirs */
	size_t errors;
};

/* The first account has one waiting client, the second all others. load->duration is idle. */
int load_wait(struct load *load, long pid, struct waited *ret, struct ts_error *err) TS_MUST_CHECK;

/* Give every account without a sync key its current one, unmeasured. */
int load_learn_keys(struct load *load, struct ts_error *err) TS_MUST_CHECK;
/* Run one thread a client until the requests or the time are used up. */
int load_run(struct load *load, struct client *clients, struct ts_error *err) TS_MUST_CHECK;
