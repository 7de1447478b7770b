/* SPDX-License-Identifier: MIT */
/*
 * Reading a bundle of `taskd setup` (server/setup/bundle.h says what it looks like). It is a shell
 * script, and read as data: nothing of it is run.
 */
#pragma once

#include "client/setup/account.h"

enum { BUNDLE_MAX = 1 << 20 }; /* [bytes] */

/* Fill *to, which is empty. TS_EFORMAT: no bundle, or of a version to come; TS_EINVAL: one that is
 * cut short or wrong. Each with a sentence. *to is to be freed in any case. */
int bundle_read(struct ts_slice text, struct account *to, struct ts_error *err) TS_MUST_CHECK;
