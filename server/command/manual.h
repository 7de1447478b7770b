/* SPDX-License-Identifier: MIT */
/* Texts made from the tables of commands and settings: help, and parts of the manual pages. */
#pragma once

#include "common/base/buf.h"

#include <stdio.h>

/* "Usage: …" of a command; of all where `name` is NULL or no command. */
void manual_usage(const char *name, FILE *to);
/* Name, version and licence on standard output. */
void manual_version(void);
/* A command's help on standard output; false where it is no command. */
bool manual_command(const char *name);
/* The program's help on standard output. */
void manual_overview(void);
/* reStructuredText for taskd(1) and taskdrc(5). */
void manual_commands_rst(struct ts_buf *to);
void manual_options_rst(struct ts_buf *to);
void manual_settings_rst(struct ts_buf *to);
