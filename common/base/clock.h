/* SPDX-License-Identifier: MIT */
/* The clock for deadlines: nobody sets it. */
#pragma once

#include <stdint.h>

/* [ms] since some time or other */
uint64_t ts_clock_ms(void);
