/* SPDX-License-Identifier: MIT */
#pragma once

#include "client/sync/sync.h"

/* [ms] to wait before another try, after `failed` tries more than the first: twice as long each
 * time, up to retry.max, and a little more or less, so that many don't come at once. `dice`: any
 * number. */
uint64_t retry_delay(const struct settings *s, uint64_t failed, uint32_t dice);
/* Wait that long, and tell the user of it and of `why`. TS_ECANCELED. */
int retry_wait(const struct sync *s, uint64_t failed, struct ts_error *why) TS_MUST_CHECK;
