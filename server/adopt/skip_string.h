/* SPDX-License-Identifier: MIT */
/* JSON as it is written, read without understanding it: damaged lines are cut, spellings looked at.
 */
#pragma once

#include "common/base/slice.h"

/* Behind the string that begins at `i`; the end of `s` if it has none. */
static inline size_t skip_string(struct ts_slice s, size_t i)
{
	for (i++; i < s.len && s.data[i] != '"'; i++) {
		i += s.data[i] == '\\' ? 1 : 0;
	}
	return i < s.len ? i + 1 : s.len;
}
