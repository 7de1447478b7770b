/* SPDX-License-Identifier: MIT */
/*
 * Which tasks are meant, in words:
 *
 *	3  3-7  3,9            short numbers
 *	8ad2c9f4…              a uuid or the beginning of one, at least 4 characters with a digit
 *	                       among them; of digits only, or without any, at least 8
 *	+home  -home           with, without a tag
 *	project:home           an attribute: equal, or (project) below it: home.garden
 *	due:friday             a date: any time of that day
 *	project:               without the attribute
 *	due.before:friday      .before .after .by (dates and numbers), .is .not .has .hasnt
 *	                       .startswith (text), .any: .none:
 *	status:completed       pending, waiting, recurring, completed, deleted
 *	all                    of every status
 *	anything else          a text in description or annotations, without regard to case
 *
 * All of them have to hold, but of numbers and uuids any. Without a status, numbers or uuids,
 * those tasks are meant that are to be done: pending, not waiting for a date to come, and not the
 * templates of recurring ones. Weeks in dates begin on Monday.
 */
#pragma once

#include "client/replica/replica.h"

struct filter;

/* The words are borrowed. `now` [s since 1970] is what relative dates count from. TS_EUSAGE with a
 * sentence about the word that is wrong. */
int filter_new(const char *const *words, size_t count, int64_t now, struct filter **ret,
	       struct ts_error *err) TS_MUST_CHECK;
void filter_free(struct filter *f); /* accepts NULL */
TS_DEFINE_CLEANUP(struct filter, filter_free)
/* Only numbers and uuids were given: then each of them must exist. */
bool filter_is_names(const struct filter *f);
/* True where `word` would be a number, a range or list of numbers, or a uuid or its beginning. */
bool filter_is_name(const char *word);
bool filter_matches(const struct filter *f, const struct replica_entry *e);

/*
 * The uuids of all tasks that match, in order of number, then entry; in `a`. TS_ENOTFOUND with a
 * sentence: a number or uuid that there isn't, or one that is the beginning of several.
 */
int filter_select(const struct filter *f, struct ts_txn *t, const struct replica *r,
		  struct ts_arena *a, struct ts_uuids *ret, struct ts_error *err) TS_MUST_CHECK;
/* Exactly one: TS_EUSAGE with a sentence where they are more. Words as above. */
int filter_one(const char *word, int64_t now, struct ts_txn *t, const struct replica *r,
	       struct ts_uuid *ret, struct ts_error *err) TS_MUST_CHECK;
