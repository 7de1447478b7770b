/* SPDX-License-Identifier: MIT */
#include "server/request/presence.h"

#include "common/base/utf8.h"
#include "server/request/device_room.h"

#include <pthread.h>
#include <sys/queue.h>

enum {
	BUCKETS = 4096,
	DEVICES_MAX = 16384, /* in memory */
	AT_ONCE = 128,       /* written in one transaction */
	AGAIN_MS = 30000,    /* between two writings of a device */
	LONGEST_MS = 60000   /* before a commit of its own */
};

TAILQ_HEAD(queue, entry);

/* What is known of a device. */
struct entry {
	LIST_ENTRY(entry) link;
	TAILQ_ENTRY(entry) queued;
	struct queue *in;
	uint64_t at; /* [ms] in that queue since */
	uint32_t user;
	uint64_t most; /* devices of that user */
	bool known;    /* it was in the store when it was seen last */
	bool synced;   /* card.synced was said */
	bool again;    /* seen while it is being written */
	struct ts_device card;
};

struct presence {
	pthread_mutex_t lock; /* of all that follows */
	LIST_HEAD(, entry) buckets[BUCKETS];
	/* Each in the order in which they came into it. */
	struct queue fresh;   /* seen, and not written lately */
	struct queue later;   /* seen, and written not long ago */
	struct queue writing; /* the storage thread has them */
	struct queue clean;   /* written, and not seen since */
	size_t count;
};

int presence_new(struct presence **ret, struct ts_error *err)
{
	struct presence *p = calloc(1, sizeof(*p));
	if (p == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory for what is seen of devices.");
	}
	(void)pthread_mutex_init(&p->lock, NULL);
	TAILQ_INIT(&p->fresh);
	TAILQ_INIT(&p->later);
	TAILQ_INIT(&p->writing);
	TAILQ_INIT(&p->clean);
	*ret = p;
	return TS_OK;
}

/* With the lock held, all of these. */

/* Other threads' clocks may be a little ahead. */
static uint64_t elapsed(uint64_t ms, uint64_t then)
{
	return ms > then ? ms - then : 0;
}

static size_t bucket_of(uint32_t user, const char *id)
{
	uint32_t hash = 2166136261U ^ user; /* FNV-1a */
	for (const char *at = id; *at != '\0'; at++) {
		hash = (hash ^ (unsigned char)*at) * 16777619U;
	}
	return hash % BUCKETS;
}

static struct entry *find(struct presence *p, uint32_t user, const char *id)
{
	struct entry *e;
	LIST_FOREACH(e, &p->buckets[bucket_of(user, id)], link)
	{
		if (e->user == user && strcmp(e->card.id, id) == 0) {
			return e;
		}
	}
	return NULL;
}

static void move(struct entry *e, struct queue *to, uint64_t ms)
{
	if (e->in != NULL) {
		TAILQ_REMOVE(e->in, e, queued);
	}
	TAILQ_INSERT_TAIL(to, e, queued);
	e->in = to;
	e->at = ms;
}

static void drop(struct presence *p, struct entry *e)
{
	TAILQ_REMOVE(e->in, e, queued);
	LIST_REMOVE(e, link);
	p->count--;
	free(e);
}

static struct entry *add(struct presence *p, const struct sighting *s)
{
	if (p->count >= DEVICES_MAX && !TAILQ_EMPTY(&p->clean)) {
		drop(p, TAILQ_FIRST(&p->clean));
	}
	struct entry *e = p->count < DEVICES_MAX ? calloc(1, sizeof(*e)) : NULL;
	if (e == NULL) {
		return NULL;
	}
	e->user = s->user;
	e->card = *s->card;
	LIST_INSERT_HEAD(&p->buckets[bucket_of(s->user, s->card->id)], e, link);
	move(e, &p->fresh, s->ms);
	p->count++;
	return e;
}

