/* SPDX-License-Identifier: MIT */
/* Short spellings for a table of settings; for the one file that has such a table. It defines
 * CONF_STRUCT, the structure that the values go into, before it includes this. */
#pragma once

#include "common/conf/conf.h"

#define K   (UINT64_C(1) << 10)
#define M   (UINT64_C(1) << 20)
#define G   (UINT64_C(1) << 30)
#define DAY UINT64_C(86400000) /* [ms] */

#define AT(field)                .at = offsetof(CONF_STRUCT, field)
#define TEXT(field)              .type = TS_CONF_STR, AT(field)
#define CHOICE(field, words)     .type = TS_CONF_CHOICE, AT(field), .choices = (words)
#define SWITCH(field)            .type = TS_CONF_BOOL, AT(field)
#define NUMBER(field, low, high) .type = TS_CONF_INT, AT(field), .min = (low), .max = (high)
#define BYTES(field, low, high)  .type = TS_CONF_SIZE, AT(field), .min = (low), .max = (high)
#define TIME(field)              .type = TS_CONF_TIME, AT(field), .min = 100, .max = 7 * DAY
/* A time that may be 0, which is none. */
#define PAUSE(field) .type = TS_CONF_TIME, AT(field), .max = 7 * DAY
/* A long time that may be 0. */
#define SPAN(field) .type = TS_CONF_TIME, AT(field), .max = 36525 * DAY
#define IGNORED     .type = TS_CONF_NONE
