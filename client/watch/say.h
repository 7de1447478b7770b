/* SPDX-License-Identifier: MIT */
/* What a service tells: one line an event on standard error, as the journal likes it. */
#pragma once

#include "common/base/attr.h"

#include <stdbool.h>

/* As syslog.h numbers them. */
enum say_level { SAY_ERROR = 3, SAY_WARNING, SAY_NOTICE, SAY_INFO };

/* With `quiet` only errors and warnings are told. */
void say_quiet(bool quiet);
void say(enum say_level level, const char *fmt, ...) TS_PRINTF(2, 3);
