/* SPDX-License-Identifier: MIT */
/* The control socket, DIR/taskd.sock, seen from a command: it asks a running server. */
#pragma once

#include "common/base/error.h"

#include <stdio.h>

/* Where it is; the caller frees it. NULL: out of memory. */
char *control_path(const char *dir);

/* Ask for `target`, such as "/status". *ret_body is where the answer's body comes from, line by
 * line; the caller closes it. TS_ENOTFOUND, TS_ECONNECT: no server runs there. TS_EREFUSED: it says
 * no, and err has its sentence. */
int control_get(const char *dir, const char *target, FILE **ret_body,
		struct ts_error *err) TS_MUST_CHECK;
