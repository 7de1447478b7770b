/* SPDX-License-Identifier: MIT */
#include "common/show/checkup.h"

#include <stdarg.h>
#include <stdio.h>

enum { TEXT_MAX = 1200, CHECKS_MAX = 64 };

static void tell(struct ts_checkup *c, enum ts_finding_kind kind, const char *text,
		 const char *advice)
{
	const struct ts_finding f = {c->check, kind, text, advice};
	c->tell(&f, c->arg);
}

void ts_checkup_ok(struct ts_checkup *c, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	tell(c, TS_FINDING_OK, text, "");
}

void ts_checkup_warn(struct ts_checkup *c, const char *advice, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	tell(c, TS_FINDING_WARN, text, advice);
}

void ts_checkup_fail(struct ts_checkup *c, int code, const char *advice, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	c->code = c->faults++ == 0 ? code : c->code;
	c->check_failed = true;
	tell(c, TS_FINDING_FAIL, text, advice);
}

/* The first of the needed checks that failed or was passed over itself; NULL: none. */
static const char *obstacle(const struct ts_check *checks, size_t before, const bool *good)
{
	for (size_t i = 0; i < before; i++) {
		char word[40];
		(void)snprintf(word, sizeof(word), ",%s,", checks[i].name);
		if (!good[i] && strstr(checks[before].needs, word) != NULL) {
			return checks[i].name;
		}
	}
	return NULL;
}

static void skip(struct ts_checkup *c, const char *because)
{
	char text[80];
	(void)snprintf(text, sizeof(text), "Not looked at, because of '%s'.", because);
	tell(c, TS_FINDING_SKIP, text, "");
}

int ts_checkup_run(struct ts_checkup *c, const struct ts_check *checks, size_t count,
		   struct ts_error *err)
{
	bool good[CHECKS_MAX] = {false};
	for (size_t i = 0; i < count && i < CHECKS_MAX; i++) {
		const char *because = obstacle(checks, i, good);
		c->check = checks[i].name;
		c->check_failed = because != NULL;
		if (because == NULL) {
			checks[i].run(c);
		} else {
			skip(c, because);
		}
		good[i] = !c->check_failed;
	}
	return c->faults == 0 ? TS_OK
			      : ts_fail(err, c->code, "%zu fault%s found.", c->faults,
					c->faults == 1 ? "" : "s");
}
