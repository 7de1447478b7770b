/* SPDX-License-Identifier: MIT */
#include "server/net/conn_internal.h"

#include <stdio.h>
#include <sys/epoll.h>

static void put_into(struct conn *c, struct conn_list *list)
{
	TAILQ_INSERT_TAIL(list, c, link);
	c->list = list;
	if (list == &c->hub->strangers) {
		admission_add_stranger(c->hub->admission);
	}
}

static void take_out(struct conn *c)
{
	TAILQ_REMOVE(c->list, c, link);
	if (c->list == &c->hub->strangers) {
		admission_drop_stranger(c->hub->admission);
	}
}

static void unlink_conn(struct conn *c)
{
	struct hub *h = c->hub;
	take_out(c);
	admission_leave(h->admission, c->visitor);
	h->count--;
	if (h->open != NULL) {
		(void)atomic_fetch_sub(h->open, 1);
	}
}

static void conn_free(struct conn *c)
{
	struct hub *h = c->hub;
	ts_loop_disarm(h->loop, &c->timer);
	ts_loop_unwatch(h->loop, &c->watch);
	stats_state(h->stats, (int)c->state, -1);
	unlink_conn(c);
	conn_drop_request(c);
	c->io.ops->free(c->io.ctx);
	ts_buf_done(&c->in);
	ts_buf_done(&c->ahead);
	ts_buf_done(&c->out);
	policy_unref(c->policy);
	free(c);
	if (h->stopping && h->count == 0 && h->on_empty != NULL) {
		h->on_empty(h);
	}
}

/* Deadlines */

static uint64_t state_timeout(const struct conn *c)
{
	size_t at = conn_rows[c->state].timeout;
	const void *field = (const char *)&c->policy->settings + at;
	return at != 0 ? *(const uint64_t *)field : 0;
}

void conn_progress(struct conn *c)
{
	struct ts_loop *loop = c->hub->loop;
	uint64_t ms = state_timeout(c);
	c->progressed = ts_loop_now(loop);
	if (ms == 0) {
		ts_loop_disarm(loop, &c->timer);
		return;
	}
	uint64_t now = ts_loop_now(loop);
	if (conn_rows[c->state].whole && c->request_end != 0 && now + ms > c->request_end) {
		ms = c->request_end > now ? c->request_end - now : 0;
	}
	c->late = ts_loop_arm(loop, &c->timer, ms) != TS_OK; /* never unbounded */
}

enum conn_step conn_go(struct conn *c, enum conn_state state)
{
	stats_state(c->hub->stats, (int)c->state, (int)state);
	c->state = state;
	conn_progress(c);
	return STEP_NEXT;
}

/* Steps */

/* Level-triggered: TLS may say "later" while the socket still has bytes. */
static int watch_for(struct conn *c, uint32_t events)
{
	return c->watch.fd < 0 ? TS_OK : ts_loop_watch(c->hub->loop, &c->watch, events);
}

void conn_post(struct conn *c)
{
	c->posted = true;
	ts_loop_post(c->hub->loop, &c->post);
}

static void settle(struct conn *c, enum conn_step step)
{
	int rc = TS_OK;
	if (step == STEP_READ || step == STEP_WRITE) {
		rc = watch_for(c, step == STEP_READ ? EPOLLIN : EPOLLOUT);
	} else if (step == STEP_PAUSE) {
		rc = watch_for(c, EPOLLRDHUP);
	} else if (step == STEP_TURN) {
		conn_post(c);
	}
	if (rc != TS_OK || step == STEP_END) {
		conn_close(c);
	}
}

static void run(struct conn *c, enum conn_step step)
{
	while (step == STEP_NEXT) {
		step = conn_rows[c->state].run(c);
	}
	settle(c, step);
}

static enum conn_step run_late(struct conn *c)
{
	const struct conn_row *row = &conn_rows[c->state];
	char why[80];
	c->late = false;
	if (row->late != NULL) {
		return row->late(c);
	}
	(void)snprintf(why, sizeof(why), "timed out: %s", row->name);
	return conn_end(c, TS_LOG_INFO, why);
}

void conn_ready(struct conn *c)
{
	if (!c->posted) {
		run(c, c->late ? run_late(c) : STEP_NEXT);
	}
}

