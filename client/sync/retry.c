/* SPDX-License-Identifier: MIT */
#include "client/sync/retry.h"

#include "common/base/clock.h"

#include <poll.h>
#include <stdio.h>
#include <sys/random.h>

uint64_t retry_delay(const struct settings *s, uint64_t failed, uint32_t dice)
{
	uint64_t delay = s->retry_delay;
	for (; failed > 0 && delay < s->retry_max; failed--) {
		delay *= 2;
	}
	delay = delay < s->retry_max ? delay : s->retry_max;
	const uint64_t quarter = delay / 4;
	return delay - quarter + (quarter > 0 ? dice % (2 * quarter + 1) : 0);
}

/* Only to somebody who sits there: what comes of it is told in any case. */
static void tell(const struct sync *s, uint64_t delay, const char *why)
{
	char text[500];
	if (s->say != NULL && s->progress != NULL) {
		(void)snprintf(text, sizeof(text), "%.400s Trying again in %.2g seconds.", why,
			       (double)delay / 1000);
		s->say(text, s->say_arg);
	}
}

int retry_wait(const struct sync *s, uint64_t failed, struct ts_error *why)
{
	uint32_t dice = 0;
	struct pollfd p = {.fd = s->cancel_fd, .events = POLLIN};
	(void)!getrandom(&dice, sizeof(dice), GRND_NONBLOCK);
	const uint64_t delay = retry_delay(s->settings, failed, dice);
	const uint64_t end = ts_clock_ms() + delay;
	tell(s, delay, why->text);
	for (uint64_t now = ts_clock_ms(); now < end; now = ts_clock_ms()) {
		int n = poll(&p, 1, (int)(end - now < INT32_MAX ? end - now : INT32_MAX));
		if (n > 0) {
			return ts_fail(why, TS_ECANCELED, "Stopped.");
		}
	}
	return TS_OK;
}
