/* SPDX-License-Identifier: MIT */
#include "server/policy.h"

#include "server/request/limits.h"

/* The process has one memory and one disk, whatever settings it goes by. */
static void count_refusal(bool memory)
{
	limits_hit(memory ? LIMIT_MEMORY : LIMIT_SPOOL);
}

static struct ts_spool_usage usage = {.refused = count_refusal};

static int read_networks(struct policy *c, struct ts_error *err)
{
	const struct settings *s = &c->settings;
	int rc =
		ts_networks_parse(ts_slice_of(s->proxy_trusted), "proxy.trusted", &c->proxies, err);
	return rc == TS_OK ? ts_networks_parse(ts_slice_of(s->limits_exempt), "limits.exempt",
					       &c->exempt, err)
			   : rc;
}

int policy_plain(const struct settings *settings, void (*done)(struct settings *s),
		 struct policy **ret, struct ts_error *err)
{
	TS_CLEANUP(policy_unref_p) struct policy *c = calloc(1, sizeof(*c));
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
		.value = s->value_limit,
	};
	c->budget.usage = &usage;
	c->budget.dir = s->data;
	c->budget.each = s->connection_memory;
	c->budget.total = s->memory_limit;
	c->budget.disk = s->spool_limit;
	int rc = read_networks(c, err);
	if (rc == TS_OK) {
		*ret = TS_TAKE(c);
	}
	return rc;
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
	cert_files_look(s, &c->files);
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

/* They stay where they are, with whom they belong to. */
static void leave_settings(struct settings *s)
{
	(void)s;
}

int policy_renew(struct policy *c, struct policy **ret, struct ts_error *err)
{
	TS_CLEANUP(policy_unref_p) struct policy *new = NULL;
	int rc = policy_plain(&c->settings, leave_settings, &new, err);
	if (rc != TS_OK) {
		return rc;
	}
	new->base = policy_ref(c->base != NULL ? c->base : c);
	rc = read_certificates(new, err);
	if (rc == TS_OK) {
		*ret = TS_TAKE(new);
	}
	return rc;
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
	ts_networks_done(&c->proxies);
	ts_networks_done(&c->exempt);
	c->settings_done(&c->settings);
	policy_unref(c->base);
	free(c);
}
