/* SPDX-License-Identifier: MIT */
#pragma once

#include "client/place.h"

/* Take the lock of those who sync this replica: state/sync.lock, held until *ret_fd is closed, or
 * its process has ended however. TS_ELOCKED: somebody else holds it. */
int lock_take(const struct place *p, int *ret_fd, struct ts_error *err) TS_MUST_CHECK;
