/* SPDX-License-Identifier: MIT */
/*
 * Watching the server: what `http.listen` and the control socket tell. This folder has the metrics
 * (metrics.h), the health (health.h), what `taskd status` and `taskd tail` ask for (status.h,
 * tail.h), and the other end of the control socket (control.h). Nothing in it is on a request's
 * way.
 */
#pragma once

#include "common/store/store.h"
#include "server/net/listener.h"
#include "server/net/waiters.h"
#include "server/policy.h"
#include "server/request/stats.h"
#include "server/request/writer.h"

struct watch;

/* What is watched; borrowed, and outlives the watch. */
struct watch_subject {
	struct ts_store *store;
	struct writer *writer;
	struct waiters *waiters;
	const struct stats *stats;
	const struct listener *listener;
};

/* Serve the control socket, and HTTP where the settings say so. A control socket that can't be made
 * is a line in the log. TS_EINVAL, TS_EIO, TS_ENOMEM: `http.listen` can't be served. */
int watch_new(const struct watch_subject *subject, struct policy *policy, struct watch **ret,
	      struct ts_error *err) TS_MUST_CHECK;
/* Go by another policy. On failure everything stays as it was. One thread at a time. */
int watch_reload(struct watch *w, struct policy *policy, struct ts_error *err) TS_MUST_CHECK;
/* Serve nothing more. The storage thread may still hold something of it; accepts NULL. */
void watch_stop(struct watch *w);
/* Once the storage thread is gone; accepts NULL. */
void watch_free(struct watch *w);
