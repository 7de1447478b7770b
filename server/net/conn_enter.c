/* SPDX-License-Identifier: MIT */
/* Who comes in: the limits an address, and the header in which a proxy says whose connection it
 * brings. That is read from below TLS, and not one byte further: what follows is TLS's. */
#include "server/net/conn_internal.h"
#include "server/net/proxy_header.h"

static void log_refused(const struct policy *p, const struct ts_address *from, enum limit limit,
			uint64_t count)
{
	struct ts_log_line l;
	char peer[TS_ADDRESS_TEXT] = "";
	if (p->settings.ip_log) {
		ts_address_text(from, peer);
	}
	ts_log_begin(&l, TS_LOG_NOTICE, "refused");
	ts_log_field(&l, "peer", ts_slice_of(peer));
	ts_log_field(&l, "limit", ts_slice_of(limits_name(limit)));
	ts_log_number(&l, "count", (int64_t)count);
	ts_log_end(&l);
}

bool hub_admits(struct hub *h, const struct policy *policy, const struct ts_address *from,
		struct visitor **ret)
{
	uint64_t tell = 0;
	*ret = NULL;
	if (h->admission == NULL) {
		return true;
	}
	enum limit limit =
		admission_enter(h->admission, policy, from, ts_loop_now(h->loop), ret, &tell);
	if (limit == LIMITS) {
		return true;
	}
	limits_hit(limit);
	if (tell > 0) {
		log_refused(policy, from, limit, tell);
	}
	return false;
}

/* The connection is whose the header says; where it says nothing, the proxy's. */
static enum conn_step enter(struct conn *c, const struct proxy_header *header)
{
	ts_buf_done(&c->in);
	if (!header->local) {
		c->address = header->source;
		ts_address_text(&c->address, c->peer);
		if (!hub_admits(c->hub, c->policy, &c->address, &c->visitor)) {
			return STEP_END;
		}
	}
	return conn_go(c, CONN_HANDSHAKE);
}

/* A proxy that looks whether somebody is here says nothing. */
static enum conn_step end_of_bytes(struct conn *c)
{
	return c->in.len == 0
		       ? conn_end_handshake(c, FAULT_CLOSED, "The proxy closed the connection.")
		       : conn_end_handshake(c, FAULT_PROXY,
					    "The connection ended within its PROXY header.");
}

/* Take what of the bytes that came belongs to the header. */
static enum conn_step take_header(struct conn *c, struct ts_slice data)
{
	struct proxy_header header;
	struct ts_error err = {0};
	const size_t before = c->in.len;
	ts_buf_add_slice(&c->in, data);
	if (c->in.failed) {
		return conn_end(c, TS_LOG_ERROR, "out of memory");
	}
	int rc = proxy_header_read(ts_buf_slice(&c->in), &header, &err);
	if (rc == TS_EMALF) {
		return conn_end_handshake(c, FAULT_PROXY, err.text);
	}
	const size_t size = rc == TS_OK ? header.size - before : data.len;
	if (c->io.ops->skip(c->io.ctx, size) != TS_OK) {
		return end_of_bytes(c);
	}
	return rc == TS_OK ? enter(c, &header) : STEP_READ;
}

enum conn_step conn_on_proxy(struct conn *c)
{
	enum conn_step step = STEP_READ;
	while (step == STEP_READ) {
		ssize_t n =
			c->io.ops->peek(c->io.ctx, c->hub->scratch, PROXY_HEADER_MAX - c->in.len);
		if (n == TS_EAGAIN) {
			return STEP_READ;
		}
		step = n > 0 ? take_header(c, (struct ts_slice){c->hub->scratch, (size_t)n})
			     : end_of_bytes(c);
	}
	return step;
}

enum conn_step conn_late_proxy(struct conn *c)
{
	return conn_end_handshake(c, FAULT_PROXY, "timed out: no PROXY header came");
}
