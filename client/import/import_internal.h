/* SPDX-License-Identifier: MIT */
/* An import from the inside: read by import.c, stored by import_store.c. */
#pragma once

#include "client/import/import.h"
#include "common/sync/upload.h"

struct import {
	int64_t now;
	void (*refused)(const struct refusal *r, void *arg);
	void *arg;
	const char *file; /* the one being read */
	size_t refusals;
	struct ts_spool_usage usage;
	struct ts_spool_budget budget;
	struct ts_upload *states; /* what was read */
	struct ts_arena arena;    /* of the record in work */
	struct ts_buf json;
};
