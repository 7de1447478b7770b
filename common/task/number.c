/* SPDX-License-Identifier: MIT */
#include "common/task/task.h"

/* A decimal number taken apart: digits without leading or trailing zeros, and the power of ten of
 * the first of them. */
struct decimal {
	bool negative;
	struct ts_slice whole, fraction; /* digits as they stand */
	int64_t exponent;
};

static bool cut_digits(struct ts_slice *rest, struct ts_slice *ret)
{
	*ret = ts_slice_cut_digits(rest);
	return ret->len > 0;
}

static bool cut_exponent(struct ts_slice *rest, int64_t *ret)
{
	struct ts_slice digits;
	int64_t value = 0;
	bool negative = ts_slice_cut_char(rest, '-');
	if (!negative) {
		(void)ts_slice_cut_char(rest, '+');
	}
	if (!cut_digits(rest, &digits)) {
		return false;
	}
	for (size_t i = 0; i < digits.len && value < INT32_MAX; i++) {
		value = value * 10 + (digits.data[i] - '0');
	}
	*ret = negative ? -value : value;
	return true;
}

/* JSON's grammar: -? int frac? exp? */
static bool take_apart(struct ts_slice s, struct decimal *d)
{
	*d = (struct decimal){.negative = ts_slice_cut_char(&s, '-')};
	if (!cut_digits(&s, &d->whole) || (d->whole.len > 1 && d->whole.data[0] == '0')) {
		return false;
	}
	if (ts_slice_cut_char(&s, '.') && !cut_digits(&s, &d->fraction)) {
		return false;
	}
	if ((ts_slice_cut_char(&s, 'e') || ts_slice_cut_char(&s, 'E')) &&
	    !cut_exponent(&s, &d->exponent)) {
		return false;
	}
	return s.len == 0;
}

bool ts_number_valid(struct ts_slice s)
{
	struct decimal d;
	return take_apart(s, &d);
}

static char digit(const struct decimal *d, size_t i)
{
	return i < d->whole.len ? d->whole.data[i] : d->fraction.data[i - d->whole.len];
}

/* The bounds of the digits that count, and the power of ten of the first; false for zero. */
static bool significant(const struct decimal *d, size_t *first, size_t *end, int64_t *power)
{
	size_t count = d->whole.len + d->fraction.len;
	*first = 0;
	while (*first < count && digit(d, *first) == '0') {
		*first += 1;
	}
	*end = count;
	while (*end > *first && digit(d, *end - 1) == '0') {
		*end -= 1;
	}
	*power = (int64_t)d->whole.len - (int64_t)*first + d->exponent;
	return *first < *end;
}

bool ts_number_same(struct ts_slice a, struct ts_slice b)
{
	struct decimal x, y;
	size_t i, j, x_end, y_end;
	int64_t x_power, y_power;
	if (!take_apart(a, &x) || !take_apart(b, &y)) {
		return false;
	}
	bool x_some = significant(&x, &i, &x_end, &x_power);
	bool y_some = significant(&y, &j, &y_end, &y_power);
	if (!x_some || !y_some) {
		return x_some == y_some;
	}
	if (x.negative != y.negative || x_power != y_power || x_end - i != y_end - j) {
		return false;
	}
	while (i < x_end && digit(&x, i) == digit(&y, j)) {
		i++;
		j++;
	}
	return i == x_end;
}
