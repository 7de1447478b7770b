/* SPDX-License-Identifier: MIT */
/* The second half of a connection: the answer, and the end. */
#include "server/net/conn_internal.h"

enum {
	RECORDS_A_TURN = 8, /* written before others have their turn */
	OUT_BYTES = 16384   /* of the answer at a time: one TLS record */
};

enum conn_step conn_on_store(struct conn *c)
{
	return conn_go(c, CONN_COMPOSE);
}

/* Fill `out` up to a whole record, so that a small answer is one. */
static int fill_out(struct conn *c, struct ts_error *err)
{
	size_t room = c->out.len < OUT_BYTES ? OUT_BYTES - c->out.len : 0;
	uint64_t left = c->payload_len - c->payload_at;
	size_t want = left < room ? (size_t)left : room;
	size_t got = 0;
	char *at = ts_buf_reserve(&c->out, want);
	if (at == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory for an answer.");
	}
	int rc = want > 0 ? request_payload(c->request, c->payload_at, at, want, &got, err) : TS_OK;
	if (rc == TS_OK && got < want) {
		rc = ts_fail(err, TS_EIO, "An answer's payload is shorter than it was.");
	}
	c->out.len += rc == TS_OK ? got : 0;
	c->payload_at += got;
	return rc;
}

static int begin_answer(struct conn *c, struct ts_error *err)
{
	c->payload_at = 0;
	c->sent = 0;
	c->keep = c->request->keep = conn_may_keep(c);
	c->composed = stats_clock();
	conn_log_refusal(c);
	int rc = request_head(c->request, &c->out, &c->payload_len, err);
	return rc == TS_OK ? fill_out(c, err) : rc;
}

enum conn_step conn_on_compose(struct conn *c)
{
	struct ts_error err = {0};
	int rc = request_compose(c->request, &err);
	if (rc == TS_EAGAIN) {
		return STEP_TURN;
	}
	if (rc == TS_OK) {
		rc = begin_answer(c, &err);
	}
	if (rc != TS_OK) {
		request_fail(c->request, &err);
		rc = begin_answer(c, &err);
	}
	return rc == TS_OK ? conn_go(c, CONN_WRITE) : conn_end(c, TS_LOG_ERROR, err.text);
}

/* The next part of the answer. STEP_NEXT: it is all out, and the state is another. */
static enum conn_step next_part(struct conn *c)
{
	struct ts_error err = {0};
	if (c->payload_at == c->payload_len) {
		conn_log_request(c);
		return c->keep ? conn_next(c) : conn_go(c, CONN_BYE);
	}
	ts_buf_clear(&c->out);
	c->sent = 0;
	return fill_out(c, &err) == TS_OK ? STEP_WRITE : conn_end(c, TS_LOG_ERROR, err.text);
}

enum conn_step conn_on_write(struct conn *c)
{
	for (int i = 0; i < RECORDS_A_TURN; i++) {
		struct ts_error err = {0};
		enum ts_wait wait = TS_WAIT_WRITE;
		if (c->sent == c->out.len) {
			enum conn_step step = next_part(c);
			if (step != STEP_WRITE) {
				return step;
			}
		}
		ssize_t n = c->io.ops->send(c->io.ctx, c->out.data + c->sent, c->out.len - c->sent,
					    &wait, &err);
		if (n <= 0) {
			return conn_not_now(c, n, wait, &err);
		}
		c->sent += (size_t)n;
		c->bytes_out += (uint64_t)n;
		conn_progress(c);
	}
	return STEP_TURN;
}

/* The end: our side first, then wait for theirs, because closing a socket with unread bytes in it
 * destroys the answer on its way. */
enum conn_step conn_on_bye(struct conn *c)
{
	enum ts_wait wait = TS_WAIT_WRITE;
	int rc = c->io.ops->bye(c->io.ctx, &wait);
	if (rc == TS_EAGAIN) {
		return conn_until(wait);
	}
	return rc == TS_OK ? conn_go(c, CONN_LINGER) : STEP_END;
}

enum conn_step conn_on_linger(struct conn *c)
{
	return c->io.ops->drain(c->io.ctx) == TS_OK ? STEP_END : STEP_READ;
}

enum conn_step conn_late_linger(struct conn *c)
{
	(void)c;
	return STEP_END;
}
