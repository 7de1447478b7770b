/* SPDX-License-Identifier: MIT */
/*
 * Accounts and devices as `taskd user`, `taskd org` and `taskd device` show and change them. Each
 * of these commands is a table of verbs; a verb that changes something is an errand (errand.h).
 */
#pragma once

#include "server/command/command.h"

struct errand_kind;

/* One of the two. */
struct verb {
	const char *name;
	const struct errand_kind *errand;
	/* As a command's; cl's words are those behind the verb, with the options among them. */
	int (*run)(struct command_line *cl, struct ts_error *err);
};

/* Find the verb among the words, take it out, run it. TS_EUSAGE. */
int verb_run(struct command_line *cl, const struct verb *verbs, size_t count,
	     struct ts_error *err) TS_MUST_CHECK;

/* `taskd user bundle`, in cmd_user_bundle.c. */
int user_bundle(struct command_line *cl, struct ts_error *err) TS_MUST_CHECK;
