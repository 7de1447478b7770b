/* SPDX-License-Identifier: MIT */
/* A list of versions' numbers. */
#pragma once

#include "common/base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct ts_numbers {
	uint64_t *at; /* owned */
	size_t count, capacity;
};

void ts_numbers_done(struct ts_numbers *n);
/* TS_ENOMEM. */
int ts_numbers_add(struct ts_numbers *n, uint64_t number, struct ts_error *err) TS_MUST_CHECK;
void ts_numbers_sort(struct ts_numbers *n);
/* True where `number` is in a sorted list. */
bool ts_numbers_hold(const struct ts_numbers *n, uint64_t number);
