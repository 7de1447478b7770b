/* SPDX-License-Identifier: MIT */
/* Names to addresses without being stuck: the resolver works in a thread of its own, which is left
 * to itself where nobody wants to wait for it any longer. */
#pragma once

#include "common/net/hostport.h"

#include <netdb.h>

struct ts_resolve;

/* Ask for the addresses of a host's port; those of an address are there at once. */
int ts_resolve_new(const struct hostport *of, struct ts_resolve **ret,
		   struct ts_error *err) TS_MUST_CHECK;
/* Becomes readable with the answer. */
int ts_resolve_fd(const struct ts_resolve *r);
/* Once it is readable: the list, borrowed. TS_ECONNECT with the resolver's words; TS_EAGAIN: the
 * answer isn't there yet. */
int ts_resolve_list(const struct ts_resolve *r, const struct addrinfo **ret,
		    struct ts_error *err) TS_MUST_CHECK;
void ts_resolve_free(struct ts_resolve *r); /* at any time; accepts NULL */
TS_DEFINE_CLEANUP(struct ts_resolve, ts_resolve_free)
