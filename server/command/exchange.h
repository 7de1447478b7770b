/* SPDX-License-Identifier: MIT */
/* One request to a server and its answer, waiting: for commands, never for the server itself. */
#pragma once

#include "common/base/buf.h"
#include "common/base/error.h"
#include "common/base/slice.h"
#include "common/net/hostport.h"
#include "common/tls/tls.h"

struct exchange_limits {
	uint64_t idle;  /* [ms] without any progress */
	uint64_t whole; /* [ms] for everything */
	uint64_t size;  /* [bytes] of the answer */
};

/* Connect to the first address that answers, send the message, read one. *ret gets it whole, its
 * four bytes of length included. The codes of common/net/dial.h, and TS_ETOOBIG, TS_EMALF. */
int exchange(struct ts_tls_creds *creds, const struct hostport *to, struct ts_slice message,
	     const struct exchange_limits *limits, struct ts_buf *ret,
	     struct ts_error *err) TS_MUST_CHECK;
