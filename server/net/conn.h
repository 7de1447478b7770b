/* SPDX-License-Identifier: MIT */
/*
 * A connection: one handshake, one request, one answer, one goodbye; where the client asks for it,
 * more requests and answers in between. It lives in one loop's thread from its first byte to its
 * last, and frees itself when it has ended.
 */
#pragma once

#include "common/loop/loop.h"
#include "server/net/admission.h"
#include "server/net/transport.h"
#include "server/net/waiters.h"
#include "server/policy.h"
#include "server/request/presence.h"
#include "server/request/quota.h"
#include "server/request/stats.h"
#include "server/request/writer.h"

#include <sys/queue.h>

struct conn;
TAILQ_HEAD(conn_list, conn);

/* The names of the states, from 0 without gaps; NULL behind them. */
const char *conn_state_name(int state);

enum { HUB_SCRATCH = 16384 }; /* [bytes] the most that a TLS record holds */

/* What the connections of one loop share; all of it borrowed but the scratch. */
struct hub {
	struct ts_loop *loop;
	struct ts_store *store;
	struct writer *writer;
	struct stats *stats;
	atomic_size_t *open;         /* connections of all hubs together; may be NULL */
	size_t most;                 /* of them that there are descriptors for; 0: any number */
	struct waiters *waiters;     /* NULL: nobody may wait */
	struct presence *presence;   /* NULL: nobody keeps what is seen of devices */
	struct quota *quota;         /* NULL: without quotas */
	struct admission *admission; /* NULL: addresses have no limits */
	struct policy *policy;       /* what begins now goes by it; NULL: by what it began with */

	struct conn_list strangers; /* not authenticated, the oldest first */
	struct conn_list known;
	struct conn_list idle;    /* between two requests */
	struct conn_list waiting; /* for news */
	size_t count;             /* of all lists */
	struct ts_timer look;     /* whether other processes have written; while somebody waits */
	uint64_t foreign;         /* what waiters_look() gave last */
	bool stopping;            /* begin nothing new; see hub_stop() */
	const atomic_bool *stop;  /* all hubs are about to stop; may be NULL */
	void (*on_empty)(struct hub *h); /* stopping, and the last connection is gone */
	char scratch[HUB_SCRATCH];
};

void hub_init(struct hub *h);

/* Whose connection it is. */
struct caller {
	struct ts_address address;
	struct visitor *visitor; /* from hub_admits(); NULL: none */
	bool proxied;            /* it begins with a PROXY header, which says whose it really is */
};

/* Whether one more connection from that address may come in; if not, the log says so now and then.
 * *ret is for admission_leave(), and may be NULL. */
bool hub_admits(struct hub *h, const struct policy *policy, const struct ts_address *from,
		struct visitor **ret) TS_MUST_CHECK;
/*
 * Serve one more connection. `io` and the caller's visitor are owned from now on, whatever this
 * returns; `policy` gets a reference of the connection's own. `fd` is watched for readiness, or -1:
 * a test calls conn_ready() itself. TS_OK; TS_ENOMEM, TS_EIO.
 */
int conn_new(struct hub *h, struct policy *policy, struct transport io, int fd,
	     const struct caller *from, struct conn **ret, struct ts_error *err) TS_MUST_CHECK;
/* Something may have become possible: go on. The connection may be gone afterwards. */
void conn_ready(struct conn *c);

/* What begins from now on goes by `policy`, which is borrowed. */
void hub_reload(struct hub *h, struct policy *policy);
/* Close one that is between two requests, or the oldest connection that hasn't shown who it is
 * within timeout.crowded, or one that has neither sent nor taken anything for so long, for the sake
 * of a new one. Who waits for news stays. False: there is none. */
bool hub_make_room(struct hub *h);
/* The same with those alone that haven't shown who they are. */
bool hub_drop_stranger(struct hub *h);
/* How many connections there are of those that connection.limit counts: who waits is not. */
size_t hub_busy(const struct hub *h);
/* Close what hasn't begun a request, tell who waits, let the others finish, call on_empty when all
 * are gone. */
void hub_stop(struct hub *h);
/* Close everything, but for what the storage thread holds: that is closed when it comes back. */
void hub_abandon(struct hub *h);
