/* SPDX-License-Identifier: MIT */
/*
 * Messages of the taskd protocol, version 1 (taskd-protocol(7), "Messages"):
 *
 *	4 bytes   length of the whole message, these four included, big-endian
 *	headers   "name: value\n", one a line
 *	"\n"      an empty line
 *	payload   UTF-8 text
 */
#pragma once

#include "common/base/buf.h"
#include "common/base/error.h"
#include "common/base/slice.h"

enum {
	TS_MESSAGE_PREFIX = 4,  /* [bytes] */
	TS_HEADERS_MAX = 64,    /* header lines of a message; more are malformed */
	TS_MESSAGE_PORT = 53589 /* by convention */
};

struct ts_header {
	struct ts_slice name, value; /* blanks around both are cut off */
};

struct ts_headers {
	struct ts_header at[TS_HEADERS_MAX];
	size_t count;
};

/* [bytes] announced by the four bytes at `prefix`, themselves included. */
uint32_t ts_message_length(const void *prefix);

/*
 * Find the end of the headers: the number of bytes up to and with the empty line, 0 if it is not
 * there yet. A message whose first line is empty has no headers: 1.
 */
size_t ts_headers_end(struct ts_slice received);

/*
 * Split the header lines `block` (with or without the empty line at its end). The slices of *ret
 * point into `block`. Names are compared without regard to case. Empty values are legal.
 *
 * TS_OK; TS_EMALF where a line has no colon or there are more than TS_HEADERS_MAX.
 */
int ts_headers_parse(struct ts_slice block, struct ts_headers *ret,
		     struct ts_error *err) TS_MUST_CHECK;

/* The value of the first header of that name; {NULL, 0} if there is none. */
struct ts_slice ts_headers_get(const struct ts_headers *h, const char *name);

/* Begin a message in `b`: four bytes to be filled by ts_message_finish(). */
void ts_message_begin(struct ts_buf *b);
/* Add a header. Control characters become blanks; an empty value adds nothing, because some
 * clients can't read one. */
void ts_message_header(struct ts_buf *b, const char *name, struct ts_slice value);
void ts_message_headerf(struct ts_buf *b, const char *name, const char *fmt, ...) TS_PRINTF(3, 4);
/* End the headers and set the length, counting `payload_len` bytes that the caller sends behind
 * the contents of `b`. TS_OK, TS_ENOMEM (an append failed) or TS_ETOOBIG (over 4 GiB). */
int ts_message_finish(struct ts_buf *b, uint64_t payload_len, struct ts_error *err) TS_MUST_CHECK;

/* The protocol's text for a code, such as "Ok" for 200; "Unknown" for one it doesn't know. */
const char *ts_status_text(int code);
