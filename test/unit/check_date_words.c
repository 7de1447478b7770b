/* SPDX-License-Identifier: MIT */
#include "common/base/date.h"
#include "common/words/date_words.h"
#include "test/unit/unit.h"

#include <stdio.h>
#include <time.h>

/* Saturday, 21 November 2026, 15:30 in Vienna; what Taskwarrior 2.6.2 says then. */
static const struct row {
	const char *words, *want; /* local time; NULL: no date */
} rows[] = {
	{"now", "2026-11-21T15:30:00"},
	{"today", "2026-11-21T00:00:00"},
	{"tomorrow", "2026-11-22T00:00:00"},
	{"tom", "2026-11-22T00:00:00"},
	{"yesterday", "2026-11-20T00:00:00"},
	{"sod", "2026-11-21T00:00:00"},
	{"eod", "2026-11-21T23:59:59"},
	{"sow", "2026-11-16T00:00:00"},
	{"eow", "2026-11-22T23:59:59"},
	{"soww", "2026-11-16T00:00:00"},
	{"eoww", "2026-11-20T23:59:59"},
	{"som", "2026-11-01T00:00:00"},
	{"eom", "2026-11-30T23:59:59"},
	{"soq", "2026-10-01T00:00:00"},
	{"eoq", "2026-12-31T23:59:59"},
	{"soy", "2026-01-01T00:00:00"},
	{"eoy", "2026-12-31T23:59:59"},
	{"sond", "2026-11-22T00:00:00"},
	{"sonw", "2026-11-23T00:00:00"},
	{"sonm", "2026-12-01T00:00:00"},
	{"eonm", "2026-12-31T23:59:59"},
	{"sony", "2027-01-01T00:00:00"},
	{"eopm", "2026-10-31T23:59:59"},
	{"sopm", "2026-10-01T00:00:00"},
	{"monday", "2026-11-23T00:00:00"},
	{"friday", "2026-11-27T00:00:00"},
	{"saturday", "2026-11-28T00:00:00"},
	{"sun", "2026-11-22T00:00:00"},
	{"december", "2026-12-01T00:00:00"},
	{"mar", "2027-03-01T00:00:00"},
	{"november", "2027-11-01T00:00:00"},
	{"24th", "2026-11-24T00:00:00"},
	{"21st", "2026-12-21T00:00:00"},
	{"3rd", "2026-12-03T00:00:00"},
	{"31st", "2026-12-31T00:00:00"},
	{"later", "9999-12-30T00:00:00"},
	{"someday", "9999-12-30T00:00:00"},
	{"18:30", "2026-11-21T18:30:00"},
	{"9:00", "2026-11-22T09:00:00"},
	{"3d", "2026-11-24T15:30:00"},
	{"2weeks", "2026-12-05T15:30:00"},
	{"1month", "2026-12-21T15:30:00"},
	{"1h", "2026-11-21T16:30:00"},
	{"-5min", "2026-11-21T15:25:00"},
	{"+5min", "2026-11-21T15:35:00"},
	{"friday+2d", "2026-11-29T00:00:00"},
	{"eow-1d", "2026-11-21T23:59:59"},
	{"tomorrow+18h", "2026-11-22T18:00:00"},
	{"now+1h-5min", "2026-11-21T16:25:00"},
	{"2026-12-24", "2026-12-24T00:00:00"},
	{"2026-12-24-1d", "2026-12-23T00:00:00"},
	{"2026-12-24T18:00", "2026-12-24T18:00:00"},
	{"2026-12-24 18:00", "2026-12-24T18:00:00"},
	{"2026-12-24T18:00:05Z", "2026-12-24T19:00:05"},
	{"2026-12-24T18:00+02:00", "2026-12-24T17:00:00"},
	{"2026-12-24T18:00:00-0500", "2026-12-25T00:00:00"},
	{"20261224T180000Z", "2026-12-24T19:00:00"},
	{"20261224", "2026-12-24T00:00:00"},
	{"2026-12", "2026-12-01T00:00:00"},
	{"2026-07-01", "2026-07-01T00:00:00"}, /* summer time */
	{"1800000000", "2027-01-15T09:00:00"},
	{"", NULL},
	{"to", NULL},
	{"fry", NULL},
	{"fridayy", NULL},
	{"+", NULL},
	{"3", NULL},
	{"90", NULL},
	{"eox", NULL},
	{"eo", NULL},
	{"32nd", NULL},
	{"22th", NULL},
	{"0th", NULL},
	{"25:00", NULL},
	{"12:60", NULL},
	{"2026-13-01", NULL},
	{"2026-02-29", NULL},
	{"2026-04-31", NULL},
	{"2026-12-24T", NULL},
	{"2026-12-24T18", NULL},
	{"1969-12-31", NULL},
	{"later+9999999y", NULL},
	{"friday+2x", NULL},
	{"-", NULL},
	{"2026", NULL},
};

