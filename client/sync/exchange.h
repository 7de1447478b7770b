/* SPDX-License-Identifier: MIT */
/* Requests to the remote and their answers, over one connection after the other. */
#pragma once

#include "client/sync/sync.h"
#include "common/base/spool.h"
#include "common/sync/upload.h"

/* What the requests of one sync share. */
struct exchange {
	struct sync *sync;
	struct ts_dial_limits limits; /* of all requests together */
	struct hostport to;
	struct ts_buf secret; /* the user's key */
	struct ts_tls_creds *creds;
	struct ts_uuid binding; /* what a TLS session is good for */
	struct ts_spool_usage usage;
	struct ts_spool_budget budget;
};

struct request {
	const char *type;            /* "sync", "wait" */
	bool init;                   /* subtype: init */
	bool refuse;                 /* the server is to refuse where it doesn't know the key */
	const struct ts_uuid *key;   /* of the last sync; NULL: none */
	const char *history;         /* earlier ones, newest first, with blanks between; "" */
	const struct ts_spool *body; /* lines of tasks; NULL: none */
	size_t tasks;                /* in it */
	size_t tasks_before,
		tasks_total; /* of the whole sync, for the progress; total 0: unknown */
	uint64_t wait;       /* [ms] the server may take longer by */
	bool text;           /* the answer's payload is text, no tasks */
};

struct answer {
	int code;
	char status[200], info[300];
	bool has_since;
	struct ts_uuid since;      /* where `has_since`: a key of `history` that the server knows */
	bool kept;                 /* the connection is there for another request */
	struct ts_upload *payload; /* complete, of a 2xx; else NULL */
	bool as_text;              /* instead of that … */
	struct ts_buf text;        /* … the payload as it is */
};

/* Read credentials and certificates, check clock and dates. TS_EINVAL, TS_EREFUSED… */
int exchange_begin(struct sync *s, struct exchange *ret, struct ts_error *err) TS_MUST_CHECK;
/* A connection is left in sync->dial only where it may be used again. */
void exchange_done(struct exchange *x);

/* One request and its answer, whatever its code is. */
int exchange_run(struct exchange *x, const struct request *q, struct answer *ret,
		 struct ts_error *err) TS_MUST_CHECK;
void answer_done(struct answer *a);
/* The failure that the answer's code stands for, as a sentence; TS_OK for 200 and 201. */
int answer_judge(const struct exchange *x, const struct answer *a,
		 struct ts_error *err) TS_MUST_CHECK;
