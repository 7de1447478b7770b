/* SPDX-License-Identifier: MIT */
/* Attributes as compact records: well-known names, dates and words take a byte or a few. */
#pragma once

#include "common/base/pack.h"
#include "common/task/task.h"

/*
 * Append an attribute. Its stamp takes no room where it is (m, 0), m being the time of the version
 * that it belongs to.
 */
void ts_attr_pack(struct ts_buf *to, const struct ts_attr *attr, int64_t m);
/* Read one back. Texts are borrowed from what is unpacked or live in `a`. False: out of memory or
 * damaged; u->failed tells the latter. */
bool ts_attr_unpack(struct ts_unpack *u, int64_t m, struct ts_arena *a,
		    struct ts_attr *ret) TS_MUST_CHECK;
