/* SPDX-License-Identifier: MIT */
/*
 * The command line: `taskc COMMAND …`. Each command is one structure with its options and texts;
 * dispatch, help, manual page and completions come from these, in the order of command.c.
 *
 * Without a command, taskc lists the open tasks. A command is found by its name or by the beginning
 * of it that no other has.
 */
#pragma once

#include "client/exit.h"
#include "client/place.h"
#include "client/replica/replica.h"
#include "client/settings.h"
#include "common/cli/options.h"

enum { COMMAND_OPTIONS_MAX = 16 };

/* What a command's words are, for completion and checks. */
enum command_words {
	WORDS_NONE,
	WORDS_FREE,    /* it looks at them itself */
	WORDS_FILTER,  /* a filter: numbers, uuids, attributes, tags, text */
	WORDS_CHANGES, /* a filter, then changes */
	WORDS_FILES,
	WORDS_REMOTE, /* at most one remote's name */
	WORDS_COMMAND /* at most one command's name */
};

struct line {
	const struct command *command;
	struct place place;
	struct settings *settings;
	const struct ts_option_values *set; /* --set, each NAME=VALUE */
	const char **words; /* behind the command's name, options taken out */
	size_t word_count;
	size_t plain; /* so many of them, the last ones, stood behind `--` */
	struct ts_option_values options[COMMAND_OPTIONS_MAX]; /* as the command's table has them */
	bool json, quiet, debug;
	bool color; /* write colour to standard output */
	struct ts_error fault; /* what is wrong with taskc.conf; only where command->repairs */
};

struct command {
	const char *name;
	/*
	 * Prints its result on standard output and returns TS_OK, or a code of error.h with a
	 * sentence in err, which main() prints once; exit.h says what the exit status is.
	 * TS_EUSAGE: main() adds the command's usage.
	 */
	int (*run)(struct line *l, struct ts_error *err);
	enum command_words words;
	const char *usage; /* one line a form, without "taskc NAME"; options not repeated */
	const char *brief; /* for the list of commands: a few words */
	const char *help;  /* paragraphs; lines that begin with two blanks are literal */
	const struct ts_option *options; /* NULL: none but those of every command */
	size_t option_count;
	bool repairs; /* runs also where taskc.conf can't be read; line.fault says why */
};

/* Each is in the cmd_*.c of its name. */
extern const struct command command_add;
extern const struct command command_annotate;
extern const struct command command_config;
extern const struct command command_conflicts;
extern const struct command command_delete;
extern const struct command command_denotate;
extern const struct command command_diff;
extern const struct command command_doctor;
extern const struct command command_done;
extern const struct command command_edit;
extern const struct command command_export;
extern const struct command command_help;
extern const struct command command_import;
extern const struct command command_list;
extern const struct command command_log;
extern const struct command command_modify;
extern const struct command command_revert;
extern const struct command command_setup;
extern const struct command command_show;
extern const struct command command_start;
extern const struct command command_status;
extern const struct command command_stop;
extern const struct command command_sync;
extern const struct command command_undo;
extern const struct command command_watch;

extern const struct command *const commands[];
extern const size_t command_count;
/* Options of every command. */
extern const struct ts_option common_options[];
extern const size_t common_option_count;

/* By name or a beginning that is unique; TS_EUSAGE with a sentence. */
int command_find(const char *name, const struct command **ret, struct ts_error *err) TS_MUST_CHECK;

/* The option `name` of the line's command was given. */
bool line_has(const struct line *l, const char *name);
/* All of its values. */
const struct ts_option_values *line_values(const struct line *l, const char *name);
/* Its last value, or `otherwise`. */
const char *line_option(const struct line *l, const char *name, const char *otherwise);

/* Read taskc.conf and --set into *to, which holds the defaults: once for every command, and by those
 * that run on for as long as a service does whenever they are told to. */
int line_read_settings(const struct line *l, struct settings *to,
		       struct ts_error *err) TS_MUST_CHECK;
/* The replica of the line's place. With `create` it is made where there is none; without,
 * TS_ENOTFOUND tells how. */
int line_replica(const struct line *l, bool create, struct replica *ret,
		 struct ts_error *err) TS_MUST_CHECK;
/* Write what was collected to standard output. TS_EIO: it could not be written; TS_ENOMEM: the
 * buffer is incomplete. */
int line_print(const struct ts_buf *text, struct ts_error *err) TS_MUST_CHECK;
/* A remark for a person, on standard error, unless --quiet. */
void line_say(const struct line *l, const char *fmt, ...) TS_PRINTF(2, 3);
