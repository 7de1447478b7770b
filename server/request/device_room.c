/* SPDX-License-Identifier: MIT */
#include "server/request/device_room.h"

#include "server/request/limits.h"

struct census {
	uint64_t count;
	struct ts_device oldest; /* of those that may go; its id is "" where there is none */
};

static int count_device(const struct ts_device *d, void *arg)
{
	struct census *c = arg;
	const bool may_go = !d->certificate && d->revoked == 0;
	c->count++;
	if (may_go && (c->oldest.id[0] == '\0' || d->seen < c->oldest.seen)) {
		c->oldest = *d;
	}
	return TS_OK;
}

int device_make_room(struct ts_txn *t, uint32_t user, uint64_t most, struct ts_error *err)
{
	struct census c = {0};
	if (most == 0) {
		return TS_OK;
	}
	int rc = ts_device_each(t, user, count_device, &c, err);
	if (rc != TS_OK || c.count < most) {
		return rc;
	}
	limits_hit(LIMIT_DEVICES);
	return c.oldest.id[0] != '\0' ? ts_device_remove(t, user, c.oldest.id, err) : TS_EEXIST;
}
