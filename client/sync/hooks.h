/* SPDX-License-Identifier: MIT */
/*
 * Hooks: executable files in config/hooks/, called in the order of their names.
 *
 *	pre-sync…   before a sync; one that fails stops it
 *	on-change…  once after a sync that changed something here, even if it was stopped then:
 *	            standard input has the changes (arrivals.h)
 *	post-sync…  after every sync, however it went
 *
 * All get TASKC_REMOTE; post-sync gets also TASKC_EXIT (the exit status to come), TASKC_SENT,
 * TASKC_RECEIVED, TASKC_CONFLICTS and TASKC_ERROR (a sentence, or nothing). What they print goes to
 * standard error. Only those of pre-sync can make a sync fail.
 */
#pragma once

#include "client/sync/sync.h"

/* Whether there is one whose name begins with `stage`. */
bool hooks_any(const struct place *p, const char *stage);

/* TS_EINVAL: one of them failed; TS_ECANCELED. */
int hooks_before(const struct sync *s, struct ts_error *err) TS_MUST_CHECK;
void hooks_changed(const struct sync *s);
/* `code` and `error` are what the sync ended with. */
void hooks_after(const struct sync *s, int code, const char *error);