/* Whoever can't go on now doesn't listen either; settle() listens again. */
static void on_ready(struct ts_watch *w, uint32_t events)
{
	struct conn *c = TS_OWNER(w, struct conn, watch);
	c->gone |= (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
	if (c->posted) {
		/* Nobody is left to be answered; what has to be stored is stored all the same. */
		c->doomed |= c->state == CONN_COMPOSE && (events & (EPOLLHUP | EPOLLERR)) != 0;
		ts_loop_unwatch(c->hub->loop, w);
	} else {
		conn_ready(c);
	}
}

static void on_time(struct ts_timer *t)
{
	struct conn *c = TS_OWNER(t, struct conn, timer);
	c->late = true;
	conn_ready(c);
}

static void on_post(struct ts_post *p)
{
	struct conn *c = TS_OWNER(p, struct conn, post);
	c->posted = false;
	c->woken |= c->waits;
	c->waits = false;
	if (c->doomed) {
		conn_free(c);
		return;
	}
	conn_ready(c);
}

void conn_close(struct conn *c)
{
	if (c->posted || !conn_leave(c)) {
		c->doomed = true;
	} else {
		conn_free(c);
	}
}

/* The storage thread */

static int job_run(struct job *j, struct ts_txn *t, struct ts_error *err)
{
	struct conn *c = TS_OWNER(j, struct conn, job);
	return request_store(c->request, t, err);
}

/* Who waits for news of this account. */
static void tell_others(const struct conn *c)
{
	const struct request *r = c->request;
	if (c->hub->waiters != NULL && r->stored && r->sync.stored > 0) {
		waiters_wake(c->hub->waiters, r->account.user.id, r->serial);
	}
}

/* Until the post arrives the connection belongs to the storage thread. */
static void job_done(struct job *j, const struct ts_error *err)
{
	struct conn *c = TS_OWNER(j, struct conn, job);
	if (err->code != TS_OK) {
		request_fail(c->request, err);
	} else {
		request_stored(c->request);
		tell_others(c);
	}
	ts_loop_post(c->hub->loop, &c->post);
}

enum conn_step conn_submit(struct conn *c)
{
	(void)conn_go(c, CONN_STORE);
	c->posted = true;
	int rc = writer_submit(c->hub->writer, &c->job, c->policy->settings.storage_queue);
	if (rc == TS_OK) {
		return STEP_STORE;
	}
	struct ts_error busy = {0};
	c->posted = false;
	limits_hit(LIMIT_STORAGE_QUEUE);
	(void)ts_fail(&busy, rc, "The server is busy; nothing was stored. Try again in a moment.");
	request_fail(c->request, &busy);
	return conn_go(c, CONN_COMPOSE);
}

/* Life */

int conn_new(struct hub *h, struct policy *policy, struct transport io, int fd,
	     const struct caller *from, struct conn **ret, struct ts_error *err)
{
	struct conn *c = calloc(1, sizeof(*c));
	if (c == NULL) {
		io.ops->free(io.ctx);
		admission_leave(h->admission, from->visitor);
		return ts_fail(err, TS_ENOMEM, "Out of memory for a connection.");
	}
	c->hub = h;
	c->policy = policy_ref(policy);
	c->io = io;
	c->watch = (struct ts_watch){.fd = fd, .on_ready = on_ready};
	c->timer.on_time = on_time;
	c->post.run = on_post;
	c->born = ts_loop_now(h->loop);
	c->opened = stats_clock();
	stats_add(&h->stats->accepted, 1);
	stats_state(h->stats, -1, (int)c->state);
	c->job = (struct job){.run = job_run, .done = job_done};
	c->address = from->address;
	c->visitor = from->visitor;
	ts_address_text(&c->address, c->peer);
	put_into(c, &h->strangers);
	h->count++;
	if (h->open != NULL) {
		(void)atomic_fetch_add(h->open, 1);
	}
	(void)conn_go(c, from->proxied ? CONN_PROXY : CONN_HANDSHAKE);
	if (c->late || watch_for(c, EPOLLIN) != TS_OK) {
		conn_free(c);
		return ts_fail(err, TS_ENOMEM, "Can't watch a connection.");
	}
	*ret = c;
	return TS_OK;
}

void conn_move(struct conn *c, struct conn_list *to)
{
	take_out(c);
	put_into(c, to);
}

void conn_refresh(struct conn *c)
{
	struct policy *now = c->hub->policy;
	if (now == NULL || now == c->policy) {
		return;
	}
	c->io.ops->adopt(c->io.ctx, now->creds);
	policy_unref(c->policy);
	c->policy = policy_ref(now);
}
