/* SPDX-License-Identifier: MIT */
#include "common/task/recur.h"

enum { DIGITS_MAX = 5 }; /* longer numbers leave the range of dates */

/* What Taskwarrior 2.6.2 took when asked, alone and behind a number. */
static const struct unit {
	const char *name;
	bool alone;
} units[] = {
	{"annual", true},     {"biannual", true},  {"bimonthly", true}, {"biweekly", true},
	{"biyearly", true},   {"daily", true},     {"days", false},     {"day", true},
	{"d", false},         {"fortnight", true}, {"hours", false},    {"hour", true},
	{"hrs", false},       {"hr", true},        {"h", false},        {"minutes", false},
	{"minute", true},     {"mins", false},     {"min", true},       {"monthly", true},
	{"months", false},    {"month", true},     {"mnths", false},    {"mths", false},
	{"mth", true},        {"mos", false},      {"mo", true},        {"m", false},
	{"quarterly", true},  {"quarters", false}, {"quarter", true},   {"qrtrs", false},
	{"qrtr", true},       {"qtrs", false},     {"qtr", true},       {"q", false},
	{"semiannual", true}, {"sennight", false}, {"seconds", false},  {"second", true},
	{"secs", false},      {"sec", true},       {"s", false},        {"weekdays", true},
	{"weekly", true},     {"weeks", false},    {"week", true},      {"wks", false},
	{"wk", true},         {"w", false},        {"yearly", true},    {"years", false},
	{"year", true},       {"yrs", false},      {"yr", true},        {"y", false},
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

static bool is_counted(struct ts_slice s)
{
	if (!ts_slice_cut_char(&s, '-')) {
		(void)ts_slice_cut_char(&s, '+');
	}
	size_t digits = ts_slice_cut_digits(&s).len;
	if (ts_slice_cut_char(&s, '.')) {
		(void)ts_slice_cut_digits(&s);
	}
	while (ts_slice_cut_char(&s, ' ')) {
	}
	return digits > 0 && digits <= DIGITS_MAX && find_unit(s) != NULL;
}

/* Parts such as "1Y2M" in the order of `letters`; how many. */
static size_t cut_parts(struct ts_slice *rest, const char *letters)
{
	size_t parts = 0;
	for (; *letters != '\0'; letters++) {
		struct ts_slice s = *rest;
		size_t digits = ts_slice_cut_digits(&s).len;
		if (digits > 0 && digits <= DIGITS_MAX && ts_slice_cut_char(&s, *letters)) {
			*rest = s;
			parts++;
		}
	}
	return parts;
}

static bool is_iso(struct ts_slice s)
{
	if (!ts_slice_cut_char(&s, 'P')) {
		return false;
	}
	if (cut_parts(&s, "W") > 0) {
		return s.len == 0;
	}
	size_t parts = cut_parts(&s, "YMD");
	if (ts_slice_cut_char(&s, 'T')) {
		parts += cut_parts(&s, "HMS");
	}
	return parts > 0 && s.len == 0;
}

bool ts_recur_valid(struct ts_slice s)
{
	if (s.len == 0 || s.data[0] == ' ') {
		return false;
	}
	while (s.data[s.len - 1] == ' ') {
		s.len--;
	}
	const struct unit *unit = find_unit(s);
	return (unit != NULL && unit->alone) || is_counted(s) || is_iso(s);
}
