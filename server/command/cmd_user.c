/* SPDX-License-Identifier: MIT */
/* taskd user bundle ORG USER [--device NAME] [--host NAME[:PORT]] [--key-type TYPE] [--output FILE]
 */
#include "server/command/command.h"
#include "server/setup/bundle.h"
#include "server/setup/enrol.h"

#include "common/cli/options.h"

#include <stdio.h>

/* The account, read in a transaction of its own. */
static int find_user(struct command_line *cl, const char *org_name, const char *user_name,
		     struct ts_user *ret, struct ts_error *err)
{
	TS_CLEANUP(ts_store_close_p) struct ts_store *store = NULL;
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *txn = NULL;
	struct ts_org org;
	const char *what = NULL, *name = NULL;
	int rc = command_store(cl, &store, err);
	if (rc == TS_OK) {
		rc = ts_txn_begin(store, TS_READ, &txn, err);
	}
	if (rc == TS_OK) {
		rc = ts_org_get(txn, ts_slice_of(org_name), &org, err);
		what = "Organization", name = org_name;
	}
	if (rc == TS_OK) {
		rc = ts_user_get(txn, &org, ts_slice_of(user_name), ret, err);
		what = "User", name = user_name;
	}
	if (rc == TS_ENOTFOUND && what != NULL) {
		return ts_fail(err, rc, "%s '%s' does not exist.", what, name);
	}
	return rc;
}

/* Without a name of its own, a device is numbered. */
static int choose_device(struct enrolment *e, struct ts_buf *name, struct ts_error *err)
{
	for (int i = 2; e->device == NULL; i++) {
		TS_BUF(path);
		ts_buf_clear(name);
		ts_buf_printf(name, "device-%d", i);
		struct enrolment candidate = *e;
		candidate.device = name->data;
		if (!name->failed) {
			enrol_cert_path(&candidate, &path);
		}
		if (name->failed || path.failed) {
			return ts_fail(err, TS_ENOMEM, "There is no memory for a bundle.");
		}
		if (access(path.data, F_OK) != 0) {
			e->device = name->data;
		}
	}
	return TS_OK;
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
	command_say(cl, "Apply it to a Taskwarrior 2.x:\n\tsh %s\n\ttask sync init\n", word.data);
	command_say(cl, "Or to a taskc:\n\ttaskc setup %s\n\ttaskc sync\n", word.data);
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

enum { DEVICE, HOST, KEY_TYPE, OUTPUT, OPTIONS };

static const struct ts_option options[OPTIONS] = {
	[DEVICE] = {.name = "device", .value = "NAME"},
	[HOST] = {.name = "host", .value = "NAME"},
	[KEY_TYPE] = {.name = "key-type", .value = "TYPE"},
	[OUTPUT] = {.name = "output", .value = "FILE"},
};

static int cmd_user(struct command_line *cl, struct ts_error *err)
{
	struct ts_option_values values[OPTIONS] = {0};
	int rc = ts_options_read(&cl->argc, cl->argv, options, OPTIONS, values, err);
	if (rc != TS_OK) {
		return rc;
	}
	if (cl->argc != 3 || strcmp(cl->argv[0], "bundle") != 0) {
		return TS_EUSAGE;
	}
	struct ts_user user;
	struct enrolment e = {.settings = cl->settings,
			      .data = cl->data,
			      .org = cl->argv[1],
			      .user = cl->argv[2],
			      .device = ts_option_last(&values[DEVICE], NULL),
			      .server = ts_option_last(&values[HOST], NULL),
			      .output = ts_option_last(&values[OUTPUT], NULL)};
	rc = ts_key_type_parse(ts_option_last(&values[KEY_TYPE], "rsa"), &e.type, err);
	if (rc == TS_OK) {
		rc = find_user(cl, e.org, e.user, &user, err);
	}
	if (rc != TS_OK) {
		return rc;
	}
	e.secret = user.key;
	return make(cl, &e, err);
}

const struct command command_user = {
	.name = "user",
	.run = cmd_user,
	.flags = COMMAND_DATA | COMMAND_SETTINGS | COMMAND_OPTIONS,
	.usage = "[options] bundle <org> <user> [--device <name>] [--host <name[:port]>] [--output "
		 "<file>]",
	.help = "Makes another bundle for a user, with a certificate of its own for another\n"
		"device. --host is where that device finds the server; --key-type is rsa, ecdsa\n"
		"or ed25519; an --output of - is standard output.",
};
