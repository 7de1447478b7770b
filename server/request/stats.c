/* SPDX-License-Identifier: MIT */
#include "server/request/stats.h"

#include <time.h>

int64_t stats_clock(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void stats_init(struct stats *s)
{
	*s = (struct stats){.started = stats_clock() / 1000};
}

static void add(atomic_uint_fast64_t *to, uint64_t n)
{
	(void)atomic_fetch_add_explicit(to, n, memory_order_relaxed);
}

static uint64_t get(const atomic_uint_fast64_t *from)
{
	return atomic_load_explicit(from, memory_order_relaxed);
}

void stats_count(struct stats *s, int code, uint64_t in, uint64_t out, uint64_t us)
{
	add(&s->requests, 1);
	add(&s->errors, code >= 400 ? 1 : 0);
	add(&s->bytes_in, in);
	add(&s->bytes_out, out);
	add(&s->busy, us);
	uint_fast64_t slowest = get(&s->slowest);
	while (us > slowest && !atomic_compare_exchange_weak(&s->slowest, &slowest, us)) {
		continue;
	}
}

void stats_view(const struct stats *s, struct stats_view *ret)
{
	double up = (double)(stats_clock() / 1000 - s->started) / 1e3;
	double busy = (double)get(&s->busy) / 1e6;
	uint64_t requests = get(&s->requests);
	*ret = (struct stats_view){
		.uptime = (uint64_t)up,
		.requests = requests,
		.errors = get(&s->errors),
		.bytes_in = get(&s->bytes_in),
		.bytes_out = get(&s->bytes_out),
		.idle = up > busy ? 1 - busy / up : 0,
		.mean = requests > 0 ? busy / (double)requests : 0,
		.slowest = (double)get(&s->slowest) / 1e6,
		.rate = busy > 0 ? (double)requests / busy : 0,
	};
}
