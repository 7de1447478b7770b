/* SPDX-License-Identifier: MIT */
/* A connection that is kept for further requests, where the client asks for that. */
#include "server/net/conn_internal.h"

bool conn_asks_to_keep(const struct conn *c)
{
	const struct request *r = c->request;
	return ts_slice_eq(ts_headers_get(&r->headers, "connection"), TS_SLICE("keep"));
}

/* Near the limit a connection that may be silent for a minute is one too many. */
static bool is_crowded(const struct conn *c)
{
	uint64_t limit = c->policy->settings.connection_limit;
	uint64_t most = c->hub->most != 0 && c->hub->most < limit ? c->hub->most : limit;
	return hub_busy(c->hub) > most - most / 4;
}

bool conn_may_keep(const struct conn *c)
{
	const struct settings *s = &c->policy->settings;
	return conn_asks_to_keep(c) && c->request->trusted && !c->torn && c->remaining == 0 &&
	       s->keep_timeout > 0 && c->served + 1 < s->keep_requests && !c->request->stopping &&
	       !is_crowded(c);
}

struct ts_slice conn_surplus(const struct conn *c)
{
	struct ts_slice all = ts_buf_slice(&c->in);
	size_t length = all.len >= TS_MESSAGE_PREFIX ? ts_message_length(all.data) : all.len;
	return ts_slice_skip(all, length < all.len ? length : all.len);
}

void conn_drop_request(struct conn *c)
{
	if (c->request != NULL) {
		request_done(c->request);
		free(TS_TAKE(c->request));
	}
}

/* Forget everything about the message that was answered, but what came behind it. */
static bool begin_anew(struct conn *c)
{
	struct ts_buf rest = {0};
	ts_buf_add_slice(&rest, conn_surplus(c));
	ts_buf_add_slice(&rest, ts_buf_slice(&c->ahead));
	conn_drop_request(c);
	ts_buf_done(&c->in);
	ts_buf_done(&c->out);
	ts_buf_done(&c->ahead);
	c->ahead = rest;
	c->scanned = c->forgotten = c->head = 0;
	c->remaining = c->request_end = c->bytes_in = c->bytes_out = 0;
	c->keep = c->told = false;
	c->received = 0;
	c->job.queued = c->job.begun = c->job.finished = 0;
	c->served++;
	return !c->ahead.failed;
}

/* A turn of its own: whoever sends many requests at once is not served before all others. */
enum conn_step conn_next(struct conn *c)
{
	if (!begin_anew(c)) {
		return conn_end(c, TS_LOG_ERROR, "out of memory");
	}
	conn_refresh(c);
	if (c->hub->stopping || c->policy->settings.keep_timeout == 0) {
		return conn_go(c, CONN_BYE);
	}
	conn_move(c, &c->hub->idle);
	(void)conn_go(c, CONN_IDLE);
	return STEP_TURN;
}

static enum conn_step begin_message(struct conn *c, struct ts_slice data)
{
	conn_move(c, &c->hub->known);
	(void)conn_go(c, CONN_HEADERS);
	c->bytes_in = data.len;
	c->complete = stats_clock();
	enum conn_step step = conn_take_head(c, data);
	return step == STEP_READ ? STEP_NEXT : step;
}

enum conn_step conn_on_idle(struct conn *c)
{
	struct ts_error err = {0};
	enum ts_wait wait = TS_WAIT_READ;
	if (c->ahead.len > 0) {
		TS_CLEANUP(ts_buf_done) struct ts_buf data = c->ahead;
		c->ahead = (struct ts_buf){0};
		return begin_message(c, ts_buf_slice(&data));
	}
	ssize_t n = c->io.ops->recv(c->io.ctx, c->hub->scratch, HUB_SCRATCH, &wait, &err);
	if (n <= 0) {
		return conn_not_now(c, n, wait, &err);
	}
	return begin_message(c, (struct ts_slice){c->hub->scratch, (size_t)n});
}

enum conn_step conn_late_idle(struct conn *c)
{
	conn_move(c, &c->hub->known);
	return conn_go(c, CONN_BYE);
}
