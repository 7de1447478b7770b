/* SPDX-License-Identifier: MIT */
/*
 * What a user and an organization may have: bytes and tasks in the store, requests a minute. What
 * is their own (struct ts_quota) goes before what the settings say.
 */
#pragma once

#include "server/request/auth.h"
#include "server/request/limits.h"
#include "server/settings.h"

struct quota;

/* TS_ENOMEM. */
int quota_new(struct quota **ret, struct ts_error *err) TS_MUST_CHECK;
void quota_free(struct quota *q); /* accepts NULL */
TS_DEFINE_CLEANUP(struct quota, quota_free)

/* One more request of that account, at `ms` of ts_clock_ms(). Any thread. TS_ETOOMANY with a
 * sentence that says when to try again. */
int quota_request(struct quota *q, const struct settings *s, const struct account *a, uint64_t ms,
		  struct ts_error *err) TS_MUST_CHECK;

/* What there is, or may be. 0: as much as one likes. */
struct quota_use {
	uint64_t bytes, tasks;
};

/* Room for what one request brings. */
struct quota_room {
	struct quota_use user, org; /* what they may have */
	struct quota_use user_has;  /* before the request */
	struct quota_use org_has;   /* … all users of its organization */
	bool hit;                   /* a limit was told to be reached */
};

/* Storage thread, before a request is stored: what the account has and may have. TS_ETOOBIG with a
 * sentence: its bytes are used up; nothing was written. */
int quota_begin(struct quota *q, struct ts_txn *t, const struct settings *s,
		const struct account *a, struct quota_room *room,
		struct ts_error *err) TS_MUST_CHECK;
/* Storage thread, behind it: TS_ETOOBIG with a sentence: it was too much, and has to be undone. */
int quota_end(struct quota *q, struct ts_txn *t, const struct account *a, struct quota_room *room,
	      struct ts_error *err) TS_MUST_CHECK;
/* Storage thread, behind each transaction that it tried: it is on disk, as the store's commit
 * `serial`, or it was undone. */
void quota_settled(struct quota *q, bool stored, uint64_t serial);

/* What of an own quota and the settings' counts; 0: no limit. */
uint64_t quota_of(uint64_t own, uint64_t setting);
/* All users of an organization together, as of `t`. */
int quota_sum(struct ts_txn *t, const struct ts_org *org, struct quota_use *ret,
	      struct ts_error *err) TS_MUST_CHECK;
