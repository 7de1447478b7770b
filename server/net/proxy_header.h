/* SPDX-License-Identifier: MIT */
/*
 * The PROXY header that a proxy begins a connection with, in front of everything else: who is
 * behind it. Version 1 is a line of text, version 2 is binary. Pure: bytes in, address out.
 */
#pragma once

#include "common/net/address.h"

enum {
	PROXY_V1_MAX = 107,          /* [bytes] of a line, its end included */
	PROXY_V2_HEAD = 16,          /* [bytes] in front of the addresses */
	PROXY_HEADER_MAX = 16 + 512, /* [bytes] of a header that is read here */
};

struct proxy_header {
	size_t size; /* [bytes] */
	/* The connection is the proxy's own, such as a look at the server's health, or the proxy
	 * doesn't know whose it is: `source` is nobody. */
	bool local;
	struct ts_address source;
};

/*
 * Read the header that `data` begins with. TS_OK; TS_EAGAIN: it is not complete, and all of the
 * bytes belong to it; TS_EMALF with a sentence: there is none, or one that can't be
 * read. What a header of version 2 has behind the addresses is passed over.
 */
int proxy_header_read(struct ts_slice data, struct proxy_header *ret,
		      struct ts_error *err) TS_MUST_CHECK;
