/* SPDX-License-Identifier: MIT */
#include "server/setup/setup.h"

#include "common/base/date.h"
#include "common/base/file.h"
#include "server/setup/bundle.h"
#include "server/setup/enrol.h"
#include "server/setup/setup_certs.h"

static const char device[] = "device"; /* the first one's name */

/* What the steps share; each finds in here what those before it have made. */
struct work {
	const struct command_line *cl;
	const struct setup_wish *wish;
	struct settings settings; /* as read back */
	bool have_settings;
	bool has_users; /* and none was asked for: no account is made */
	struct ts_user user;
	struct ts_buf bundle; /* its path, where it is there */
};

static int no_memory(struct ts_error *err)
{
	return ts_fail(err, TS_ENOMEM, "There is no memory for a set-up.");
}

static void say(const struct work *w, enum setup_result result, const char *what, const char *which)
{
	static const char *const words[] = {"is there", "made", "renewed"};
	command_say(w->cl, "%-8s  %s %s\n", words[result], what, which);
}

static enum setup_result result_of(bool made)
{
	return made ? SETUP_MADE : SETUP_KEPT;
}

/* DIR/NAME */
static int path_of(const struct work *w, const char *name, struct ts_buf *to, struct ts_error *err)
{
	ts_buf_printf(to, "%s/%s", w->cl->data, name);
	return to->failed ? no_memory(err) : TS_OK;
}

/* Directories */

static int make_directories(struct work *w, struct ts_error *err)
{
	static const char *const below[] = {"pki", "pki/clients", "bundles"};
	bool made = false;
	int rc = ts_dir_make(w->cl->data, 0700, &made, err);
	if (rc == TS_OK) {
		say(w, result_of(made), "data directory", w->cl->data);
	}
	for (size_t i = 0; i < TS_COUNT_OF(below) && rc == TS_OK; i++) {
		TS_BUF(path);
		rc = path_of(w, below[i], &path, err);
		if (rc == TS_OK) {
			rc = ts_dir_make(path.data, 0700, NULL, err);
		}
	}
	return rc;
}

/* The configuration */

static int set_option(const char *config, const char *name, const char *value, struct ts_error *err)
{
	return ts_conf_edit(config, name, value, NULL, err);
}

/* Settings given on the command line are wanted, here as with `taskd init`. */
static int keep_overrides(const struct work *w, const char *config, struct ts_error *err)
{
	int rc = TS_OK;
	for (size_t i = 0; i < w->cl->override_count && rc == TS_OK; i++) {
		struct ts_slice value = ts_slice_of(w->cl->overrides[i]);
		struct ts_slice name = ts_slice_cut(&value, '=');
		TS_AUTOFREE char *text = strndup(name.data, name.len);
		rc = text == NULL ? no_memory(err) : set_option(config, text, value.data, err);
	}
	return rc;
}

static int create_config(const struct work *w, const char *config, struct ts_error *err)
{
	static const char head[] = "# Settings of taskd, one name=value a line. See taskdrc(5).\n";
	TS_BUF(log);
	int rc = ts_file_write(config, ts_slice_of(head), 0600, TS_FILE_NEW, err);
	if (rc == TS_OK) {
		rc = path_of(w, "taskd.log", &log, err);
	}
	if (rc == TS_OK) {
		rc = set_option(config, "log", log.data, err);
	}
	return rc == TS_OK ? set_option(config, "cert.binding", "on", err) : rc;
}

