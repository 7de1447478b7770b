/* SPDX-License-Identifier: MIT */
/*
 * The first half of a connection: from the handshake to the request's last byte. Each function
 * does what it can do now, and then says what it waits for; none waits, none frees the connection.
 */
#include "server/net/conn_internal.h"

enum {
	RECORDS_A_TURN = 8, /* read before others have their turn */
	SHORTFALL = 4       /* [bytes] that some clients forget to announce */
};

#define ENDS_EARLY "The message ends before its headers do."

enum conn_step conn_on_handshake(struct conn *c)
{
	enum ts_wait wait = TS_WAIT_READ;
	struct ts_error err = {0};
	int rc = c->io.ops->handshake(c->io.ctx, &wait, &err);
	if (rc == TS_EAGAIN) {
		return conn_until(wait);
	}
	if (rc != TS_OK) {
		return conn_end_handshake(c, conn_fault(c), err.text);
	}
	stats_handshake(c->hub->stats, (uint64_t)(stats_clock() - c->opened));
	return conn_go(c, CONN_HEADERS);
}

enum conn_step conn_late_handshake(struct conn *c)
{
	return conn_end_handshake(c, FAULT_TIMEOUT, "timed out");
}

/* Requests */

struct request *conn_request(struct conn *c)
{
	struct request *r = calloc(1, sizeof(*r));
	if (r == NULL) {
		return NULL;
	}
	r->store = c->hub->store;
	r->stats = c->hub->stats;
	r->policy = c->policy;
	r->presence = c->hub->presence;
	r->quota = c->hub->quota;
	conn_peer_host(c, r->address, sizeof(r->address));
	r->size = c->bytes_in + c->remaining;
	r->stopping = c->hub->stopping || (c->hub->stop != NULL && atomic_load(c->hub->stop));
	c->io.ops->peer(c->io.ctx, &r->peer);
	r->certificate = c->io.ops->certificate;
	r->certificate_arg = c->io.ctx;
	c->request = r;
	return r;
}

/* A stranger's message isn't thrown away for as long as one may take that is wanted. */
static void bound_discard(struct conn *c)
{
	uint64_t end = ts_loop_now(c->hub->loop) + c->policy->settings.timeout_idle;
	if (c->list == &c->hub->strangers && (c->request_end == 0 || end < c->request_end)) {
		c->request_end = end;
	}
}

/* The answer is decided: what still comes of the message is thrown away first. */
static enum conn_step refuse(struct conn *c, const struct ts_error *err)
{
	if (c->request == NULL && conn_request(c) == NULL) {
		return conn_end(c, TS_LOG_ERROR, "out of memory");
	}
	request_fail(c->request, err);
	conn_log_refusal(c);
	if (err->code == TS_EACCESS) {
		conn_note_failure(c);
	}
	bound_discard(c);
	return c->remaining > 0 ? conn_go(c, CONN_DISCARD) : conn_answer(c);
}

static enum conn_step malformed(struct conn *c, const char *why)
{
	struct ts_error err;
	(void)ts_fail(&err, TS_EMALF, "%s", why);
	return refuse(c, &err);
}

/* Read the next bytes of the message into the scratch, no more than were announced. */
static ssize_t read_some(struct conn *c, uint64_t most, enum ts_wait *wait, struct ts_error *err)
{
	size_t len = most < HUB_SCRATCH ? (size_t)most : HUB_SCRATCH;
	*wait = TS_WAIT_READ;
	ssize_t n = c->io.ops->recv(c->io.ctx, c->hub->scratch, len, wait, err);
	if (n > 0) {
		c->bytes_in += (uint64_t)n;
		c->complete = stats_clock();
	}
	return n;
}

/* Headers */

/* The end of the headers in `in`, behind the prefix; 0 if it is not there. */
static size_t find_end(struct conn *c)
{
	struct ts_slice all = ts_slice_skip(ts_buf_slice(&c->in), TS_MESSAGE_PREFIX);
	size_t from = c->scanned > 1 ? c->scanned - 1 : 0;
	c->scanned = all.len;
	if (from == 0) {
		return ts_headers_end(all);
	}
	const char *at = memmem(all.data + from, all.len - from, "\n\n", 2);
	return at != NULL ? (size_t)(at - all.data) + 2 : 0;
}

