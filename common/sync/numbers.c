/* SPDX-License-Identifier: MIT */
#include "common/sync/numbers.h"

#include <stdlib.h>

void ts_numbers_done(struct ts_numbers *n)
{
	free(n->at);
	*n = (struct ts_numbers){0};
}

int ts_numbers_add(struct ts_numbers *n, uint64_t number, struct ts_error *err)
{
	if (n->count == n->capacity) {
		size_t capacity = n->capacity == 0 ? 16 : n->capacity * 2;
		uint64_t *at = reallocarray(n->at, capacity, sizeof(*at));
		if (at == NULL) {
			return ts_fail(err, TS_ENOMEM, "Out of memory.");
		}
		n->at = at;
		n->capacity = capacity;
	}
	n->at[n->count++] = number;
	return TS_OK;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

void ts_numbers_sort(struct ts_numbers *n)
{
	if (n->count > 1) {
		qsort(n->at, n->count, sizeof(*n->at), compare);
	}
}

bool ts_numbers_hold(const struct ts_numbers *n, uint64_t number)
{
	return n->count > 0 && bsearch(&number, n->at, n->count, sizeof(number), compare) != NULL;
}
