/* SPDX-License-Identifier: MIT */
#include "common/words/date_words.h"

#include "common/base/date.h"

#include <time.h>

/* What words are read against. */
struct reading {
	int64_t now;
	struct tm tm; /* `now`, at the beginning of its day */
	bool monday;
};

static bool make(struct tm tm, int64_t *ret)
{
	tm.tm_isdst = -1;
	*ret = mktime(&tm);
	return *ret >= TS_DATE_MIN && *ret <= TS_DATE_MAX;
}

/* The first second of the unit `offset` units after the one that `r` is in. */
static bool begin_unit(const struct reading *r, char unit, int offset, int64_t *ret)
{
	struct tm tm = r->tm;
	switch (unit) {
	case 'd':
		tm.tm_mday += offset;
		break;
	case 'w':
		tm.tm_mday += 7 * offset - (tm.tm_wday + (r->monday ? 6 : 0)) % 7;
		break;
	case 'm':
		tm.tm_mday = 1;
		tm.tm_mon += offset;
		break;
	case 'q':
		tm.tm_mday = 1;
		tm.tm_mon += 3 * offset - tm.tm_mon % 3;
		break;
	case 'y':
		tm.tm_mday = 1;
		tm.tm_mon = 0;
		tm.tm_year += offset;
		break;
	default:
		return false;
	}
	return make(tm, ret);
}

/* The working week, Monday to Friday. */
static bool working_week(const struct reading *r, bool end, int offset, int64_t *ret)
{
	struct tm tm = r->tm;
	tm.tm_mday += 7 * offset - (tm.tm_wday + 6) % 7 + (end ? 5 : 0);
	bool ok = make(tm, ret);
	*ret -= end ? 1 : 0;
	return ok;
}

/* sod, eow, sonm, eopy and the like. */
static bool parse_edge(const struct reading *r, struct ts_slice s, int64_t *ret)
{
	if (s.len < 3 || s.len > 5 || (s.data[0] != 's' && s.data[0] != 'e') || s.data[1] != 'o') {
		return false;
	}
	const bool end = s.data[0] == 'e';
	int offset = s.data[2] == 'n' ? 1 : s.data[2] == 'p' ? -1 : 0;
	const struct ts_slice unit = ts_slice_skip(s, offset != 0 ? 3 : 2);
	if (ts_slice_eq(unit, TS_SLICE("ww"))) {
		return working_week(r, end, offset, ret);
	}
	if (unit.len != 1 || !begin_unit(r, unit.data[0], offset + (end ? 1 : 0), ret)) {
		return false;
	}
	*ret -= end ? 1 : 0;
	return true;
}

/* The next such day of the week; today is a week away. */
static bool make_weekday(const struct reading *r, int n, int64_t *ret)
{
	struct tm tm = r->tm;
	tm.tm_mday += (n - tm.tm_wday + 6) % 7 + 1;
	return make(tm, ret);
}

static bool make_month(const struct reading *r, int n, int64_t *ret)
{
	struct tm tm = r->tm;
	tm.tm_year += n <= tm.tm_mon ? 1 : 0;
	tm.tm_mon = n;
	tm.tm_mday = 1;
	return make(tm, ret);
}

static bool make_day(const struct reading *r, int n, int64_t *ret)
{
	return begin_unit(r, 'd', n, ret);
}

static bool make_now(const struct reading *r, int n, int64_t *ret)
{
	*ret = r->now + n;
	return true;
}

static bool make_never(const struct reading *r, int n, int64_t *ret)
{
	const struct tm tm = {.tm_year = 9999 - 1900, .tm_mon = 11, .tm_mday = n};
	(void)r;
	return make(tm, ret);
}

static const struct name {
	const char *name;
	bool (*make)(const struct reading *r, int n, int64_t *ret);
	int n;
} names[] = {
	{"now", make_now, 0},         {"today", make_day, 0},         {"tomorrow", make_day, 1},
	{"yesterday", make_day, -1},  {"sunday", make_weekday, 0},    {"monday", make_weekday, 1},
	{"tuesday", make_weekday, 2}, {"wednesday", make_weekday, 3}, {"thursday", make_weekday, 4},
	{"friday", make_weekday, 5},  {"saturday", make_weekday, 6},  {"january", make_month, 0},
	{"february", make_month, 1},  {"march", make_month, 2},       {"april", make_month, 3},
	{"may", make_month, 4},       {"june", make_month, 5},        {"july", make_month, 6},
	{"august", make_month, 7},    {"september", make_month, 8},   {"october", make_month, 9},
	{"november", make_month, 10}, {"december", make_month, 11},   {"later", make_never, 30},
	{"someday", make_never, 30},
};

