/* SPDX-License-Identifier: MIT */
/* Requests a minute, of users and of organizations: so many may come at once, and each part of a
 * minute brings its part back. Any thread. */
#pragma once

#include "common/base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct rate;

/* TS_ENOMEM. */
int rate_new(struct rate **ret, struct ts_error *err) TS_MUST_CHECK;
void rate_free(struct rate *r); /* accepts NULL */
TS_DEFINE_CLEANUP(struct rate, rate_free)

struct rate_payer {
	uint32_t id;
	uint64_t most; /* requests a minute; 0: any number */
};

/* One more request of that user in that organization, at `ms` of ts_clock_ms(): it is counted for
 * both or for none. TS_ETOOMANY with a sentence that says when to try again. */
int rate_pay(struct rate *r, const struct rate_payer *user, const struct rate_payer *org,
	     uint64_t ms, struct ts_error *err) TS_MUST_CHECK;
