/* SPDX-License-Identifier: MIT */
/* The table of states, and what all of them say. */
#include "server/net/conn_internal.h"

#include <stdio.h>

enum conn_step conn_until(enum ts_wait wait)
{
	return wait == TS_WAIT_WRITE ? STEP_WRITE : STEP_READ;
}

struct ts_slice conn_peer_name(const struct conn *c)
{
	return c->policy->settings.ip_log ? ts_slice_of(c->peer) : (struct ts_slice){NULL, 0};
}

void conn_peer_host(const struct conn *c, char *to, size_t size)
{
	struct ts_slice host = ts_slice_of(c->peer);
	const char *colon = host.len > 0 ? memrchr(host.data, ':', host.len) : NULL;
	host.len = colon != NULL ? (size_t)(colon - host.data) : host.len;
	if (ts_slice_cut_char(&host, '[') && host.len > 0) {
		host.len--; /* … and the bracket behind it */
	}
	(void)snprintf(to, size, "%.*s", TS_SLICE_ARGS(host));
}

enum conn_step conn_end(struct conn *c, enum ts_log_level level, const char *why)
{
	struct ts_log_line l;
	ts_log_begin(&l, level, "closed");
	ts_log_field(&l, "peer", conn_peer_name(c));
	ts_log_field(&l, "state", ts_slice_of(conn_rows[c->state].name));
	ts_log_field(&l, "reason", ts_slice_of(why));
	ts_log_end(&l);
	return STEP_END;
}

enum conn_step conn_not_now(struct conn *c, ssize_t rc, enum ts_wait wait,
			    const struct ts_error *err)
{
	if (rc == TS_EAGAIN) {
		return conn_until(wait);
	}
	return conn_end(c, TS_LOG_DEBUG, rc == 0 ? "the peer closed" : err->text);
}

#define AT(field)      offsetof(struct settings, field)
#define TIMEOUT(field) offsetof(struct settings, timeout_##field)

const struct conn_row conn_rows[CONN_STATES] = {
	[CONN_PROXY] = {"proxy header", conn_on_proxy, conn_late_proxy, TIMEOUT(handshake), false},
	[CONN_HANDSHAKE] = {"handshake", conn_on_handshake, conn_late_handshake, TIMEOUT(handshake),
			    false},
	[CONN_IDLE] = {"idle", conn_on_idle, conn_late_idle, AT(keep_timeout), false},
	[CONN_HEADERS] = {"headers", conn_on_headers, conn_late_message, TIMEOUT(header), true},
	[CONN_PAYLOAD] = {"payload", conn_on_payload, conn_late_message, TIMEOUT(idle), true},
	[CONN_FORGOTTEN] = {"forgotten bytes", conn_on_forgotten, conn_late_forgotten,
			    TIMEOUT(close), true},
	[CONN_DISCARD] = {"discard", conn_on_discard, conn_late_discard, TIMEOUT(idle), true},
	[CONN_DELAY] = {"delay", conn_on_delay, conn_late_delay, 0, false},
	[CONN_STORE] = {"store", conn_on_store, NULL, 0, false},
	[CONN_WAIT] = {"wait", conn_on_wait, conn_late_wait, 0, false},
	[CONN_COMPOSE] = {"compose", conn_on_compose, NULL, 0, false},
	[CONN_WRITE] = {"write", conn_on_write, NULL, TIMEOUT(idle), true},
	[CONN_BYE] = {"bye", conn_on_bye, conn_late_linger, TIMEOUT(close), false},
	[CONN_LINGER] = {"linger", conn_on_linger, conn_late_linger, TIMEOUT(close), false},
};

const char *conn_state_name(int state)
{
	return state >= 0 && state < CONN_STATES ? conn_rows[state].name : NULL;
}
