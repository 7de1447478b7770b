/* SPDX-License-Identifier: MIT */
/*
 * Keeping the spelling of numbers through a JSON library that has none: before parsing, each
 * number becomes a string that begins with the character U+0001 ("\u0001" is its only spelling in
 * JSON); a string that begins with it already gets a second one. Everything else stays as it is,
 * faults included, for the library to find.
 */
#pragma once

#include "common/base/buf.h"
#include "common/base/error.h"

enum { TS_JSON_MARK = '\1' };

/* Append `json` to `to`, numbers marked. TS_EMALF: a number that JSON's grammar doesn't have, or
 * nested deeper than `max_depth` (0: no limit); TS_ENOMEM. */
int ts_json_mark_numbers(struct ts_slice json, size_t max_depth, struct ts_buf *to,
			 struct ts_error *err) TS_MUST_CHECK;

/* What a parsed string was: TRUE for a number; *text is without marks either way. */
bool ts_json_unmark(struct ts_slice *text);
