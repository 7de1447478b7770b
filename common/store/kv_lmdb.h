/* SPDX-License-Identifier: MIT */
/* What the files that know LMDB share. */
#pragma once

#include "common/store/kv.h"

#include <lmdb.h>
#include <stdatomic.h>

struct ts_kv {
	MDB_env *env;
	MDB_dbi tables[TS_KV_TABLES];
	char *path;
	bool read_only;               /* its file system is */
	atomic_int_least64_t checked; /* [s] when dead readers were looked for */
};

struct ts_kv_txn {
	struct ts_kv *kv;
	MDB_txn *mdb;
	MDB_cursor *cursors[TS_KV_TABLES]; /* opened when first needed */
};

/* In the place of a table that a read-only file lacks: LMDB's own number 0 is none of ours. */
#define TS_KV_LMDB_ABSENT 0

/* An error with LMDB's text for `rc`. */
int ts_kv_lmdb_fail(const struct ts_kv *kv, int rc, const char *doing, struct ts_error *err);

/* LMDB's names of our tables. */
extern const char *const ts_kv_lmdb_tables[TS_KV_TABLES];

/* Open the file at `path`. LMDB's own codes; MDB_CORRUPTED: its end is missing. *ret_read_only: its
 * file system is, and `create` is false. Where a file can't be begun, none is left behind. */
int ts_kv_lmdb_open(const char *path, bool create, MDB_env **ret, bool *ret_read_only);
