/* SPDX-License-Identifier: MIT */
/*
 * server/adopt/ moves between Taskserver's data directory and ours: adopting takes such a directory
 * over as it is (this page), layout_write.h writes one, which is the way back.
 *
 *	old_dir     what is where in such a directory
 *	old_config  its settings
 *	tx_reader   the lines of a tx.data
 *	adopt_*     accounts and histories into a store, the temporary place, the checks, and what is
 *	            told of it all
 */
#pragma once

#include "common/base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct report_totals;

struct adopt_request {
	const char *old;  /* Taskserver's directory */
	const char *data; /* ours: new, empty, or the same one */
	bool dry;         /* do everything and keep nothing */
	bool force;       /* also where the directory isn't empty or the old server seems to run */
	bool json, all;   /* how to report */
	bool quiet;
	int64_t now; /* [s since 1970] */
};

/*
 * Take the directory over and write the report to `out`. The store is built in a temporary place in
 * the new directory and gets its name at the very end: until then, and after any failure, there is
 * nothing that a server would serve, and the old directory is never written to.
 *
 * TS_EEXIST: the new directory has something already; TS_EBUSY: a server runs; TS_ENOTFOUND: there
 * is no such old directory; TS_EDAMAGED: the totals don't add up, which is a fault of ours.
 */
int adopt_run(const struct adopt_request *r, FILE *out, struct ts_error *err) TS_MUST_CHECK;
