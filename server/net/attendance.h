/* SPDX-License-Identifier: MIT */
/* What goes along with the storage thread's commits: devices' presence is written, and those who
 * wait for news learn that the commit is ours. */
#pragma once

#include "server/net/waiters.h"
#include "server/request/presence.h"
#include "server/request/writer.h"

struct attendance {
	struct companion companion;
	struct presence *presence;
	struct waiters *waiters;
};

/* Both are borrowed. */
void attendance_init(struct attendance *a, struct presence *presence, struct waiters *waiters);