static void copy_text(char *to, size_t size, struct ts_slice text)
{
	text = ts_utf8_beginning(text, size - 1);
	if (text.len > 0) {
		memcpy(to, text.data, text.len);
	}
	to[text.len] = '\0';
}

/* The numbers go down: 30 days, 14, 7, 1. */
static unsigned least_warned(unsigned one, unsigned other)
{
	return one == 0 || (other != 0 && other < one) ? other : one;
}

/* True where it says something new. */
static bool update(struct entry *e, const struct sighting *s)
{
	struct ts_device d = e->card;
	d.first = d.first == 0 ? s->now : d.first;
	d.seen = s->now;
	d.warned = least_warned(d.warned, s->card->warned);
	d.synced = s->synced != NULL ? *s->synced : d.synced;
	copy_text(d.client, sizeof(d.client), s->client);
	copy_text(d.address, sizeof(d.address), ts_slice_of(s->address));
	bool news = d.seen != e->card.seen || d.warned != e->card.warned ||
		    d.synced != e->card.synced || strcmp(d.client, e->card.client) != 0 ||
		    strcmp(d.address, e->card.address) != 0;
	e->card = d;
	e->known = s->known;
	e->most = s->most;
	e->synced |= s->synced != NULL;
	return news;
}

static void note(struct presence *p, const struct sighting *s)
{
	struct entry *e = find(p, s->user, s->card->id);
	e = e != NULL ? e : add(p, s);
	if (e == NULL || !update(e, s)) {
		return;
	}
	e->again = e->in == &p->writing;
	if (e->in == &p->clean) {
		move(e, elapsed(s->ms, e->at) >= AGAIN_MS ? &p->fresh : &p->later, s->ms);
	}
}

static bool has_waited(const struct queue *q, uint64_t now, uint64_t ms)
{
	const struct entry *first = TAILQ_FIRST(q);
	return first != NULL && elapsed(now, first->at) >= ms;
}

/* Move what may be written now to `writing`, and copy it. */
static size_t take(struct presence *p, uint64_t ms, bool last, struct entry *to)
{
	size_t count = 0;
	while (!TAILQ_EMPTY(&p->later) && (last || has_waited(&p->later, ms, AGAIN_MS))) {
		struct entry *e = TAILQ_FIRST(&p->later);
		move(e, &p->fresh, e->at);
	}
	while (count < AT_ONCE && !TAILQ_EMPTY(&p->fresh)) {
		struct entry *e = TAILQ_FIRST(&p->fresh);
		e->again = false;
		move(e, &p->writing, ms);
		to[count++] = *e;
	}
	return count;
}

static bool is_idle(const struct presence *p, uint64_t ms, bool last)
{
	return TAILQ_EMPTY(&p->fresh) &&
	       (TAILQ_EMPTY(&p->later) || (!last && !has_waited(&p->later, ms, AGAIN_MS)));
}

static void settle(struct presence *p, struct entry *e, uint64_t ms, bool stored)
{
	e->known |= stored;
	if (!stored) {
		move(e, &p->fresh, ms);
	} else {
		move(e, e->again ? &p->later : &p->clean, ms);
	}
}

static void forget_old(struct presence *p, uint64_t ms)
{
	while (has_waited(&p->clean, ms, AGAIN_MS)) {
		drop(p, TAILQ_FIRST(&p->clean));
	}
}

/* The doors */

void presence_free(struct presence *p)
{
	if (p == NULL) {
		return;
	}
	struct queue *queues[] = {&p->fresh, &p->later, &p->writing, &p->clean};
	for (size_t i = 0; i < TS_COUNT_OF(queues); i++) {
		while (!TAILQ_EMPTY(queues[i])) {
			drop(p, TAILQ_FIRST(queues[i]));
		}
	}
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}

void presence_note(struct presence *p, const struct sighting *s)
{
	(void)pthread_mutex_lock(&p->lock);
	note(p, s);
	(void)pthread_mutex_unlock(&p->lock);
}

