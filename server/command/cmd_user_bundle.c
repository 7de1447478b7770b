/* SPDX-License-Identifier: MIT */
/* taskd user bundle ORG USER [--device NAME] [--host NAME[:PORT]] [--key-type TYPE] [--days N]
 * [--output FILE], taskd user bundle --renew ORG USER DEVICE … */
#include "common/cli/options.h"
#include "server/account/verb.h"
#include "server/command/command.h"
#include "server/setup/bundle.h"
#include "server/setup/enrol.h"

#include "common/store/device.h"

#include <stdio.h>

enum { DAYS_MAX = 36525 };

/* The account, read in a transaction of its own. */
static int find_user(struct ts_store *store, const struct enrolment *e, struct ts_user *ret,
		     struct ts_error *err)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *txn = NULL;
	struct ts_org org;
	int rc = ts_txn_begin(store, TS_READ, &txn, err);
	if (rc != TS_OK) {
		return rc;
	}
	rc = ts_org_get(txn, ts_slice_of(e->org), &org, err);
	if (rc == TS_ENOTFOUND) {
		return ts_fail(err, rc, "Organization '%s' does not exist.", e->org);
	}
	if (rc == TS_OK) {
		rc = ts_user_get(txn, &org, ts_slice_of(e->user), ret, err);
	}
	return rc == TS_ENOTFOUND ? ts_fail(err, rc, "User '%s' does not exist.", e->user) : rc;
}

static int is_taken(const struct enrolment *e, const char *name, bool *ret, struct ts_error *err)
{
	TS_BUF(path);
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *txn = NULL;
	struct ts_device device;
	struct enrolment candidate = *e;
	candidate.device = name;
	enrol_cert_path(&candidate, &path);
	if (path.failed) {
		return ts_fail(err, TS_ENOMEM, "There is no memory for a bundle.");
	}
	*ret = access(path.data, F_OK) == 0;
	int rc = *ret ? TS_ENOTFOUND : ts_txn_begin(e->store, TS_READ, &txn, err);
	if (rc == TS_OK) {
		rc = ts_device_by_name(txn, e->user_id, ts_slice_of(name), &device, err);
		*ret = rc == TS_OK;
	}
	return rc == TS_ENOTFOUND ? TS_OK : rc;
}

/* Without a name of its own, a device is numbered. */
static int choose_device(struct enrolment *e, struct ts_buf *name, struct ts_error *err)
{
	int rc = TS_OK;
	for (int i = 2; e->device == NULL && rc == TS_OK; i++) {
		bool taken = false;
		ts_buf_clear(name);
		ts_buf_printf(name, "device-%d", i);
		rc = name->failed ? ts_fail(err, TS_ENOMEM, "There is no memory for a bundle.")
				  : is_taken(e, name->data, &taken, err);
		if (rc == TS_OK && !taken) {
			e->device = name->data;
		}
	}
	return rc;
}

static int tell(const struct command_line *cl, const struct enrolment *e, const char *path,
		struct ts_error *err)
{
	TS_BUF(word);
	bundle_add_word(path, &word);
	if (word.failed) {
		return ts_fail(err, TS_ENOMEM, "There is no memory for a bundle.");
	}
	command_say(cl, "Bundle for device '%s' of user '%s': %s\n", e->device, e->user, path);
	command_say(cl, "Apply it to a Taskwarrior 2.x:\n\tsh %s\n\ttask sync%s\n", word.data,
		    e->renew ? "" : " init");
	command_say(cl, "Or to a taskc:\n\ttaskc setup %s%s\n\ttaskc sync\n", word.data,
		    e->renew ? " --replace" : "");
	if (e->renew) {
		command_say(cl, "The certificate that it had is good until its end, unless it is "
				"revoked.\n");
	}
	return TS_OK;
}

static int make(struct command_line *cl, struct enrolment *e, struct ts_error *err)
{
	TS_BUF(path);
	TS_BUF(name);
	int rc = choose_device(e, &name, err);
	if (rc != TS_OK) {
		return rc;
	}
	if (e->output != NULL && strcmp(e->output, "-") == 0) {
		return enrol_to_stream(e, stdout, err);
	}
	rc = enrol_to_file(e, &path, err);
	return rc == TS_OK ? tell(cl, e, path.data, err) : rc;
}

enum { DEVICE, HOST, KEY_TYPE, DAYS, RENEW, OUTPUT, OPTIONS };

static const struct ts_option options[OPTIONS] = {
	[DEVICE] = {.name = "device", .value = "NAME"},
	[HOST] = {.name = "host", .value = "NAME"},
	[KEY_TYPE] = {.name = "key-type", .value = "TYPE"},
	[DAYS] = {.name = "days", .value = "N"},
	[RENEW] = {.name = "renew"},
	[OUTPUT] = {.name = "output", .value = "FILE"},
};

static int parse_days(const char *text, uint64_t *ret, struct ts_error *err)
{
	char *end = NULL;
	unsigned long days = text != NULL ? strtoul(text, &end, 10) : 0;
	if (text != NULL && (*end != '\0' || days == 0 || days > DAYS_MAX || text[0] == '-')) {
		return ts_fail(err, TS_EINVAL, "'%s' is no number of days from 1 to %d.", text,
			       DAYS_MAX);
	}
	*ret = days;
	return TS_OK;
}

/* The words: ORG USER, and with --renew the device, which --device may name as well. */
static int parse(struct command_line *cl, struct enrolment *e, struct ts_error *err)
{
	struct ts_option_values values[OPTIONS] = {0};
	int rc = ts_options_read(&cl->argc, cl->argv, options, OPTIONS, values, err);
	if (rc != TS_OK) {
		return rc;
	}
	e->renew = values[RENEW].count > 0;
	e->device = ts_option_last(&values[DEVICE], NULL);
	const int words = e->renew && e->device == NULL ? 3 : 2;
	if (cl->argc != words) {
		return TS_EUSAGE;
	}
	e->org = cl->argv[0];
	e->user = cl->argv[1];
	e->device = words == 3 ? cl->argv[2] : e->device;
	e->server = ts_option_last(&values[HOST], NULL);
	e->output = ts_option_last(&values[OUTPUT], NULL);
	rc = parse_days(ts_option_last(&values[DAYS], NULL), &e->days, err);
	return rc == TS_OK
		       ? ts_key_type_parse(ts_option_last(&values[KEY_TYPE], "rsa"), &e->type, err)
		       : rc;
}

int user_bundle(struct command_line *cl, struct ts_error *err)
{
	TS_CLEANUP(ts_store_close_p) struct ts_store *store = NULL;
	struct ts_user user;
	struct enrolment e = {.settings = cl->settings, .data = cl->data};
	int rc = parse(cl, &e, err);
	if (rc == TS_OK) {
		rc = command_store(cl, &store, err);
	}
	if (rc == TS_OK) {
		rc = find_user(store, &e, &user, err);
	}
	if (rc != TS_OK) {
		return rc;
	}
	e.store = store;
	e.user_id = user.id;
	e.secret = user.key;
	return make(cl, &e, err);
}
