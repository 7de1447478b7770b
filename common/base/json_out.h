/* SPDX-License-Identifier: MIT */
/* JSON written from the front: objects, arrays and values, commas seen to. What is appended can't
 * fail; look at the buffer at the end. */
#pragma once

#include "common/base/buf.h"

#include <stdint.h>

struct ts_json {
	struct ts_buf *to; /* borrowed */
	bool comma;        /* the next value stands behind another */
};

static inline struct ts_json ts_json_to(struct ts_buf *to)
{
	return (struct ts_json){.to = to};
}

/* `bracket` is '{' or '['. */
void ts_json_open(struct ts_json *j, char bracket);
/* '}' or ']'. */
void ts_json_close(struct ts_json *j, char bracket);
/* The name of the next value, in an object. */
void ts_json_name(struct ts_json *j, const char *name);
/* UTF-8, with only the escapes that JSON demands. */
void ts_json_text(struct ts_json *j, struct ts_slice text);
void ts_json_int(struct ts_json *j, int64_t number);
void ts_json_bool(struct ts_json *j, bool yes);
void ts_json_null(struct ts_json *j);
/* A value that is JSON already. */
void ts_json_raw(struct ts_json *j, struct ts_slice json);
/* A member of an object whose value is a text, a count (less than 2^63), or a date as task JSON has
 * it ([s since 1970]). */
void ts_json_text_member(struct ts_json *j, const char *name, struct ts_slice text);
void ts_json_count_member(struct ts_json *j, const char *name, uint64_t count);
void ts_json_date_member(struct ts_json *j, const char *name, int64_t date);
/* Append a JSON string, quotes included. */
void ts_json_add_string(struct ts_buf *to, struct ts_slice text);
