/* SPDX-License-Identifier: MIT */
/* taskd certificate list [--json], taskd certificate renew server|ca */
#include "server/command/command.h"

#include "common/base/date.h"
#include "common/base/json_out.h"
#include "common/base/utf8.h"
#include "common/cli/options.h"
#include "server/cert/devices.h"
#include "server/cert/ends.h"
#include "server/cert/renew.h"

#include <stdio.h>

/* A line of the list, or an object. */
struct row {
	const char *kind; /* "authority", "server", "client" */
	const char *name;
	const char *state; /* "", "revoked", "renewed" */
	const char *file;  /* "": in the store */
	int64_t until;
};

struct list {
	struct ts_txn *txn;
	int64_t now;
	bool json;
	struct ts_json out;
	const struct ts_org *org;
	const struct ts_user *user;
	struct ts_error *err;
};

static void add_json(struct list *l, const struct row *r)
{
	const struct {
		const char *name, *text;
	} texts[] = {{"kind", r->kind},
		     {"name", r->name},
		     {"until", ts_date_text(r->until).text},
		     {"state", r->state},
		     {"file", r->file}};
	ts_json_open(&l->out, '{');
	for (size_t i = 0; i < TS_COUNT_OF(texts); i++) {
		if (texts[i].text[0] != '\0') {
			ts_json_name(&l->out, texts[i].name);
			ts_json_text(&l->out, ts_slice_of(texts[i].text));
		}
	}
	ts_json_close(&l->out, '}');
}

static void add_row(struct list *l, const struct row *r)
{
	if (l->json) {
		add_json(l, r);
		return;
	}
	const char *state = r->state[0] != '\0' ? r->state : cert_span(r->until, l->now).text;
	const bool file = r->file[0] != '\0';
	ts_buf_printf(l->out.to, "%-10s %-32s %s  %-*s%s\n", r->kind, r->name,
		      ts_day(r->until).text, file ? 14 : 0, state, r->file);
}

static int add_file(struct list *l, const char *kind, const char *path, struct ts_error *err)
{
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *cert = NULL;
	if (path[0] == '\0') {
		return TS_OK;
	}
	int rc = ts_cert_open(path, &cert, err);
	if (rc == TS_OK) {
		add_row(l, &(struct row){.kind = kind,
					 .name = ts_cert_common_name(cert),
					 .state = "",
					 .file = path,
					 .until = ts_cert_until(cert)});
	}
	return rc;
}

static int add_device(struct list *l, const struct ts_device *d, bool renewed)
{
	TS_BUF(name);
	if (!d->certificate) {
		return TS_OK;
	}
	ts_buf_printf(&name, "%s/%s/%s", l->org->name, l->user->name, d->name);
	if (name.failed) {
		return TS_ENOMEM;
	}
	ts_utf8_make_harmless(name.data);
	add_row(l, &(struct row){.kind = "client",
				 .name = name.data,
				 .state = d->revoked != 0 ? "revoked"
					  : renewed       ? "renewed"
							  : "",
				 .file = "",
				 .until = d->until});
	return TS_OK;
}

static int add_user(const struct ts_user *user, void *arg)
{
	struct list *l = arg;
	TS_CLEANUP(cert_devices_done) struct cert_devices all;
	int rc = cert_devices_read(l->txn, user->id, &all, l->err);
	l->user = user;
	for (size_t i = 0; i < all.count && rc == TS_OK; i++) {
		const struct ts_device *d = &all.at[i];
		rc = add_device(l, d, cert_devices_renewal(&all, d->id) != NULL);
	}
	return rc;
}

static int add_org(const struct ts_org *org, void *arg)
{
	struct list *l = arg;
	l->org = org;
	return ts_user_each(l->txn, org, add_user, l, l->err);
}

static int add_clients(struct command_line *cl, struct list *l, struct ts_error *err)
{
	TS_CLEANUP(ts_store_close_p) struct ts_store *store = NULL;
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *txn = NULL;
	int rc = command_store(cl, &store, err);
	if (rc == TS_OK) {
		rc = ts_txn_begin(store, TS_READ, &txn, err);
	}
	l->txn = txn;
	return rc == TS_OK ? ts_org_each(txn, add_org, l, err) : rc;
}

