/* SPDX-License-Identifier: MIT */
/* The whole: listening sockets, one worker a core, the storage thread. */
#pragma once

#include "common/store/store.h"
#include "server/net/listener.h"
#include "server/policy.h"

struct server;

/* Listen, start the threads, serve. `open` are sockets that listen already, which it takes over in
 * any case; with none of them it listens by the settings. `store` is borrowed, `policy` gets
 * references. On failure nothing of it is left. */
int server_new(struct ts_store *store, struct policy *policy, struct listener *open,
	       struct server **ret, struct ts_error *err) TS_MUST_CHECK;
const struct listener *server_listener(const struct server *s);
/* Connections that are open now. */
size_t server_connections(const struct server *s);
/* One thread, now and then: NULL where each thread has got on with its work since the last call,
 * else the name of one that hasn't. */
const char *server_stuck(struct server *s);
/* Serve connections that begin from now on by another policy; what belongs to the start (server,
 * family, queue.size, threads) stays. TS_ENOMEM, or what is wrong with `http.listen`. */
int server_reload(struct server *s, struct policy *policy, struct ts_error *err) TS_MUST_CHECK;
/* Accept nothing more, finish what has begun, end the threads, free; accepts NULL. */
void server_free(struct server *s);
TS_DEFINE_CLEANUP(struct server, server_free)