/* What a server can't start without. */
static int set_missing(const struct work *w, const struct settings *s, const char *config,
		       struct ts_error *err)
{
	const struct {
		const char *name, *value, *file;
	} items[] = {
		{"server", s->server, NULL},
		{"ca.cert", s->ca_cert, "pki/ca.cert.pem"},
		{"server.cert", s->server_cert, "pki/server.cert.pem"},
		{"server.key", s->server_key, "pki/server.key.pem"},
	};
	int rc = TS_OK;
	for (size_t i = 0; i < TS_COUNT_OF(items) && rc == TS_OK; i++) {
		TS_BUF(value);
		if (items[i].value[0] != '\0') {
			continue;
		}
		if (items[i].file == NULL) {
			ts_buf_printf(&value, "*:%s", w->wish->port);
		} else {
			rc = path_of(w, items[i].file, &value, err);
		}
		if (rc == TS_OK) {
			rc = value.failed ? no_memory(err)
					  : set_option(config, items[i].name, value.data, err);
		}
	}
	return rc;
}

static int read_settings(struct work *w, struct ts_error *err)
{
	if (w->have_settings) {
		command_settings_done(&w->settings);
		w->have_settings = false;
	}
	int rc = command_settings(w->cl, &w->settings, NULL, err);
	w->have_settings = rc == TS_OK;
	return rc;
}

static int make_config(struct work *w, struct ts_error *err)
{
	TS_BUF(config);
	int rc = command_config_path(w->cl, &config, err);
	if (rc == TS_OK) {
		rc = read_settings(w, err); /* before anything is written: are they in order? */
	}
	if (rc != TS_OK) {
		return rc;
	}
	bool made = access(config.data, F_OK) != 0;
	if (made) {
		rc = create_config(w, config.data, err);
	}
	if (rc == TS_OK) {
		rc = keep_overrides(w, config.data, err);
	}
	if (rc == TS_OK) {
		rc = set_missing(w, &w->settings, config.data, err);
	}
	if (rc == TS_OK) {
		rc = read_settings(w, err);
	}
	if (rc == TS_OK) {
		say(w, result_of(made), "configuration", config.data);
	}
	return rc;
}

/* Certificates */

static int make_certificates(struct work *w, struct ts_error *err)
{
	const struct settings *s = &w->settings;
	TS_CLEANUP(ts_pki_ca_free_p) struct ts_pki_ca *ca = NULL;
	enum setup_result result = SETUP_KEPT;
	int rc = setup_authority(s, w->wish->hosts[0], &ca, &result, err);
	if (rc == TS_OK) {
		say(w, result, "certificate authority", s->ca_cert);
		rc = setup_server_cert(s, ca, w->wish, &result, err);
	}
	if (rc == TS_OK) {
		say(w, result, "server certificate", s->server_cert);
	}
	return rc;
}

/* The account */

static int get_org(struct ts_txn *txn, struct ts_slice name, struct ts_org *ret, bool *made,
		   struct ts_error *err)
{
	int rc = ts_org_get(txn, name, ret, err);
	*made = rc == TS_ENOTFOUND;
	if (*made) {
		rc = ts_org_add(txn, name, ts_date_now(), err);
	}
	return rc == TS_OK && *made ? ts_org_get(txn, name, ret, err) : rc;
}

static int get_user(struct ts_txn *txn, const struct ts_org *org, struct ts_slice name,
		    struct ts_user *ret, bool *made, struct ts_error *err)
{
	int rc = ts_user_get(txn, org, name, ret, err);
	*made = rc == TS_ENOTFOUND;
	return *made ? ts_user_add(txn, org, name, ts_date_now(), ret, err) : rc;
}

/* Whoever only adds a host's name wants no other user. */
static int add_account(struct work *w, struct ts_txn *txn, bool *org_made, bool *user_made,
		       struct ts_error *err)
{
	struct ts_store_stats stats;
	struct ts_org org;
	ts_store_stats(txn, &stats);
	w->has_users = stats.users > 0 && !w->wish->account_given;
	if (w->has_users) {
		return TS_OK;
	}
	int rc = get_org(txn, ts_slice_of(w->wish->org), &org, org_made, err);
	return rc == TS_OK
		       ? get_user(txn, &org, ts_slice_of(w->wish->user), &w->user, user_made, err)
		       : rc;
}

