/* SPDX-License-Identifier: MIT */
/* What `taskd status` shows: rows of a name and a text, and what a running server tells as such
 * rows. */
#pragma once

#include "common/base/buf.h"
#include "common/base/error.h"

/* `name` is "" for a further text of the row before. */
void report_row(const char *name, const char *fmt, ...) TS_PRINTF(2, 3);
/* A number with its noun: "1 request", "3 requests". */
struct report_count {
	char text[64];
};
struct report_count report_count(uint64_t n, const char *noun);

/* Read what a server told of itself (status.h). *ret_pid: its process. TS_EMALF: it can't be read.
 */
struct report;
int report_parse(struct ts_slice json, struct report **ret, struct ts_error *err) TS_MUST_CHECK;
void report_free(struct report *r); /* accepts NULL */
TS_DEFINE_CLEANUP(struct report, report_free)
long report_process(const struct report *r);
/* Rows about its life and its addresses; about its work; about what went wrong. */
void report_life(const struct report *r, int64_t now);
void report_work(const struct report *r);
void report_problems(const struct report *r);
