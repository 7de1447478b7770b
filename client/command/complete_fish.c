/* SPDX-License-Identifier: MIT */
#include "client/command/command.h"
#include "client/command/complete_shells.h"
#include "client/command/complete_words.h"

static const char head[] = "# fish completion for taskc(1), made from its table of commands.\n"
			   "\n"
			   "function __taskc_tasks\n"
			   "    taskc help --complete-tasks 2>/dev/null\n"
			   "end\n"
			   "\n"
			   "function __taskc_remotes\n"
			   "    taskc help --complete-remotes 2>/dev/null\n"
			   "end\n"
			   "\n"
			   "complete -c taskc -f\n";

/* Options of `complete` for such a word. */
static const char *words_of(const char *value)
{
	static const struct {
		const char *value, *words;
	} rows[] = {{"FILE", " -F"},
		    {"DIR", " -x -a '(__fish_complete_directories)'"},
		    {"TASK", " -x -k -a '(__taskc_tasks)'"},
		    {"REMOTE", " -x -a '(__taskc_remotes)'"}};
	for (size_t i = 0; i < TS_COUNT_OF(rows); i++) {
		if (strcmp(value, rows[i].value) == 0) {
			return rows[i].words;
		}
	}
	return NULL;
}

static void add_quoted(struct ts_buf *to, const char *text)
{
	ts_buf_add_char(to, '\'');
	for (; *text != '\0'; text++) {
		if (*text == '\'' || *text == '\\') {
			ts_buf_add_char(to, '\\');
		}
		ts_buf_add_char(to, *text);
	}
	ts_buf_add_char(to, '\'');
}

static void add_names(struct ts_buf *to)
{
	ts_buf_add_str(to, " -x -a '");
	for (size_t i = 0; i < command_count; i++) {
		ts_buf_printf(to, "%s%s", i > 0 ? " " : "", commands[i]->name);
	}
	ts_buf_add_char(to, '\'');
}

static void add_words(struct ts_buf *to, const char *value)
{
	const char *words = words_of(value);
	if (words != NULL) {
		ts_buf_add_str(to, words);
	} else if (strcmp(value, "COMMAND") == 0) {
		add_names(to);
	} else if (strchr(value, '|') != NULL) {
		ts_buf_add_str(to, " -x -a '");
		for (; *value != '\0'; value++) {
			ts_buf_add_char(to, *value == '|' ? ' ' : *value);
		}
		ts_buf_add_char(to, '\'');
	} else {
		ts_buf_add_str(to, " -x");
	}
}

static void add_options(struct ts_buf *to, const struct ts_option *options, size_t count,
			const char *command)
{
	for (size_t i = 0; i < count; i++) {
		const struct ts_option *o = &options[i];
		if (o->help == NULL) {
			continue;
		}
		ts_buf_add_str(to, "complete -c taskc");
		if (command != NULL) {
			ts_buf_printf(to, " -n '__fish_seen_subcommand_from %s'", command);
		}
		ts_buf_printf(to, " -l %s", o->name);
		if (o->value != NULL) {
			ts_buf_add_str(to, " -r");
			add_words(to, o->value);
		}
		ts_buf_add_str(to, " -d ");
		add_quoted(to, o->help);
		ts_buf_add_char(to, '\n');
	}
}

static void add_command(struct ts_buf *to, const struct command *c)
{
	ts_buf_printf(to, "\ncomplete -c taskc -n __fish_use_subcommand -a %s -d ", c->name);
	add_quoted(to, c->brief);
	ts_buf_add_char(to, '\n');
	add_options(to, c->options, c->option_count, c->name);
	if (strcmp(complete_words(c), "NOTHING") != 0) {
		ts_buf_printf(to, "complete -c taskc -n '__fish_seen_subcommand_from %s'", c->name);
		add_words(to, complete_words(c));
		ts_buf_add_char(to, '\n');
	}
}

void complete_fish(struct ts_buf *to)
{
	ts_buf_add_str(to, head);
	add_options(to, common_options, common_option_count, NULL);
	for (size_t i = 0; i < command_count; i++) {
		add_command(to, commands[i]);
	}
}
