/* SPDX-License-Identifier: MIT */
/*
 * Waiting for news. A connection is first in the table of those who wait, and only then looks
 * whether there are news, so that no commit slips through in between. If there are none it is
 * parked: its request is freed but for the headers. To be woken, by a commit, by the time or by
 * whatever the client sends, is to make the request again and to answer it.
 *
 * Another thread takes a connection out of the table and posts it; from that moment on nothing but
 * the post may run it (`posted`).
 */
#include "server/net/conn_internal.h"

bool conn_leave(struct conn *c)
{
	if (c->waits && !waiters_leave(c->hub->waiters, &c->waiter)) {
		c->posted = true;
		return false;
	}
	c->waits = false;
	return true;
}

void conn_wake(struct conn *c)
{
	if (!c->posted && conn_leave(c)) {
		c->woken = true;
		conn_post(c);
	}
}

static int enter(struct conn *c, struct ts_error *err)
{
	struct hub *h = c->hub;
	const struct settings *s = &c->policy->settings;
	if (h->waiters == NULL) {
		return ts_fail(err, TS_EABSENT, "Nobody may wait here.");
	}
	struct waiting_limits limits = {(size_t)s->wait_connections, (size_t)s->wait_user};
	if (h->most != 0 && limits.all > h->most / 2) {
		limits.all = h->most / 2;
	}
	if (limits.user > (limits.all + 1) / 2) {
		limits.user = (limits.all + 1) / 2;
	}
	c->waiter = (struct waiter){.loop = h->loop, .post = &c->post};
	int rc = waiters_add(h->waiters, &c->waiter, c->request->account.user.id, &limits, err);
	c->waits = rc == TS_OK;
	return rc;
}

/* The request again, as if it came now. */
static void ask_again(struct conn *c)
{
	struct ts_error err = {0};
	struct ts_slice head = {c->in.data + TS_MESSAGE_PREFIX, c->head - TS_MESSAGE_PREFIX};
	struct request *r = conn_request(c);
	if (r == NULL) {
		return;
	}
	r->woken = r->waits = true;
	r->sync.since = c->since;
	if (request_open(r, head, &err) != TS_OK) {
		request_fail(r, &err);
	}
}

/* Nobody wakes it any more: answer. */
static enum conn_step finish(struct conn *c)
{
	c->woken = false;
	conn_move(c, &c->hub->known);
	c->received = c->complete - c->began;
	c->complete = stats_clock(); /* what was waited for is not our time */
	c->request_end = ts_loop_now(c->hub->loop) + c->policy->settings.timeout_request;
	if (c->request == NULL) {
		conn_refresh(c);
		ask_again(c);
	}
	return c->request != NULL ? conn_go(c, CONN_COMPOSE)
				  : conn_end(c, TS_LOG_ERROR, "out of memory");
}

bool conn_lost(const struct conn *c, struct ts_txn *t)
{
	struct ts_slice head = {c->in.data + TS_MESSAGE_PREFIX, c->head - TS_MESSAGE_PREFIX};
	return !request_stands(c->policy, head, c->device, c->certificate, t);
}

static enum conn_step finish_soon(struct conn *c)
{
	return conn_leave(c) ? finish(c) : STEP_STORE;
}

/* Give back what isn't needed while nothing happens. */
static enum conn_step park(struct conn *c)
{
	struct ts_buf head = {0};
	c->user = c->request->account.user.id;
	c->since = c->request->sync.since;
	memcpy(c->device, c->request->device, sizeof(c->device));
	c->certificate = c->request->peer.fingerprint[0] != '\0';
	uint64_t ms = c->request->wait_ms;
	ts_buf_add(&head, c->in.data, c->head);
	if (head.failed || hub_watch(c->hub) != TS_OK ||
	    ts_loop_arm(c->hub->loop, &c->timer, ms) != TS_OK) {
		ts_buf_done(&head);
		return finish_soon(c);
	}
	conn_drop_request(c);
	ts_buf_done(&c->in);
	ts_buf_done(&c->out);
	c->in = head;
	conn_move(c, &c->hub->waiting);
	return STEP_NEXT;
}

enum conn_step conn_begin_wait(struct conn *c)
{
	struct ts_error err = {0};
	bool news = false;
	(void)conn_go(c, CONN_WAIT);
	int rc = enter(c, &err);
	if (rc == TS_OK) {
		rc = request_news(c->request, &news, &err);
	}
	if (rc != TS_OK) {
		request_fail(c->request, &err);
	}
	/* Behind a torn message nothing begins: those bytes are its own. */
	bool more = !c->torn && conn_surplus(c).len > 0;
	return rc != TS_OK || news || more || c->hub->stopping ? finish_soon(c) : park(c);
}

/* Whatever the client sends ends the wait; it is the beginning of the next message. */
enum conn_step conn_on_wait(struct conn *c)
{
	struct ts_error err = {0};
	enum ts_wait wait = TS_WAIT_READ;
	if (c->woken) {
		return finish(c);
	}
	ssize_t n = c->io.ops->recv(c->io.ctx, c->hub->scratch, HUB_SCRATCH, &wait, &err);
	if (n <= 0) {
		return conn_not_now(c, n, wait, &err);
	}
	ts_buf_add(&c->ahead, c->hub->scratch, (size_t)n);
	return c->ahead.failed ? conn_end(c, TS_LOG_ERROR, "out of memory") : finish_soon(c);
}

enum conn_step conn_late_wait(struct conn *c)
{
	return c->woken ? finish(c) : finish_soon(c);
}
