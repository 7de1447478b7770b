/* SPDX-License-Identifier: MIT */
/* Options that belong to one command: `--name VALUE` or `--name=VALUE`, anywhere among its words.
 */
#pragma once

#include "common/base/error.h"

#include <stddef.h>

enum { OPTION_VALUES = 64 };

struct option_values {
	const char *at[OPTION_VALUES];
	size_t count;
};

struct option_item {
	const char *name; /* without the dashes */
	struct option_values *values;
	size_t max; /* how often it may be given */
};

/* Sort `argv` into values and *words (the rest), all borrowed. TS_EUSAGE with a sentence. */
int options_read(int argc, char **argv, const struct option_item *items, size_t count,
		 struct option_values *words, struct ts_error *err) TS_MUST_CHECK;

/* The last value given, or `otherwise`. */
static inline const char *option_last(const struct option_values *v, const char *otherwise)
{
	return v->count > 0 ? v->at[v->count - 1] : otherwise;
}