static int make_list(struct command_line *cl, bool json, struct ts_error *err)
{
	TS_BUF(text);
	struct list l = {.now = ts_date_now(), .json = json, .out = ts_json_to(&text), .err = err};
	if (json) {
		ts_json_open(&l.out, '[');
	} else {
		ts_buf_printf(&text, "%-10s %-32s %-10s  %-14s%s\n", "Kind", "Name", "Ends", "",
			      "File");
	}
	int rc = add_file(&l, "authority", cl->settings->ca_cert, err);
	if (rc == TS_OK) {
		rc = add_file(&l, "server", cl->settings->server_cert, err);
	}
	if (rc == TS_OK) {
		rc = add_clients(cl, &l, err);
	}
	if (json) {
		ts_json_close(&l.out, ']');
		ts_buf_add_char(&text, '\n');
	}
	if (rc == TS_OK && text.failed) {
		rc = ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	if (rc == TS_OK && text.len > 0) {
		(void)fwrite(text.data, 1, text.len, stdout);
	}
	return rc;
}

/* Renewing */

static int tell_renewed(const struct command_line *cl, const char *what, const char *path,
			struct ts_error *err)
{
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *cert = NULL;
	int rc = ts_cert_open(path, &cert, err);
	if (rc == TS_OK) {
		command_say(cl, "Renewed the %s, %s: it ends on %s.\n", what, path,
			    ts_day(ts_cert_until(cert)).text);
	}
	return rc;
}

static void tell_next(const struct command_line *cl)
{
	if (cl->settings->cert_watch > 0) {
		command_say(cl, "A server that runs takes it by itself; no connection is "
				"dropped.\n");
	} else {
		command_say(cl, "A server that runs takes it at a HUP signal.\n");
	}
}

static int renew_server(struct command_line *cl, struct ts_error *err)
{
	enum cert_result result;
	int rc = cert_renew_server(cl->settings, true, &result, err);
	return rc == TS_OK
		       ? tell_renewed(cl, "server's certificate", cl->settings->server_cert, err)
		       : rc;
}

/* The server's could not live longer than the authority's; now it can. */
static int renew_ca(struct command_line *cl, struct ts_error *err)
{
	enum cert_result result;
	int rc = cert_renew_ca(cl->settings, err);
	if (rc == TS_OK) {
		rc = tell_renewed(cl, "authority's certificate", cl->settings->ca_cert, err);
	}
	if (rc != TS_OK) {
		return rc;
	}
	if (cert_renew_server(cl->settings, true, &result, NULL) == TS_OK) {
		rc = tell_renewed(cl, "server's certificate", cl->settings->server_cert, err);
	}
	command_say(cl, "\nThe key and the name are the same, so every certificate that it signed "
			"stays good.\nBut clients have a copy of it, which ends when it would "
			"have: until then\n"
			"- a taskc gets the new one by itself, when it renews its certificate;\n"
			"- a Taskwarrior needs a new bundle: taskd user bundle --renew ORG USER "
			"DEVICE\n\n");
	return rc;
}

static const struct {
	const char *name;
	int (*run)(struct command_line *cl, struct ts_error *err);
} renewals[] = {{"server", renew_server}, {"ca", renew_ca}};

static int renew(struct command_line *cl, const char *what, struct ts_error *err)
{
	for (size_t i = 0; i < TS_COUNT_OF(renewals); i++) {
		if (strcmp(renewals[i].name, what) == 0) {
			int rc = renewals[i].run(cl, err);
			if (rc == TS_OK) {
				tell_next(cl);
			}
			return rc;
		}
	}
	return ts_fail(err, TS_EINVAL,
		       "'%s' can't be renewed here; 'server' and 'ca' can, and 'taskd user bundle "
		       "--renew' renews a client's.",
		       what);
}

static int cmd_certificate(struct command_line *cl, struct ts_error *err)
{
	static const struct ts_option options[] = {{.name = "json"}};
	struct ts_option_values json = {0};
	int rc = ts_options_read(&cl->argc, cl->argv, options, TS_COUNT_OF(options), &json, err);
	if (rc != TS_OK) {
		return rc;
	}
	if (cl->argc == 1 && strcmp(cl->argv[0], "list") == 0) {
		return make_list(cl, json.count > 0, err);
	}
	return cl->argc == 2 && strcmp(cl->argv[0], "renew") == 0 ? renew(cl, cl->argv[1], err)
								  : TS_EUSAGE;
}

const struct command command_certificate = {
	.name = "certificate",
	.run = cmd_certificate,
	.flags = COMMAND_DATA | COMMAND_SETTINGS | COMMAND_OPTIONS,
	.usage = "[options] list [--json]\n[options] renew server|ca",
	.help = "list shows the certificates of the authority, the server and the clients, with "
		"their\nends. renew gives the server's, or the authority's, new dates; keys and "
		"names stay.\n"
		"The server does the former by itself before it ends, where it has the key of its\n"
		"authority (settings cert.renew and cert.ahead).",
};
