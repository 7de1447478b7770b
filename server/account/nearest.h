/* SPDX-License-Identifier: MIT */
/* The names that somebody may have meant. */
#pragma once

#include "common/base/error.h"
#include "common/base/slice.h"

enum { NEAREST_NAMES = 3, NEAREST_BYTES = 255 };

struct nearest {
	struct ts_slice wanted; /* borrowed */
	size_t count;
	struct {
		size_t distance;
		char name[NEAREST_BYTES + 1];
	} at[NEAREST_NAMES]; /* the nearest first */
};

/* Offer a name; far ones are passed over. */
void nearest_offer(struct nearest *n, struct ts_slice name);
/* It is meant, whatever it looks like. */
void nearest_hint(struct nearest *n, struct ts_slice name);
/* "User 'alise' does not exist; is it 'alice' that you mean?" Returns TS_ENOTFOUND. */
int nearest_fail(const struct nearest *n, const char *what, struct ts_error *err);
/* How many characters differ: put in, left out, replaced; case counts half as much as that. In
 * halves. */
size_t nearest_distance(struct ts_slice a, struct ts_slice b);
