/* SPDX-License-Identifier: MIT */
#include "server/command/command.h"
#include "server/command/manual.h"

#include <stdio.h>

/* For the manual's Makefile; not in the help. */
static const struct {
	const char *option;
	void (*make)(struct ts_buf *to);
} parts[] = {{"--commands-rst", manual_commands_rst},
	     {"--options-rst", manual_options_rst},
	     {"--settings-rst", manual_settings_rst}};

static int print_part(void (*make)(struct ts_buf *to), struct ts_error *err)
{
	TS_BUF(text);
	make(&text);
	if (text.failed) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	(void)fwrite(text.data, 1, text.len, stdout);
	return TS_OK;
}

static int cmd_help(struct command_line *cl, struct ts_error *err)
{
	if (cl->argc == 0) {
		manual_overview();
		return TS_OK;
	}
	if (cl->argc > 1) {
		return TS_EUSAGE;
	}
	for (size_t i = 0; i < TS_COUNT_OF(parts); i++) {
		if (strcmp(cl->argv[0], parts[i].option) == 0) {
			return print_part(parts[i].make, err);
		}
	}
	return manual_command(cl->argv[0])
		       ? TS_OK
		       : ts_fail(err, TS_ENOTFOUND,
				 "No help for '%.100s'; 'taskd help' lists the commands.",
				 cl->argv[0]);
}

const struct command command_help = {
	.name = "help",
	.run = cmd_help,
	.flags = COMMAND_OPTIONS,
	.usage = "[<command>]",
	.help = "Lists the commands, or explains one.",
};
