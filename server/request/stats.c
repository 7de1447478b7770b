/* SPDX-License-Identifier: MIT */
#include "server/request/stats.h"

#include <time.h>

const char *const stage_names[STAGES] = {
#define STATS_STAGE(name, text) [STAGE_##name] = (text),
	STATS_STAGES(STATS_STAGE)
#undef STATS_STAGE
};

const char *const fault_names[FAULTS] = {
#define STATS_FAULT(name, text) [FAULT_##name] = (text),
	STATS_FAULTS(STATS_FAULT)
#undef STATS_FAULT
};

const int stats_codes[STATS_CODES] = {200, 201, 301, 302, 400, 401, 420, 421, 430,
				      431, 432, 500, 501, 502, 503, 504, 0};

int64_t stats_clock(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void stats_init(struct stats *s)
{
	*s = (struct stats){.started = stats_clock() / 1000, .started_at = time(NULL)};
}

void stats_add(atomic_uint_fast64_t *to, uint64_t n)
{
	if (n > 0) {
		(void)atomic_fetch_add_explicit(to, n, memory_order_relaxed);
	}
}

uint64_t stats_get(const atomic_uint_fast64_t *from)
{
	return atomic_load_explicit(from, memory_order_relaxed);
}

static size_t code_index(int code)
{
	size_t i = 0;
	while (i < STATS_CODES - 1 && stats_codes[i] != code) {
		i++;
	}
	return i;
}

/* Minutes are kept in a ring; who comes first in a minute clears what was there. One that is
 * counted at that moment may be lost. */
static void count_minute(struct stats *s, bool error)
{
	uint64_t now = (uint64_t)stats_clock() / 60000000 + 1;
	struct stats_minute *m = &s->minutes[now % STATS_MINUTES];
	uint_fast64_t number = stats_get(&m->number);
	if (number != now && atomic_compare_exchange_strong(&m->number, &number, now)) {
		atomic_store(&m->requests, 0);
		atomic_store(&m->errors, 0);
	}
	stats_add(&m->requests, 1);
	stats_add(&m->errors, error ? 1 : 0);
}

static void count_work(struct stats *s, const struct stats_request *r)
{
	const struct {
		atomic_uint_fast64_t *to;
		uint64_t n;
	} counts[] = {
		{&s->bytes_in, r->in},         {&s->bytes_out, r->out},
		{&s->busy, r->busy},           {&s->tasks_in, r->tasks_in},
		{&s->tasks_out, r->tasks_out}, {&s->versions, r->versions},
		{&s->merges, r->merges},       {&s->conflicts, r->conflicts},
		{&s->rejected, r->rejected},
	};
	for (size_t i = 0; i < TS_COUNT_OF(counts); i++) {
		stats_add(counts[i].to, counts[i].n);
	}
}

void stats_request(struct stats *s, const struct stats_request *r)
{
	unsigned type = r->type < STATS_TYPES ? r->type : 0;
	stats_add(&s->requests[type][code_index(r->code)], 1);
	count_work(s, r);
	count_minute(s, r->code >= 400);
	for (int i = STAGE_RECEIVE; i < STAGES; i++) {
		if (r->stored || (i != STAGE_QUEUE && i != STAGE_STORE)) {
			histogram_add(&s->stages[i], &histogram_times, r->us[i]);
		}
	}
	histogram_add(&s->whole, &histogram_times, r->whole);
	uint_fast64_t slowest = stats_get(&s->slowest);
	while (r->busy > slowest && !atomic_compare_exchange_weak(&s->slowest, &slowest, r->busy)) {
		continue;
	}
}

void stats_handshake(struct stats *s, uint64_t us)
{
	histogram_add(&s->stages[STAGE_HANDSHAKE], &histogram_times, us);
}

void stats_fault(struct stats *s, enum fault why)
{
	stats_add(&s->faults[why], 1);
}

void stats_state(struct stats *s, int from, int to)
{
	if (from >= 0 && from < STATS_STATES) {
		(void)atomic_fetch_sub_explicit(&s->states[from], 1, memory_order_relaxed);
	}
	if (to >= 0 && to < STATS_STATES) {
		(void)atomic_fetch_add_explicit(&s->states[to], 1, memory_order_relaxed);
	}
}

static uint64_t sum_of(const struct stats *s, int from_code)
{
	uint64_t sum = 0;
	for (size_t t = 0; t < STATS_TYPES; t++) {
		for (size_t c = 0; c < STATS_CODES; c++) {
			sum += stats_codes[c] >= from_code ? stats_get(&s->requests[t][c]) : 0;
		}
	}
	return sum;
}

void stats_view(const struct stats *s, struct stats_view *ret)
{
	double up = (double)(stats_clock() / 1000 - s->started) / 1e3;
	double busy = (double)stats_get(&s->busy) / 1e6;
	uint64_t requests = sum_of(s, 0);
	*ret = (struct stats_view){
		.uptime = (uint64_t)up,
		.requests = requests,
		.errors = sum_of(s, 400),
		.bytes_in = stats_get(&s->bytes_in),
		.bytes_out = stats_get(&s->bytes_out),
		.idle = up > busy ? 1 - busy / up : 0,
		.mean = requests > 0 ? busy / (double)requests : 0,
		.slowest = (double)stats_get(&s->slowest) / 1e6,
		.rate = busy > 0 ? (double)requests / busy : 0,
	};
}

void stats_lately(const struct stats *s, unsigned minutes, uint64_t *ret_requests,
		  uint64_t *ret_errors)
{
	uint64_t now = (uint64_t)stats_clock() / 60000000 + 1;
	*ret_requests = *ret_errors = 0;
	for (size_t i = 0; i < STATS_MINUTES; i++) {
		const struct stats_minute *m = &s->minutes[i];
		uint64_t number = stats_get(&m->number);
		if (number != 0 && number + minutes >= now) {
			*ret_requests += stats_get(&m->requests);
			*ret_errors += stats_get(&m->errors);
		}
	}
}
