/* SPDX-License-Identifier: MIT */
/*
 * Log-ins that fail too often are answered late, so that nobody can try many keys. Meanwhile a
 * connection is a timer; whoever goes away is noticed. A log-in that is in order never waits, even
 * from an address of which others have failed.
 */
#include "server/net/conn_internal.h"

void conn_note_failure(struct conn *c)
{
	struct hub *h = c->hub;
	uint64_t ms = admission_failed(h->admission, c->policy, c->visitor, ts_loop_now(h->loop));
	c->delay = ms;
	if (ms > 0) {
		limits_hit(LIMIT_LOGIN_FAILURES);
	}
}

enum conn_step conn_answer(struct conn *c)
{
	const uint64_t ms = c->hub->stopping ? 0 : c->delay;
	c->delay = 0;
	c->request_end = 0;
	if (ms == 0) {
		return conn_go(c, CONN_COMPOSE);
	}
	(void)conn_go(c, CONN_DELAY);
	return ts_loop_arm(c->hub->loop, &c->timer, ms) == TS_OK ? STEP_PAUSE : conn_late_delay(c);
}

enum conn_step conn_on_delay(struct conn *c)
{
	return c->gone ? conn_end(c, TS_LOG_DEBUG, "the peer closed") : STEP_PAUSE;
}

enum conn_step conn_late_delay(struct conn *c)
{
	const int64_t now = stats_clock();
	c->began += now - c->complete; /* the pause is no time of anybody's work */
	c->complete = now;
	return conn_go(c, CONN_COMPOSE);
}
