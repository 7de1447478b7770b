/* SPDX-License-Identifier: MIT */
#include "server/command/manual.h"

#include "server/command/command.h"

#include <config.h>

static const struct {
	const char *option, *text;
} options[] = {
	{"--quiet", "Turns off verbose output"},
	{"--debug", "Generates debugging diagnostics"},
	{"--force", "Does not ask for confirmation of changes"},
	{"--data <root>", "Data directory, otherwise $TASKDDATA"},
	{"--NAME=VALUE", "Temporary configuration override"},
};

/* One line a form of the command, `prefix` before the first and blanks before the others. */
static void print_forms(const struct command *c, const char *prefix, FILE *to)
{
	struct ts_slice rest = ts_slice_of(c->usage);
	int width = (int)strlen(prefix);
	while (rest.data != NULL) {
		struct ts_slice form = ts_slice_cut(&rest, '\n');
		(void)fprintf(to, "%*staskd %s%s%.*s\n", width, prefix, c->name,
			      form.len > 0 ? " " : "", TS_SLICE_ARGS(form));
		prefix = "";
	}
}

static void print_options(FILE *to)
{
	for (size_t i = 0; i < TS_COUNT_OF(options); i++) {
		(void)fprintf(to, "  %-14s %s\n", options[i].option, options[i].text);
	}
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
		print_forms(&commands[i], "       ", to);
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
	(void)putchar('\n');
	print_forms(c, "", stdout);
	(void)printf("\n%s\n\nOptions:\n", c->help);
	print_options(stdout);
	(void)putchar('\n');
	return true;
}

void manual_overview(void)
{
	(void)putchar('\n');
	manual_usage(NULL, stdout);
	(void)puts("\nCommon Options:");
	print_options(stdout);
	(void)puts("\n'taskd help <command>' says more about each.\n");
}

/* `text` with each line `indent` blanks deep, backslashes where reStructuredText reads marks. */
static void add_indented(struct ts_buf *to, const char *text, const char *indent)
{
	struct ts_slice rest = ts_slice_of(text);
	while (rest.data != NULL) {
		struct ts_slice line = ts_slice_cut(&rest, '\n');
		ts_buf_add_str(to, line.len > 0 ? indent : "");
		for (size_t i = 0; i < line.len; i++) {
			if (memchr("\\*|_", line.data[i], 4) != NULL) {
				ts_buf_add_char(to, '\\');
			}
			ts_buf_add_char(to, line.data[i]);
		}
		ts_buf_add_char(to, '\n');
	}
}

/* The help's indented examples become literal lines. */
static void add_help(struct ts_buf *to, const char *text)
{
	struct ts_slice rest = ts_slice_of(text);
	bool literal = false;
	while (rest.data != NULL) {
		struct ts_slice line = ts_slice_cut(&rest, '\n');
		bool indented = ts_slice_starts(line, TS_SLICE("  "));
		if (indented && !literal) {
			ts_buf_add_str(to, "  ::\n\n");
		}
		literal = indented || (literal && line.len == 0);
		ts_buf_printf(to, "%s%.*s\n", line.len > 0 ? "  " : "", TS_SLICE_ARGS(line));
	}
	ts_buf_add_char(to, '\n');
}

void manual_commands_rst(struct ts_buf *to)
{
	for (size_t i = 0; i < command_count; i++) {
		struct ts_slice rest = ts_slice_of(commands[i].usage);
		while (rest.data != NULL) {
			struct ts_slice form = ts_slice_cut(&rest, '\n');
			ts_buf_printf(to, "``taskd %s%s%.*s``", commands[i].name,
				      form.len > 0 ? " " : "", TS_SLICE_ARGS(form));
			ts_buf_add_str(to, rest.data != NULL ? ", " : "\n");
		}
		add_help(to, commands[i].help);
	}
}

static void add_setting(struct ts_buf *to, const struct ts_conf_item *item)
{
	ts_buf_printf(to, "``%s``", item->name);
	if (item->def[0] != '\0') {
		ts_buf_printf(to, " (default ``%s``)", item->def);
	}
	ts_buf_add_char(to, '\n');
	add_indented(to, item->doc, "  ");
	ts_buf_add_char(to, '\n');
}

void manual_settings_rst(struct ts_buf *to)
{
	const char *group = "";
	for (size_t i = 0; i < settings_count; i++) {
		const struct ts_conf_item *item = &settings_items[i];
		if (strcmp(group, item->group) != 0) {
			group = item->group;
			ts_buf_printf(to, "%s\n%.*s\n\n", group, (int)strlen(group),
				      "--------------------------------");
		}
		add_setting(to, item);
	}
}
