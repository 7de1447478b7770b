/* SPDX-License-Identifier: MIT */
/* Into the background, in such a way that whoever started it learns whether it serves. */
#pragma once

#include "common/base/error.h"

#include <stdbool.h>

struct daemon {
	int report; /* to the process in the foreground; -1: there is none */
};

/*
 * Go on in a process of its own session. Call it while there is one thread only. It returns in
 * two processes: in the background one TS_OK with *ret_foreground false; in the one that was
 * called, once the other has reported, *ret_foreground true and the other's failure, if any.
 */
int daemon_begin(struct daemon *d, bool *ret_foreground, struct ts_error *err) TS_MUST_CHECK;
/* Report success, or the failure in `err` (NULL: none), and let go of the terminal. Does nothing
 * the second time, or without daemon_begin(). */
void daemon_report(struct daemon *d, const struct ts_error *err);
