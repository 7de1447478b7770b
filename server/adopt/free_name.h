/* SPDX-License-Identifier: MIT */
/* Names for what had one that is taken, or that is none. */
#pragma once

#include "common/base/buf.h"
#include "common/base/error.h"

/* Call `add` with the name that `wish` can become, then with numbers behind it, until it returns
 * something else than TS_EEXIST, which is returned; `name` is then the one. */
int free_name_add(struct ts_slice wish, struct ts_buf *name,
		  int (*add)(struct ts_slice name, void *arg, struct ts_error *err), void *arg,
		  struct ts_error *err) TS_MUST_CHECK;
