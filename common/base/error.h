/* SPDX-License-Identifier: MIT */
#pragma once

#include "common/base/attr.h"

/*
 * One row per failure: name, number, code of the taskd protocol, text for a person.
 * A wire code of 0 means that the failure never reaches a peer as an answer.
 */
#define TS_ERRORS(X)                                                                               \
	X(TS_OK, 0, 200, "ok")                                                                     \
	X(TS_ENOMEM, -1, 420, "out of memory")                                                     \
	X(TS_EIO, -2, 500, "input/output error")                                                   \
	X(TS_EAGAIN, -3, 0, "would block")                                                         \
	X(TS_EMALF, -4, 400, "malformed message")                                                  \
	X(TS_EENCODING, -5, 401, "not UTF-8")                                                      \
	X(TS_ETOOBIG, -6, 504, "too big")                                                          \
	X(TS_EACCESS, -7, 430, "access denied")                                                    \
	X(TS_ESUSPENDED, -8, 431, "account suspended")                                             \
	X(TS_ENOTFOUND, -9, 500, "not found")                                                      \
	X(TS_EEXIST, -10, 500, "exists already")                                                   \
	X(TS_EFULL, -11, 420, "no space left")                                                     \
	X(TS_EBUSY, -12, 302, "busy")                                                              \
	X(TS_EINVAL, -13, 501, "invalid value")                                                    \
	X(TS_EUNSUPPORTED, -14, 500, "not supported")                                              \
	X(TS_ESHUTDOWN, -15, 421, "shutting down")                                                 \
	X(TS_EFORMAT, -16, 500, "unknown format")                                                  \
	X(TS_EDAMAGED, -17, 500, "damaged data")                                                   \
	X(TS_ETLS, -18, 0, "TLS failure")                                                          \
	X(TS_ECLOSED, -19, 0, "connection closed")                                                 \
	X(TS_ETIMEOUT, -20, 0, "timed out")                                                        \
	X(TS_EREDIRECT, -21, 301, "account relocated")                                             \
	X(TS_EUSAGE, -22, 0, "wrong usage")                                                        \
	X(TS_ECONNECT, -23, 0, "no connection")                                                    \
	X(TS_EREFUSED, -24, 0, "refused by the server")                                            \
	X(TS_ELOCKED, -25, 0, "in use by another process")                                         \
	X(TS_EHISTORY, -26, 500, "another history than the server's")                                \
	X(TS_ECANCELED, -27, 0, "stopped")                                                         \
	X(TS_EOLD, -28, 0, "too old")                                                              \
	X(TS_EABSENT, -29, 502, "not offered here")                                                \
	X(TS_ETOOMANY, -30, 420, "too many requests")

#define TS_ERROR_ENUM(name, num, wire, text) name = (num),
enum ts_code { TS_ERRORS(TS_ERROR_ENUM) };
#undef TS_ERROR_ENUM

/* Where and why, as a sentence for a person. Lives on the caller's stack. */
struct ts_error {
	int code;
	char text[400];
};

/* The table's text; for an unknown code, "unknown error". */
const char *ts_strerror(int code);

/* The taskd protocol's code for a failure; 500 where the table has none. */
int ts_wire_code(int code);

/*
 * Fill *err (which may be NULL) and return `code`, so that a failure is one line:
 *
 *	return ts_fail(err, TS_ETOOBIG, "The header has %zu bytes; %zu are allowed.", n, max);
 */
int ts_fail(struct ts_error *err, int code, const char *fmt, ...) TS_PRINTF(3, 4);

/* As ts_fail(), with ": " and the text of errno `number` behind it. ENOSPC and EDQUOT become
 * TS_EFULL, ENOMEM becomes TS_ENOMEM, EMFILE and ENFILE TS_EBUSY, ENOENT TS_ENOTFOUND, EEXIST
 * TS_EEXIST, the rest TS_EIO. */
int ts_fail_errno(struct ts_error *err, int number, const char *fmt, ...) TS_PRINTF(3, 4);
