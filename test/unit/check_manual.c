/* SPDX-License-Identifier: MIT */
#include "common/cli/manual.h"
#include "test/unit/unit.h"

static const struct ts_option own[] = {
	{.name = "to", .value = "VERSION", .help = "The *version*"},
	{.name = "hidden"},
	{.name = "all", .help = "All of them"},
};
static const struct ts_option every[] = {{.name = "quiet", .help = "Says less"}};

static const struct ts_manual_command table[] = {
	{.name = "go",
	 .usage = "[PLACE]\n--home",
	 .brief = "go there",
	 .help = "Goes to a_place, or `home`:\n  prog go *\n\n  prog go home\nThe end.",
	 .options = own,
	 .option_count = TS_COUNT_OF(own)},
	{.name = "stay", .usage = "", .help = "Stays."},
};

static struct ts_manual_command entry(size_t i)
{
	return table[i];
}

static const struct ts_manual manual = {.program = "prog",
					.command_count = TS_COUNT_OF(table),
					.command = entry,
					.options = every,
					.option_count = TS_COUNT_OF(every)};

/* What `print` writes. */
#define PRINTED(print)                                                                             \
	({                                                                                         \
		char *text_ = NULL;                                                                \
		size_t size_ = 0;                                                                  \
		FILE *to = open_memstream(&text_, &size_);                                         \
		print;                                                                             \
		(void)fclose(to);                                                                  \
		text_;                                                                             \
	})

START_TEST(usage_has_a_line_a_form)
{
	TS_AUTOFREE char *text = PRINTED(ts_manual_forms(&manual, &table[0], "Usage: ", to));
	ck_assert_str_eq(text, "Usage: prog go [PLACE]\n"
			       "       prog go --home\n");
	TS_AUTOFREE char *bare = PRINTED(ts_manual_forms(&manual, &table[1], "", to));
	ck_assert_str_eq(bare, "prog stay\n");
}
END_TEST

START_TEST(briefs_are_listed)
{
	static const struct ts_manual one = {.command_count = 1, .command = entry};
	TS_AUTOFREE char *text = PRINTED(ts_manual_briefs(&one, to));
	ck_assert_str_eq(text, "  go  go there\n");
}
END_TEST

START_TEST(help_is_whole_and_hides_what_is_for_programs)
{
	TS_AUTOFREE char *text = PRINTED(ts_manual_help(&manual, &table[0], to));
	ck_assert_str_eq(text,
			 "\nprog go [PLACE]\nprog go --home\n\nGo there.\n\n"
			 "Goes to a_place, or `home`:\n  prog go *\n\n  prog go home\nThe end.\n\n"
			 "Options of this command:\n"
			 "  --to VERSION  The *version*\n"
			 "  --all         All of them\n\n"
			 "Options:\n"
			 "  --quiet  Says less\n\n");
	TS_AUTOFREE char *none = PRINTED(ts_manual_help(&manual, &table[1], to));
	ck_assert_str_eq(none, "\nprog stay\n\nStays.\n\nOptions:\n  --quiet  Says less\n\n");
}
END_TEST

START_TEST(help_is_filled_where_a_width_is_given)
{
	static const struct ts_option options[] = {{.name = "o", .help = "one two three four"}};
	static const struct ts_manual_command c = {
		.name = "go",
		.usage = "",
		.help = "Er…t aaaa bbbb\ncc dddddddddddddddddddddd e\n\n  as it is, "
			"whatever\nf\ng"};
	const struct ts_manual m = {
		.program = "prog", .options = options, .option_count = 1, .width = 16};
	TS_AUTOFREE char *text = PRINTED(ts_manual_help(&m, &c, to));
	ck_assert_str_eq(text, "\nprog go\n\n"
			       "Er…t aaaa bbbb\ncc\ndddddddddddddddddddddd\ne\n\n"
			       "  as it is, whatever\nf g\n\n"
			       "Options:\n  --o  one two\n       three\n       four\n\n");
}
END_TEST

START_TEST(commands_as_restructured_text)
{
	TS_BUF(text);
	ts_manual_commands_rst(&manual, &text);
	ck_assert_str_eq(text.data,
			 "``prog go``\n  | ``prog go [PLACE]``\n  | ``prog go --home``\n\n"
			 "  Go there.\n\n"
			 "  Goes to a\\_place, or `home`:\n"
			 "\n  ::\n\n"
			 "    prog go *\n\n    prog go home\n\n"
			 "  The end.\n\n"
			 "  ``--to VERSION``\n    The \\*version\\*\n\n"
			 "  ``--all``\n    All of them\n\n"
			 "``prog stay``\n  Stays.\n\n");
}
END_TEST

static const struct ts_manual_command long_forms = {
	.name = "go",
	.usage =
		"now\n"
		"<somewhere far away> [--by <one way or the other>] [--on <a day>] [--and <back>]\n"
		"<to this place that has a name so long that nothing fits> [--by <a way>]",
	.help = "Goes."};

static struct ts_manual_command long_entry(size_t i)
{
	(void)i;
	return long_forms;
}

START_TEST(long_forms_are_broken_at_brackets)
{
	const struct ts_manual m = {.program = "prog", .command_count = 1, .command = long_entry};
	TS_BUF(text);
	ts_manual_commands_rst(&m, &text);
	ck_assert_str_eq(
		text.data,
		"``prog go``\n"
		"  | ``prog go now``\n"
		"  | ``prog go <somewhere far away> [--by <one way or the other>]``\n"
		"  |     ``[--on <a day>] [--and <back>]``\n"
		"  | ``prog go <to this place that has a name so long that nothing fits>``\n"
		"  |     ``[--by <a way>]``\n\n"
		"  Goes.\n\n");
}
END_TEST

START_TEST(settings_as_restructured_text)
{
	static const struct ts_conf_item items[] = {
		{"a", TS_CONF_STR, 0, 0, 0, NULL, "", "First", "A | b."},
		{"b", TS_CONF_STR, 0, 0, 0, NULL, "5s", "First", "B."},
		{"c", TS_CONF_STR, 0, 0, 0, NULL, "on", "Next", "C."},
	};
	TS_BUF(text);
	ts_manual_settings_rst(items, TS_COUNT_OF(items), &text);
	ck_assert_str_eq(text.data, "First\n-----\n\n"
				    "``a``\n  A \\| b.\n\n"
				    "``b`` (default ``5s``)\n  B.\n\n"
				    "Next\n----\n\n"
				    "``c`` (default ``on``)\n  C.\n\n");
}
END_TEST

UNIT_MAIN("manual", {usage_has_a_line_a_form, 0}, {briefs_are_listed, 0},
	  {help_is_whole_and_hides_what_is_for_programs, 0},
	  {help_is_filled_where_a_width_is_given, 0}, {commands_as_restructured_text, 0},
	  {long_forms_are_broken_at_brackets, 0}, {settings_as_restructured_text, 0})
