/* SPDX-License-Identifier: MIT */
#include "common/show/term.h"
#include "test/unit/unit.h"

#include <fcntl.h>

#define E_ACUTE "e\xCC\x81"                /* with a combining mark: one cell */
#define HAN     "\xE6\xBC\xA2\xE5\xAD\x97" /* two characters, four cells */
#define PARTY   "\xF0\x9F\x8E\x89"         /* two cells */
#define SIGN    "\xEF\xBF\xBD"             /* what stands for something harmful */
#define HEBREW  "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D"

static const struct width {
	const char *text;
	size_t cells;
} widths[] = {
	{"", 0},
	{"milk", 4},
	{"m\xC3\xBCsli", 5},
	{E_ACUTE "a", 2},
	{HAN, 4},
	{PARTY "!", 3},
	{HEBREW, 4},
	{"a\tb\nc", 5},
	{"\x1b[31m", 5},
	{"\xFFx", 2},
	{"\xE2\x80\x8D", 0},     /* joins what stands beside it */
	{"\xE2\x80\xAEtxt", 4},  /* would turn the direction */
	{"\xED\x95\x9C", 2},     /* Hangul */
	{"\xEF\xBD\xB1", 1},     /* a half-width form */
	{"\xF0\x9F\xAA\xBF", 2}, /* newer than some systems' tables */
};

START_TEST(a_text_takes_its_cells)
{
	ck_assert_msg(ts_term_cells(ts_slice_of(widths[_i].text)) == widths[_i].cells, "%s: %zu",
		      widths[_i].text, ts_term_cells(ts_slice_of(widths[_i].text)));
}
END_TEST

static const struct fit {
	const char *text;
	size_t cells;
	const char *fits;
	size_t taken;
} fits[] = {
	{"milk", 9, "milk", 4},       {"milk", 4, "milk", 4},      {"milk", 3, "mil", 3},
	{"milk", 0, "", 0},           {HAN, 3, "\xE6\xBC\xA2", 2}, {HAN, 1, "", 0},
	{E_ACUTE "a", 1, E_ACUTE, 1},
};

START_TEST(no_character_is_cut)
{
	size_t taken;
	struct ts_slice got = ts_term_fit(ts_slice_of(fits[_i].text), fits[_i].cells, &taken);
	ck_assert_slice(got, fits[_i].fits);
	ck_assert_uint_eq(taken, fits[_i].taken);
}
END_TEST

static const struct wrap {
	const char *text;
	size_t cells;
	const char *lines; /* with a '|' behind each */
} wraps[] = {
	{"", 5, "|"},
	{"buy milk", 8, "buy milk|"},
	{"buy milk", 7, "buy|milk|"},
	{"buy  milk now", 8, "buy|milk now|"},
	{"buy milk   ", 8, "buy milk|"},
	{"antidisestablish", 5, "antid|isest|ablis|h|"},
	{"an antidisestablish", 5, "an|antid|isest|ablis|h|"},
	{"one\ntwo\n\nthree", 9, "one|two||three|"},
	{"ends\n", 9, "ends||"},
	{HAN HAN, 5, HAN "|" HAN "|"},
	{HAN, 1, "\xE6\xBC\xA2|\xE5\xAD\x97|"}, /* a character at least */
	{"     x", 3, "   |x|"},
};

START_TEST(lines_break_between_words)
{
	TS_BUF(got);
	struct ts_slice rest = ts_slice_of(wraps[_i].text);
	do {
		size_t cells;
		struct ts_slice line = ts_term_line(&rest, wraps[_i].cells, &cells);
		ck_assert_uint_eq(cells, ts_term_cells(line));
		ts_buf_add_slice(&got, line);
		ts_buf_add_char(&got, '|');
	} while (rest.data != NULL);
	ck_assert_slice(ts_buf_slice(&got), wraps[_i].lines);
}
END_TEST

static const struct print {
	bool color;
	enum ts_style style;
	struct ts_slice text;
	const char *out;
} prints[] = {
	{false, TS_STYLE_OVERDUE, TS_SLICE("milk"), "milk"},
	{true, TS_STYLE_NONE, TS_SLICE("milk"), "milk"},
	{true, TS_STYLE_OVERDUE, TS_SLICE("milk"), "\x1b[31mmilk\x1b[0m"},
	{true, TS_STYLE_OVERDUE, TS_SLICE(""), ""},
	{false, TS_STYLE_NONE, TS_SLICE("a\x1b]0;x\x07z"), "a" SIGN "]0;x" SIGN "z"},
	{false, TS_STYLE_NONE, TS_SLICE("a\tb\r\nc\0d"), "a b  c" SIGN "d"},
	{false, TS_STYLE_NONE,
	 TS_SLICE("\xC2\x9B"
		  "2J"),
	 SIGN "2J"},
	{false, TS_STYLE_NONE, TS_SLICE("\xE2\x80\xAE" HEBREW), SIGN HEBREW},
	{false, TS_STYLE_NONE, TS_SLICE("\xC3("), SIGN "("},
};

START_TEST(what_a_terminal_would_obey_is_harmless)
{
	TS_BUF(got);
	ts_term_add(&got, prints[_i].color, prints[_i].style, prints[_i].text);
	ck_assert_slice(ts_buf_slice(&got), prints[_i].out);
}
END_TEST

START_TEST(colour_is_for_terminals)
{
	TS_AUTOCLOSE int null = open("/dev/null", O_WRONLY);
	TS_AUTOCLOSE int pty = posix_openpt(O_RDWR | O_NOCTTY);
	ck_assert_int_ge(null, 0);
	ck_assert(!ts_term_color("auto", null));
	ck_assert(ts_term_color("always", null));
	if (pty >= 0 && isatty(pty) == 1) {
		(void)unsetenv("NO_COLOR");
		(void)setenv("TERM", "xterm", 1);
		ck_assert(ts_term_color("auto", pty));
		ck_assert(!ts_term_color("never", pty));
		(void)setenv("TERM", "dumb", 1);
		ck_assert(!ts_term_color("auto", pty));
		(void)setenv("TERM", "xterm", 1);
		(void)setenv("NO_COLOR", "1", 1);
		ck_assert(!ts_term_color("auto", pty));
	}
}
END_TEST

START_TEST(the_width_is_somewhere)
{
	if (isatty(STDOUT_FILENO) == 1) {
		return;
	}
	(void)unsetenv("COLUMNS");
	ck_assert_uint_eq(ts_term_width(70), 70);
	(void)setenv("COLUMNS", "132", 1);
	ck_assert_uint_eq(ts_term_width(70), 132);
	(void)setenv("COLUMNS", "1", 1);
	ck_assert_uint_eq(ts_term_width(70), TS_TERM_WIDTH_MIN);
	(void)setenv("COLUMNS", "-132", 1);
	ck_assert_uint_eq(ts_term_width(70), 70);
}
END_TEST

UNIT_MAIN("term", {a_text_takes_its_cells, TS_COUNT_OF(widths)},
	  {no_character_is_cut, TS_COUNT_OF(fits)}, {lines_break_between_words, TS_COUNT_OF(wraps)},
	  {what_a_terminal_would_obey_is_harmless, TS_COUNT_OF(prints)},
	  {colour_is_for_terminals, 0}, {the_width_is_somewhere, 0})
