/* SPDX-License-Identifier: MIT */
/*
 * Completion on the shell's command line: scripts made from the table of commands. Commands,
 * options and what is written in tables are in the script; what is only known at the moment, such
 * as the open tasks, the script asks the program for.
 */
#pragma once

#include "client/command/command.h"

/* Append the script for `shell`: bash, zsh or fish. TS_EUSAGE: another one. */
int complete_script(const char *shell, struct ts_buf *to, struct ts_error *err) TS_MUST_CHECK;
/* Open tasks, a line each: number, tab, description. Nothing where there is no replica. */
int complete_tasks(const struct line *l, struct ts_buf *to, struct ts_error *err) TS_MUST_CHECK;
/* The names of the remotes, a line each. */
int complete_remotes(const struct line *l, struct ts_buf *to, struct ts_error *err) TS_MUST_CHECK;
