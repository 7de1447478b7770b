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
/* Everything that belongs to a user but the account's own record and its aliases. */
int ts_store_remove_history(struct ts_txn *t, uint32_t user, struct ts_error *err) TS_MUST_CHECK;
int ts_store_remove_devices(struct ts_txn *t, uint32_t user, struct ts_error *err) TS_MUST_CHECK;
int ts_store_remove_aliases(struct ts_txn *t, const struct ts_user *user,
			    struct ts_error *err) TS_MUST_CHECK;
/* Those of user->id are the aliases of the name that `user` has now. */
int ts_store_rename_aliases(struct ts_txn *t, const struct ts_user *user,
			    struct ts_error *err) TS_MUST_CHECK;

/* Records as they are, of a pair of their table. TS_EDAMAGED. */
int ts_store_unpack_org(struct ts_kv_pair pair, struct ts_org *ret,
			struct ts_error *err) TS_MUST_CHECK;
int ts_store_unpack_user(struct ts_kv_pair pair, struct ts_user *ret,
			 struct ts_error *err) TS_MUST_CHECK;
/* ret->device stays empty, *ret_device is its number. */
int ts_store_unpack_transaction(struct ts_kv_pair pair, struct ts_transaction *ret,
				uint64_t *ret_device, struct ts_error *err) TS_MUST_CHECK;

struct ts_device;
int ts_store_unpack_device(struct ts_slice id, struct ts_slice value, struct ts_device *ret,
			   struct ts_error *err) TS_MUST_CHECK;

/* What stands in the table of words, beside "org" and "user", the last ids given. */
#define TS_META_FORMAT  "format"
#define TS_META_HORIZON "horizon" /* with the user's id behind it */

/* What an account's record has behind its first fields where it isn't nothing. */
static inline bool ts_store_has_quota(const struct ts_quota *q)
{
	return q->bytes != 0 || q->tasks != 0 || q->requests != 0;
}
void ts_store_pack_quota(struct ts_buf *to, const struct ts_quota *q);
struct ts_quota ts_store_unpack_quota(struct ts_unpack *u);

/* At most `most` bytes of `s` into `to`, NUL behind them. */
static inline void ts_store_copy_text(struct ts_slice s, size_t most, char *to)
{
	size_t n = s.len < most ? s.len : most;
	memcpy(to, n > 0 ? s.data : "", n);
	to[n] = '\0';
}
