/* SPDX-License-Identifier: MIT */
/*
 * Who may come in, by address: one table for all workers of how many connections each address
 * holds, how fast it begins new ones, and how many of its log-ins failed. An IPv6 network of 64
 * bits is one address. Any thread may call anything here.
 *
 * The table is bounded: an address that holds connections is in it, and of the others those that
 * were seen last. To be forgotten is to be a new one.
 */
#pragma once

#include "common/net/address.h"
#include "server/policy.h"
#include "server/request/limits.h"

struct admission;
struct visitor; /* an address that holds connections */

int admission_new(struct admission **ret, struct ts_error *err) TS_MUST_CHECK;
void admission_free(struct admission *a); /* accepts NULL; nobody may be in any more */
TS_DEFINE_CLEANUP(struct admission, admission_free)

/*
 * One more connection from that address; `now` is in milliseconds of the monotonic clock. LIMITS:
 * it may come in, and *ret goes to admission_leave(); NULL where the address has no limits. Else
 * the limit that refuses it, and *ret_tell says how many were refused since that was told last; 0:
 * it was told within this second.
 */
enum limit admission_enter(struct admission *a, const struct policy *p,
			   const struct ts_address *from, uint64_t now, struct visitor **ret,
			   uint64_t *ret_tell) TS_MUST_CHECK;
/* Its connection has ended; accepts NULL. */
void admission_leave(struct admission *a, struct visitor *v);

/* A log-in of the visitor failed. How long its answer has to wait [ms]. Failures are forgotten once
 * there was none for ten minutes; a log-in that is in order changes nothing, so that nobody who has
 * an account gets further tries at another one by it. */
uint64_t admission_failed(struct admission *a, const struct policy *p, struct visitor *v,
			  uint64_t now);

/* How many addresses are in the table. */
size_t admission_known(struct admission *a);

/* Connections that haven't shown who they are, of all workers. */
void admission_add_stranger(struct admission *a);
void admission_drop_stranger(struct admission *a);
size_t admission_strangers(const struct admission *a);