static int64_t at(const char *text)
{
	int64_t ret = 0;
	ck_assert(ts_date_parse(ts_slice_of(text), &ret));
	return ret;
}

static void in_vienna(void)
{
	ck_assert_int_eq(setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1), 0);
	tzset();
}

static const char *local(int64_t date)
{
	static char text[40];
	const time_t t = date;
	struct tm tm;
	(void)localtime_r(&t, &tm);
	(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	return text;
}

START_TEST(reads_a_date)
{
	const struct row *row = &rows[_i];
	struct ts_error err = {0};
	int64_t got;
	in_vienna();
	int code = ts_date_words_parse(ts_slice_of(row->words), at("20261121T143000Z"), true, &got,
				       &err);
	if (row->want == NULL) {
		ck_assert_msg(code == TS_EUSAGE, "'%s' is %s", row->words,
			      code == TS_OK ? local(got) : "");
		ck_assert_ptr_nonnull(strstr(err.text, "is not a date"));
		return;
	}
	ck_assert_msg(code == TS_OK, "%s", err.text);
	ck_assert_str_eq(local(got), row->want);
}
END_TEST

START_TEST(weeks_may_begin_on_sunday)
{
	static const struct {
		const char *now, *words;
		bool monday;
		const char *want;
	} weeks[] = {
		{"20261121T143000Z", "sow", false, "2026-11-15T00:00:00"},
		{"20261122T143000Z", "sow", false, "2026-11-22T00:00:00"},
		{"20261122T143000Z", "sow", true, "2026-11-16T00:00:00"},
		{"20261122T143000Z", "eow", true, "2026-11-22T23:59:59"},
		{"20261122T143000Z", "eow", false, "2026-11-28T23:59:59"},
		{"20261123T143000Z", "sow", true, "2026-11-23T00:00:00"},
	};
	int64_t got;
	in_vienna();
	for (size_t i = 0; i < TS_COUNT_OF(weeks); i++) {
		ck_assert_int_eq(ts_date_words_parse(ts_slice_of(weeks[i].words), at(weeks[i].now),
						     weeks[i].monday, &got, NULL),
				 TS_OK);
		ck_assert_str_eq(local(got), weeks[i].want);
	}
}
END_TEST

/* Days are days of the calendar, also where the clocks change. */
START_TEST(tomorrow_is_midnight_when_clocks_change)
{
	int64_t got;
	in_vienna();
	ck_assert_int_eq(
		ts_date_words_parse(TS_SLICE("tomorrow"), at("20261024T220000Z"), true, &got, NULL),
		TS_OK);
	ck_assert_str_eq(local(got), "2026-10-26T00:00:00");
	ck_assert(ts_date_words_is_day(got));
	ck_assert(!ts_date_words_is_day(got + 1));
}
END_TEST

static const struct duration {
	const char *words;
	int64_t want; /* -1: none */
} durations[] = {
	{"90", 90},       {"90s", 90},
	{"5min", 300},    {"2h", 7200},
	{"3d", 259200},   {"2weeks", 1209600},
	{"1 day", 86400}, {"1month", 2592000},
	{"1y", 31536000}, {"0", 0},
	{"", -1},         {"d", -1},
	{"3x", -1},       {"-3d", -1},
	{"3.5d", -1},     {"9999999999d", -1},
};

START_TEST(reads_a_duration)
{
	int64_t got = -1;
	int code = ts_duration_words_parse(ts_slice_of(durations[_i].words), &got, NULL);
	ck_assert_int_eq(code, durations[_i].want < 0 ? TS_EUSAGE : TS_OK);
	ck_assert_int_eq(got, durations[_i].want);
}
END_TEST

UNIT_MAIN("date_words", {reads_a_date, TS_COUNT_OF(rows)}, {weeks_may_begin_on_sunday, 0},
	  {tomorrow_is_midnight_when_clocks_change, 0}, {reads_a_duration, TS_COUNT_OF(durations)})
