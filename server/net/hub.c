/* SPDX-License-Identifier: MIT */
/* All connections of a loop: room for new ones, reload, stop, and news from other processes. */
#include "server/net/conn_internal.h"

enum { LOOK_MS = 1000 }; /* between two looks at what other processes have written */

/* News from other processes */

static void wake_all(struct hub *h)
{
	struct conn *c;
	TAILQ_FOREACH(c, &h->waiting, link)
	{
		conn_wake(c);
	}
}

static bool has_news(struct ts_txn *t, const struct conn *c)
{
	struct ts_transaction newest;
	return ts_transaction_newest(t, c->user, &newest, NULL) != TS_OK ||
	       newest.last > c->since || conn_lost(c, t);
}

/* Somebody else has written; who may not wait any more is told as well. False: the store can't
 * be read now. */
static bool look_at_all(struct hub *h)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	struct conn *c;
	if (ts_txn_begin(h->store, TS_READ, &t, NULL) != TS_OK) {
		return false;
	}
	TAILQ_FOREACH(c, &h->waiting, link)
	{
		if (has_news(t, c)) {
			conn_wake(c);
		}
	}
	return true;
}

static void on_look(struct ts_timer *timer)
{
	struct hub *h = TS_OWNER(timer, struct hub, look);
	if (TAILQ_EMPTY(&h->waiting)) {
		return;
	}
	uint64_t foreign = waiters_look(h->waiters, ts_store_serial(h->store));
	if (foreign != h->foreign && look_at_all(h)) {
		h->foreign = foreign;
	}
	if (hub_watch(h) != TS_OK) {
		wake_all(h);
	}
}

int hub_watch(struct hub *h)
{
	return h->look.at == 0 ? ts_loop_arm(h->loop, &h->look, LOOK_MS) : TS_OK;
}

/* Life */

void hub_init(struct hub *h)
{
	TAILQ_INIT(&h->strangers);
	TAILQ_INIT(&h->known);
	TAILQ_INIT(&h->idle);
	TAILQ_INIT(&h->waiting);
	h->look.on_time = on_look;
}

static void refresh_list(struct conn_list *list)
{
	struct conn *c;
	TAILQ_FOREACH(c, list, link)
	{
		conn_refresh(c);
	}
}

void hub_reload(struct hub *h, struct policy *policy)
{
	h->policy = policy;
	refresh_list(&h->idle);
	refresh_list(&h->waiting);
	(void)look_at_all(h); /* some may not wait any more */
}

size_t hub_busy(const struct hub *h)
{
	size_t open = h->open != NULL ? atomic_load(h->open) : h->count;
	size_t waiting = h->waiters != NULL ? waiters_count(h->waiters) : 0;
	return open > waiting ? open - waiting : 0;
}

/* One that has shown who it is, but neither sends nor takes anything. */
static struct conn *find_stalled(const struct hub *h)
{
	enum { LOOKED_AT = 64 };
	struct conn *c = TAILQ_FIRST(&h->known);
	for (int i = 0; c != NULL && i < LOOKED_AT; i++, c = TAILQ_NEXT(c, link)) {
		if (!c->posted &&
		    ts_loop_now(h->loop) - c->progressed >= c->policy->settings.timeout_crowded) {
			return c;
		}
	}
	return NULL;
}

/* The oldest one that hasn't shown who it is, if it had its time for that. */
static struct conn *find_stranger(const struct hub *h)
{
	struct conn *c = TAILQ_FIRST(&h->strangers);
	while (c != NULL && c->posted) {
		c = TAILQ_NEXT(c, link);
	}
	bool late =
		c != NULL && ts_loop_now(h->loop) - c->born >= c->policy->settings.timeout_crowded;
	return late ? c : NULL;
}

/* Between two requests; whoever was kept longest goes first. */
static struct conn *find_idle(const struct hub *h)
{
	struct conn *c = TAILQ_FIRST(&h->idle);
	while (c != NULL && c->posted) {
		c = TAILQ_NEXT(c, link);
	}
	return c;
}

static bool push_out(struct conn *c, const char *why)
{
	if (c == NULL) {
		return false;
	}
	(void)conn_end(c, TS_LOG_INFO, why);
	conn_close(c);
	return true;
}

bool hub_make_room(struct hub *h)
{
	struct conn *c = find_idle(h);
	c = c != NULL ? c : find_stranger(h);
	c = c != NULL ? c : find_stalled(h);
	return push_out(c, "too many connections");
}

bool hub_drop_stranger(struct hub *h)
{
	return push_out(find_stranger(h), "too many connections of strangers");
}

static bool has_begun(const struct conn *c)
{
	return c->in.len > 0 || c->request != NULL;
}

/* Whoever has shaken hands gets an answer, be it that the server stops, if they ask soon. */
static void hurry(struct conn *c)
{
	uint64_t ms = c->policy->settings.timeout_close;
	if (ts_loop_arm(c->hub->loop, &c->timer, ms) != TS_OK) {
		conn_close(c);
	}
}

static void end_idle(struct hub *h)
{
	struct conn *next;
	for (struct conn *c = TAILQ_FIRST(&h->idle); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		(void)conn_late_idle(c);
		conn_ready(c);
	}
}

/* A log-in that failed is answered at once, also one of somebody who had shown who they are. */
static void end_delays(struct conn_list *list)
{
	struct conn *next;
	for (struct conn *c = TAILQ_FIRST(list); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		if (c->state == CONN_DELAY) {
			(void)conn_late_delay(c);
			conn_ready(c);
		}
	}
}

void hub_stop(struct hub *h)
{
	struct conn *next;
	end_idle(h);
	wake_all(h);
	end_delays(&h->strangers);
	end_delays(&h->known);
	for (struct conn *c = TAILQ_FIRST(&h->strangers); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		if (c->state == CONN_PROXY || c->state == CONN_HANDSHAKE) {
			conn_close(c);
		} else if (!has_begun(c)) {
			hurry(c);
		}
	}
	h->stopping = true;
	if (h->count == 0 && h->on_empty != NULL) {
		h->on_empty(h);
	}
}

static void abandon_list(struct conn_list *list)
{
	struct conn *next;
	for (struct conn *c = TAILQ_FIRST(list); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		(void)conn_end(c, TS_LOG_INFO, "the server stops");
		conn_close(c);
	}
}

void hub_abandon(struct hub *h)
{
	abandon_list(&h->strangers);
	abandon_list(&h->known);
	abandon_list(&h->idle);
	abandon_list(&h->waiting);
}
