/* SPDX-License-Identifier: MIT */
/* How a task's JSON is spelled, where the engine reads it in any spelling: what was worth telling
 * about a line is gone once it is a task. */
#pragma once

#include "common/base/slice.h"

enum spelling {
	SPELLING_DEPENDS_LIST = 1 << 0, /* a JSON array, which Taskserver serves as a broken text */
	SPELLING_DEPENDS_TEXT = 1 << 1, /* an array that was printed into a text, once or more */
	SPELLING_EPOCH = 1 << 2,        /* a date as seconds since 1970 */
	SPELLING_NO_ENTRY = 1 << 3,
	SPELLING_NO_MODIFIED = 1 << 4,
};

/* `json` is a whole JSON object. */
unsigned spelling_of(struct ts_slice json);
