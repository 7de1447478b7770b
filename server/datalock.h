/* SPDX-License-Identifier: MIT */
/* Two servers on one data directory would each believe that they are the only one. */
#pragma once

#include "common/base/error.h"

#include <stdbool.h>

/* Take the directory for this process, until *ret_fd is closed or the process ends, however it
 * does. TS_EBUSY: another server has it. */
int datalock_take(const char *dir, int *ret_fd, struct ts_error *err) TS_MUST_CHECK;
/* Does a server run on the directory? */
bool datalock_taken(const char *dir);
