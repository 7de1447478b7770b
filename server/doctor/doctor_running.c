/* SPDX-License-Identifier: MIT */
/* The running server, seen as a client sees it: does it answer, and with which certificate? */
#include "server/doctor/doctor_internal.h"

#include "common/net/dial.h"

#include <stdio.h>

enum { PATIENCE_MS = 5000 };

/* Where it can be reached from here. */
static int own_address(const struct settings *s, struct hostport *ret, struct ts_error *err)
{
	const char *colon = strrchr(s->server, ':');
	if (s->server[0] == '*' && colon != NULL) {
		(void)snprintf(ret->host, sizeof(ret->host), "%s",
			       strcmp(s->family, "IPv6") == 0 ? "::1" : "127.0.0.1");
		(void)snprintf(ret->port, sizeof(ret->port), "%s", colon + 1);
		return TS_OK;
	}
	return hostport_parse(s->server, ret, err);
}

static int look(const struct hostport *at, struct ts_cert **ret, struct ts_error *err)
{
	const struct ts_tls_config config = {.trust = TS_TRUST_ALLOW_ALL};
	const struct ts_dial_limits limits = {.connect = PATIENCE_MS,
					      .handshake = PATIENCE_MS,
					      .idle = PATIENCE_MS,
					      .answer = PATIENCE_MS};
	TS_CLEANUP(ts_tls_creds_unref_p) struct ts_tls_creds *creds = NULL;
	TS_CLEANUP(ts_dial_close_p) struct ts_dial *dial = NULL;
	int rc = ts_tls_creds_new(&config, &creds, err);
	if (rc == TS_OK) {
		rc = ts_dial_open(creds, at, &limits, -1, (struct ts_slice){NULL, 0}, &dial, err);
	}
	return rc == TS_OK ? ts_cert_of_peer(ts_dial_tls(dial), ret, err) : rc;
}

static void judge(struct ts_checkup *c, const struct hostport *at)
{
	struct doctor *d = TS_OWNER(c, struct doctor, checkup);
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *shown = NULL;
	struct ts_error err = {0};
	int rc = look(at, &shown, &err);
	if (rc != TS_OK) {
		ts_checkup_fail(c, rc, "look into its log; a firewall may be in between",
				"The running server can't be reached at %s:%s: %s", at->host,
				at->port, err.text);
	} else if (!ts_slice_eq(ts_cert_pem(shown), ts_cert_pem(d->server))) {
		ts_checkup_warn(c, "send it a HUP signal, and look into its log",
				"The running server shows another certificate than the one in %s.",
				d->settings->server_cert);
	} else {
		ts_checkup_ok(c, "The running server answers at %s:%s with this certificate.",
			      at->host, at->port);
	}
}

void doctor_running(struct ts_checkup *c)
{
	struct doctor *d = TS_OWNER(c, struct doctor, checkup);
	struct hostport at;
	struct ts_error err = {0};
	if (!d->runs) {
		ts_checkup_ok(c, "No server runs, so none was asked.");
	} else if (d->settings->proxy_trusted[0] != '\0') {
		ts_checkup_ok(c, "The running server is behind a proxy, and was not asked.");
	} else if (own_address(d->settings, &at, &err) != TS_OK || strcmp(at.port, "0") == 0) {
		ts_checkup_ok(c, "The running server's port isn't known, so it was not asked.");
	} else {
		judge(c, &at);
	}
}
