/* SPDX-License-Identifier: MIT */
/*
 * Dates in words, as Taskwarrior reads them, in local time.
 *
 *	now today tomorrow yesterday
 *	monday … sunday        the next one, at its beginning
 *	january … december     the next first of it
 *	1st … 31st             the next day of that number
 *	sod sow som soq soy    the beginning of this day, week, month, quarter, year
 *	eod eow eom eoq eoy    the last second of it; soww and eoww: of the working week
 *	sond eonw sopm …       the same of the next (n) one or of the one before (p)
 *	later someday          so far away that it never comes
 *	18:30                  today, or tomorrow where that is past
 *	2026-12-24 2026-12-24T18:00 2026-12-24T18:00+01:00 20261224T180000Z 2026-12 1798130000
 *	3d 2weeks 1h -5min     from now; behind any of the others: friday+2d eom-3d
 *
 * Names may be cut to their first three letters or more.
 */
#pragma once

#include "common/base/error.h"
#include "common/base/slice.h"

#include <stdint.h>

/* [s since 1970] TS_EUSAGE with a sentence. `now` likewise; `monday`: weeks begin on Monday. */
int ts_date_words_parse(struct ts_slice words, int64_t now, bool monday, int64_t *ret,
			struct ts_error *err) TS_MUST_CHECK;
/* True where the date that these words mean is a whole day, so that "due:friday" is any time of
 * it. */
bool ts_date_words_is_day(int64_t date);
/* A duration: 90, 90s, 5min, 2h, 3d, 2weeks, 1month (30 days), 1y (365). [s] */
int ts_duration_words_parse(struct ts_slice words, int64_t *ret,
			    struct ts_error *err) TS_MUST_CHECK;
