/* SPDX-License-Identifier: MIT */
#include "client/command/manual.h"

#include "client/remote/remote.h"
#include "common/cli/manual.h"

#include <config.h>

enum { WIDTH = 80 };

static struct ts_manual_command entry_of(const struct command *c)
{
	return (struct ts_manual_command){
		.name = c->name,
		.usage = c->usage,
		.brief = c->brief,
		.help = c->help,
		.options = c->options,
		.option_count = c->option_count,
	};
}

static struct ts_manual_command entry(size_t i)
{
	return entry_of(commands[i]);
}

static struct ts_manual manual(void)
{
	return (struct ts_manual){
		.program = "taskc",
		.command_count = command_count,
		.command = entry,
		.options = common_options,
		.option_count = common_option_count,
		.width = WIDTH,
	};
}

void manual_usage(const struct command *c, FILE *to)
{
	const struct ts_manual m = manual();
	if (c != NULL) {
		const struct ts_manual_command one = entry_of(c);
		ts_manual_forms(&m, &one, "Usage: ", to);
		return;
	}
	(void)fputs("Usage: taskc [COMMAND] [WORD…] [--OPTION [VALUE]]…\n"
		    "       taskc help [COMMAND]\n",
		    to);
}

void manual_version(FILE *to)
{
	(void)fputs("taskc " PACKAGE_VERSION "\n"
		    "Copyright (C) 2026 the authors of taskd.\n"
		    "Free under the terms of the MIT license. `man taskc` tells more.\n",
		    to);
}

void manual_command(const struct command *c, FILE *to)
{
	const struct ts_manual m = manual();
	const struct ts_manual_command one = entry_of(c);
	ts_manual_help(&m, &one, to);
}

void manual_overview(FILE *to)
{
	const struct ts_manual m = manual();
	manual_usage(NULL, to);
	(void)fputs("\nTasks on this machine, in step with a server. Without a command: the open "
		    "tasks.\n\nCommands:\n",
		    to);
	ts_manual_briefs(&m, to);
	(void)fputs("\nOptions of every command:\n", to);
	ts_manual_options(common_options, common_option_count, WIDTH, to);
	(void)fputs("\n`taskc help COMMAND` says more about each, `man taskc` about everything.\n",
		    to);
}

void manual_commands_rst(struct ts_buf *to)
{
	const struct ts_manual m = manual();
	ts_manual_commands_rst(&m, to);
}

void manual_options_rst(struct ts_buf *to)
{
	ts_manual_options_rst(common_options, common_option_count, "", to);
}

void manual_settings_rst(struct ts_buf *to)
{
	ts_manual_settings_rst(settings_items, settings_count, to);
}

void manual_remote_rst(struct ts_buf *to)
{
	ts_manual_settings_rst(remote_items, remote_item_count, to);
}

#define EXIT_ROW(name, number, text) {number, text},

void manual_exit_codes_rst(struct ts_buf *to)
{
	static const struct {
		int number;
		const char *text;
	} rows[] = {EXIT_CODES(EXIT_ROW)};
	for (size_t i = 0; i < TS_COUNT_OF(rows); i++) {
		ts_buf_printf(to, "``%d``\n", rows[i].number);
		ts_manual_text_rst(to, rows[i].text, "  ");
		ts_buf_add_char(to, '\n');
	}
}
