/* SPDX-License-Identifier: MIT */
/* Making a certificate and its bundle, in memory. */
#include "server/setup/enrol_internal.h"

#include "common/base/date.h"
#include "common/net/hostport.h"
#include "common/store/store.h"
#include "common/wire/message.h"
#include "server/cert/chain.h"
#include "server/cert/renew.h"
#include "server/setup/bundle.h"

/* Where clients find the server */

/* The setting's port; a free one (0) is none that could be named beforehand. */
static const char *port_of(const struct settings *s)
{
	static const char usual[] = "53589";
	_Static_assert(TS_MESSAGE_PORT == 53589, "the usual port");
	const char *colon = strrchr(s->server, ':');
	return colon == NULL || colon[1] == '\0' || strcmp(colon, ":0") == 0 ? usual : colon + 1;
}

static const char *first_name(const struct ts_cert *cert)
{
	const char *name = ts_cert_common_name(cert);
	if (name[0] != '\0' && ts_cert_covers(cert, name)) {
		return name;
	}
	return ts_cert_name_count(cert) > 0 ? ts_cert_name_at(cert, 0) : "localhost";
}

/* The host of `host`, `host:port`, `[address]:port` or a bare IPv6 address. */
static struct ts_slice split_host(const char *text, const char **ret_port)
{
	const char *colon = strrchr(text, ':');
	const char *close = strchr(text, ']');
	*ret_port = NULL;
	if (text[0] == '[' && close != NULL) {
		*ret_port = close[1] == ':' ? close + 2 : NULL;
		return (struct ts_slice){text + 1, (size_t)(close - text) - 1};
	}
	if (colon == NULL || strchr(text, ':') != colon) {
		return ts_slice_of(text);
	}
	*ret_port = colon + 1;
	return (struct ts_slice){text, (size_t)(colon - text)};
}

/* Taskwarrior splits at the last colon and takes an IPv6 address as it is, without brackets. */
static int name_server(const struct enrolment *e, const struct ts_cert *cert, struct ts_buf *to,
		       struct ts_error *err)
{
	const char *port = NULL;
	struct ts_slice host = split_host(e->server != NULL ? e->server : first_name(cert), &port);
	if (port == NULL) {
		port = port_of(e->settings);
	}
	TS_AUTOFREE char *name = strndup(host.data, host.len);
	if (name == NULL) {
		return enrol_no_memory(err);
	}
	if (!ts_cert_covers(cert, name)) {
		return ts_fail(err, TS_EINVAL,
			       "The server's certificate is not made out for '%s'; 'taskd setup "
			       "--host %s' adds the name.",
			       name, name);
	}
	ts_buf_printf(to, "%s:%s", name, port);
	return to->failed ? enrol_no_memory(err) : hostport_check_port(port, err);
}

/* The certificate */

/* What a bundle is made of, in memory. */
struct parts {
	struct ts_pki_ca *ca;
	struct ts_cert *authority, *leaf;
	struct ts_buf server, roots, cert, key;
	int64_t until; /* of the client's certificate */
};

static void parts_done(struct parts *p)
{
	enrol_wipe(&p->key);
	ts_buf_done(&p->key);
	ts_buf_done(&p->cert);
	ts_buf_done(&p->roots);
	ts_buf_done(&p->server);
	ts_cert_free(p->leaf);
	ts_cert_free(p->authority);
	ts_pki_ca_free(p->ca);
}

/* Both PEM. */
static int make_certificate(const struct enrolment *e, struct parts *p, struct ts_error *err)
{
	TS_BUF(name);
	ts_buf_printf(&name, "%s/%s", e->user, e->device);
	if (name.failed) {
		return enrol_no_memory(err);
	}
	p->until =
		cert_client_end(e->settings, e->days, ts_cert_until(p->authority), ts_date_now());
	const struct ts_pki_subject subject = {.name = name.data, .org = e->org, .until = p->until};
	return ts_pki_make_client(p->ca, &subject, e->type, &p->cert, &p->key, err);
}

static int make_parts(const struct enrolment *e, struct parts *p, struct ts_error *err)
{
	int rc = enrol_open_ca(e->settings, &p->ca, err);
	if (rc == TS_OK) {
		rc = ts_cert_open(e->settings->ca_cert, &p->authority, err);
	}
	if (rc == TS_OK) {
		rc = ts_cert_open(e->settings->server_cert, &p->leaf, err);
	}
	if (rc == TS_OK) {
		rc = name_server(e, p->leaf, &p->server, err);
	}
	if (rc == TS_OK) {
		rc = cert_chain_roots(e->settings, &p->roots, err);
	}
	return rc == TS_OK ? make_certificate(e, p, err) : rc;
}

int enrol_make(const struct enrolment *e, struct ts_buf *ret_cert, struct ts_buf *ret_bundle,
	       struct ts_error *err)
{
	TS_CLEANUP(parts_done) struct parts p = {0};
	struct ts_uuid_text secret = ts_uuid_text(&e->secret);
	int rc = make_parts(e, &p, err);
	if (rc != TS_OK) {
		return rc;
	}
	const struct bundle b = {.server = p.server.data,
				 .org = e->org,
				 .user = e->user,
				 .secret = secret.text,
				 .trust = "strict",
				 .device = e->device,
				 .expires = p.until,
				 .ca = ts_buf_slice(&p.roots),
				 .leaf = ts_cert_pem(p.leaf),
				 .certificate = ts_buf_slice(&p.cert),
				 .key = ts_buf_slice(&p.key)};
	bundle_print(&b, ret_bundle);
	ts_buf_add_slice(ret_cert, ts_buf_slice(&p.cert));
	return ret_bundle->failed || ret_cert->failed ? enrol_no_memory(err) : TS_OK;
}
