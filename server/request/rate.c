/* SPDX-License-Identifier: MIT */
#include "server/request/rate.h"

#include "server/request/limits.h"

#include <inttypes.h>
#include <pthread.h>
#include <sys/queue.h>

enum {
	BUCKETS = 1024,
	COUNTED_MAX = 65536, /* users and organizations whose requests are counted at a time */
	SWEEP_MS = 1000,     /* between two times that all are looked at */
	MINUTE_MS = 60000
};

#define REQUESTS_MAX UINT64_C(1000000000) /* a minute; beyond it nobody counts */

/* Whose requests are counted, each as a minute's milliseconds: so much comes back every
 * millisecond as may be made in a minute. A full purse is as good as none. */
struct purse {
	LIST_ENTRY(purse) link;
	uint64_t who;
	uint64_t left; /* what may be made at once */
	uint64_t at;   /* [ms] when that was so */
	uint64_t most; /* a minute */
};

struct rate {
	pthread_mutex_t lock;
	LIST_HEAD(, purse) purses[BUCKETS];
	size_t count;
	uint64_t swept; /* [ms] the last time that there was no room */
};

int rate_new(struct rate **ret, struct ts_error *err)
{
	struct rate *r = calloc(1, sizeof(*r));
	if (r == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory for quotas.");
	}
	(void)pthread_mutex_init(&r->lock, NULL);
	*ret = r;
	return TS_OK;
}

static void drop(struct rate *r, struct purse *p)
{
	LIST_REMOVE(p, link);
	r->count--;
	free(p);
}

static void drop_all(struct rate *r, bool (*which)(const struct purse *p, uint64_t ms), uint64_t ms)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		struct purse *next;
		for (struct purse *p = LIST_FIRST(&r->purses[i]); p != NULL; p = next) {
			next = LIST_NEXT(p, link);
			if (which(p, ms)) {
				drop(r, p);
			}
		}
	}
}

static bool every_one(const struct purse *p, uint64_t ms)
{
	(void)p;
	(void)ms;
	return true;
}

void rate_free(struct rate *r)
{
	if (r != NULL) {
		drop_all(r, every_one, 0);
		(void)pthread_mutex_destroy(&r->lock);
		free(r);
	}
}

/* With the lock held, all of these. */

/* Other threads' clocks may be a little ahead. */
static uint64_t elapsed(uint64_t ms, uint64_t then)
{
	return ms > then ? ms - then : 0;
}

static void refill(struct purse *p, uint64_t ms)
{
	const uint64_t passed = elapsed(ms, p->at);
	const uint64_t full = p->most * MINUTE_MS;
	p->left += p->most * (passed < MINUTE_MS ? passed : MINUTE_MS);
	p->left = p->left < full ? p->left : full;
	p->at += passed;
}

static bool is_full(const struct purse *p, uint64_t ms)
{
	return elapsed(ms, p->at) >= MINUTE_MS;
}

static struct purse *find_purse(struct rate *r, uint64_t who)
{
	struct purse *p;
	LIST_FOREACH(p, &r->purses[who % BUCKETS], link)
	{
		if (p->who == who) {
			return p;
		}
	}
	return NULL;
}

static struct purse *make_purse(struct rate *r, uint64_t who, uint64_t most, uint64_t ms)
{
	if (r->count >= COUNTED_MAX && elapsed(ms, r->swept) >= SWEEP_MS) {
		drop_all(r, is_full, ms);
		r->swept = ms;
	}
	struct purse *p = r->count < COUNTED_MAX ? calloc(1, sizeof(*p)) : NULL;
	if (p == NULL) {
		return NULL;
	}
	*p = (struct purse){.who = who, .left = most * MINUTE_MS, .at = ms};
	LIST_INSERT_HEAD(&r->purses[who % BUCKETS], p, link);
	r->count++;
	return p;
}

/* NULL: it isn't counted. */
static struct purse *purse_of(struct rate *r, uint64_t who, uint64_t most, uint64_t ms)
{
	if (most == 0 || most > REQUESTS_MAX) {
		return NULL;
	}
	struct purse *p = find_purse(r, who);
	p = p != NULL ? p : make_purse(r, who, most, ms);
	if (p != NULL) {
		p->most = most;
		refill(p, ms);
	}
	return p;
}

/* [s] until there is one more request in it. */
static uint64_t seconds_until(const struct purse *p)
{
	uint64_t ms = (MINUTE_MS - p->left + p->most - 1) / p->most;
	return (ms + 999) / 1000;
}

static int refuse_rate(const struct purse *p, enum limit which, struct ts_error *err)
{
	const bool org = which == LIMIT_QUOTA_ORG_REQUESTS;
	const uint64_t s = seconds_until(p);
	limits_hit(which);
	return ts_fail(err, TS_ETOOMANY,
		       "%s may make %" PRIu64 " requests a minute%s. Nothing is lost; try again in "
		       "%" PRIu64 " second%s.",
		       org ? "The users of your organization" : "Your devices", p->most,
		       org ? " together" : "", s, s == 1 ? "" : "s");
}

/* Taken out of both or of none. */
static int pay(struct purse *user, struct purse *org, struct ts_error *err)
{
	if (user != NULL && user->left < MINUTE_MS) {
		return refuse_rate(user, LIMIT_QUOTA_USER_REQUESTS, err);
	}
	if (org != NULL && org->left < MINUTE_MS) {
		return refuse_rate(org, LIMIT_QUOTA_ORG_REQUESTS, err);
	}
	if (user != NULL) {
		user->left -= MINUTE_MS;
	}
	if (org != NULL) {
		org->left -= MINUTE_MS;
	}
	return TS_OK;
}

int rate_pay(struct rate *r, const struct rate_payer *user, const struct rate_payer *org,
	     uint64_t ms, struct ts_error *err)
{
	if (user->most == 0 && org->most == 0) {
		return TS_OK;
	}
	(void)pthread_mutex_lock(&r->lock);
	int rc = pay(purse_of(r, (uint64_t)user->id << 1, user->most, ms),
		     purse_of(r, (uint64_t)org->id << 1 | 1, org->most, ms), err);
	(void)pthread_mutex_unlock(&r->lock);
	return rc;
}
