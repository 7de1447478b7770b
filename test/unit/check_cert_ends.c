/* SPDX-License-Identifier: MIT */
#include "common/base/date.h"
#include "server/cert/ends.h"
#include "test/unit/unit.h"

enum { DAY = 86400, NOW = 1800000000 };

static const struct {
	int life; /* [days]; 0: unknown */
	double left;
	unsigned stage;
} stages[] = {
	{0, 31, 0},   {0, 30.1, 0}, {0, 30, 30},  {0, 14.1, 30}, {0, 14, 14}, {0, 7.5, 14},
	{0, 7, 7},    {0, 1.1, 7},  {0, 1, 1},    {0, 0.1, 1},   {0, -5, 1},  {365, 29, 30},
	{60, 29, 30}, {40, 29, 0},  {40, 13, 14}, {7, 6, 0},     {7, 0.5, 1}, {3650, 3000, 0},
	{1, 0.9, 0},  {1, 0.4, 0},  {1, -0.1, 1},
};

START_TEST(each_stage_begins_at_its_day)
{
	const int64_t until = NOW + (int64_t)(stages[_i].left * DAY);
	const int64_t issued = stages[_i].life > 0 ? until - (int64_t)stages[_i].life * DAY : 0;
	ck_assert_uint_eq(cert_stage(issued, until, NOW), stages[_i].stage);
}
END_TEST

START_TEST(what_has_no_end_needs_no_warning)
{
	ck_assert_uint_eq(cert_stage(0, 0, NOW), 0);
}
END_TEST

/* 1800000000 is 2027-01-15, 08:00. */
static const struct {
	int64_t until;
	const char *day, *span;
} words[] = {
	{NOW, "2027-01-15", "today"},
	{NOW + 15 * 3600, "2027-01-15", "today"},
	{NOW + 16 * 3600, "2027-01-16", "tomorrow"},
	{NOW + 6 * DAY, "2027-01-21", "in 6 days"},
	{NOW - 9 * 3600, "2027-01-14", "1 day ago"},
	{NOW - 20 * DAY, "2026-12-26", "20 days ago"},
};

START_TEST(days_are_those_of_a_calendar)
{
	ck_assert_str_eq(ts_day(words[_i].until).text, words[_i].day);
	ck_assert_str_eq(cert_span(words[_i].until, NOW).text, words[_i].span);
}
END_TEST

UNIT_MAIN("cert_ends", {each_stage_begins_at_its_day, TS_COUNT_OF(stages)},
	  {what_has_no_end_needs_no_warning, 0}, {days_are_those_of_a_calendar, TS_COUNT_OF(words)})
