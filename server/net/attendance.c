/* SPDX-License-Identifier: MIT */
#include "server/net/attendance.h"

#include "common/base/clock.h"

static int run(struct companion *c, struct ts_txn *t, bool last, struct ts_error *err)
{
	struct attendance *a = TS_OWNER(c, struct attendance, companion);
	return presence_write(a->presence, ts_clock_ms(), last, t, err);
}

static void done(struct companion *c, bool stored, uint64_t serial)
{
	struct attendance *a = TS_OWNER(c, struct attendance, companion);
	presence_written(a->presence, ts_clock_ms(), stored);
	quota_settled(a->quota, stored, serial);
	if (stored) {
		waiters_committed(a->waiters, serial);
	}
}

static bool due(struct companion *c, bool last)
{
	struct attendance *a = TS_OWNER(c, struct attendance, companion);
	return presence_due(a->presence, ts_clock_ms(), last);
}

void attendance_init(struct attendance *a, struct presence *presence, struct quota *quota,
		     struct waiters *waiters)
{
	*a = (struct attendance){
		.companion = {.run = run, .done = done, .due = due},
		.presence = presence,
		.quota = quota,
		.waiters = waiters,
	};
}
