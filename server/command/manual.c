/* SPDX-License-Identifier: MIT */
#include "server/command/manual.h"

#include "common/cli/manual.h"
#include "server/command/command.h"

#include <config.h>

static const struct ts_option options[] = {
	{.name = "quiet", .help = "Turns off verbose output"},
	{.name = "debug", .help = "Generates debugging diagnostics"},
	{.name = "force", .help = "Does not ask for confirmation of changes"},
	{.name = "data", .value = "<root>", .help = "Data directory, otherwise $TASKDDATA"},
	{.name = "NAME=VALUE", .help = "Temporary configuration override"},
};

static struct ts_manual_command entry_of(const struct command *c)
{
	return (struct ts_manual_command){.name = c->name, .usage = c->usage, .help = c->help};
}

static struct ts_manual_command entry(size_t i)
{
	return entry_of(commands[i]);
}

static struct ts_manual manual(void)
{
	return (struct ts_manual){
		.program = "taskd",
		.command_count = command_count,
		.command = entry,
		.options = options,
		.option_count = TS_COUNT_OF(options),
	};
}

static void print_forms(const struct command *c, const char *prefix, FILE *to)
{
	const struct ts_manual m = manual();
	const struct ts_manual_command one = entry_of(c);
	ts_manual_forms(&m, &one, prefix, to);
}

void manual_usage(const char *name, FILE *to)
{
	const struct command *one = name != NULL ? command_find(name) : NULL;
	if (one != NULL) {
		print_forms(one, "Usage: ", to);
		return;
	}
	(void)fputs("Usage: taskd -v|--version\n       taskd -h|--help\n", to);
	for (size_t i = 0; i < command_count; i++) {
		print_forms(commands[i], "       ", to);
	}
}

void manual_version(void)
{
	(void)puts(
		"\n" PACKAGE_STRING " built for linux\n"
		"Copyright (C) 2026 the authors of taskd.\n\n"
		"Taskd may be copied only under the terms of the MIT license, which may be found "
		"in the taskd source kit.\n"
		"Documentation for taskd can be found using 'man taskd'.\n");
}

bool manual_command(const char *name)
{
	const struct command *c = command_find(name);
	if (c == NULL) {
		return false;
	}
	const struct ts_manual m = manual();
	const struct ts_manual_command one = entry_of(c);
	ts_manual_help(&m, &one, stdout);
	return true;
}

void manual_overview(void)
{
	(void)putchar('\n');
	manual_usage(NULL, stdout);
	(void)puts("\nCommon Options:");
	ts_manual_options(options, TS_COUNT_OF(options), 0, stdout);
	(void)puts("\n'taskd help <command>' says more about each.\n");
}

void manual_commands_rst(struct ts_buf *to)
{
	const struct ts_manual m = manual();
	ts_manual_commands_rst(&m, to);
}

void manual_options_rst(struct ts_buf *to)
{
	ts_manual_options_rst(options, TS_COUNT_OF(options), "", to);
}

void manual_settings_rst(struct ts_buf *to)
{
	ts_manual_settings_rst(settings_items, settings_count, to);
}