static enum conn_step end_payload(struct conn *c)
{
	struct ts_error err = {0};
	int rc = request_end(c->request, &err);
	if (rc == TS_EAGAIN) {
		return conn_submit(c);
	}
	if (rc == TS_OK && c->request->waits) {
		return conn_begin_wait(c);
	}
	return rc == TS_OK ? conn_go(c, CONN_COMPOSE) : refuse(c, &err);
}

/* Bytes behind the announced ones that came together with the headers. */
static struct ts_slice early_forgotten(const struct conn *c)
{
	struct ts_slice more = conn_surplus(c);
	more.len = more.len < SHORTFALL ? more.len : SHORTFALL;
	return more;
}

/* Everything that was announced is here. */
static enum conn_step finish_payload(struct conn *c)
{
	struct ts_error err = {0};
	if (conn_asks_to_keep(c) || !request_cut_short(c->request)) {
		return end_payload(c);
	}
	c->torn = true;
	struct ts_slice more = early_forgotten(c);
	c->forgotten = more.len;
	c->bytes_in += more.len;
	return request_feed(c->request, more, &err) == TS_OK ? conn_go(c, CONN_FORGOTTEN)
							     : refuse(c, &err);
}

/* Wait a little for the last bytes of a task or a key, which some clients forget to announce. */
enum conn_step conn_on_forgotten(struct conn *c)
{
	while (c->forgotten < SHORTFALL && request_cut_short(c->request)) {
		struct ts_error err = {0};
		enum ts_wait wait;
		ssize_t n = read_some(c, SHORTFALL - c->forgotten, &wait, &err);
		if (n == TS_EAGAIN) {
			return conn_until(wait);
		}
		if (n <= 0) {
			break;
		}
		c->forgotten += (size_t)n;
		struct ts_slice data = {c->hub->scratch, (size_t)n};
		if (request_feed(c->request, data, &err) != TS_OK) {
			return refuse(c, &err);
		}
	}
	return end_payload(c);
}

enum conn_step conn_late_forgotten(struct conn *c)
{
	return end_payload(c);
}

/* The headers are `head`; `early` is what came of the payload with them. */
static enum conn_step begin_request(struct conn *c, struct ts_slice head, struct ts_slice early)
{
	struct ts_error err = {0};
	if (conn_request(c) == NULL) {
		return conn_end(c, TS_LOG_ERROR, "out of memory");
	}
	int rc = request_open(c->request, head, &err);
	if (c->request->trusted && c->list == &c->hub->strangers) {
		conn_move(c, &c->hub->known);
	}
	if (rc == TS_OK) {
		rc = request_feed(c->request, early, &err);
	}
	return rc == TS_OK ? conn_go(c, CONN_PAYLOAD) : refuse(c, &err);
}

/* How much more may be read while the headers aren't complete: what was announced, and behind it
 * what some clients forget. */
static uint64_t wanted(const struct conn *c)
{
	if (c->in.len < TS_MESSAGE_PREFIX || c->remaining > 0) {
		return c->remaining > 0 ? c->remaining : HUB_SCRATCH;
	}
	uint64_t most = (uint64_t)ts_message_length(c->in.data) + SHORTFALL;
	return most > c->in.len ? most - c->in.len : 0;
}

static void announce(struct conn *c)
{
	uint64_t length = ts_message_length(c->in.data);
	c->remaining = length > c->in.len ? length - c->in.len : 0;
}

/* NULL, or what can't be right whatever still comes. The headers end at `end`; 0: not yet. */
static const char *find_fault(const struct conn *c, size_t end)
{
	const size_t length = ts_message_length(c->in.data);
	const size_t limit = c->policy->settings.header_limit;
	if (length < TS_MESSAGE_PREFIX) {
		return "The announced length is impossible.";
	}
	if (end > limit || (end == 0 && c->in.len - TS_MESSAGE_PREFIX > limit)) {
		limits_hit(LIMIT_HEADER);
		return "The headers are longer than header.limit allows.";
	}
	bool early = TS_MESSAGE_PREFIX + end > length + SHORTFALL || (end == 0 && wanted(c) == 0);
	return early ? ENDS_EARLY : NULL;
}

