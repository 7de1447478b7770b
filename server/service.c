/* SPDX-License-Identifier: MIT */
#include "server/service.h"

#include "common/base/systemd.h"
#include "common/log/log.h"

#include <stdio.h>

enum {
	BEATS = 4,         /* in an interval of the watchdog, so that a late one is none too late */
	STATUS_MS = 10000, /* between two looks at how the server is */
	STOP_SPARE_MS = 15000
};

/* "Serving on 0.0.0.0:53589 and [::]:53589, 12 connections." */
static void describe(const struct service *s, struct ts_buf *to)
{
	const struct listener *l = server_listener(s->server);
	size_t open = server_connections(s->server);
	for (size_t i = 0; i < l->count; i++) {
		bool six = strchr(l->at[i].address, ':') != NULL;
		const char *before = i == 0 ? "Serving on " : i + 1 < l->count ? ", " : " and ";
		ts_buf_printf(to, six ? "%s[%s]:%u" : "%s%s:%u", before, l->at[i].address,
			      l->at[i].port);
	}
	ts_buf_printf(to, "; %zu connection%s.", open, open == 1 ? "" : "s");
}

/* True where it is news. */
static bool remember(struct service *s)
{
	TS_BUF(text);
	describe(s, &text);
	if (text.failed || strncmp(text.data, s->said, sizeof(s->said) - 1) == 0) {
		return false;
	}
	(void)snprintf(s->said, sizeof(s->said), "%s", text.data);
	return true;
}

void service_ready(struct service *s)
{
	(void)remember(s);
	(void)ts_systemd_ready(s->said);
}

void service_reloading(void)
{
	(void)ts_systemd_reloading("Reading configuration and certificates again.");
}

void service_stopping(uint64_t most)
{
	(void)ts_systemd_stopping("Finishing what has begun.");
	(void)ts_systemd_busy(most + STOP_SPARE_MS);
}

static void on_watchdog(void *arg)
{
	struct service *s = arg;
	const char *stuck = server_stuck(s->server);
	if (stuck == NULL) {
		(void)ts_systemd_alive();
	} else if (!s->stuck) {
		ts_log(TS_LOG_ERROR, "%s doesn't get on; the watchdog is told nothing.", stuck);
	}
	s->stuck = stuck != NULL;
}

struct chore service_watchdog(struct service *s)
{
	uint64_t interval = ts_systemd_watchdog();
	uint64_t every = interval / BEATS;
	return (struct chore){
		.run = on_watchdog, .arg = s, .every = interval > 0 && every == 0 ? 1 : every};
}

static void on_status(void *arg)
{
	struct service *s = arg;
	if (remember(s)) {
		(void)ts_systemd_status(s->said);
	}
}

struct chore service_status(struct service *s)
{
	bool wanted = ts_systemd_status(s->said);
	return (struct chore){.run = on_status, .arg = s, .every = wanted ? STATUS_MS : 0};
}
