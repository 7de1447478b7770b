/* SPDX-License-Identifier: MIT */
/* What Taskwarrior's own attributes are. All others are somebody's own, and texts. */
#pragma once

#include "common/base/slice.h"
#include "common/task/task.h"

enum attribute_kind {
	ATTRIBUTE_TEXT,
	ATTRIBUTE_DATE,
	ATTRIBUTE_STATUS,
	ATTRIBUTE_RECUR,
	ATTRIBUTE_TAGS,
	ATTRIBUTE_DEPENDS,
	ATTRIBUTE_FIXED, /* computed, or changed in another way */
};

/* Cut a word of the form `name:value`. False where it is none: a name begins with a letter and has
 * letters, digits, '_', '-' and '.'; the value does not begin with a blank or "//". */
bool attribute_cut(const char *word, struct ts_slice *ret_name, struct ts_slice *ret_value);
/* Cut a word of the form `+tag` (*ret_in) or `-tag`. A tag begins with a letter, '_', '@' or '#'
 * and has neither blanks nor commas. */
bool attribute_cut_tag(const char *word, bool *ret_in, struct ts_slice *ret_tag);
/* The whole name of one of Taskwarrior's attributes, of which `name` is that or a beginning, at
 * least three letters long, which no other has; any other name as it is. */
struct ts_slice attribute_name(struct ts_slice name);
/* Of a whole name. */
enum attribute_kind attribute_kind(struct ts_slice name);

/* The status that `word` is, or is the beginning of, at least three letters long. TS_EUSAGE with a
 * sentence. */
int attribute_find_status(struct ts_slice word, struct ts_slice *ret,
			  struct ts_error *err) TS_MUST_CHECK;
/* The status that a person sees: a pending task with `wait` in the future is "waiting", and a
 * waiting one whose time has come is "pending". */
struct ts_slice attribute_status(const struct ts_task *task, int64_t now);
/* The date in an attribute; `otherwise` where it has none. */
int64_t attribute_date(const struct ts_task *task, struct ts_slice key, int64_t otherwise);
