/* SPDX-License-Identifier: MIT */
#include "server/adopt/adopt.h"
#include "server/command/command.h"

#include "common/base/date.h"
#include "common/cli/options.h"

#include <stdio.h>

enum { DRY_RUN, JSON, ALL, OPTIONS };

static const struct ts_option options[OPTIONS] = {
	[DRY_RUN] = {.name = "dry-run", .help = "Do everything, keep nothing"},
	[JSON] = {.name = "json", .help = "The report as JSON"},
	[ALL] = {.name = "all", .help = "Show each finding, not only a few of a kind"},
};

static int cmd_adopt(struct command_line *cl, struct ts_error *err)
{
	struct ts_option_values given[OPTIONS] = {0};
	int code = ts_options_read(&cl->argc, cl->argv, options, OPTIONS, given, err);
	if (code != TS_OK || cl->argc != 1) {
		return code != TS_OK ? code : TS_EUSAGE;
	}
	const struct adopt_request r = {
		.old = cl->argv[0],
		.data = cl->data != NULL && cl->data[0] != '\0' ? cl->data : cl->argv[0],
		.dry = given[DRY_RUN].count > 0,
		.json = given[JSON].count > 0,
		.all = given[ALL].count > 0,
		.force = cl->force,
		.quiet = cl->quiet,
		.now = ts_date_now(),
	};
	return adopt_run(&r, stdout, err);
}

const struct command command_adopt = {
	.name = "adopt",
	.run = cmd_adopt,
	.flags = COMMAND_OPTIONS,
	.usage = "[options] [--dry-run] [--force] [--json] [--all] <directory>",
	.help = "Takes over the data directory of a Taskserver as it is: settings,\n"
		"organizations, users with their keys, and every task with its history, so\n"
		"that no client needs a change. --data names the new directory; without it\n"
		"the store is made in the old one. What is there is left untouched either way.\n\n"
		"Tells each thing that was mended, put into quarantine or left out, with its\n"
		"place; with --all every single one, with --json for a program. With\n"
		"--dry-run it only tells.\n\n"
		"The old server must not run meanwhile; --force goes on where it seems to,\n"
		"and where the new directory isn't empty.",
};
