/* SPDX-License-Identifier: MIT */
/* What commands that only read have in common: the replica at one moment, and where to print. */
#pragma once

#include "client/command/command.h"
#include "client/show/view.h"

struct look {
	struct replica replica;
	struct ts_txn *txn;
	struct ts_buf text;
	struct ts_view view; /* prints to `text` */
	struct moment moment;
	struct ts_arena arena;
};

/* TS_ENOTFOUND: there is no replica. */
int look_open(const struct line *l, struct look *ret, struct ts_error *err) TS_MUST_CHECK;
void look_done(struct look *k); /* a zeroed one too */
/* Print what was collected, and forget it. */
int look_print(struct look *k, struct ts_error *err) TS_MUST_CHECK;

/* The option's value as a number of things, `otherwise` where it wasn't given. TS_EUSAGE. */
int look_count(const struct line *l, const char *option, size_t otherwise, size_t *ret,
	       struct ts_error *err) TS_MUST_CHECK;
/* The option's value as a date; words such as `monday` that mean one yet to come are TS_EUSAGE.
 * [s since 1970] */
int look_date(const struct line *l, const struct look *k, const char *option, int64_t *ret,
	      struct ts_error *err) TS_MUST_CHECK;
/* The tasks that the line's words mean, whatever their status; a uuid also of one that is empty. In
 * the look's arena. */
int look_select(const struct line *l, struct look *k, struct ts_uuids *ret,
		struct ts_error *err) TS_MUST_CHECK;
