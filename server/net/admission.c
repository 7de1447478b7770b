/* SPDX-License-Identifier: MIT */
#include "server/net/admission.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/random.h>

enum {
	SHARDS = 16,
	BUCKETS = 512,      /* of a shard */
	ABSENT_MAX = 1024,  /* of a shard: addresses that hold no connection */
	SUBNET = 8,         /* [bytes] of an IPv6 address that count */
	BURST = 3,          /* [s] of a rate that may be used at once */
	FORGET_MS = 600000, /* without a failed log-in */
	TELL_MS = 1000      /* between two log lines about an address */
};

struct visitor {
	LIST_ENTRY(visitor) link;   /* of its bucket */
	TAILQ_ENTRY(visitor) since; /* of those that are absent */
	struct shard *shard;
	uint8_t key[16];
	uint64_t open;     /* connections */
	uint64_t credit;   /* [1/1000] connections that may begin now */
	uint64_t filled;   /* [ms] when the credit was reckoned */
	uint64_t failures; /* of log-ins */
	uint64_t failed;   /* [ms] the last one */
	uint64_t refused;  /* and not told */
	uint64_t told;     /* [ms] when refusals were told; 0: never */
};

LIST_HEAD(visitors, visitor);
TAILQ_HEAD(absentees, visitor);

struct shard {
	pthread_mutex_t lock; /* of what follows */
	struct visitors buckets[BUCKETS];
	struct absentees absent; /* whoever left first goes first */
	size_t absent_count, count;
};

struct admission {
	uint64_t secret[2]; /* nobody can choose addresses that meet in a bucket */
	atomic_size_t strangers;
	struct shard shards[SHARDS];
};

int admission_new(struct admission **ret, struct ts_error *err)
{
	struct admission *a = calloc(1, sizeof(*a));
	if (a == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory for the table of addresses.");
	}
	if (getrandom(a->secret, sizeof(a->secret), 0) != (ssize_t)sizeof(a->secret)) {
		free(a);
		return ts_fail(err, TS_EIO, "The system gives no random numbers.");
	}
	for (size_t i = 0; i < SHARDS; i++) {
		(void)pthread_mutex_init(&a->shards[i].lock, NULL);
		TAILQ_INIT(&a->shards[i].absent);
	}
	*ret = a;
	return TS_OK;
}

static void free_bucket(struct visitors *bucket)
{
	struct visitor *v;
	while ((v = LIST_FIRST(bucket)) != NULL) {
		LIST_REMOVE(v, link);
		free(v);
	}
}

void admission_free(struct admission *a)
{
	if (a == NULL) {
		return;
	}
	for (size_t i = 0; i < SHARDS; i++) {
		for (size_t k = 0; k < BUCKETS; k++) {
			free_bucket(&a->shards[i].buckets[k]);
		}
		(void)pthread_mutex_destroy(&a->shards[i].lock);
	}
	free(a);
}

/* Finding a visitor */

static void make_key(const struct ts_address *from, uint8_t key[static 16])
{
	const size_t n = ts_address_is_ipv4(from) ? sizeof(from->bytes) : SUBNET;
	memset(key, 0, sizeof(from->bytes));
	memcpy(key, from->bytes, n);
}

