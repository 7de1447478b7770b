/* SPDX-License-Identifier: MIT */
/* A borrowed run of bytes; never owns, never ends in NUL by promise. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct ts_slice {
	const char *data;
	size_t len;
};

/* A slice of a string literal. */
#define TS_SLICE(literal) ((struct ts_slice){"" literal, sizeof(literal) - 1})
/* printf arguments for "%.*s". */
#define TS_SLICE_ARGS(s) (int)(s).len, (s).data

static inline struct ts_slice ts_slice_of(const char *s)
{
	return (struct ts_slice){s, s != NULL ? strlen(s) : 0};
}

static inline bool ts_slice_eq(struct ts_slice a, struct ts_slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* Order by bytes; where one is the other's beginning, the longer is the greater. */
static inline int ts_slice_cmp(struct ts_slice a, struct ts_slice b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n > 0 ? memcmp(a.data, b.data, n) : 0;
	return c != 0 ? c : (a.len > b.len) - (a.len < b.len);
}

static inline bool ts_slice_starts(struct ts_slice s, struct ts_slice prefix)
{
	return s.len >= prefix.len &&
	       (prefix.len == 0 || memcmp(s.data, prefix.data, prefix.len) == 0);
}

static inline struct ts_slice ts_slice_skip(struct ts_slice s, size_t n)
{
	return (struct ts_slice){s.data + n, s.len - n};
}

/* Cut `c` off the front if it is there. */
static inline bool ts_slice_cut_char(struct ts_slice *rest, char c)
{
	bool there = rest->len > 0 && rest->data[0] == c;
	*rest = ts_slice_skip(*rest, there ? 1 : 0);
	return there;
}

static inline bool ts_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Without blanks, tabs and carriage returns at both ends. */
static inline struct ts_slice ts_slice_trim(struct ts_slice s)
{
	while (s.len > 0 && ts_is_blank(s.data[0])) {
		s = ts_slice_skip(s, 1);
	}
	while (s.len > 0 && ts_is_blank(s.data[s.len - 1])) {
		s.len--;
	}
	return s;
}

/* Cut the decimal digits off the front. */
static inline struct ts_slice ts_slice_cut_digits(struct ts_slice *rest)
{
	size_t n = 0;
	while (n < rest->len && rest->data[n] >= '0' && rest->data[n] <= '9') {
		n++;
	}
	struct ts_slice digits = {rest->data, n};
	*rest = ts_slice_skip(*rest, n);
	return digits;
}

/*
 * Cut the bytes before the first `separator` off the front of *rest, which then begins behind
 * it. Without a separator the whole rest is cut and *rest is {NULL, 0}: a loop over
 * `rest.data != NULL` visits each field, an empty last one as well.
 */
static inline struct ts_slice ts_slice_cut(struct ts_slice *rest, char separator)
{
	const char *at = rest->len > 0 ? memchr(rest->data, separator, rest->len) : NULL;
	struct ts_slice field = *rest;
	if (at == NULL) {
		*rest = (struct ts_slice){NULL, 0};
		return field;
	}
	field.len = (size_t)(at - rest->data);
	*rest = ts_slice_skip(*rest, field.len + 1);
	return field;
}
