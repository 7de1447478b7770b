/* SPDX-License-Identifier: MIT */
/* Dates as task JSON spells them: YYYYMMDDTHHMMSSZ, or seconds since 1970. */
#pragma once

#include "common/base/attr.h"
#include "common/base/slice.h"

/* The dates that Taskwarrior 2.6.2 reads back: from 1980 to a little before the end of the year
 * 9999. One beyond them makes its export fail. */
#define TS_DATE_MIN INT64_C(315532800)
#define TS_DATE_MAX INT64_C(253402293598)

struct ts_date_text {
	char text[17];
};

/* Read either spelling, YYYY-MM-DDTHH:MM:SSZ, and YYYYMMDD for the beginning of that day. What is
 * before 1970 is 0, what is after the year 9999 its end, a fraction is dropped. False, and *ret
 * untouched, where `s` is none of them. [s since 1970, UTC] */
bool ts_date_parse(struct ts_slice s, int64_t *ret) TS_MUST_CHECK;
/* The YYYYMMDDTHHMMSSZ spelling of `t`, held within TS_DATE_MIN and TS_DATE_MAX. */
struct ts_date_text ts_date_text(int64_t t);
/* As people read a day, in UTC: 2026-12-01. */
struct ts_day {
	char text[16];
};
struct ts_day ts_day(int64_t t);
/* Now. [s since 1970] */
int64_t ts_date_now(void);
