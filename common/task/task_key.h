/* SPDX-License-Identifier: MIT */
/*
 * Keys of a task's map.
 *
 *	project              an attribute
 *	meta/a/x             a leaf of a nested object
 *	tag_home             an element of `tags`
 *	dep_UUID             an element of `depends`
 *	annotation_DATE_TEXT an element of `annotations`; DATE has 16 characters
 *
 * Any attribute name can be written back without loss: within a name, '~' is "~0" and '/' is "~1";
 * a name that looks like a set's element begins with "~2".
 */
#pragma once

#include "common/base/arena.h"
#include "common/base/buf.h"

#define TS_KEY_TAG        TS_SLICE("tag_")
#define TS_KEY_DEP        TS_SLICE("dep_")
#define TS_KEY_ANNOTATION TS_SLICE("annotation_")

enum { TS_KEY_DATE_LEN = 16 };

/* Append a name to the path in `b`; all but the first stand behind a '/'. */
void ts_key_add_name(struct ts_buf *b, bool first, struct ts_slice name);
/* Undo ts_key_add_name() for one name, `piece` of a key. .data is NULL if out of memory. */
struct ts_slice ts_key_name_of(struct ts_arena *a, struct ts_slice piece) TS_MUST_CHECK;
/* Cut the first name off a path; *rest is {NULL, 0} behind the last. */
static inline struct ts_slice ts_key_cut(struct ts_slice *rest)
{
	return ts_slice_cut(rest, '/');
}

/* The element in a set's key. */
static inline struct ts_slice ts_key_element(struct ts_slice key, struct ts_slice prefix)
{
	return ts_slice_skip(key, prefix.len);
}

/* True where the key is an element of a set. */
bool ts_key_is_element(struct ts_slice key);
