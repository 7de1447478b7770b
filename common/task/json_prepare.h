/* SPDX-License-Identifier: MIT */
/*
 * What a JSON library needs done before it sees what clients send.
 *
 * Numbers keep their spelling: each becomes a string that begins with the character U+0001
 * ("\u0001" is its only spelling in JSON); a string that begins with it already gets a second one.
 * Taskwarrior 2.6.2 writes control characters into strings as they are: they are escaped.
 * Everything else stays as it is, faults included, for the library to find.
 */
#pragma once

#include "common/base/buf.h"
#include "common/base/error.h"
#include "common/task/task_json.h"

/* Append `json` to `to`, prepared. TS_EMALF: a number that JSON's grammar doesn't have, nested
 * deeper than limits->depth, or more values than limits->attributes, which *ret_beyond tells then;
 * TS_ENOMEM. */
int ts_json_prepare(struct ts_slice json, const struct ts_task_limits *limits, struct ts_buf *to,
		    enum ts_task_limit *ret_beyond, struct ts_error *err) TS_MUST_CHECK;

/* What a parsed string was: true for a number; *text is without marks either way. */
bool ts_json_unmark(struct ts_slice *text);
