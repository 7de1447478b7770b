/* SPDX-License-Identifier: MIT */
#pragma once

#include "common/base/buf.h"
#include "common/base/error.h"

/* Read one task's JSON as a sync would, and append it as a sync would answer it. TS_EMALF with
 * what is wrong; TS_ENOMEM. */
int ts_task_check(struct ts_slice json, struct ts_buf *ret_normalized,
		  struct ts_error *err) TS_MUST_CHECK;
