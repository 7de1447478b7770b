/* SPDX-License-Identifier: MIT */
/* A thread with one loop, which accepts and serves connections. */
#pragma once

#include "server/net/admission.h"
#include "server/net/listener.h"
#include "server/net/waiters.h"
#include "server/policy.h"
#include "server/request/presence.h"
#include "server/request/quota.h"
#include "server/request/stats.h"
#include "server/request/writer.h"

struct worker;

/* What all workers share; borrowed, and outlives them. */
struct workshop {
	struct ts_store *store;
	struct writer *writer;
	struct stats *stats;
	struct waiters *waiters;
	struct presence *presence;
	struct quota *quota;
	struct admission *admission;
	const struct listener *listener;
	size_t most;             /* connections that the system has descriptors for */
	atomic_size_t open;      /* connections of all workers */
	atomic_bool stop;        /* no request that comes from now on is begun */
	struct worker **workers; /* all of them, before the first one starts */
	size_t count;            /* of them */
};

/* Make a worker; its thread begins with worker_start(). `policy` gets a reference. */
int worker_new(struct workshop *shop, struct policy *policy, struct worker **ret,
	       struct ts_error *err) TS_MUST_CHECK;
int worker_start(struct worker *w, struct ts_error *err) TS_MUST_CHECK;
/* Any thread: connections that begin from now on are served by `policy`. TS_OK or TS_ENOMEM. */
int worker_reload(struct worker *w, struct policy *policy) TS_MUST_CHECK;
/* One thread, now and then: has the loop come round since the last call? The first time it has. */
bool worker_gets_on(struct worker *w);
/* Any thread: accept nothing more, end when what has begun is finished, or timeout.stop is over.
 * Once only. */
void worker_stop(struct worker *w);
/* Wait for the thread's end. A worker that was started must be stopped. */
void worker_join(struct worker *w);
/* Once all are joined: they send each other posts. Accepts NULL. */
void worker_free(struct worker *w);
