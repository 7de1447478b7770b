/* SPDX-License-Identifier: MIT */
/* How often something was how large: counts by upper bounds, and a sum. Any thread, no lock. */
#pragma once

#include "common/base/attr.h"

#include <stdatomic.h>
#include <stdint.h>

enum { HISTOGRAM_BOUNDS = 16 };

/* The bounds, rising, up to the first 0; what is larger than all has a place of its own. */
struct histogram_scale {
	uint64_t bounds[HISTOGRAM_BOUNDS + 1];
	double unit; /* what a value of 1 is when it is told */
};

/* [µs], told in seconds; and plain numbers. */
extern const struct histogram_scale histogram_times, histogram_counts;

struct histogram {
	atomic_uint_fast64_t counts[HISTOGRAM_BOUNDS + 1];
	atomic_uint_fast64_t sum;
};

void histogram_add(struct histogram *h, const struct histogram_scale *scale, uint64_t value);
