/* SPDX-License-Identifier: MIT */
#include "server/request/quota.h"

#include "common/show/spell.h"

#include "server/request/rate.h"

#include <inttypes.h>
#include <stdio.h>

enum { SUMS = 64 }; /* organizations whose sums are remembered */

/* What all users of an organization have, for the write transaction of that serial: as of the
 * commit before it, and what it has stored itself. */
struct sum {
	uint32_t org;
	uint64_t serial;
	struct quota_use use;
};

struct quota {
	struct rate *rate;
	struct sum sums[SUMS]; /* the storage thread's */
};

int quota_new(struct quota **ret, struct ts_error *err)
{
	TS_CLEANUP(quota_free_p) struct quota *q = calloc(1, sizeof(*q));
	if (q == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory for quotas.");
	}
	int rc = rate_new(&q->rate, err);
	if (rc == TS_OK) {
		*ret = TS_TAKE(q);
	}
	return rc;
}

void quota_free(struct quota *q)
{
	if (q != NULL) {
		rate_free(q->rate);
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

int quota_request(struct quota *q, const struct settings *s, const struct account *a, uint64_t ms,
		  struct ts_error *err)
{
	const struct rate_payer user = {a->user.id,
					quota_of(a->user.quota.requests, s->quota_user_requests)};
	const struct rate_payer org = {a->org.id,
				       quota_of(a->org.quota.requests, s->quota_org_requests)};
	return rate_pay(q->rate, &user, &org, ms, err);
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

/* NULL: it isn't known. */
static struct sum *find_sum(struct quota *q, struct ts_txn *t, const struct ts_org *org)
{
	struct sum *sum = &q->sums[org->id % SUMS];
	return sum->org == org->id && sum->serial == ts_txn_serial(t) ? sum : NULL;
}

/* Looking at each user is for the first time, and for when another process has written. */
static int org_use(struct quota *q, struct ts_txn *t, const struct ts_org *org,
		   struct quota_use *ret, struct ts_error *err)
{
	const struct sum *known = find_sum(q, t, org);
	int rc = known == NULL ? quota_sum(t, org, ret, err) : TS_OK;
	if (known != NULL) {
		*ret = known->use;
	} else if (rc == TS_OK) {
		q->sums[org->id % SUMS] = (struct sum){org->id, ts_txn_serial(t), *ret};
	}
	return rc;
}

void quota_settled(struct quota *q, bool stored, uint64_t serial)
{
	for (size_t i = 0; i < SUMS; i++) {
		if (!stored) {
			q->sums[i] = (struct sum){0};
		} else if (q->sums[i].serial == serial) {
			q->sums[i].serial++;
		}
	}
}

enum { EXCESS_TEXT = 24 };

/* What one of the four quotas says no to. */
struct excess {
	enum limit limit;
	bool org;
	char has[EXCESS_TEXT], most[EXCESS_TEXT], more[EXCESS_TEXT]; /* "" none */
	const char *what;                                            /* behind the numbers */
};

static struct excess of_bytes(bool org, uint64_t has, uint64_t most, uint64_t more)
{
	struct excess x = {.limit = org ? LIMIT_QUOTA_ORG_BYTES : LIMIT_QUOTA_USER_BYTES,
			   .org = org,
			   .what = ""};
	(void)snprintf(x.has, sizeof(x.has), "%s", ts_size_text(has).text);
	(void)snprintf(x.most, sizeof(x.most), "%s", ts_size_text(most).text);
	if (more > 0) {
		(void)snprintf(x.more, sizeof(x.more), "%s", ts_size_text(more).text);
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
		"more. Nothing was stored and nothing is lost.",
		x->org ? "organization's accounts hold" : "account holds", x->has, x->most, x->what,
		x->org ? "they" : "it", full ? "" : ", and this sync brings ", x->more,
		full ? "" : " more");
}

int quota_begin(struct quota *q, struct ts_txn *t, const struct settings *s,
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
		rc = org_use(q, t, &a->org, &room->org_has, err);
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

/* What others of the same batch store comes on top of it. */
static void add_to_sum(struct quota *q, struct ts_txn *t, const struct ts_org *org,
		       const struct quota_use *before, const struct quota_use *now)
{
	struct sum *sum = find_sum(q, t, org);
	if (sum != NULL) {
		sum->use.bytes += now->bytes - before->bytes;
		sum->use.tasks += now->tasks - before->tasks;
	}
}

int quota_end(struct quota *q, struct ts_txn *t, const struct account *a, struct quota_room *room,
	      struct ts_error *err)
{
	struct quota_use now = {0};
	int rc = use_of(t, a->user.id, &now, err);
	if (rc != TS_OK) {
		return rc;
	}
	add_to_sum(q, t, &a->org, &room->user_has, &now);
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