/* A name or, from three letters on, its beginning. */
static bool parse_name(const struct reading *r, struct ts_slice s, int64_t *ret)
{
	for (size_t i = 0; i < TS_COUNT_OF(names) && s.len >= 3; i++) {
		if (ts_slice_starts(ts_slice_of(names[i].name), s)) {
			return names[i].make(r, names[i].n, ret);
		}
	}
	return false;
}

/* 1st, 2nd, 24th: the next day of that number. */
static bool parse_ordinal(const struct reading *r, struct ts_slice s, int64_t *ret)
{
	static const char *const endings[] = {"th", "st", "nd", "rd"};
	const struct ts_slice digits = ts_slice_cut_digits(&s);
	int n = 0;
	for (size_t i = 0; i < digits.len && i < 2; i++) {
		n = n * 10 + (digits.data[i] - '0');
	}
	const bool teen = n >= 11 && n <= 13;
	if (digits.len == 0 || digits.len > 2 || n < 1 || n > 31 ||
	    !ts_slice_eq(s, ts_slice_of(endings[teen || n % 10 > 3 ? 0 : n % 10]))) {
		return false;
	}
	struct tm tm = r->tm;
	tm.tm_mon += n <= tm.tm_mday ? 1 : 0;
	tm.tm_mday = n;
	struct tm made = tm;
	(void)mktime(&made);
	tm.tm_mon += made.tm_mday != n ? 1 : 0; /* the month after a short one is long */
	return make(tm, ret);
}

/* Cut `digits` digits off the front as a number. */
static bool cut_number(struct ts_slice *s, size_t digits, int *ret)
{
	int value = 0;
	for (size_t i = 0; i < digits; i++) {
		if (i >= s->len || s->data[i] < '0' || s->data[i] > '9') {
			return false;
		}
		value = value * 10 + (s->data[i] - '0');
	}
	*ret = value;
	*s = ts_slice_skip(*s, digits);
	return true;
}

/* HH:MM, HH:MM:SS, HHMM, HHMMSS. */
static bool cut_clock(struct ts_slice *s, struct tm *tm)
{
	if (!cut_number(s, 2, &tm->tm_hour) &&
	    !(s->len > 1 && s->data[1] == ':' && cut_number(s, 1, &tm->tm_hour))) {
		return false;
	}
	const bool colon = ts_slice_cut_char(s, ':');
	if (!cut_number(s, 2, &tm->tm_min)) {
		return false;
	}
	tm->tm_sec = 0;
	if (colon ? ts_slice_cut_char(s, ':')
		  : s->len > 0 && s->data[0] >= '0' && s->data[0] <= '9') {
		if (!cut_number(s, 2, &tm->tm_sec)) {
			return false;
		}
	}
	return tm->tm_hour < 24 && tm->tm_min < 60 && tm->tm_sec < 60;
}

/* Z, +01:00, +0100, -01; *ret_offset [s]. False: there is none. */
static bool cut_zone(struct ts_slice *s, int *ret_offset)
{
	int hours, minutes = 0;
	*ret_offset = 0;
	if (ts_slice_cut_char(s, 'Z')) {
		return true;
	}
	const bool west = s->len > 0 && s->data[0] == '-';
	if (!ts_slice_cut_char(s, '+') && !ts_slice_cut_char(s, '-')) {
		return false;
	}
	if (!cut_number(s, 2, &hours)) {
		return false;
	}
	(void)ts_slice_cut_char(s, ':');
	(void)cut_number(s, 2, &minutes);
	*ret_offset = (west ? -1 : 1) * (hours * 60 + minutes) * 60;
	return true;
}

static bool same_day(const struct tm *a, const struct tm *b)
{
	return a->tm_mday == b->tm_mday && a->tm_mon == b->tm_mon;
}

/* The date of `tm`, which must be a day that exists. */
static bool make_exact(struct tm tm, bool zone, int offset, int64_t *ret)
{
	struct tm made = tm;
	made.tm_isdst = -1;
	(void)(zone ? timegm(&made) : mktime(&made));
	if (!same_day(&made, &tm)) {
		return false;
	}
	if (!zone) {
		return make(tm, ret);
	}
	*ret = timegm(&tm) - offset;
	return *ret >= TS_DATE_MIN && *ret <= TS_DATE_MAX;
}

