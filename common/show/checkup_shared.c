/* SPDX-License-Identifier: MIT */
/* What both programs' check-ups look at. */
#include "common/base/date.h"
#include "common/show/checkup.h"

#include "common/show/spell.h"

enum { EARLIEST = 1577836800 /* [s since 1970] 2020: no clock that is right is before */ };

void ts_checkup_clock(struct ts_checkup *c, int64_t now)
{
	TS_BUF(text);
	ts_spell_moment(&text, now);
	if (text.failed || now < EARLIEST) {
		ts_checkup_fail(
			c, TS_EINVAL, "set the clock right",
			"This machine's clock says %s, which is long ago: no certificate is "
			"valid then.",
			text.failed ? "nothing" : text.data);
	} else {
		ts_checkup_ok(c, "This machine's clock says %s.", text.data);
	}
}

bool ts_checkup_dates(struct ts_checkup *c, const struct ts_checkup_span *s)
{
	if (s->from > s->now) {
		ts_checkup_fail(c, TS_EINVAL, "set the clock right, or wait",
				"%s is valid from %s on, and the clock says %s.", s->what,
				ts_day(s->from).text, ts_day(s->now).text);
	} else if (s->until < s->now) {
		ts_checkup_fail(c, TS_EINVAL, s->advice, "%s expired on %s.", s->what,
				ts_day(s->until).text);
	} else if (s->until < s->now + TS_CHECKUP_SOON) {
		ts_checkup_warn(c, s->advice, "%s expires on %s.", s->what, ts_day(s->until).text);
	} else {
		return true;
	}
	return false;
}
