/* SPDX-License-Identifier: MIT */
#include "client/command/command.h"
#include "client/command/complete_shells.h"
#include "client/command/complete_words.h"

static const char head[] = "#compdef taskc\n"
			   "# zsh completion for taskc(1), made from its table of commands.\n"
			   "\n"
			   "_taskc_tasks() {\n"
			   "\tlocal -a lines tasks\n"
			   "\tlocal line\n"
			   "\tlines=(\"${(@f)$(taskc help --complete-tasks 2>/dev/null)}\")\n"
			   "\tfor line in $lines; do\n"
			   "\t\ttasks+=(\"${line%%$'\\t'*}:${line#*$'\\t'}\")\n"
			   "\tdone\n"
			   "\t_describe -t tasks task tasks\n"
			   "}\n"
			   "\n"
			   "_taskc_remotes() {\n"
			   "\tlocal -a remotes\n"
			   "\tremotes=(${(f)\"$(taskc help --complete-remotes 2>/dev/null)\"})\n"
			   "\t_describe -t remotes remote remotes\n"
			   "}\n"
			   "\n"
			   "_taskc_commands() {\n"
			   "\tlocal -a commands\n"
			   "\tcommands=(\n";

static const char middle[] = "\t)\n"
			     "\t_describe -t commands command commands\n"
			     "}\n"
			     "\n"
			     "_taskc() {\n"
			     "\tlocal curcontext=$curcontext state state_descr line result=1\n"
			     "\tlocal -a every\n"
			     "\tlocal -A opt_args\n"
			     "\tevery=(\n";

static const char dispatch[] =
	"\t)\n"
	"\t_arguments -C $every '1: :_taskc_commands' '*:: :->words' && result=0\n"
	"\t[[ $state == words ]] || return result\n"
	"\tcase $line[1] in\n";

static const char tail[] = "\tesac\n"
			   "\treturn result\n"
			   "}\n"
			   "\n"
			   "_taskc \"$@\"\n";

/* How _arguments completes such a word; NULL: not at all. */
static const char *action_of(const char *value)
{
	static const struct {
		const char *value, *action;
	} rows[] = {{"FILE", "_files"},
		    {"DIR", "_files -/"},
		    {"TASK", "_taskc_tasks"},
		    {"REMOTE", "_taskc_remotes"},
		    {"COMMAND", "_taskc_commands"}};
	for (size_t i = 0; i < TS_COUNT_OF(rows); i++) {
		if (strcmp(value, rows[i].value) == 0) {
			return rows[i].action;
		}
	}
	return NULL;
}

/* In single quotes, where `special` characters lose their meaning to _arguments or _describe. */
static void add_quoted(struct ts_buf *to, const char *text, const char *special)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'') {
			ts_buf_add_str(to, "'\\''");
			continue;
		}
		if (strchr(special, *text) != NULL) {
			ts_buf_add_char(to, '\\');
		}
		ts_buf_add_char(to, *text);
	}
}

static void add_value(struct ts_buf *to, const char *value)
{
	const char *action = action_of(value);
	ts_buf_add_char(to, ':');
	add_quoted(to, value, "\\:[]");
	ts_buf_add_char(to, ':');
	if (action != NULL) {
		ts_buf_add_str(to, action);
	} else if (strchr(value, '|') != NULL) {
		ts_buf_add_char(to, '(');
		for (; *value != '\0'; value++) {
			ts_buf_add_char(to, *value == '|' ? ' ' : *value);
		}
		ts_buf_add_char(to, ')');
	}
}

static void add_options(struct ts_buf *to, const struct ts_option *options, size_t count,
			const char *separator)
{
	for (size_t i = 0; i < count; i++) {
		const struct ts_option *o = &options[i];
		if (o->help == NULL) {
			continue;
		}
		ts_buf_printf(to, "%s'%s--%s%s[", separator, o->max > 1 ? "*" : "", o->name,
			      o->value != NULL ? "=" : "");
		add_quoted(to, o->help, "\\:[]");
		ts_buf_add_char(to, ']');
		if (o->value != NULL) {
			add_value(to, o->value);
		}
		ts_buf_add_char(to, '\'');
	}
}

static void add_command(struct ts_buf *to, const struct command *c)
{
	const char *action = action_of(complete_words(c));
	ts_buf_printf(to, "\t%s)\n\t\t_arguments $every", c->name);
	add_options(to, c->options, c->option_count, " \\\n\t\t\t");
	if (action != NULL) {
		ts_buf_printf(to, " \\\n\t\t\t'*: :%s'", action);
	}
	ts_buf_add_str(to, " && result=0\n\t\t;;\n");
}

void complete_zsh(struct ts_buf *to)
{
	ts_buf_add_str(to, head);
	for (size_t i = 0; i < command_count; i++) {
		ts_buf_printf(to, "\t\t'%s:", commands[i]->name);
		add_quoted(to, commands[i]->brief, "\\:");
		ts_buf_add_str(to, "'\n");
	}
	ts_buf_add_str(to, middle);
	add_options(to, common_options, common_option_count, "\t\t");
	ts_buf_add_str(to, dispatch);
	for (size_t i = 0; i < command_count; i++) {
		add_command(to, commands[i]);
	}
	ts_buf_add_str(to, tail);
}
