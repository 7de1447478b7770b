/* SPDX-License-Identifier: MIT */
/* What a service manager is told, in systemd's words: `READY=1`, `STATUS=…`. */
#pragma once

#include "common/base/attr.h"

/* Send the lines to $NOTIFY_SOCKET; where there is none, or nobody listens, nothing happens. */
void notify(const char *fmt, ...) TS_PRINTF(1, 2);
