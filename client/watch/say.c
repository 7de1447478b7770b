/* SPDX-License-Identifier: MIT */
#include "client/watch/say.h"

#include "common/base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

static enum say_level most = SAY_INFO;

void say_quiet(bool quiet)
{
	most = quiet ? SAY_WARNING : SAY_INFO;
}

void say(enum say_level level, const char *fmt, ...)
{
	if (level > most) {
		return;
	}
	char text[1200];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	ts_utf8_make_harmless(text);
	if (getenv("JOURNAL_STREAM") != NULL) {
		(void)fprintf(stderr, "<%d>%s\n", (int)level, text);
	} else {
		(void)fprintf(stderr, "%s\n", text);
	}
}
