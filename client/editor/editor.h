/* SPDX-License-Identifier: MIT */
#pragma once

#include "client/settings.h"
#include "common/base/buf.h"
#include "common/base/error.h"

/* Run the user's editor on a file: the setting `editor`, $VISUAL, $EDITOR, vi. TS_EIO: it failed.
 */
int editor_run(const struct settings *s, const char *path, struct ts_error *err) TS_MUST_CHECK;
/* Write `text` to a new file in $TMPDIR that nobody else may read. *ret_path is the caller's. */
int editor_file(struct ts_slice text, const char *suffix, char **ret_path,
		struct ts_error *err) TS_MUST_CHECK;
