/* SPDX-License-Identifier: MIT */
#include "common/cli/progress.h"
#include "test/unit/unit.h"

static const struct {
	uint64_t done, total;
	const char *text;
} lines[] = {
	{0, 10, "Reading 0 %"},
	{3, 10, "Reading 30 %"},
	{999, 1000, "Reading 99 %"},
	{10, 10, "Reading 100 %"},
	{12, 10, "Reading 100 %"},
	{0, 0, "Reading 0"},
	{999, 0, "Reading 999"},
	{1000, 0, "Reading 1,000"},
	{UINT64_MAX, 0, "Reading 18,446,744,073,709,551,615"},
};

START_TEST(a_line_says_how_far_it_is)
{
	const struct ts_progress p = {.doing = "Reading", .total = lines[_i].total};
	char text[79];
	ts_progress_text(&p, lines[_i].done, text, sizeof(text));
	ck_assert_str_eq(text, lines[_i].text);
	char little[8];
	ts_progress_text(&p, lines[_i].done, little, sizeof(little));
	ck_assert_str_eq(little, "Reading");
}
END_TEST

/* The pipe is read to its end. */
static size_t read_all(int fd, char *to, size_t size)
{
	size_t len = 0;
	ssize_t n;
	while (len < size && (n = read(fd, to + len, size - len)) > 0) {
		len += (size_t)n;
	}
	return len;
}

START_TEST(it_is_drawn_and_taken_away)
{
	struct ts_progress p = {.doing = "Reading", .total = 4};
	char got[100];
	int ends[2];
	ck_assert_int_eq(pipe(ends), 0);
	p.fd = ends[1];
	ts_progress_set(&p, 1);
	ts_progress_set(&p, 2); /* too soon */
	ts_progress_clear(&p);
	ts_progress_clear(&p);
	(void)close(ends[1]);
	const size_t len = read_all(ends[0], got, sizeof(got));
	(void)close(ends[0]);
	ck_assert_slice(((struct ts_slice){got, len}), "\rReading 25 %\033[K\r\033[K");
}
END_TEST

START_TEST(nobody_looks)
{
	struct ts_progress p;
	int ends[2], was = dup(STDERR_FILENO);
	char got[10];
	ck_assert_int_eq(pipe(ends), 0);
	(void)dup2(ends[1], STDERR_FILENO);
	(void)close(ends[1]);
	ts_progress_begin(&p, "Reading", 0);
	p.next = 0;
	ts_progress_set(&p, 5);
	ts_progress_clear(&p);
	(void)dup2(was, STDERR_FILENO);
	(void)close(was);
	const size_t len = read_all(ends[0], got, sizeof(got));
	(void)close(ends[0]);
	ck_assert_uint_eq(len, 0);
}
END_TEST

UNIT_MAIN("progress_line", {a_line_says_how_far_it_is, TS_COUNT_OF(lines)},
	  {it_is_drawn_and_taken_away, 0}, {nobody_looks, 0})
