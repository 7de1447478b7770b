/* SPDX-License-Identifier: MIT */
#include "server/account/errand.h"

#include "server/account/nearest.h"

#include <stdio.h>

const struct ts_option errand_json[1] = {{.name = "json"}};

/* Finding */

static int offer_org(const struct ts_org *org, void *arg)
{
	nearest_offer(arg, ts_slice_of(org->name));
	return TS_OK;
}

static int offer_user(const struct ts_user *user, void *arg)
{
	nearest_offer(arg, ts_slice_of(user->name));
	return TS_OK;
}

static int hint_user(const struct ts_user *user, void *arg)
{
	nearest_hint(arg, ts_slice_of(user->name));
	return TS_OK;
}

static int offer_device(const struct ts_device *device, void *arg)
{
	nearest_offer(arg, ts_slice_of(device->name));
	return TS_OK;
}

static bool is_missing(int rc)
{
	return rc == TS_ENOTFOUND || rc == TS_EINVAL;
}

int errand_find_org(struct errand *e, const char *name, struct ts_error *err)
{
	struct nearest n = {.wanted = ts_slice_of(name)};
	int rc = ts_org_get(e->txn, n.wanted, &e->org, err);
	if (!is_missing(rc)) {
		return rc;
	}
	rc = e->terse ? TS_OK : ts_org_each(e->txn, offer_org, &n, err);
	return rc == TS_OK ? nearest_fail(&n, "Organization", err) : rc;
}

/* By key as the reference server; by name where no key matches. */
static int get_user(struct errand *e, struct ts_slice word, struct ts_error *err)
{
	struct ts_uuid key;
	int rc = TS_ENOTFOUND;
	if (ts_uuid_parse(word, &key)) {
		rc = ts_user_by_key(e->txn, &e->org, &key, &e->user, err);
	}
	return rc == TS_ENOTFOUND ? ts_user_get(e->txn, &e->org, word, &e->user, err) : rc;
}

/* Those who had that name before; else those with one like it. */
static int offer_users(struct errand *e, struct nearest *n, struct ts_error *err)
{
	int rc = ts_user_each_called(e->txn, &e->org, n->wanted, hint_user, n, err);
	if (rc == TS_OK && n->count == 0) {
		rc = ts_user_each(e->txn, &e->org, offer_user, n, err);
	}
	return rc == TS_EINVAL ? TS_OK : rc;
}

int errand_find_user(struct errand *e, const char *name, struct ts_error *err)
{
	struct nearest n = {.wanted = ts_slice_of(name)};
	int rc = get_user(e, n.wanted, err);
	if (!is_missing(rc)) {
		return rc;
	}
	rc = e->terse ? TS_OK : offer_users(e, &n, err);
	return rc == TS_OK ? nearest_fail(&n, "User", err) : rc;
}

int errand_find_device(struct errand *e, const char *name, struct ts_error *err)
{
	struct nearest n = {.wanted = ts_slice_of(name)};
	int rc = ts_device_by_name(e->txn, e->user.id, n.wanted, &e->device, err);
	if (is_missing(rc)) {
		rc = ts_device_get(e->txn, e->user.id, name, &e->device, err);
	}
	if (!is_missing(rc)) {
		return rc;
	}
	rc = ts_device_each(e->txn, e->user.id, offer_device, &n, err);
	return rc == TS_OK ? nearest_fail(&n, "Device", err) : rc;
}

/* Running */

static int find(struct errand *e, enum errand_about about, struct ts_error *err)
{
	static int (*const finders[])(struct errand * e, const char *name, struct ts_error *err) = {
		errand_find_org, errand_find_user, errand_find_device};
	int rc = TS_OK;
	for (size_t i = 0; i < (size_t)about && rc == TS_OK; i++) {
		rc = finders[i](e, e->words[i], err);
	}
	return rc;
}

static int perform(struct errand *e, const struct errand_kind *kind, struct ts_store *store,
		   struct ts_error *err)
{
	int rc = ts_txn_begin(store, kind->access, &e->txn, err);
	if (rc != TS_OK) {
		return rc;
	}
	rc = find(e, kind->about, err);
	if (rc == TS_OK) {
		rc = kind->run(e, err);
	}
	if (rc == TS_OK && (e->said.failed || e->told.failed)) {
		rc = ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	if (rc == TS_OK && kind->access == TS_WRITE) {
		return ts_txn_commit(TS_TAKE(e->txn), err);
	}
	ts_txn_abort(TS_TAKE(e->txn));
	return rc;
}

static void tell(const struct errand *e)
{
	if (e->told.len > 0) {
		(void)fwrite(e->told.data, 1, e->told.len, stdout);
	}
	if (e->said.len > 0) {
		command_say(e->cl, "%s", e->said.data);
	}
}

static int go(struct errand *e, const struct errand_kind *kind, struct ts_error *err)
{
	TS_CLEANUP(ts_store_close_p) struct ts_store *store = NULL;
	if (kind->confirm != NULL && !kind->confirm(e)) {
		return TS_OK;
	}
	int rc = command_store(e->cl, &store, err);
	if (rc == TS_OK) {
		rc = perform(e, kind, store, err);
	}
	if (rc == TS_OK) {
		tell(e);
	}
	return rc;
}

static void errand_done(struct errand *e)
{
	ts_buf_done(&e->said);
	ts_buf_done(&e->told);
}

int errand_run(struct command_line *cl, const struct errand_kind *kind, bool terse,
	       struct ts_error *err)
{
	TS_CLEANUP(errand_done) struct errand e = {.cl = cl, .terse = terse};
	int rc = terse ? TS_OK /* words such as --force are names there */
		       : ts_options_read(&cl->argc, cl->argv, kind->options, kind->option_count,
					 e.options, err);
	if (rc != TS_OK) {
		return rc;
	}
	if (cl->argc < kind->words || cl->argc > kind->words + kind->more) {
		return TS_EUSAGE;
	}
	TS_AUTOFREE const char **words = calloc((size_t)cl->argc + 1, sizeof(*words));
	if (words == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	for (int i = 0; i < cl->argc; i++) {
		words[i] = cl->argv[i];
	}
	e.words = words;
	e.count = cl->argc;
	return go(&e, kind, err);
}
