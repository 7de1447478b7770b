/* SPDX-License-Identifier: MIT */
/* The bytes of a version's record. Who only wants to know a version needs version.h. */
#pragma once

#include "common/base/pack.h"
#include "common/tree/version.h"

/* Append the record of a version whose attributes and conflicts are packed already. */
void ts_record_pack(const struct ts_version *v, struct ts_buf *to);
/* Append the packed attributes of a task: all of them, or what differs from `before`. */
void ts_record_pack_attrs(const struct ts_task *task, const struct ts_task *before,
			  struct ts_buf *to);
void ts_record_pack_conflicts(const struct ts_conflicts *conflicts, struct ts_buf *to);

/* True where the attributes and conflicts can be read to their ends and are in order. `a` is used
 * for what doesn't stand there as text; out of memory is false as well. */
bool ts_record_check(const struct ts_version *v, struct ts_arena *a) TS_MUST_CHECK;

/* TS_EDAMAGED, with a sentence that names the version. */
int ts_record_damaged(uint64_t number, struct ts_error *err);
