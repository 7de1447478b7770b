/* SPDX-License-Identifier: MIT */
/*
 * Output that is held back until everything is read. Who reads it may be a pager or a slow line,
 * and while a transaction of the store is open, no page that it sees is used again.
 */
#pragma once

#include "common/base/buf.h"
#include "common/base/spool.h"

struct held {
	struct ts_spool_usage usage;
	struct ts_spool_budget budget;
	struct ts_spool *spool;
};

int held_begin(struct held *h, struct ts_error *err) TS_MUST_CHECK;
/* Take what is in `text`, and clear it. */
int held_add(struct held *h, struct ts_buf *text, struct ts_error *err) TS_MUST_CHECK;
/* Print all of it. */
int held_print(struct held *h, struct ts_error *err) TS_MUST_CHECK;
void held_done(struct held *h);
