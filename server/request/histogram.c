/* SPDX-License-Identifier: MIT */
#include "server/request/histogram.h"

const struct histogram_scale histogram_times = {
	.bounds = {100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000,
		   1000000, 2500000, 10000000, 60000000},
	.unit = 1e-6,
};

const struct histogram_scale histogram_counts = {
	.bounds = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096},
	.unit = 1,
};

void histogram_add(struct histogram *h, const struct histogram_scale *scale, uint64_t value)
{
	size_t i = 0;
	while (i < HISTOGRAM_BOUNDS && scale->bounds[i] != 0 && value > scale->bounds[i]) {
		i++;
	}
	(void)atomic_fetch_add_explicit(&h->counts[i], 1, memory_order_relaxed);
	(void)atomic_fetch_add_explicit(&h->sum, value, memory_order_relaxed);
}
