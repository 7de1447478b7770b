/* SPDX-License-Identifier: MIT */
/* SHA-256 of a stream of bytes. */
#pragma once

#include "common/base/error.h"
#include "common/base/slice.h"

enum { TS_SHA256_TEXT = 64 }; /* hexadecimal digits */

struct ts_sha256;

/* TS_ENOMEM. */
int ts_sha256_new(struct ts_sha256 **ret, struct ts_error *err) TS_MUST_CHECK;
void ts_sha256_free(struct ts_sha256 *h); /* accepts NULL */
TS_DEFINE_CLEANUP(struct ts_sha256, ts_sha256_free)
void ts_sha256_add(struct ts_sha256 *h, struct ts_slice data);
/* The sum of what was added, in lower case; the next one begins anew. */
void ts_sha256_take(struct ts_sha256 *h, char to[static TS_SHA256_TEXT + 1]);