/* Both halves of a product of 128 bits, so that each bit of the key has a say in all others. */
static uint64_t mix(uint64_t x, uint64_t y)
{
	unsigned __int128 product = (unsigned __int128)x * (y | 1);
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash(const struct admission *a, const uint8_t key[static 16])
{
	uint64_t halves[2];
	memcpy(halves, key, sizeof(halves));
	uint64_t h = mix(halves[0] ^ a->secret[0], a->secret[1]);
	return mix(halves[1] ^ h, a->secret[0]);
}

static struct visitor *find(struct visitors *bucket, const uint8_t key[static 16])
{
	struct visitor *v;
	LIST_FOREACH(v, bucket, link)
	{
		if (memcmp(v->key, key, sizeof(v->key)) == 0) {
			return v;
		}
	}
	return NULL;
}

/* With the lock held, all of these. */

static void forget_one(struct shard *s)
{
	struct visitor *v = TAILQ_FIRST(&s->absent);
	TAILQ_REMOVE(&s->absent, v, since);
	LIST_REMOVE(v, link);
	s->absent_count--;
	s->count--;
	free(v);
}

static void add_absent(struct shard *s, struct visitor *v)
{
	TAILQ_INSERT_TAIL(&s->absent, v, since);
	s->absent_count++;
	while (s->absent_count > ABSENT_MAX) {
		forget_one(s);
	}
}

static void take_absent(struct shard *s, struct visitor *v)
{
	TAILQ_REMOVE(&s->absent, v, since);
	s->absent_count--;
}

/* NULL: out of memory. */
static struct visitor *find_or_make(struct shard *s, struct visitors *bucket,
				    const uint8_t key[static 16], const struct settings *st,
				    uint64_t now)
{
	struct visitor *v = find(bucket, key);
	if (v != NULL) {
		return v;
	}
	v = calloc(1, sizeof(*v));
	if (v != NULL) {
		v->shard = s;
		v->filled = now;
		v->credit = BURST * 1000 * st->handshake_rate;
		memcpy(v->key, key, sizeof(v->key));
		LIST_INSERT_HEAD(bucket, v, link);
		s->count++;
		add_absent(s, v);
	}
	return v;
}

/* Other threads' clocks may be a little ahead. */
static uint64_t elapsed(uint64_t now, uint64_t then)
{
	return now > then ? now - then : 0;
}

/* A bucket that fills by `rate` a second, and never beyond BURST seconds of it. */
static bool spend(struct visitor *v, uint64_t rate, uint64_t now)
{
	const uint64_t most = BURST * 1000 * rate;
	uint64_t ms = elapsed(now, v->filled);
	v->credit += (ms < BURST * 1000 ? ms : BURST * 1000) * rate;
	v->credit = v->credit < most ? v->credit : most;
	v->filled += ms;
	if (v->credit < 1000) {
		return false;
	}
	v->credit -= 1000;
	return true;
}

static enum limit judge(struct visitor *v, const struct settings *st, uint64_t now)
{
	if (st->connection_address > 0 && v->open >= st->connection_address) {
		return LIMIT_CONNECTION_ADDRESS;
	}
	bool late = st->handshake_rate > 0 && !spend(v, st->handshake_rate, now);
	return late ? LIMIT_HANDSHAKE_RATE : LIMITS;
}

/* How many refusals to tell of now. */
static uint64_t refuse(struct shard *s, struct visitor *v, uint64_t now)
{
	v->refused++;
	if (v->open == 0) { /* seen just now, so not to be forgotten first */
		take_absent(s, v);
		add_absent(s, v);
	}
	if (v->told != 0 && elapsed(now, v->told) < TELL_MS) {
		return 0;
	}
	uint64_t n = v->refused;
	v->refused = 0;
	v->told = now;
	return n;
}

static void come_in(struct shard *s, struct visitor *v)
{
	if (v->open++ == 0) {
		take_absent(s, v);
	}
}

/* The doors */

/* Without limits nothing has to be remembered. */
static bool is_free(const struct policy *p, const struct ts_address *from)
{
	const struct settings *s = &p->settings;
	bool none = s->connection_address == 0 && s->handshake_rate == 0 && s->login_failures == 0;
	return none || ts_networks_have(&p->exempt, from);
}

enum limit admission_enter(struct admission *a, const struct policy *p,
			   const struct ts_address *from, uint64_t now, struct visitor **ret,
			   uint64_t *ret_tell)
{
	uint8_t key[16];
	*ret = NULL;
	*ret_tell = 0;
	if (is_free(p, from)) {
		return LIMITS;
	}
	make_key(from, key);
	uint64_t h = hash(a, key);
	struct shard *s = &a->shards[h % SHARDS];
	(void)pthread_mutex_lock(&s->lock);
	struct visitors *bucket = &s->buckets[h / SHARDS % BUCKETS];
	struct visitor *v = find_or_make(s, bucket, key, &p->settings, now);
	enum limit limit = v != NULL ? judge(v, &p->settings, now) : LIMITS;
	if (limit != LIMITS) {
		*ret_tell = refuse(s, v, now);
	} else if (v != NULL) {
		come_in(s, v);
		*ret = v;
	}
	(void)pthread_mutex_unlock(&s->lock);
	return limit;
}

void admission_leave(struct admission *a, struct visitor *v)
{
	if (a == NULL || v == NULL) {
		return;
	}
	struct shard *s = v->shard;
	(void)pthread_mutex_lock(&s->lock);
	if (--v->open == 0) {
		add_absent(s, v);
	}
	(void)pthread_mutex_unlock(&s->lock);
}

/* Twice as long for each further one. */
static uint64_t delay(const struct settings *st, uint64_t further)
{
	uint64_t ms = st->login_delay;
	while (further > 0 && ms > 0 && ms < st->login_delay_max) {
		ms *= 2;
		further--;
	}
	return ms < st->login_delay_max ? ms : st->login_delay_max;
}

uint64_t admission_failed(struct admission *a, const struct policy *p, struct visitor *v,
			  uint64_t now)
{
	const struct settings *st = &p->settings;
	if (a == NULL || v == NULL || st->login_failures == 0) {
		return 0;
	}
	(void)pthread_mutex_lock(&v->shard->lock);
	v->failures = elapsed(now, v->failed) < FORGET_MS ? v->failures + 1 : 1;
	v->failed = now;
	uint64_t failures = v->failures;
	(void)pthread_mutex_unlock(&v->shard->lock);
	return failures > st->login_failures ? delay(st, failures - st->login_failures - 1) : 0;
}

size_t admission_known(struct admission *a)
{
	size_t n = 0;
	for (size_t i = 0; i < SHARDS; i++) {
		(void)pthread_mutex_lock(&a->shards[i].lock);
		n += a->shards[i].count;
		(void)pthread_mutex_unlock(&a->shards[i].lock);
	}
	return n;
}

/* Strangers */

void admission_add_stranger(struct admission *a)
{
	if (a != NULL) {
		(void)atomic_fetch_add(&a->strangers, 1);
	}
}

void admission_drop_stranger(struct admission *a)
{
	if (a != NULL) {
		(void)atomic_fetch_sub(&a->strangers, 1);
	}
}

size_t admission_strangers(const struct admission *a)
{
	return a != NULL ? atomic_load(&a->strangers) : 0;
}
