/* SPDX-License-Identifier: MIT */
/*
 * Texts made from a program's tables of commands and settings: help, and parts of the manual pages.
 * The tables stay the programs' own.
 */
#pragma once

#include "common/base/buf.h"
#include "common/cli/options.h"
#include "common/conf/conf.h"

#include <stdio.h>

struct ts_manual_command {
	const char *name;
	const char *usage;               /* one line a form, without program and name */
	const char *brief;               /* a few words; NULL: none */
	const char *help;                /* paragraphs; indented lines are literal */
	const struct ts_option *options; /* its own */
	size_t option_count;
};

struct ts_manual {
	const char *program;
	size_t command_count;
	/* The command at `i`, in the order of the table. */
	struct ts_manual_command (*command)(size_t i);
	const struct ts_option *options; /* of every command */
	size_t option_count;
	size_t width; /* of help; 0: lines stay as the tables have them */
};

/* `--NAME` or `--NAME VALUE`. */
void ts_manual_add_option(struct ts_buf *to, const struct ts_option *o);
/* Each option that has a help text, in lines of `width`; 0: a line each. */
void ts_manual_options(const struct ts_option *options, size_t count, size_t width, FILE *to);
/* One line a form of the command, `prefix` before the first and blanks before the others. */
void ts_manual_forms(const struct ts_manual *m, const struct ts_manual_command *c,
		     const char *prefix, FILE *to);
/* A line for each command: name and brief. */
void ts_manual_briefs(const struct ts_manual *m, FILE *to);
/* A command's whole help. */
void ts_manual_help(const struct ts_manual *m, const struct ts_manual_command *c, FILE *to);

/* reStructuredText: each command with its forms, help and options. */
void ts_manual_commands_rst(const struct ts_manual *m, struct ts_buf *to);
/* A list of options with their texts. */
void ts_manual_options_rst(const struct ts_option *options, size_t count, const char *indent,
			   struct ts_buf *to);
/* Each setting with its default and text, under its group's heading. */
void ts_manual_settings_rst(const struct ts_conf_item *items, size_t count, struct ts_buf *to);
/* `text` with each line `indent` deep, and what reStructuredText would read as marks, but for
 * `this`, made text. */
void ts_manual_text_rst(struct ts_buf *to, const char *text, const char *indent);
