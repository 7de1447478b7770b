/* SPDX-License-Identifier: MIT */
#include "server/policy.h"

/* The process has one memory and one disk, whatever settings it goes by. */
static struct ts_spool_usage usage;

int policy_plain(const struct settings *settings, void (*done)(struct settings *s),
		 struct policy **ret, struct ts_error *err)
{
	struct policy *c = calloc(1, sizeof(*c));
	if (c == NULL) {
		struct settings mine = *settings;
		done(&mine);
		return ts_fail(err, TS_ENOMEM, "Out of memory for the configuration.");
	}
	const struct settings *s = &c->settings;
	c->refs = 1;
	c->settings = *settings;
	c->settings_done = done;
	c->strict = strcmp(s->trust, "allow all") != 0;
	c->limits = (struct ts_task_limits){
		.line = s->task_limit,
		.depth = s->task_depth,
		.attributes = s->task_attributes,
	};
	c->budget.usage = &usage;
	c->budget.dir = s->data;
	c->budget.each = s->connection_memory;
	c->budget.total = s->memory_limit;
	c->budget.disk = s->spool_limit;
	*ret = c;
	return TS_OK;
}

static const char *text_or_null(const char *s)
{
	return s != NULL && s[0] != '\0' ? s : NULL;
}

static const char *priorities_of(const struct settings *s)
{
	if (s->ciphers[0] != '\0') {
		return s->ciphers;
	}
	return s->tls_legacy ? TS_TLS_PRIORITIES_LEGACY : NULL;
}

static int read_certificates(struct policy *c, struct ts_error *err)
{
	const struct settings *s = &c->settings;
	if (s->server_cert[0] == '\0' || s->server_key[0] == '\0') {
		return ts_fail(err, TS_EINVAL,
			       "The settings 'server.cert' and 'server.key' must name the server's "
			       "certificate and key.");
	}
	struct ts_tls_config tls = {
		.ca_file = text_or_null(s->ca_cert),
		.cert_file = s->server_cert,
		.key_file = s->server_key,
		.crl_file = text_or_null(s->server_crl),
		.priorities = priorities_of(s),
		.tickets = s->tls_tickets,
		.trust = c->strict ? TS_TRUST_STRICT : TS_TRUST_ALLOW_ALL,
	};
	return ts_tls_creds_new(&tls, &c->creds, err);
}

int policy_new(const struct settings *settings, void (*done)(struct settings *s),
	       struct policy **ret, struct ts_error *err)
{
	TS_CLEANUP(policy_unref_p) struct policy *c = NULL;
	int rc = policy_plain(settings, done, &c, err);
	if (rc == TS_OK) {
		rc = read_certificates(c, err);
	}
	if (rc != TS_OK) {
		return rc;
	}
	*ret = TS_TAKE(c);
	return TS_OK;
}

struct policy *policy_ref(struct policy *c)
{
	(void)atomic_fetch_add(&c->refs, 1);
	return c;
}

void policy_unref(struct policy *c)
{
	if (c == NULL || atomic_fetch_sub(&c->refs, 1) != 1) {
		return;
	}
	ts_tls_creds_unref(c->creds);
	c->settings_done(&c->settings);
	free(c);
}
