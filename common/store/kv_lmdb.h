/* SPDX-License-Identifier: MIT */
/* What the two files that know LMDB share. */
#pragma once

#include "common/store/kv.h"

#include <lmdb.h>

/* LMDB's names of our tables. */
extern const char *const ts_kv_lmdb_tables[TS_KV_TABLES];

/* Open the file at `path`. LMDB's own codes; MDB_CORRUPTED: its end is missing. *ret_read_only: its
 * file system is, and `create` is false. Where a file can't be begun, none is left behind. */
int ts_kv_lmdb_open(const char *path, bool create, MDB_env **ret, bool *ret_read_only);
