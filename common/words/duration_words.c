/* SPDX-License-Identifier: MIT */
#include "common/words/date_words.h"

enum { MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

static const struct unit {
	const char *name;
	int64_t seconds;
} units[] = {
	{"", 1},
	{"s", 1},
	{"sec", 1},
	{"secs", 1},
	{"second", 1},
	{"seconds", 1},
	{"m", MINUTE},
	{"min", MINUTE},
	{"mins", MINUTE},
	{"minute", MINUTE},
	{"minutes", MINUTE},
	{"h", HOUR},
	{"hr", HOUR},
	{"hrs", HOUR},
	{"hour", HOUR},
	{"hours", HOUR},
	{"d", DAY},
	{"day", DAY},
	{"days", DAY},
	{"w", 7 * DAY},
	{"wk", 7 * DAY},
	{"wks", 7 * DAY},
	{"week", 7 * DAY},
	{"weeks", 7 * DAY},
	{"fortnight", 14 * DAY},
	{"mo", 30 * DAY},
	{"mos", 30 * DAY},
	{"mth", 30 * DAY},
	{"mths", 30 * DAY},
	{"month", 30 * DAY},
	{"months", 30 * DAY},
	{"q", 91 * DAY},
	{"qtr", 91 * DAY},
	{"qtrs", 91 * DAY},
	{"quarter", 91 * DAY},
	{"quarters", 91 * DAY},
	{"y", 365 * DAY},
	{"yr", 365 * DAY},
	{"yrs", 365 * DAY},
	{"year", 365 * DAY},
	{"years", 365 * DAY},
};

static const struct unit *find_unit(struct ts_slice name)
{
	for (size_t i = 0; i < TS_COUNT_OF(units); i++) {
		if (ts_slice_eq(name, ts_slice_of(units[i].name))) {
			return &units[i];
		}
	}
	return NULL;
}

int ts_duration_words_parse(struct ts_slice words, int64_t *ret, struct ts_error *err)
{
	enum { DIGITS_MAX = 9 };
	struct ts_slice rest = words;
	const struct ts_slice number = ts_slice_cut_digits(&rest);
	int64_t count = 0;
	ts_slice_cut_char(&rest, ' ');
	const struct unit *unit = find_unit(rest);
	if (number.len == 0 || number.len > DIGITS_MAX || unit == NULL) {
		return ts_fail(err, TS_EUSAGE,
			       "'%.*s' is not a duration such as 90s, 5min, 2h, 3d or 2weeks.",
			       TS_SLICE_ARGS(words));
	}
	for (size_t i = 0; i < number.len; i++) {
		count = count * 10 + (number.data[i] - '0');
	}
	*ret = count * unit->seconds;
	return TS_OK;
}
