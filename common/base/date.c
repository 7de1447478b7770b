/* SPDX-License-Identifier: MIT */
#include "common/base/date.h"

#include <stdio.h>
#include <time.h>

#define LAST_SECOND INT64_C(253402300799) /* of the year 9999 */

static bool digits(const char *s, size_t n, int *ret)
{
	int value = 0;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9') {
			return false;
		}
		value = value * 10 + (s[i] - '0');
	}
	*ret = value;
	return true;
}

static int days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

static bool parse_iso(struct ts_slice s, int64_t *ret)
{
	int y, mo, d, h = 0, mi = 0, sec = 0;
	if (s.len < 8 || !digits(s.data, 4, &y) || !digits(s.data + 4, 2, &mo) ||
	    !digits(s.data + 6, 2, &d)) {
		return false;
	}
	if (s.len != 8 &&
	    (s.len != 16 || s.data[8] != 'T' || s.data[15] != 'Z' || !digits(s.data + 9, 2, &h) ||
	     !digits(s.data + 11, 2, &mi) || !digits(s.data + 13, 2, &sec))) {
		return false;
	}
	if (y < 1970 || mo < 1 || mo > 12 || d < 1 || d > days_in_month(y, mo) || h > 23 ||
	    mi > 59 || sec > 59) {
		return false;
	}
	struct tm tm = {.tm_year = y - 1900,
			.tm_mon = mo - 1,
			.tm_mday = d,
			.tm_hour = h,
			.tm_min = mi,
			.tm_sec = sec};
	*ret = timegm(&tm);
	return true;
}

/* The same with the separators of ISO 8601: YYYY-MM-DDTHH:MM:SSZ. */
static bool parse_separated(struct ts_slice s, int64_t *ret)
{
	char packed[16];
	size_t n = 0;
	if (s.len != 20 || s.data[4] != '-' || s.data[7] != '-' || s.data[13] != ':' ||
	    s.data[16] != ':') {
		return false;
	}
	for (size_t i = 0; i < s.len; i++) {
		if (i != 4 && i != 7 && i != 13 && i != 16) {
			packed[n++] = s.data[i];
		}
	}
	return parse_iso((struct ts_slice){packed, n}, ret);
}

/* Seconds since 1970 with an optional sign and an optional fraction. */
static bool parse_epoch(struct ts_slice s, int64_t *ret)
{
	bool negative = s.len > 0 && s.data[0] == '-';
	size_t i = negative ? 1 : 0, first = i;
	int64_t value = 0;
	for (; i < s.len && s.data[i] >= '0' && s.data[i] <= '9'; i++) {
		if (value <= LAST_SECOND) {
			value = value * 10 + (s.data[i] - '0');
		}
	}
	if (i == first) {
		return false;
	}
	if (i < s.len) {
		int fraction;
		if (s.data[i] != '.' || s.len - i - 1 > 9 || s.len - i - 1 == 0 ||
		    !digits(s.data + i + 1, s.len - i - 1, &fraction)) {
			return false;
		}
	}
	value = negative ? 0 : value;
	*ret = value > LAST_SECOND ? LAST_SECOND : value;
	return true;
}

bool ts_date_parse(struct ts_slice s, int64_t *ret)
{
	return parse_iso(s, ret) || parse_separated(s, ret) || parse_epoch(s, ret);
}

struct ts_date_text ts_date_text(int64_t t)
{
	struct ts_date_text ret;
	struct tm tm;
	time_t held = t < TS_DATE_MIN ? TS_DATE_MIN : t > TS_DATE_MAX ? TS_DATE_MAX : t;
	(void)gmtime_r(&held, &tm);
	(void)strftime(ret.text, sizeof(ret.text), "%Y%m%dT%H%M%SZ", &tm);
	return ret;
}

struct ts_day ts_day(int64_t t)
{
	struct ts_day day = {"an unknown day"};
	struct tm tm;
	const time_t at = (time_t)t;
	if (gmtime_r(&at, &tm) != NULL) {
		(void)strftime(day.text, sizeof(day.text), "%Y-%m-%d", &tm);
	}
	return day;
}

int64_t ts_date_now(void)
{
	return (int64_t)time(NULL);
}
