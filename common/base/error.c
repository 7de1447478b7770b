/* SPDX-License-Identifier: MIT */
#include "common/base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct row {
	int code, wire;
	const char *text;
} rows[] = {
#define TS_ERROR_ROW(name, num, wire, text) {num, wire, text},
	TS_ERRORS(TS_ERROR_ROW)
#undef TS_ERROR_ROW
};

static const struct row *find(int code)
{
	for (size_t i = 0; i < TS_COUNT_OF(rows); i++) {
		if (rows[i].code == code) {
			return &rows[i];
		}
	}
	return NULL;
}

const char *ts_strerror(int code)
{
	const struct row *row = find(code);
	return row != NULL ? row->text : "unknown error";
}

int ts_wire_code(int code)
{
	const struct row *row = find(code);
	return row != NULL && row->wire != 0 ? row->wire : 500;
}

static void fill(struct ts_error *err, int code, const char *fmt, va_list args)
{
	if (err == NULL) {
		return;
	}
	err->code = code;
	(void)vsnprintf(err->text, sizeof(err->text), fmt, args);
}

int ts_fail(struct ts_error *err, int code, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	fill(err, code, fmt, args);
	va_end(args);
	return code;
}

static int from_errno(int number)
{
	switch (number) {
	case ENOSPC:
	case EDQUOT:
		return TS_EFULL;
	case ENOMEM:
		return TS_ENOMEM;
	case EMFILE:
	case ENFILE:
		return TS_EBUSY;
	case ENOENT:
		return TS_ENOTFOUND;
	case EEXIST:
		return TS_EEXIST;
	default:
		return TS_EIO;
	}
}

int ts_fail_errno(struct ts_error *err, int number, const char *fmt, ...)
{
	int code = from_errno(number);
	va_list args;
	va_start(args, fmt);
	fill(err, code, fmt, args);
	va_end(args);
	if (err != NULL) {
		size_t used = strlen(err->text);
		(void)snprintf(err->text + used, sizeof(err->text) - used, ": %s.",
			       strerror(number));
	}
	return code;
}
