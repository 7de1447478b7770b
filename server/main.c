/* SPDX-License-Identifier: MIT */
/* Options, and the one place where failures are told. */
#include "server/command/command.h"
#include "server/command/manual.h"

#include "common/base/utf8.h"
#include "common/show/term.h"

#include <config.h>
#include <signal.h>
#include <stdio.h>

enum { EXIT_ERROR = 255 };

struct options {
	struct command_line cl;
	const char *command;
	bool help, version, words_only; /* behind "--" everything is a word */
};

static int take_switch(struct options *o, const char *word)
{
	const struct {
		const char *word;
		bool *flag;
	} switches[] = {
		{"--quiet", &o->cl.quiet},  {"--debug", &o->cl.debug}, {"--daemon", &o->cl.daemon},
		{"--force", &o->cl.force},  {"--help", &o->help},      {"-h", &o->help},
		{"--version", &o->version}, {"-v", &o->version},       {"--", &o->words_only},
	};
	for (size_t i = 0; i < TS_COUNT_OF(switches); i++) {
		if (strcmp(word, switches[i].word) == 0) {
			*switches[i].flag = true;
			return TS_OK;
		}
	}
	return TS_ENOTFOUND;
}

/* --data DIR and --data=DIR; *i moves over what is taken. */
static int take_data(struct options *o, char **argv, int argc, int *i, struct ts_error *err)
{
	struct ts_slice word = ts_slice_of(argv[*i]);
	if (ts_slice_starts(word, TS_SLICE("--data="))) {
		o->cl.data = argv[*i] + strlen("--data=");
		return TS_OK;
	}
	if (!ts_slice_eq(word, TS_SLICE("--data"))) {
		return TS_ENOTFOUND;
	}
	if (*i + 1 >= argc) {
		return ts_fail(err, TS_EINVAL, "The '--data' option requires an argument.");
	}
	o->cl.data = argv[++*i];
	return TS_OK;
}

static bool is_setting(struct ts_slice name)
{
	for (size_t i = 0; i < settings_count; i++) {
		if (ts_slice_eq(name, ts_slice_of(settings_items[i].name))) {
			return true;
		}
	}
	return false;
}

/* --NAME=VALUE is a setting, unless the command has options of its own and this may be one. */
static bool take_override(struct options *o, char *word)
{
	struct ts_slice rest = ts_slice_of(word + strlen("--"));
	struct ts_slice name = ts_slice_cut(&rest, '=');
	const struct command *c = o->command != NULL ? command_find(o->command) : NULL;
	bool own_options = c != NULL && (c->flags & COMMAND_OPTIONS) != 0;
	if (rest.data == NULL || name.len == 0 || (own_options && !is_setting(name))) {
		return false;
	}
	o->cl.overrides[o->cl.override_count++] = word + strlen("--");
	return true;
}

static int take_option(struct options *o, char *word, struct ts_error *err)
{
	if (take_switch(o, word) == TS_OK || take_override(o, word)) {
		return TS_OK;
	}
	const struct command *c = o->command != NULL ? command_find(o->command) : NULL;
	if (c == NULL) {
		return ts_fail(err, TS_EINVAL, "Did not recognize command '%s'.",
			       o->command != NULL ? o->command : word);
	}
	if ((c->flags & COMMAND_OPTIONS) == 0) {
		return ts_fail(err, TS_EINVAL, "Unrecognized option '%s'.", word);
	}
	o->cl.argv[o->cl.argc++] = word;
	return TS_OK;
}

/* Sort the words into options, the command and its arguments. */
static int take_words(struct options *o, int argc, char **argv, struct ts_error *err)
{
	for (int i = 1; i < argc; i++) {
		int code = o->words_only ? TS_ENOTFOUND : take_data(o, argv, argc, &i, err);
		bool option = argv[i][0] == '-' && argv[i][1] != '\0' && !o->words_only;
		if (code == TS_ENOTFOUND && option) {
			code = take_option(o, argv[i], err);
		} else if (code == TS_ENOTFOUND && o->command == NULL) {
			o->command = argv[i];
			code = TS_OK;
		} else if (code == TS_ENOTFOUND) {
			o->cl.argv[o->cl.argc++] = argv[i];
			code = TS_OK;
		}
		if (code != TS_OK) {
			return code;
		}
	}
	return TS_OK;
}

static int run(struct options *o, struct ts_error *err)
{
	if (o->version) {
		manual_version();
		return TS_OK;
	}
	if (o->help && o->command != NULL && command_find(o->command) != NULL) {
		o->cl.argv[0] = (char *)command_find(o->command)->name;
		o->cl.argc = 1;
	}
	if (o->help || o->command == NULL) {
		return command_help.run(&o->cl, err);
	}
	return command_run(&o->cl, o->command, err);
}

static void tell(const struct options *o, int code, struct ts_error *err)
{
	if (err->text[0] == '\0' && code != TS_EUSAGE) {
		(void)ts_fail(err, code, "%s.", ts_strerror(code));
	}
	if (err->text[0] != '\0') {
		ts_utf8_make_harmless(err->text);
		(void)fprintf(stderr, "ERROR: %s\n", err->text);
	}
	if (code == TS_EUSAGE) {
		manual_usage(o->command, stderr);
	}
}

/* Where nobody names one. */
static const char *default_data(void)
{
	const char *named = getenv("TASKDDATA");
	bool built_in = (named == NULL || named[0] == '\0') && DEFAULT_DATA[0] != '\0';
	return built_in ? DEFAULT_DATA : named;
}

/* Nobody reads what is printed, as behind `| head`: that ends a program, and is no fault. */
static void end_unread(void)
{
	if (ts_term_is_unread(stdout)) {
		(void)signal(SIGPIPE, SIG_DFL);
		(void)raise(SIGPIPE);
	}
}

int main(int argc, char **argv)
{
	struct options o = {.cl.data = default_data()};
	struct settings settings = {0};
	struct ts_error err = {0};
	TS_AUTOFREE char **words = calloc((size_t)argc + 1, sizeof(*words));
	TS_AUTOFREE char **overrides = calloc((size_t)argc + 1, sizeof(*overrides));
	if (words == NULL || overrides == NULL) {
		(void)fputs("ERROR: Out of memory.\n", stderr);
		return EXIT_ERROR;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN); /* a limit on files is an error as a full disk is */
	o.cl.settings = &settings;
	o.cl.argv = words;
	o.cl.overrides = overrides;
	int code = take_words(&o, argc, argv, &err);
	if (code == TS_OK) {
		code = run(&o, &err);
	}
	if (code == TS_OK && (fflush(stdout) != 0 || ferror(stdout) != 0)) {
		code = ts_fail(&err, TS_EIO, "Could not write to standard output.");
	}
	if (code != TS_OK) {
		(void)fflush(stdout);
		end_unread();
		tell(&o, code, &err);
	}
	command_settings_done(&settings);
	return code == TS_OK ? EXIT_SUCCESS : EXIT_ERROR;
}
