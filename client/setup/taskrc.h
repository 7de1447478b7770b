/* SPDX-License-Identifier: MIT */
/* The taskd.* settings of a Taskwarrior 2.x configuration, read as Taskwarrior 2.6 reads it:
 * includes, "~", "$NAME", JSON escapes. */
#pragma once

#include "client/setup/account.h"

/*
 * Fill *to, which is empty, with the settings and the contents of the files that they name. `path`
 * NULL: $TASKRC, ~/.taskrc, or taskrc in the XDG folder; *ret_path gets the one taken.
 * TS_ENOTFOUND, TS_EINVAL with a sentence. *to is to be freed in any case.
 */
int taskrc_read(const char *path, struct account *to, struct ts_buf *ret_path,
		struct ts_error *err) TS_MUST_CHECK;
