/* SPDX-License-Identifier: MIT */
#include "test/unit/unit.h"

#include "common/cli/options.h"

enum { JSON, FILE_NAME, TAG, OPTIONS };

static const struct ts_option options[OPTIONS] = {
	[JSON] = {"json", NULL, "", 0},
	[FILE_NAME] = {"file", "FILE", "", 0},
	[TAG] = {"tag", "TAG", "", 3},
};

static const struct {
	const char *line; /* words with blanks between them */
	int code;
	const char *words, *file, *tags;
	size_t json;
} lines[] = {
	{"", TS_OK, "", "", "", 0},
	{"a b c", TS_OK, "a b c ", "", "", 0},
	{"a --json b", TS_OK, "a b ", "", "", 1},
	{"--file x a", TS_OK, "a ", "x", "", 0},
	{"a --file=x=y", TS_OK, "a ", "x=y", "", 0},
	{"a --file=", TS_OK, "a ", "", "", 0},
	{"--tag a --tag=b c --tag c", TS_OK, "c ", "", "a b c ", 0},
	{"-home +x -", TS_OK, "-home +x - ", "", "", 0},
	{"a -- --json b", TS_OK, "a --json b ", "", "", 0},
	{"--json --json", TS_OK, "", "", "", 2},
	{"--file", TS_EUSAGE, "", "", "", 0},
	{"--file a --file b", TS_EUSAGE, "", "", "", 0},
	{"--tag a --tag b --tag c --tag d", TS_EUSAGE, "", "", "", 0},
	{"--json=yes", TS_EUSAGE, "", "", "", 0},
	{"--other", TS_EUSAGE, "", "", "", 0},
	{"--fil x", TS_EUSAGE, "", "", "", 0},
};

/* The strings, each with a blank behind it. */
static void join(const char *const *at, size_t count, char *to)
{
	*to = '\0';
	for (size_t i = 0; i < count; i++) {
		strcat(strcat(to, at[i]), " ");
	}
}

START_TEST(each_line)
{
	char copy[100], got[100], *argv[20];
	int argc = 0;
	struct ts_error err = {0};
	struct ts_option_values values[OPTIONS] = {0};
	strcpy(copy, lines[_i].line);
	for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " ")) {
		argv[argc++] = word;
	}
	ck_assert_int_eq(ts_options_read(&argc, argv, options, OPTIONS, values, &err),
			 lines[_i].code);
	ck_assert_int_eq(err.text[0] != '\0', lines[_i].code != TS_OK);
	if (lines[_i].code == TS_OK) {
		join((const char *const *)argv, (size_t)argc, got);
		ck_assert_str_eq(got, lines[_i].words);
		ck_assert_str_eq(ts_option_last(&values[FILE_NAME], ""), lines[_i].file);
		join(values[TAG].at, values[TAG].count, got);
		ck_assert_str_eq(got, lines[_i].tags);
		ck_assert_uint_eq(values[JSON].count, lines[_i].json);
	}
}
END_TEST

static const struct {
	const char *text;
	int code;
	size_t want;
} numbers[] = {
	{NULL, TS_OK, 7},      {"0", TS_OK, 0},
	{"12", TS_OK, 12},     {"999999999", TS_OK, 999999999},
	{"", TS_EUSAGE, 0},    {"1000000000", TS_EUSAGE, 0},
	{"-1", TS_EUSAGE, 0},  {"1k", TS_EUSAGE, 0},
	{"few", TS_EUSAGE, 0},
};

START_TEST(a_number_is_digits)
{
	struct ts_error err = {0};
	size_t got;
	ck_assert_int_eq(ts_option_number("limit", numbers[_i].text, 7, &got, &err),
			 numbers[_i].code);
	if (numbers[_i].code == TS_OK) {
		ck_assert_uint_eq(got, numbers[_i].want);
	} else {
		ck_assert_ptr_nonnull(strstr(err.text, "--limit is a number"));
	}
}
END_TEST

UNIT_MAIN("options", {each_line, TS_COUNT_OF(lines)}, {a_number_is_digits, TS_COUNT_OF(numbers)})
