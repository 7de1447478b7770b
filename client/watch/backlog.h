/* SPDX-License-Identifier: MIT */
/* Taskwarrior's backlog.data: the tasks that its next `task sync` sends, one a line, and before
 * them the key of the last one. */
#pragma once

#include "common/base/error.h"
#include "common/base/slice.h"
#include "common/base/uuid.h"

struct backlog {
	bool unsent; /* there are tasks */
	bool has_key;
	struct ts_uuid key; /* the last one */
	uint64_t hash;      /* of the contents: another one where something was changed */
};

struct backlog backlog_parse(struct ts_slice text);
/* The file in `folder`; an empty one where there is none. TS_EIO, TS_ETOOBIG, TS_ENOMEM. */
int backlog_read(const char *folder, struct backlog *ret, struct ts_error *err) TS_MUST_CHECK;
