/* SPDX-License-Identifier: MIT */
/* A line of Taskwarrior 2's own files: [description:"Buy milk" entry:"1700000000" …] */
#pragma once

#include "common/base/buf.h"
#include "common/base/error.h"

/* Append the line's task as JSON. TS_EMALF: half a sentence that fits behind "because"; TS_ENOMEM.
 */
int ts_taskwarrior_line_to_json(struct ts_slice line, struct ts_buf *to,
				struct ts_error *err) TS_MUST_CHECK;
