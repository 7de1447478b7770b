/* SPDX-License-Identifier: MIT */
/* A growing byte buffer with a sticky error: append freely, check once at the end. */
#pragma once

#include "common/base/attr.h"
#include "common/base/slice.h"

struct ts_buf {
	char *data; /* NUL behind `len` once anything was appended */
	size_t len, cap;
	bool failed; /* out of memory at some append; contents are then incomplete */
};

/* Free the contents; the buffer is empty and usable afterwards. */
void ts_buf_done(struct ts_buf *b);
/* Forget the contents and the error, keep the memory. */
void ts_buf_clear(struct ts_buf *b);
/* Make room for `more` bytes behind the contents; NULL (and sticky failure) if out of memory.
 * The caller writes there and adds to `len`. */
char *ts_buf_reserve(struct ts_buf *b, size_t more);
void ts_buf_add(struct ts_buf *b, const void *data, size_t len);
void ts_buf_add_slice(struct ts_buf *b, struct ts_slice s);
void ts_buf_add_str(struct ts_buf *b, const char *s);
void ts_buf_add_char(struct ts_buf *b, char c);
void ts_buf_printf(struct ts_buf *b, const char *fmt, ...) TS_PRINTF(2, 3);

static inline struct ts_slice ts_buf_slice(const struct ts_buf *b)
{
	return (struct ts_slice){b->data, b->len};
}

#define TS_BUF(name) TS_CLEANUP(ts_buf_done) struct ts_buf name = {0}
