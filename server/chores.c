/* SPDX-License-Identifier: MIT */
#include "server/chores.h"

#include "common/base/clock.h"

#include <time.h>

enum { NEVER = -1 };

/* Do it if it is due; [ms] until it is the next time, or NEVER. */
static int64_t look_at(struct chore *c)
{
	if (c->every != 0 && c->at != 0 && c->at <= ts_clock_ms()) {
		c->at = 0;
		c->run(c->arg);
	}
	if (c->every == 0) {
		c->at = 0;
		return NEVER;
	}
	uint64_t now = ts_clock_ms();
	c->at = c->at != 0 ? c->at : now + c->every;
	return c->at > now ? (int64_t)(c->at - now) : 0;
}

static int64_t do_due(struct chore *list, size_t count)
{
	int64_t soonest = NEVER;
	for (size_t i = 0; i < count; i++) {
		int64_t left = look_at(&list[i]);
		soonest = left != NEVER && (soonest == NEVER || left < soonest) ? left : soonest;
	}
	return soonest;
}

int chores_wait(struct chore *list, size_t count, const sigset_t *signals)
{
	for (;;) {
		int64_t left = do_due(list, count);
		struct timespec pause = {left / 1000, left % 1000 * 1000000};
		int number = left == NEVER ? sigwaitinfo(signals, NULL)
					   : sigtimedwait(signals, NULL, &pause);
		if (number > 0) {
			return number;
		}
	}
}
