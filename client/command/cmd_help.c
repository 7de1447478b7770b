/* SPDX-License-Identifier: MIT */
#include "client/command/command.h"
#include "client/command/complete.h"
#include "client/command/manual.h"

static const struct ts_option options[] = {
	{.name = "completion",
	 .value = "bash|zsh|fish",
	 .help = "Print the script that makes this shell complete taskc's words"},
	/* For the Makefile and for those scripts. */
	{.name = "commands-rst"},
	{.name = "options-rst"},
	{.name = "settings-rst"},
	{.name = "remote-rst"},
	{.name = "exit-codes-rst"},
	{.name = "complete-tasks"},
	{.name = "complete-remotes"},
};

/* One of the texts that the options ask for, into *to. *ret_asked: whether one did. */
static int add_text(const struct line *l, struct ts_buf *to, bool *ret_asked, struct ts_error *err)
{
	static const struct {
		const char *option;
		void (*make)(struct ts_buf *to);
		int (*look_up)(const struct line *l, struct ts_buf *to, struct ts_error *err);
	} texts[] = {
		{"commands-rst", manual_commands_rst, NULL},
		{"options-rst", manual_options_rst, NULL},
		{"settings-rst", manual_settings_rst, NULL},
		{"remote-rst", manual_remote_rst, NULL},
		{"exit-codes-rst", manual_exit_codes_rst, NULL},
		{"complete-tasks", NULL, complete_tasks},
		{"complete-remotes", NULL, complete_remotes},
	};
	const char *shell = line_option(l, "completion", NULL);
	*ret_asked = true;
	if (shell != NULL) {
		return complete_script(shell, to, err);
	}
	for (size_t i = 0; i < TS_COUNT_OF(texts); i++) {
		if (line_has(l, texts[i].option) && texts[i].make != NULL) {
			texts[i].make(to);
			return TS_OK;
		}
		if (line_has(l, texts[i].option)) {
			return texts[i].look_up(l, to, err);
		}
	}
	*ret_asked = false;
	return TS_OK;
}

static int run(struct line *l, struct ts_error *err)
{
	TS_BUF(text);
	bool asked;
	const struct command *c;
	if (l->word_count > 1) {
		return ts_fail(err, TS_EUSAGE, "One command at a time can be explained.");
	}
	int code = add_text(l, &text, &asked, err);
	if (asked || code != TS_OK) {
		return code == TS_OK ? line_print(&text, err) : code;
	}
	if (l->word_count == 0) {
		manual_overview(stdout);
		return TS_OK;
	}
	code = command_find(l->words[0], &c, err);
	if (code == TS_OK) {
		manual_command(c, stdout);
	}
	return code;
}

const struct command command_help = {
	.name = "help",
	.run = run,
	.words = WORDS_COMMAND,
	.usage = "[COMMAND]\n--completion bash|zsh|fish",
	.brief = "explain a command, or list them all",
	.help = "With --completion it prints what makes a shell complete the words of taskc. The\n"
		"scripts are installed with the program, so that is of use only where they are "
		"not:\n"
		"\n"
		"  source <(taskc help --completion bash)",
	.options = options,
	.option_count = TS_COUNT_OF(options),
};
