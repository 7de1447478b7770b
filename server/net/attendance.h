/* SPDX-License-Identifier: MIT */
/* What goes along with the storage thread's commits: devices' presence is written, organizations'
 * sums are kept, and those who wait for news learn that the commit is ours. */
#pragma once

#include "server/net/waiters.h"
#include "server/request/presence.h"
#include "server/request/quota.h"
#include "server/request/writer.h"

struct attendance {
	struct companion companion;
	struct presence *presence;
	struct quota *quota;
	struct waiters *waiters;
};

/* All are borrowed. */
void attendance_init(struct attendance *a, struct presence *presence, struct quota *quota,
		     struct waiters *waiters);
