/* SPDX-License-Identifier: MIT */
/* taskd setup [--host NAME]… [--org ORG] [--user USER] [--key-type TYPE] [--server-key-type TYPE]
 * [--port N] */
#include "server/setup/setup.h"

#include "common/base/buf.h"
#include "common/cli/options.h"
#include "common/net/hostport.h"

#include <limits.h>

enum { HOST, ORG, USER_NAME, PORT, KEY_TYPE, SERVER_KEY_TYPE, OPTIONS };

static const struct ts_option options[OPTIONS] = {
	[HOST] = {.name = "host", .value = "NAME", .max = TS_OPTION_VALUES},
	[ORG] = {.name = "org", .value = "ORG"},
	[USER_NAME] = {.name = "user", .value = "USER"},
	[PORT] = {.name = "port", .value = "PORT"},
	[KEY_TYPE] = {.name = "key-type", .value = "TYPE"},
	[SERVER_KEY_TYPE] = {.name = "server-key-type", .value = "TYPE"},
};

/* Where the data goes if nobody says. */
static int default_data(struct ts_buf *to, struct ts_error *err)
{
	const char *share = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	if (geteuid() == 0) {
		ts_buf_add_str(to, "/var/lib/taskd");
	} else if (share != NULL && share[0] == '/') {
		ts_buf_printf(to, "%s/taskd", share);
	} else if (home != NULL && home[0] == '/') {
		ts_buf_printf(to, "%s/.local/share/taskd", home);
	} else {
		return ts_fail(err, TS_EINVAL, "The '--data' option is required.");
	}
	return TS_OK;
}

static int find_data(const struct command_line *cl, struct ts_buf *to, struct ts_error *err)
{
	TS_BUF(usual);
	if (cl->data != NULL && cl->data[0] != '\0') {
		return command_absolute(cl->data, to, err);
	}
	int rc = default_data(&usual, err);
	return rc == TS_OK && !usual.failed ? command_absolute(usual.data, to, err) : rc;
}

static const char *default_user(void)
{
	const char *sudo = getenv("SUDO_USER"), *user = getenv("USER");
	if (sudo != NULL && sudo[0] != '\0') {
		return sudo;
	}
	return user != NULL && user[0] != '\0' ? user : "user";
}

static int check(const struct ts_option_values *values, struct setup_wish *to, struct ts_error *err)
{
	to->org = ts_option_last(&values[ORG], "Public");
	to->user = ts_option_last(&values[USER_NAME], default_user());
	to->account_given = values[ORG].count + values[USER_NAME].count > 0;
	to->port = ts_option_last(&values[PORT], "53589");
	int rc = hostport_check_port(to->port, err);
	if (rc == TS_OK) {
		rc = ts_name_check(ts_slice_of(to->org), err);
	}
	if (rc == TS_OK) {
		rc = ts_name_check(ts_slice_of(to->user), err);
	}
	if (rc == TS_OK) {
		rc = ts_key_type_parse(ts_option_last(&values[KEY_TYPE], "rsa"), &to->client_key,
				       err);
	}
	if (rc == TS_OK) {
		rc = ts_key_type_parse(ts_option_last(&values[SERVER_KEY_TYPE], "ecdsa"),
				       &to->server_key, err);
	}
	return rc;
}

/* A host without the brackets of an IPv6 address, which certificates don't know. */
static char *bare(const char *host)
{
	size_t len = strlen(host);
	bool brackets = len > 2 && host[0] == '[' && host[len - 1] == ']';
	return brackets ? strndup(host + 1, len - 2) : strdup(host);
}

static void free_values(struct ts_option_values *v)
{
	for (size_t i = 0; i < v->count; i++) {
		free((char *)v->at[i]);
	}
}

/* The hosts given, or this machine's name; owned by *ret. */
static int choose_hosts(const struct ts_option_values *given, struct ts_option_values *ret,
			struct ts_error *err)
{
	char machine[HOST_NAME_MAX + 1] = "localhost";
	(void)gethostname(machine, sizeof(machine) - 1);
	ret->count = given->count > 0 ? given->count : 1;
	bool complete = true;
	for (size_t i = 0; i < ret->count; i++) {
		ret->at[i] = bare(given->count > 0 ? given->at[i] : machine);
		complete = complete && ret->at[i] != NULL;
	}
	int rc = complete ? TS_OK : ts_fail(err, TS_ENOMEM, "Out of memory.");
	for (size_t i = 0; i < ret->count && rc == TS_OK; i++) {
		rc = ts_pki_check_host(ret->at[i], err);
	}
	return rc;
}

static int cmd_setup(struct command_line *cl, struct ts_error *err)
{
	struct ts_option_values values[OPTIONS] = {0};
	struct setup_wish wish = {0};
	TS_CLEANUP(free_values) struct ts_option_values hosts = {0};
	TS_BUF(data);
	int rc = ts_options_read(&cl->argc, cl->argv, options, OPTIONS, values, err);
	if (rc == TS_OK && cl->argc > 0) {
		return TS_EUSAGE;
	}
	if (rc == TS_OK) {
		rc = check(values, &wish, err);
	}
	if (rc == TS_OK) {
		rc = find_data(cl, &data, err);
	}
	if (rc == TS_OK) {
		rc = choose_hosts(&values[HOST], &hosts, err);
	}
	if (rc != TS_OK) {
		return rc;
	}
	wish.hosts_given = values[HOST].count > 0;
	wish.hosts = hosts.at;
	wish.host_count = hosts.count;
	struct command_line there = *cl;
	there.data = data.data;
	return setup(&there, &wish, err);
}

const struct command command_setup = {
	.name = "setup",
	.run = cmd_setup,
	.flags = COMMAND_OPTIONS,
	.usage = "[options] [--host <name>]... [--port <port>] [--org <org>] [--user <user>]",
	.help = "Makes what is missing in the data directory, and leaves what is there:\n"
		"configuration, certificate authority, server certificate, an organization and\n"
		"a user with a certificate, and that user's bundle: one file that 'sh FILE'\n"
		"applies to a Taskwarrior 2.x, and 'taskc setup FILE' to a taskc. Each --host is\n"
		"a name or an address that clients know the server by. --key-type and\n"
		"--server-key-type choose rsa, ecdsa or ed25519 for the user's key (rsa, which\n"
		"old phones need) and the server's (ecdsa).",
};
