/* SPDX-License-Identifier: MIT */
#include "server/command/command.h"
#include "server/datalock.h"
#include "server/pidfile.h"

#include <inttypes.h>
#include <stdio.h>

static void row(const char *name, const char *value)
{
	(void)printf("%14s: %s\n", name, value[0] != '\0' ? value : "-");
}

static void number(const char *name, uint64_t n)
{
	(void)printf("%14s: %" PRIu64 "\n", name, n);
}

static void print_process(const struct command_line *cl)
{
	bool running = datalock_taken(cl->data);
	pid_t pid = running ? pidfile_alive(cl->settings->pid_file) : 0;
	if (pid != 0) {
		(void)printf("%14s: yes, process %ld\n", "Running", (long)pid);
	} else {
		row("Running", running ? "yes" : "no");
	}
}

static void print_configuration(const struct command_line *cl)
{
	const struct settings *s = cl->settings;
	row("Data", cl->data);
	row("Server", s->server);
	row("Trust", s->trust);
	row("Log", s->log);
	print_process(cl);
}

static int count_suspended(const struct ts_org *org, void *arg)
{
	uint64_t *count = arg;
	*count += org->suspended ? 1 : 0;
	return TS_OK;
}

static int print_store(struct ts_txn *t, struct ts_error *err)
{
	struct ts_store_stats stats;
	uint64_t suspended = 0;
	ts_store_stats(t, &stats);
	int code = ts_org_each(t, count_suspended, &suspended, err);
	if (code != TS_OK) {
		return code;
	}
	(void)printf("%14s: %" PRIu64 ", %" PRIu64 " of them suspended\n", "Organizations",
		     stats.orgs, suspended);
	number("Users", stats.users);
	number("Transactions", stats.transactions);
	number("Versions", stats.versions);
	(void)printf("%14s: %" PRIu64 " bytes on disk\n", "Store", stats.bytes);
	return TS_OK;
}

static int cmd_status(struct command_line *cl, struct ts_error *err)
{
	TS_CLEANUP(ts_store_close_p) struct ts_store *store = NULL;
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	if (cl->argc > 0) {
		return TS_EUSAGE;
	}
	int code = command_store(cl, &store, err);
	if (code == TS_OK) {
		code = ts_txn_begin(store, TS_READ, &t, err);
	}
	if (code != TS_OK) {
		return code;
	}
	print_configuration(cl);
	return print_store(t, err);
}

const struct command command_status = {
	.name = "status",
	.run = cmd_status,
	.flags = COMMAND_DATA | COMMAND_SETTINGS,
	.usage = "[options]",
	.help = "Shows the configuration in use, whether a server runs, and what the store\n"
		"holds.",
};