/* The headers end at `end`. What is behind the message is no part of it, and counted later. */
static enum conn_step split(struct conn *c, size_t end)
{
	const size_t length = ts_message_length(c->in.data);
	struct ts_slice head = {c->in.data + TS_MESSAGE_PREFIX, end};
	c->head = TS_MESSAGE_PREFIX + end;
	c->torn = c->head > length;
	struct ts_slice rest = ts_slice_skip(ts_buf_slice(&c->in), c->head);
	size_t early = c->torn ? 0 : length - c->head;
	early = rest.len < early ? rest.len : early;
	c->bytes_in -= rest.len - early;
	return begin_request(c, head, (struct ts_slice){rest.data, early});
}

/* Look at what is there of prefix and headers. STEP_READ: not enough yet. */
static enum conn_step look_at_headers(struct conn *c)
{
	if (c->in.len < TS_MESSAGE_PREFIX) {
		return STEP_READ;
	}
	size_t end = find_end(c);
	const char *fault = find_fault(c, end);
	if (fault != NULL) {
		return malformed(c, fault);
	}
	return end > 0 ? split(c, end) : STEP_READ;
}

enum conn_step conn_take_head(struct conn *c, struct ts_slice data)
{
	bool first = c->in.len == 0;
	bool announced = c->in.len >= TS_MESSAGE_PREFIX;
	ts_buf_add_slice(&c->in, data);
	if (c->in.failed) {
		return conn_end(c, TS_LOG_ERROR, "out of memory");
	}
	if (first) {
		c->began = c->complete;
		c->request_end = ts_loop_now(c->hub->loop) + c->policy->settings.timeout_request;
	}
	if (announced) {
		c->remaining -= data.len < c->remaining ? data.len : c->remaining;
	} else if (c->in.len >= TS_MESSAGE_PREFIX) {
		announce(c);
	}
	return look_at_headers(c);
}

enum conn_step conn_on_headers(struct conn *c)
{
	for (;;) {
		struct ts_error err = {0};
		enum ts_wait wait;
		bool used_up = c->in.len >= TS_MESSAGE_PREFIX && c->remaining == 0;
		ssize_t n = read_some(c, wanted(c), &wait, &err);
		if (n <= 0) {
			return used_up ? malformed(c, ENDS_EARLY) : conn_not_now(c, n, wait, &err);
		}
		struct ts_slice data = {c->hub->scratch, (size_t)n};
		enum conn_step step = conn_take_head(c, data);
		if (step != STEP_READ) {
			return step;
		}
	}
}

/* Payload */

enum conn_step conn_on_payload(struct conn *c)
{
	for (int i = 0; i < RECORDS_A_TURN; i++) {
		struct ts_error err = {0};
		enum ts_wait wait;
		if (c->remaining == 0) {
			return finish_payload(c);
		}
		ssize_t n = read_some(c, c->remaining, &wait, &err);
		if (n <= 0) {
			return conn_not_now(c, n, wait, &err);
		}
		c->remaining -= (uint64_t)n;
		conn_progress(c);
		struct ts_slice data = {c->hub->scratch, (size_t)n};
		if (request_feed(c->request, data, &err) != TS_OK) {
			return refuse(c, &err);
		}
	}
	return STEP_TURN;
}

enum conn_step conn_on_discard(struct conn *c)
{
	for (int i = 0; i < RECORDS_A_TURN; i++) {
		struct ts_error err = {0};
		enum ts_wait wait;
		if (c->remaining == 0) {
			return conn_answer(c);
		}
		ssize_t n = read_some(c, c->remaining, &wait, &err);
		if (n <= 0) {
			return conn_not_now(c, n, wait, &err);
		}
		c->remaining -= (uint64_t)n;
		conn_progress(c);
	}
	return STEP_TURN;
}

/* The time is over before the message is: say so to whoever still listens. */
enum conn_step conn_late_message(struct conn *c)
{
	if (c->in.len == 0) {
		(void)conn_end(c, TS_LOG_DEBUG, "timed out: not a word was said");
		return conn_go(c, CONN_BYE);
	}
	c->remaining = 0;
	c->torn = true;
	c->request_end = 0;
	c->complete = stats_clock(); /* the client's silence is not our time */
	return malformed(c, "The message was not complete in time.");
}

enum conn_step conn_late_discard(struct conn *c)
{
	c->remaining = 0;
	c->torn = true;
	return conn_answer(c);
}
