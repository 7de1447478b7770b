/* SPDX-License-Identifier: MIT */
/*
 * Options of a command by table: `--name`, `--name VALUE` or `--name=VALUE`, anywhere among its
 * words; behind `--` everything is a word. There are no short ones: a word such as `-home` takes a
 * tag away.
 */
#pragma once

#include "common/base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum { TS_OPTION_VALUES = 64 };

struct ts_option {
	const char *name; /* without the dashes */
	const char
		*value; /* what stands for its value in the help, such as "FILE"; NULL: a switch */
	const char *help; /* half a sentence; NULL: not for people, left out of every text */
	size_t max;       /* how often it may be given; 0: once */
};

struct ts_option_values {
	const char *at[TS_OPTION_VALUES]; /* borrowed from argv; of a switch, its own word */
	size_t count;
};

/* Take the options out of `argv`: values[i] are those of items[i], borrowed, and the first *argc of
 * argv are the words that stay. TS_EUSAGE with a sentence. */
int ts_options_read(int *argc, char **argv, const struct ts_option *items, size_t count,
		    struct ts_option_values *values, struct ts_error *err) TS_MUST_CHECK;

/* The last value given, or `otherwise`. */
static inline const char *ts_option_last(const struct ts_option_values *v, const char *otherwise)
{
	return v->count > 0 ? v->at[v->count - 1] : otherwise;
}

/* The value of the option `name` as a number of things; `text` NULL: it was not given, *ret is
 * `otherwise`. TS_EUSAGE with a sentence. */
int ts_option_number(const char *name, const char *text, size_t otherwise, size_t *ret,
		     struct ts_error *err) TS_MUST_CHECK;
