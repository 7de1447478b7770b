/* SPDX-License-Identifier: MIT */
#include "common/cli/options.h"

#include "common/base/slice.h"

#include <stdlib.h>

static size_t find(struct ts_slice name, const struct ts_option *items, size_t count)
{
	size_t i = 0;
	while (i < count && !ts_slice_eq(ts_slice_of(items[i].name), name)) {
		i++;
	}
	return i;
}

static int add(struct ts_option_values *to, size_t max, const char *value, const char *what,
	       struct ts_error *err)
{
	max = max == 0 ? 1 : max;
	if (to->count >= (max < TS_OPTION_VALUES ? max : TS_OPTION_VALUES)) {
		return ts_fail(err, TS_EUSAGE, "There are too many of '%s'.", what);
	}
	to->at[to->count++] = value;
	return TS_OK;
}

/* One option; *i moves over a value of its own. */
static int take(int argc, char **argv, int *i, const struct ts_option *items, size_t count,
		struct ts_option_values *values, struct ts_error *err)
{
	const char *word = argv[*i];
	struct ts_slice value = ts_slice_of(word + strlen("--"));
	const size_t at = find(ts_slice_cut(&value, '='), items, count);
	if (at == count) {
		return ts_fail(err, TS_EUSAGE, "Unrecognized option '%s'.", word);
	}
	const struct ts_option *item = &items[at];
	if (item->value == NULL && value.data != NULL) {
		return ts_fail(err, TS_EUSAGE, "The '--%s' option takes no argument.", item->name);
	}
	if (item->value == NULL) {
		return add(&values[at], TS_OPTION_VALUES, word, word, err);
	}
	if (value.data == NULL && *i + 1 >= argc) {
		return ts_fail(err, TS_EUSAGE, "The '%s' option requires an argument.", word);
	}
	return add(&values[at], item->max, value.data != NULL ? value.data : argv[++*i], word, err);
}

int ts_options_read(int *argc, char **argv, const struct ts_option *items, size_t count,
		    struct ts_option_values *values, struct ts_error *err)
{
	bool only_words = false;
	int words = 0;
	for (int i = 0; i < *argc; i++) {
		const bool option = !only_words && strncmp(argv[i], "--", 2) == 0;
		if (option && argv[i][2] == '\0') {
			only_words = true;
		} else if (!option) {
			argv[words++] = argv[i];
		} else {
			int code = take(*argc, argv, &i, items, count, values, err);
			if (code != TS_OK) {
				return code;
			}
		}
	}
	*argc = words;
	return TS_OK;
}

int ts_option_number(const char *name, const char *text, size_t otherwise, size_t *ret,
		     struct ts_error *err)
{
	enum { DIGITS_MAX = 9 };
	struct ts_slice rest = ts_slice_of(text);
	const struct ts_slice digits = ts_slice_cut_digits(&rest);
	*ret = otherwise;
	if (text == NULL) {
		return TS_OK;
	}
	if (digits.len == 0 || digits.len > DIGITS_MAX || rest.len > 0) {
		return ts_fail(err, TS_EUSAGE, "--%s is a number, not '%.100s'.", name, text);
	}
	*ret = strtoul(text, NULL, 10);
	return TS_OK;
}
