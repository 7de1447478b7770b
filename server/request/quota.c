/* SPDX-License-Identifier: MIT */
#include "server/request/quota.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/queue.h>

enum {
	BUCKETS = 1024,
	COUNTED_MAX = 65536, /* users and organizations whose requests are counted at a time */
	SUMS = 64,           /* organizations whose sums are remembered */
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

/* What all users of an organization have, as of a commit. */
struct sum {
	uint32_t org;
	uint64_t serial;
	struct quota_use use;
};

struct quota {
	pthread_mutex_t lock; /* of the purses */
	LIST_HEAD(, purse) purses[BUCKETS];
	size_t count;
	uint64_t swept;        /* [ms] the last time that there was no room */
	struct sum sums[SUMS]; /* the storage thread's */
};

int quota_new(struct quota **ret, struct ts_error *err)
{
	struct quota *q = calloc(1, sizeof(*q));
	if (q == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory for quotas.");
	}
	(void)pthread_mutex_init(&q->lock, NULL);
	*ret = q;
	return TS_OK;
}

static void drop(struct quota *q, struct purse *p)
{
	LIST_REMOVE(p, link);
	q->count--;
	free(p);
}

static void drop_all(struct quota *q, bool (*which)(const struct purse *p, uint64_t ms),
		     uint64_t ms)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		struct purse *next;
		for (struct purse *p = LIST_FIRST(&q->purses[i]); p != NULL; p = next) {
			next = LIST_NEXT(p, link);
			if (which(p, ms)) {
				drop(q, p);
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

void quota_free(struct quota *q)
{
	if (q != NULL) {
		drop_all(q, every_one, 0);
		(void)pthread_mutex_destroy(&q->lock);
		free(q);
	}
}

uint64_t quota_of(uint64_t own, uint64_t setting)
{
	if (own == TS_NO_QUOTA) {
		return 0;
	}
	return own != 0 ? own : setting;
}

void quota_size_text(uint64_t bytes, char to[static QUOTA_SIZE_TEXT])
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
	double size = (double)bytes / 1024;
	size_t i = 0;
	while (size >= 1024 && i + 1 < TS_COUNT_OF(units)) {
		size /= 1024;
		i++;
	}
	if (bytes < 1024) {
		(void)snprintf(to, QUOTA_SIZE_TEXT, "%" PRIu64 " bytes", bytes);
	} else {
		(void)snprintf(to, QUOTA_SIZE_TEXT, "%.1f %s", size, units[i]);
	}
}

/* Requests a minute: with the lock held, all of these. */

static void refill(struct purse *p, uint64_t ms)
{
	uint64_t passed = ms - p->at < MINUTE_MS ? ms - p->at : MINUTE_MS;
	uint64_t full = p->most * MINUTE_MS;
	p->left += p->most * passed;
	p->left = p->left < full ? p->left : full;
	p->at = ms;
}

static bool is_full(const struct purse *p, uint64_t ms)
{
	return ms - p->at >= MINUTE_MS;
}

static struct purse *find_purse(struct quota *q, uint64_t who)
{
	struct purse *p;
	LIST_FOREACH(p, &q->purses[who % BUCKETS], link)
	{
		if (p->who == who) {
			return p;
		}
	}
	return NULL;
}

static struct purse *make_purse(struct quota *q, uint64_t who, uint64_t most, uint64_t ms)
{
	if (q->count >= COUNTED_MAX && ms - q->swept >= SWEEP_MS) {
		drop_all(q, is_full, ms);
		q->swept = ms;
	}
	struct purse *p = q->count < COUNTED_MAX ? calloc(1, sizeof(*p)) : NULL;
	if (p == NULL) {
		return NULL;
	}
	*p = (struct purse){.who = who, .left = most * MINUTE_MS, .at = ms};
	LIST_INSERT_HEAD(&q->purses[who % BUCKETS], p, link);
	q->count++;
	return p;
}

/* NULL: it isn't counted. */
static struct purse *purse_of(struct quota *q, uint64_t who, uint64_t most, uint64_t ms)
{
	if (most == 0 || most > REQUESTS_MAX) {
		return NULL;
	}
	struct purse *p = find_purse(q, who);
	p = p != NULL ? p : make_purse(q, who, most, ms);
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

int quota_request(struct quota *q, const struct settings *s, const struct account *a, uint64_t ms,
		  struct ts_error *err)
{
	uint64_t user = quota_of(a->user.quota.requests, s->quota_user_requests);
	uint64_t org = quota_of(a->org.quota.requests, s->quota_org_requests);
	if (user == 0 && org == 0) {
		return TS_OK;
	}
	(void)pthread_mutex_lock(&q->lock);
	int rc = pay(purse_of(q, (uint64_t)a->user.id << 1, user, ms),
		     purse_of(q, (uint64_t)a->org.id << 1 | 1, org, ms), err);
	(void)pthread_mutex_unlock(&q->lock);
	return rc;
}

/* Bytes and tasks */

static int use_of(struct ts_txn *t, uint32_t user, struct quota_use *ret, struct ts_error *err)
{
	struct ts_transaction newest;
	int rc = ts_transaction_newest(t, user, &newest, err);
	if (rc == TS_OK) {
		*ret = (struct quota_use){newest.bytes, newest.tasks};
	}
	return rc;
}

struct adding {
	struct ts_txn *txn;
	struct quota_use use;
};

static int add_user(const struct ts_user *user, void *arg)
{
	struct adding *a = arg;
	struct quota_use use = {0};
	int rc = use_of(a->txn, user->id, &use, NULL);
	a->use.bytes += use.bytes;
	a->use.tasks += use.tasks;
	return rc == TS_ENOTFOUND ? TS_OK : rc;
}

int quota_sum(struct ts_txn *t, const struct ts_org *org, struct quota_use *ret,
	      struct ts_error *err)
{
	struct adding a = {.txn = t};
	int rc = ts_user_each(t, org, add_user, &a, err);
	if (rc == TS_OK) {
		*ret = a.use;
	}
	return rc;
}

/* As of the last commit: what others of the same batch bring isn't there yet, and may be undone. */
static int org_use(struct quota *q, struct ts_store *store, const struct ts_org *org,
		   struct quota_use *ret, struct ts_error *err)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	struct sum *sum = &q->sums[org->id % SUMS];
	uint64_t serial = ts_store_serial(store);
	if (sum->org == org->id && sum->serial == serial) {
		*ret = sum->use;
		return TS_OK;
	}
	int rc = ts_txn_begin(store, TS_READ, &t, err);
	if (rc == TS_OK) {
		rc = quota_sum(t, org, ret, err);
	}
	if (rc == TS_OK) {
		*sum = (struct sum){org->id, serial, *ret};
	}
	return rc;
}

/* What one of the four quotas says no to. */
struct excess {
	enum limit limit;
	bool org;
	char has[QUOTA_SIZE_TEXT], most[QUOTA_SIZE_TEXT], more[QUOTA_SIZE_TEXT]; /* "" none */
	const char *what; /* behind the numbers */
};

static struct excess of_bytes(bool org, uint64_t has, uint64_t most, uint64_t more)
{
	struct excess x = {.limit = org ? LIMIT_QUOTA_ORG_BYTES : LIMIT_QUOTA_USER_BYTES,
			   .org = org,
			   .what = ""};
	quota_size_text(has, x.has);
	quota_size_text(most, x.most);
	if (more > 0) {
		quota_size_text(more, x.more);
	}
	return x;
}

static struct excess of_tasks(bool org, uint64_t has, uint64_t most, uint64_t more)
{
	struct excess x = {.limit = org ? LIMIT_QUOTA_ORG_TASKS : LIMIT_QUOTA_USER_TASKS,
			   .org = org,
			   .what = " tasks"};
	(void)snprintf(x.has, sizeof(x.has), "%" PRIu64, has);
	(void)snprintf(x.most, sizeof(x.most), "%" PRIu64, most);
	(void)snprintf(x.more, sizeof(x.more), "%" PRIu64, more);
	return x;
}

/* A job that is run again is one refusal. */
static int refuse(struct quota_room *room, const struct excess *x, struct ts_error *err)
{
	const bool full = x->more[0] == '\0';
	if (!room->hit) {
		limits_hit(x->limit);
	}
	room->hit = true;
	return ts_fail(
		err, TS_ETOOBIG,
		"Your %s %s of the %s%s that %s may%s%s%s; ask the operator of the server for "
		"more. Nothing was stored and nothing is lost: your changes wait for a sync "
		"that succeeds.",
		x->org ? "organization's accounts hold" : "account holds", x->has, x->most, x->what,
		x->org ? "they" : "it", full ? "" : ", and this sync brings ", x->more,
		full ? "" : " more");
}

int quota_begin(struct quota *q, struct ts_store *store, struct ts_txn *t, const struct settings *s,
		const struct account *a, struct quota_room *room, struct ts_error *err)
{
	const struct ts_quota *user = &a->user.quota, *org = &a->org.quota;
	const bool hit = room->hit;
	struct excess x;
	*room = (struct quota_room){
		.user = {quota_of(user->bytes, s->quota_user_bytes),
			 quota_of(user->tasks, s->quota_user_tasks)},
		.org = {quota_of(org->bytes, s->quota_org_bytes),
			quota_of(org->tasks, s->quota_org_tasks)},
		.hit = hit,
	};
	int rc = use_of(t, a->user.id, &room->user_has, err);
	if (rc == TS_OK && room->org.bytes + room->org.tasks > 0) {
		rc = org_use(q, store, &a->org, &room->org_has, err);
	}
	if (rc != TS_OK) {
		return rc;
	}
	if (room->user.bytes > 0 && room->user_has.bytes >= room->user.bytes) {
		x = of_bytes(false, room->user_has.bytes, room->user.bytes, 0);
		return refuse(room, &x, err);
	}
	if (room->org.bytes > 0 && room->org_has.bytes >= room->org.bytes) {
		x = of_bytes(true, room->org_has.bytes, room->org.bytes, 0);
		return refuse(room, &x, err);
	}
	return TS_OK;
}

/* There is more than there was, and more than there may be. */
static bool is_beyond(uint64_t had, uint64_t more, uint64_t most)
{
	return most > 0 && more > 0 && had + more > most;
}

static uint64_t growth(uint64_t before, uint64_t now)
{
	return now > before ? now - before : 0;
}

int quota_end(struct ts_txn *t, const struct account *a, struct quota_room *room,
	      struct ts_error *err)
{
	struct quota_use now = {0};
	int rc = use_of(t, a->user.id, &now, err);
	if (rc != TS_OK) {
		return rc;
	}
	const struct quota_use *user = &room->user_has, *org = &room->org_has;
	const uint64_t bytes = growth(user->bytes, now.bytes);
	const uint64_t tasks = growth(user->tasks, now.tasks);
	struct excess x;
	if (is_beyond(user->bytes, bytes, room->user.bytes)) {
		x = of_bytes(false, user->bytes, room->user.bytes, bytes);
	} else if (is_beyond(org->bytes, bytes, room->org.bytes)) {
		x = of_bytes(true, org->bytes, room->org.bytes, bytes);
	} else if (is_beyond(user->tasks, tasks, room->user.tasks)) {
		x = of_tasks(false, user->tasks, room->user.tasks, tasks);
	} else if (is_beyond(org->tasks, tasks, room->org.tasks)) {
		x = of_tasks(true, org->tasks, room->org.tasks, tasks);
	} else {
		return TS_OK;
	}
	return refuse(room, &x, err);
}
