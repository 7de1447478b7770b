/* SPDX-License-Identifier: MIT */
/* From the words of the command line to a command, and the one place where failures are told. */
#include "client/command/command.h"
#include "client/command/manual.h"
#include "common/base/utf8.h"
#include "common/show/term.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>

/* As command.c lists them. */
enum { JSON, QUIET, COLOR, DIR, SET, HELP, COMMON };

struct call {
	struct line line;
	struct settings settings;
	struct ts_option_values common[COMMON];
};

/* A page of the replica that isn't there: somebody cut the file, or the disk can't read it. */
static void on_bus_error(int signal)
{
	static const char text[] = "taskc: The replica's file can't be read to its end: it was cut "
				   "short, or the disk fails. Restore it from a back-up, or remove "
				   "it and sync again.\n";
	(void)signal;
	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(EXIT_LOCAL);
}

/* The common option that `word` is, or NULL. */
static const struct ts_option *common_option(const char *word)
{
	struct ts_slice rest = ts_slice_of(word);
	if (!ts_slice_starts(rest, TS_SLICE("--"))) {
		return NULL;
	}
	struct ts_slice name = ts_slice_cut(&rest, '=');
	for (size_t i = 0; i < common_option_count; i++) {
		if (ts_slice_eq(ts_slice_skip(name, 2), ts_slice_of(common_options[i].name))) {
			return &common_options[i];
		}
	}
	return NULL;
}

/* Where the command's name is: behind the options that every command has. argc: nowhere. */
static int find_word(int argc, char **argv)
{
	int i = 0;
	while (i < argc && argv[i][0] == '-') {
		const struct ts_option *o = common_option(argv[i]);
		bool more = o != NULL && o->value != NULL && strchr(argv[i], '=') == NULL;
		i += more ? 2 : 1;
	}
	return i < argc ? i : argc;
}

/* The command's options and the common ones in one table. */
static int read_options(struct call *c, int *argc, char **argv, struct ts_error *err)
{
	struct ts_option all[COMMAND_OPTIONS_MAX + COMMON];
	struct ts_option_values values[COMMAND_OPTIONS_MAX + COMMON] = {0};
	const size_t own = c->line.command->option_count;
	for (size_t i = 0; i < own; i++) {
		all[i] = c->line.command->options[i];
	}
	memcpy(&all[own], common_options, COMMON * sizeof(all[0]));
	int code = ts_options_read(argc, argv, all, own + COMMON, values, err);
	memcpy(c->line.options, values, own * sizeof(values[0]));
	memcpy(c->common, &values[own], COMMON * sizeof(values[0]));
	return code;
}

/* The words behind `--`. */
static size_t count_plain(int argc, char **argv)
{
	int i = 0;
	while (i < argc && strcmp(argv[i], "--") != 0) {
		i++;
	}
	return i < argc ? (size_t)(argc - i - 1) : 0;
}

static int read_words(struct call *c, int argc, char **argv, struct ts_error *err)
{
	const int at = find_word(argc, argv);
	int code = command_find(at < argc ? argv[at] : "list", &c->line.command, err);
	if (code != TS_OK) {
		return code;
	}
	if (at < argc) {
		memmove(&argv[at], &argv[at + 1], (size_t)(argc - at - 1) * sizeof(*argv));
		argc--;
	}
	c->line.plain = count_plain(argc, argv);
	code = read_options(c, &argc, argv, err);
	c->line.words = (const char **)argv;
	c->line.word_count = (size_t)argc;
	if (code == TS_OK && argc > 0 && c->line.command->words == WORDS_NONE) {
		code = ts_fail(err, TS_EUSAGE, "'%s' is one word too many.", argv[0]);
	}
	return code;
}

static int choose_color(struct call *c, struct ts_error *err)
{
	static const char *const words[] = {"auto", "always", "never"};
	const char *word = ts_option_last(&c->common[COLOR], NULL);
	c->line.color = ts_term_color(word != NULL ? word : c->settings.color, STDOUT_FILENO);
	for (size_t i = 0; word != NULL && i < TS_COUNT_OF(words); i++) {
		word = strcmp(word, words[i]) != 0 ? word : NULL;
	}
	return word == NULL ? TS_OK
			    : ts_fail(err, TS_EUSAGE,
				      "--color is auto, always or never, not '%.100s'.", word);
}

static int run(struct call *c, struct ts_error *err)
{
	struct line *l = &c->line;
	if (c->common[HELP].count > 0) {
		manual_command(l->command, stdout);
		return TS_OK;
	}
	int code = place_find(ts_option_last(&c->common[DIR], NULL), &l->place, err);
	if (code != TS_OK) {
		return code;
	}
	code = line_read_settings(l, &c->settings, err);
	if (code != TS_OK && code != TS_EUSAGE && l->command->repairs) {
		l->fault = *err;
		*err = (struct ts_error){0};
		code = TS_OK;
	}
	l->json = c->common[JSON].count > 0;
	l->quiet = c->common[QUIET].count > 0;
	if (code == TS_OK) {
		code = choose_color(c, err);
	}
	return code == TS_OK ? l->command->run(l, err) : code;
}

static void tell(const struct call *c, int code, struct ts_error *err)
{
	if (err->text[0] == '\0' && code != TS_EUSAGE) {
		(void)ts_fail(err, code, "%s.", ts_strerror(code));
	}
	if (err->text[0] != '\0') {
		ts_utf8_make_harmless(err->text);
		(void)fprintf(stderr, "taskc: %s\n", err->text);
	}
	if (code == TS_EUSAGE) {
		manual_usage(c->line.command, stderr);
	}
}

/* Words that are no command, as every program has them. */
static bool is_general(int argc, char **argv)
{
	const char *word = argc == 2 ? argv[1] : "";
	if (strcmp(word, "--version") == 0 || strcmp(word, "-v") == 0) {
		manual_version(stdout);
	} else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
		manual_overview(stdout);
	} else {
		return false;
	}
	return true;
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
	struct call c = {.line = {.settings = &c.settings, .set = &c.common[SET]}};
	struct ts_error err = {0};
	(void)setlocale(LC_CTYPE, "");
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN); /* a limit on files is an error as a full disk is */
	(void)signal(SIGBUS, on_bus_error);
	int code = TS_OK;
	if (!is_general(argc, argv)) {
		code = settings_init(&c.settings, &err);
		code = code == TS_OK ? read_words(&c, argc - 1, argv + 1, &err) : code;
		code = code == TS_OK ? run(&c, &err) : code;
	}
	if (code == TS_OK && (fflush(stdout) != 0 || ferror(stdout) != 0)) {
		code = ts_fail(&err, TS_EIO, "Could not write to standard output.");
	}
	if (code != TS_OK) {
		(void)fflush(stdout);
		end_unread();
		tell(&c, code, &err);
	}
	place_done(&c.line.place);
	settings_done(&c.settings);
	return (int)exit_of(code);
}