void presence_recall(struct presence *p, uint32_t user, struct ts_device *card)
{
	(void)pthread_mutex_lock(&p->lock);
	const struct entry *e = find(p, user, card->id);
	if (e != NULL) {
		card->warned = least_warned(card->warned, e->card.warned);
		card->synced = e->synced ? e->card.synced : card->synced;
	}
	(void)pthread_mutex_unlock(&p->lock);
}

bool presence_due(struct presence *p, uint64_t ms, bool last)
{
	(void)pthread_mutex_lock(&p->lock);
	bool some = !TAILQ_EMPTY(&p->fresh) || !TAILQ_EMPTY(&p->later);
	bool late = has_waited(&p->fresh, ms, LONGEST_MS) || has_waited(&p->later, ms, LONGEST_MS);
	(void)pthread_mutex_unlock(&p->lock);
	return last ? some : late;
}

static int register_new(struct ts_txn *t, const struct entry *e, struct ts_error *err)
{
	struct ts_transaction newest;
	struct ts_device d = e->card;
	int rc = ts_transaction_newest(t, e->user, &newest, err);
	if (rc != TS_OK) {
		return rc == TS_ENOTFOUND ? TS_OK : rc; /* the user was removed meanwhile */
	}
	rc = device_make_room(t, e->user, e->most, err);
	if (rc == TS_OK) {
		rc = ts_device_free_name(t, e->user, ts_slice_of(e->card.name), d.name, err);
	}
	return rc == TS_OK ? ts_device_put(t, e->user, &d, err) : rc;
}

static int write_one(struct ts_txn *t, const struct entry *e, struct ts_error *err)
{
	struct ts_device d;
	const struct ts_device *c = &e->card;
	int rc = ts_device_get(t, e->user, c->id, &d, err);
	if (rc == TS_ENOTFOUND) {
		return e->known ? TS_OK : register_new(t, e, err);
	}
	if (rc != TS_OK) {
		return rc;
	}
	d.first = d.first == 0 ? c->first : d.first;
	d.seen = c->seen;
	d.until = d.until == 0 ? c->until : d.until;
	d.synced = e->synced ? c->synced : d.synced;
	d.warned = least_warned(d.warned, c->warned);
	memcpy(d.client, c->client, sizeof(d.client));
	memcpy(d.address, c->address, sizeof(d.address));
	return ts_device_put(t, e->user, &d, err);
}

int presence_write(struct presence *p, uint64_t ms, bool last, struct ts_txn *t,
		   struct ts_error *err)
{
	(void)pthread_mutex_lock(&p->lock);
	bool idle = is_idle(p, ms, last);
	(void)pthread_mutex_unlock(&p->lock);
	TS_AUTOFREE struct entry *some = idle ? NULL : calloc(AT_ONCE, sizeof(*some));
	if (idle) {
		return TS_OK;
	}
	if (some == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory for what was seen of devices.");
	}
	(void)pthread_mutex_lock(&p->lock);
	size_t count = take(p, ms, last, some);
	(void)pthread_mutex_unlock(&p->lock);
	int rc = TS_OK;
	for (size_t i = 0; i < count && rc == TS_OK; i++) {
		rc = write_one(t, &some[i], err);
		/* What the store doesn't take has written nothing, and would not be taken later. */
		rc = rc == TS_EINVAL || rc == TS_EEXIST ? TS_OK : rc;
	}
	return rc;
}

void presence_written(struct presence *p, uint64_t ms, bool stored)
{
	(void)pthread_mutex_lock(&p->lock);
	while (!TAILQ_EMPTY(&p->writing)) {
		settle(p, TAILQ_FIRST(&p->writing), ms, stored);
	}
	forget_old(p, ms);
	(void)pthread_mutex_unlock(&p->lock);
}

size_t presence_count(struct presence *p)
{
	(void)pthread_mutex_lock(&p->lock);
	size_t count = p->count;
	(void)pthread_mutex_unlock(&p->lock);
	return count;
}
