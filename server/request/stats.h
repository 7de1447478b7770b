/* SPDX-License-Identifier: MIT */
/* What the server has done since its start. Any thread. */
#pragma once

#include "common/base/attr.h"

#include <stdatomic.h>
#include <stdint.h>

struct stats {
	int64_t started; /* [ms] of the monotonic clock */
	atomic_uint_fast64_t requests;
	atomic_uint_fast64_t errors; /* requests answered with 400 or more */
	atomic_uint_fast64_t bytes_in, bytes_out;
	atomic_uint_fast64_t busy;    /* [µs] from a request's last byte to its answer's */
	atomic_uint_fast64_t slowest; /* [µs] */
};

struct stats_view {
	uint64_t uptime; /* [s] */
	uint64_t requests, errors, bytes_in, bytes_out;
	double idle;          /* share of the uptime in which no request was worked on */
	double mean, slowest; /* [s] a request */
	double rate;          /* requests in a second of work */
};

void stats_init(struct stats *s);
/* A request was answered with `code` in `us` microseconds. */
void stats_count(struct stats *s, int code, uint64_t in, uint64_t out, uint64_t us);
void stats_view(const struct stats *s, struct stats_view *ret);
/* [µs] monotonic. */
int64_t stats_clock(void);
