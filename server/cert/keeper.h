/* SPDX-License-Identifier: MIT */
/*
 * What the running server does about its certificates, all in the main thread: it renews its own
 * before it ends, takes what is new in the files, whoever wrote it, and warns of ends in the log.
 */
#pragma once

#include "server/cert/watch.h"
#include "server/chores.h"
#include "server/server.h"

struct keeper {
	struct server *server;
	struct policy *policy;    /* what is served by; a reference */
	unsigned warned[2];       /* [days] the stages that the log has told: server, authority */
	struct cert_files failed; /* the files that were of no use, and the log says so */
	uint64_t looked;          /* [ms] when the ends were looked at last */
};

/* Before certificates are read: renew the server's own if it is time. Says in the log what it did,
 * or why it could not; the certificate that is there stays then. */
void keeper_renew(const struct settings *s);

/* Takes a reference. */
void keeper_begin(struct keeper *k, struct server *server, struct policy *policy);
void keeper_done(struct keeper *k);
/* `policy` is what is served by from now on. */
void keeper_follow(struct keeper *k, struct policy *policy);
/* Its turns, every keeper_interval() [ms], which cert.watch says. */
struct chore keeper_chore(struct keeper *k);
uint64_t keeper_interval(const struct keeper *k);
