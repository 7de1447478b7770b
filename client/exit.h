/* SPDX-License-Identifier: MIT */
/* What the program's exit status says. */
#pragma once

#include "common/base/error.h"

#define EXIT_CODES(X)                                                                              \
	X(EXIT_DONE, 0, "done, whether or not there was anything to do")                           \
	X(EXIT_CONNECT, 1, "the server could not be reached, or did not answer in time")           \
	X(EXIT_REFUSED, 2, "the server refused: credentials, certificate, a limit, a redirection") \
	X(EXIT_LOCAL, 3,                                                                           \
	  "something is wrong on this machine: configuration, files, disk, clock; "                \
	  "or there is no such task")                                                              \
	X(EXIT_LOCKED, 4, "another taskc is syncing this replica")                                 \
	X(EXIT_HISTORY, 5,                                                                         \
	  "the server's history is another than this replica's: nothing was "                      \
	  "changed, and a person has to decide (--push-all, --adopt)")                             \
	X(EXIT_OLD, 6, "status --max-age: the last good sync is too long ago")                     \
	X(EXIT_USAGE, 64, "wrong usage")

#define EXIT_CODE_ENUM(name, number, text) name = (number),
enum exit_code { EXIT_CODES(EXIT_CODE_ENUM) };
#undef EXIT_CODE_ENUM

/* The exit status for a code of error.h. */
enum exit_code exit_of(int code);
