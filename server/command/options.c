/* SPDX-License-Identifier: MIT */
#include "server/command/options.h"

#include "common/base/slice.h"

static const struct option_item *find(struct ts_slice name, const struct option_item *items,
				      size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (ts_slice_eq(ts_slice_of(items[i].name), name)) {
			return &items[i];
		}
	}
	return NULL;
}

static int add(struct option_values *to, size_t max, const char *value, const char *what,
	       struct ts_error *err)
{
	if (to->count >= max) {
		return ts_fail(err, TS_EUSAGE, "There are too many of '%s'.", what);
	}
	to->at[to->count++] = value;
	return TS_OK;
}

/* One option; *i moves over a value of its own. */
static int take(int argc, char **argv, int *i, const struct option_item *items, size_t count,
		struct ts_error *err)
{
	const char *word = argv[*i];
	struct ts_slice value = ts_slice_of(word + strlen("--"));
	const struct option_item *item = find(ts_slice_cut(&value, '='), items, count);
	if (item == NULL) {
		return ts_fail(err, TS_EUSAGE, "Unrecognized option '%s'.", word);
	}
	if (value.data == NULL && *i + 1 >= argc) {
		return ts_fail(err, TS_EUSAGE, "The '%s' option requires an argument.", word);
	}
	return add(item->values, item->max, value.data != NULL ? value.data : argv[++*i], word,
		   err);
}

int options_read(int argc, char **argv, const struct option_item *items, size_t count,
		 struct option_values *words, struct ts_error *err)
{
	for (int i = 0; i < argc; i++) {
		int rc = strncmp(argv[i], "--", 2) == 0
				 ? take(argc, argv, &i, items, count, err)
				 : add(words, OPTION_VALUES, argv[i], argv[i], err);
		if (rc != TS_OK) {
			return rc;
		}
	}
	return TS_OK;
}
