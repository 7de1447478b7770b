/* SPDX-License-Identifier: MIT */
#include "client/command/complete.h"
#include "test/unit/unit.h"

static const char *const shells[] = {"bash", "zsh", "fish"};

static bool holds(const struct ts_buf *script, const char *fmt, const char *word)
{
	TS_BUF(text);
	ts_buf_printf(&text, fmt, word);
	return strstr(script->data, text.data) != NULL;
}

static void check_options(const struct ts_buf *script, const char *shell,
			  const struct ts_option *options, size_t count)
{
	const char *form = strcmp(shell, "fish") == 0 ? " -l %s" : "--%s";
	for (size_t i = 0; i < count; i++) {
		ck_assert_msg(holds(script, form, options[i].name) == (options[i].help != NULL) ||
				      strncmp(options[i].name, "complete-", 9) == 0,
			      "%s: --%s", shell, options[i].name);
	}
}

START_TEST(every_command_and_option_is_in_the_script)
{
	TS_BUF(script);
	ck_assert_int_eq(complete_script(shells[_i], &script, NULL), TS_OK);
	check_options(&script, shells[_i], common_options, common_option_count);
	for (size_t i = 0; i < command_count; i++) {
		ck_assert_msg(holds(&script, "%s", commands[i]->name), "%s", commands[i]->name);
		check_options(&script, shells[_i], commands[i]->options, commands[i]->option_count);
	}
}
END_TEST

START_TEST(another_shell_is_refused)
{
	TS_BUF(script);
	struct ts_error err = {0};
	ck_assert_int_eq(complete_script("csh", &script, &err), TS_EUSAGE);
	ck_assert_ptr_nonnull(strstr(err.text, "csh"));
}
END_TEST

UNIT_MAIN("complete", {every_command_and_option_is_in_the_script, TS_COUNT_OF(shells)},
	  {another_shell_is_refused, 0})
