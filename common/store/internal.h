/* SPDX-License-Identifier: MIT */
/* What the files of common/store/ share. */
#pragma once

#include "common/base/pack.h"
#include "common/store/keys.h"
#include "common/store/kv.h"

struct ts_txn {
	struct ts_kv_txn *kv;
	struct ts_store *store;
	struct ts_buf record; /* a record while it is packed */
	uint32_t number_user; /* whose lowest free short number may be … */
	uint64_t number_free; /* … this one; 0: not known */
};

/* The next unused number of a kind ("org", "user"), which is then used. */
int ts_store_new_id(struct ts_txn *t, const char *kind, uint32_t *ret,
		    struct ts_error *err) TS_MUST_CHECK;
/* Put what was packed into t->record, and clear it. */
int ts_store_put_record(struct ts_txn *t, enum ts_kv_table table, const struct ts_key *key,
			struct ts_error *err) TS_MUST_CHECK;
/* TS_EDAMAGED, with a sentence that names the kind of record. */
int ts_store_damaged(const char *what, struct ts_error *err);
/* Everything that belongs to a user but the account's own record. */
int ts_store_remove_history(struct ts_txn *t, uint32_t user, struct ts_error *err) TS_MUST_CHECK;