static int make_account(struct work *w, struct ts_error *err)
{
	TS_CLEANUP(ts_store_close_p) struct ts_store *store = NULL;
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *txn = NULL;
	bool org_made = false, user_made = false;
	int rc = ts_store_open(w->cl->data, true, &store, err);
	if (rc == TS_OK) {
		rc = ts_txn_begin(store, TS_WRITE, &txn, err);
	}
	if (rc == TS_OK) {
		rc = add_account(w, txn, &org_made, &user_made, err);
	}
	if (rc == TS_OK && (org_made || user_made)) {
		rc = ts_txn_commit(TS_TAKE(txn), err);
	}
	if (rc == TS_OK && !w->has_users) {
		say(w, result_of(org_made), "organization", w->wish->org);
		say(w, result_of(user_made), "user", w->wish->user);
	}
	return rc;
}

/* The bundle; one that was handed over and removed is not made again. */

static int make_bundle(struct work *w, struct ts_error *err)
{
	TS_BUF(cert);
	TS_BUF(path);
	TS_CLEANUP(ts_store_close_p) struct ts_store *store = NULL;
	int rc = w->has_users ? TS_OK : ts_store_open(w->cl->data, false, &store, err);
	if (rc != TS_OK || w->has_users) {
		return rc;
	}
	const struct enrolment e = {.settings = &w->settings,
				    .store = store,
				    .user_id = w->user.id,
				    .data = w->cl->data,
				    .org = w->wish->org,
				    .user = w->wish->user,
				    .device = device,
				    .secret = w->user.key,
				    .type = w->wish->client_key};
	enrol_cert_path(&e, &cert);
	enrol_bundle_path(&e, &path);
	if (cert.failed || path.failed) {
		return no_memory(err);
	}
	bool made = access(cert.data, F_OK) != 0;
	rc = made ? enrol_to_file(&e, &w->bundle, err) : TS_OK;
	if (rc != TS_OK) {
		return rc;
	}
	say(w, result_of(made), "client certificate", cert.data);
	if (access(path.data, F_OK) == 0) {
		say(w, result_of(made), "bundle", path.data);
		ts_buf_clear(&w->bundle);
		ts_buf_add_slice(&w->bundle, ts_buf_slice(&path));
	}
	return TS_OK;
}

/* What to do next */

static void add(const char *before, const char *word, struct ts_buf *to)
{
	ts_buf_add_str(to, before);
	bundle_add_word(word, to);
}

static int tell_next(struct work *w, struct ts_error *err)
{
	TS_BUF(text);
	add("\nStart the server:\n\ttaskd server --data ", w->cl->data, &text);
	if (w->bundle.len > 0) {
		add("\nSet up a Taskwarrior 2.x with this secret file, there or here:\n\tsh ",
		    w->bundle.data, &text);
		ts_buf_add_str(&text, "\n\ttask sync init");
		add("\nOr set up a taskc with it:\n\ttaskc setup ", w->bundle.data, &text);
		ts_buf_add_str(&text, "\n\ttaskc sync");
	}
	add("\nMake a bundle for another device of a user:\n\ttaskd user bundle ",
	    w->has_users ? "ORG" : w->wish->org, &text);
	add(" ", w->has_users ? "USER" : w->wish->user, &text);
	add(" --device phone --data ", w->cl->data, &text);
	if (text.failed) {
		return no_memory(err);
	}
	command_say(w->cl, "%s\n", text.data);
	return TS_OK;
}

int setup(const struct command_line *cl, const struct setup_wish *wish, struct ts_error *err)
{
	static int (*const steps[])(struct work * w, struct ts_error * err) = {
		make_directories, make_config, make_certificates,
		make_account,     make_bundle, tell_next,
	};
	struct work w = {.cl = cl, .wish = wish};
	int rc = TS_OK;
	for (size_t i = 0; i < TS_COUNT_OF(steps) && rc == TS_OK; i++) {
		rc = steps[i](&w, err);
	}
	if (w.have_settings) {
		command_settings_done(&w.settings);
	}
	ts_buf_done(&w.bundle);
	return rc;
}
