/* SPDX-License-Identifier: MIT */
/* A filter from the inside, for the files that read it, match with it and select with it. */
#pragma once

#include "client/words/attributes.h"
#include "client/words/filter.h"

/* Numbers from `low` to `high`, or with `high` 0 the beginning of a uuid. */
struct filter_name {
	uint64_t low, high;
	struct ts_slice uuid;
	struct ts_slice word; /* as it was given */
};

struct filter_term {
	/* Is this value of the attribute one that is looked for? */
	bool (*test)(const struct filter_term *t, struct ts_slice value);
	bool negated;
	struct ts_slice name, key; /* of the attribute; its key in the map */
	enum attribute_kind kind;
	struct ts_slice value;
	int64_t date; /* `value` of a date */
};

struct filter {
	int64_t now;
	struct filter_name *names;
	size_t name_count;
	struct filter_term *terms;
	size_t term_count;
	bool every_status; /* not only what is to be done */
	struct ts_arena arena;
};

/* Read a number, range, uuid or beginning of one. False where `word` is none. */
bool filter_read_name(struct ts_slice word, struct filter_name *ret);
bool filter_name_matches(const struct filter_name *n, const struct replica_entry *e);
/* All but the names. */
bool filter_terms_match(const struct filter *f, const struct replica_entry *e);

/* Tests of a value, for a term. */
bool filter_test_equal(const struct filter_term *t, struct ts_slice value);
bool filter_test_below(const struct filter_term *t, struct ts_slice value); /* as a project */
bool filter_test_has(const struct filter_term *t, struct ts_slice value);
bool filter_test_starts(const struct filter_term *t, struct ts_slice value);
bool filter_test_before(const struct filter_term *t, struct ts_slice value);
bool filter_test_after(const struct filter_term *t, struct ts_slice value);
bool filter_test_by(const struct filter_term *t, struct ts_slice value);
bool filter_test_any(const struct filter_term *t, struct ts_slice value);
