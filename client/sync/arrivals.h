/* SPDX-License-Identifier: MIT */
/*
 * What a sync changed here, for `on-change` hooks: a file that has no name, one JSON object a line
 *
 *	{"uuid":…,"before":TASK|null,"after":TASK|null,"changes":{"NAME":{"from":…,"to":…}}}
 *
 * where a task that isn't there is null, and so is an attribute.
 */
#pragma once

#include "client/replica/apply.h"

struct arrivals;

/* `dir`: a folder on the disk that the file may be on. */
int arrivals_new(const char *dir, struct arrivals **ret, struct ts_error *err) TS_MUST_CHECK;
void arrivals_free(struct arrivals *c); /* accepts NULL */

/* An `each` of apply.h; `arg` is the changes. */
int arrivals_add(const struct arrival *a, void *arg, struct ts_error *err) TS_MUST_CHECK;
/* What was added since the last time is true now; or, without `keep`, it was undone. */
int arrivals_settle(struct arrivals *c, bool keep, struct ts_error *err) TS_MUST_CHECK;
/* How many are true. */
size_t arrivals_count(const struct arrivals *c);
/* A descriptor of its own that reads from the beginning. -1: errno says why. */
int arrivals_open(const struct arrivals *c);
