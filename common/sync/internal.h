/* SPDX-License-Identifier: MIT */
/* What the files of common/sync/ share: an upload from the inside. */
#pragma once

#include "common/base/pack.h"
#include "common/base/utf8.h"
#include "common/store/store.h"
#include "common/sync/upload.h"

enum { TS_HISTORY_MAX = 256 }; /* sync keys looked at */

/* A line that is no task: its place in the spool of rejects. */
struct ts_upload_reject {
	uint64_t offset; /* [bytes] of the reason's and line's record */
	size_t size;     /* [bytes] */
};

struct ts_upload {
	const struct ts_task_limits *limits;
	struct ts_spool_budget *budget;
	size_t charged;           /* [bytes] of the budget, for `line` and `entries` */
	struct ts_spool *states;  /* each one's length, then its record */
	struct ts_spool *rejects; /* reason and line, packed */
	struct ts_buf line;       /* the unfinished one */
	bool line_too_long;       /* the unfinished line is over the limit, its rest is not kept */
	struct ts_utf8 utf8;
	struct ts_arena arena; /* of the line in work */
	struct ts_buf record;
	struct ts_upload_entry *entries;
	size_t entry_count, entry_capacity;
	struct ts_buf reject_list;     /* of struct ts_upload_reject */
	size_t reject_count;           /* more than are kept, perhaps */
	size_t beyond[TS_TASK_LIMITS]; /* of them, for which limit */
	size_t repaired;
	char first_repair[200], first_reject[300]; /* sentences about the first of each */
	bool has_key;
	size_t own; /* the place of the payload's key in `keys`; TS_HISTORY_MAX: it is none */
	struct ts_uuid keys[TS_HISTORY_MAX];
	size_t key_count;
};

/* Count `more` bytes that are kept outside of the spools. TS_EBUSY: they are not to be had. */
int ts_upload_charge(struct ts_upload *u, size_t more, struct ts_error *err) TS_MUST_CHECK;
