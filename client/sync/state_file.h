/* SPDX-License-Identifier: MIT */
/* Small files in the folder `state`: what a sync leaves for the next one. */
#pragma once

#include "client/place.h"

/* state/NAME.WHAT. TS_OK or TS_ENOMEM. */
int state_path(const struct place *p, const char *name, const char *what, struct ts_buf *to,
	       struct ts_error *err) TS_MUST_CHECK;
/* Put a file of mode 0600 in the place of what is there, the folder made where it is missing.
 * Readers see the one or the other; after a power failure there may be an empty file, because
 * nothing waits for the disk: it is no loss. TS_EFULL, TS_EIO. */
int state_write(const char *path, struct ts_slice data, struct ts_error *err) TS_MUST_CHECK;
