/* SPDX-License-Identifier: MIT */
/* Dates as task JSON spells them: YYYYMMDDTHHMMSSZ, or seconds since 1970. */
#pragma once

#include "common/base/attr.h"
#include "common/base/slice.h"

/* The end of the year 9999: no client spells a later date. */
#define TS_DATE_MAX INT64_C(253402300799)

struct ts_date_text {
	char text[17];
};

/* Read either spelling. Epoch seconds are held within 0 and TS_DATE_MAX, a fraction is dropped.
 * False, and *ret untouched, where `s` is neither. [s since 1970, UTC] */
bool ts_date_parse(struct ts_slice s, int64_t *ret) TS_MUST_CHECK;
/* The YYYYMMDDTHHMMSSZ spelling of `t`, held within 0 and TS_DATE_MAX. */
struct ts_date_text ts_date_text(int64_t t);
/* Now. [s since 1970] */
int64_t ts_date_now(void);