/* YYYY-MM, YYYY-MM-DD or YYYYMMDD, and a time of day behind T or a blank. */
static bool parse_iso(struct ts_slice s, int64_t *ret)
{
	struct tm tm = {.tm_mday = 1};
	int year, month, offset = 0;
	bool zone = false;
	if (!cut_number(&s, 4, &year)) {
		return false;
	}
	const bool dashes = ts_slice_cut_char(&s, '-');
	if (!cut_number(&s, 2, &month) || month < 1 || month > 12) {
		return false;
	}
	const bool day = !dashes || ts_slice_cut_char(&s, '-');
	if (day && (!cut_number(&s, 2, &tm.tm_mday) || tm.tm_mday < 1)) {
		return false;
	}
	if (day && (ts_slice_cut_char(&s, 'T') || ts_slice_cut_char(&s, ' '))) {
		if (!cut_clock(&s, &tm)) {
			return false;
		}
		zone = cut_zone(&s, &offset);
	}
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	return s.len == 0 && make_exact(tm, zone, offset, ret);
}

/* HH:MM, today or tomorrow. */
static bool parse_clock(const struct reading *r, struct ts_slice s, int64_t *ret)
{
	struct tm tm = r->tm;
	if (memchr(s.data, ':', s.len) == NULL || !cut_clock(&s, &tm) || s.len > 0) {
		return false;
	}
	if (!make(tm, ret)) {
		return false;
	}
	tm.tm_mday++;
	return *ret >= r->now || make(tm, ret);
}

/* Seconds since 1970, of nine or ten digits. */
static bool parse_epoch(struct ts_slice s, int64_t *ret)
{
	struct ts_slice rest = s;
	const struct ts_slice digits = ts_slice_cut_digits(&rest);
	return rest.len == 0 && (digits.len == 9 || digits.len == 10) && ts_date_parse(s, ret) &&
	       *ret >= TS_DATE_MIN;
}

static bool parse_point(const struct reading *r, struct ts_slice s, int64_t *ret)
{
	return s.len > 0 &&
	       (parse_iso(s, ret) || parse_epoch(s, ret) || parse_clock(r, s, ret) ||
		parse_ordinal(r, s, ret) || parse_edge(r, s, ret) || parse_name(r, s, ret));
}

/* A duration with a unit and a sign; without one it is forward. */
static bool parse_offset(struct ts_slice s, int64_t *ret)
{
	const bool back = s.len > 0 && s.data[0] == '-';
	if (!ts_slice_cut_char(&s, '-')) {
		(void)ts_slice_cut_char(&s, '+');
	}
	if (s.len == 0 || (s.data[s.len - 1] >= '0' && s.data[s.len - 1] <= '9') ||
	    ts_duration_words_parse(s, ret, NULL) != TS_OK) {
		return false;
	}
	*ret = back ? -*ret : *ret;
	return true;
}

/* A point and, perhaps, a duration before or behind it. */
static bool parse_all(const struct reading *r, struct ts_slice s, int64_t *ret)
{
	int64_t offset;
	if (parse_point(r, s, ret)) {
		return true;
	}
	if (parse_offset(s, &offset)) {
		*ret = r->now + offset;
		return true;
	}
	for (size_t i = s.len; i-- > 1;) {
		if ((s.data[i] == '+' || s.data[i] == '-') &&
		    parse_offset(ts_slice_skip(s, i), &offset) &&
		    parse_all(r, (struct ts_slice){s.data, i}, ret)) {
			*ret += offset;
			return true;
		}
	}
	return false;
}

int ts_date_words_parse(struct ts_slice words, int64_t now, bool monday, int64_t *ret,
			struct ts_error *err)
{
	enum { LONGEST = 100 };
	struct reading r = {.now = now, .monday = monday};
	const time_t t = now;
	(void)localtime_r(&t, &r.tm);
	r.tm.tm_hour = r.tm.tm_min = r.tm.tm_sec = 0;
	if (words.len > LONGEST || !parse_all(&r, words, ret) || *ret < TS_DATE_MIN ||
	    *ret > TS_DATE_MAX) {
		return ts_fail(err, TS_EUSAGE,
			       "'%.*s' is not a date such as 2026-12-24, 2026-12-24T18:00, "
			       "tomorrow, friday, eom or 3d.",
			       TS_SLICE_ARGS(words));
	}
	return TS_OK;
}

bool ts_date_words_is_day(int64_t date)
{
	struct tm tm;
	const time_t t = date;
	(void)localtime_r(&t, &tm);
	return tm.tm_hour == 0 && tm.tm_min == 0 && tm.tm_sec == 0;
}
