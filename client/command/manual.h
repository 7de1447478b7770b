/* SPDX-License-Identifier: MIT */
/* Texts made from the tables: help, and parts of the manual pages. */
#pragma once

#include "client/command/command.h"

#include <stdio.h>

/* "Usage: …" of a command, or of the program where `c` is NULL. */
void manual_usage(const struct command *c, FILE *to);
/* Name, version and licence. */
void manual_version(FILE *to);
/* A command's help. */
void manual_command(const struct command *c, FILE *to);
/* The program's help. */
void manual_overview(FILE *to);

/* reStructuredText for taskc(1) and taskc.conf(5). */
void manual_commands_rst(struct ts_buf *to);
void manual_options_rst(struct ts_buf *to); /* of every command */
void manual_settings_rst(struct ts_buf *to);
void manual_remote_rst(struct ts_buf *to); /* settings of a remote */
void manual_exit_codes_rst(struct ts_buf *to);
