/* SPDX-License-Identifier: MIT */
/* What would make a sync fail and can be known before: a clock that is wrong, a certificate at its
 * end. */
#pragma once

#include "client/sync/sync.h"

/* TS_EINVAL, TS_EREFUSED with a sentence that says what to do. */
int trouble_find(const struct sync *s, struct ts_error *err) TS_MUST_CHECK;
/* A remark where the certificate ends soon. */
void trouble_remark(const struct sync *s);
