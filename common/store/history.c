/* SPDX-License-Identifier: MIT */
/* Versions and heads. */
#include "common/store/internal.h"

int ts_version_put(struct ts_txn *t, uint32_t user, uint64_t number, struct ts_slice record,
		   struct ts_error *err)
{
	const struct ts_key key = ts_key_number(user, number);
	return ts_kv_put(t->kv, TS_KV_VERSIONS, ts_key_slice(&key), record, err);
}

int ts_version_get(struct ts_txn *t, uint32_t user, uint64_t number, struct ts_slice *ret,
		   struct ts_error *err)
{
	const struct ts_key key = ts_key_number(user, number);
	return ts_kv_get(t->kv, TS_KV_VERSIONS, ts_key_slice(&key), ret, err);
}

int ts_version_next(struct ts_txn *t, uint32_t user, uint64_t number, uint64_t *ret_number,
		    struct ts_slice *ret, struct ts_error *err)
{
	const struct ts_key key = ts_key_number(user, number), owner = ts_key_owner(user);
	struct ts_kv_pair pair;
	int code = ts_kv_seek(t->kv, TS_KV_VERSIONS, ts_key_slice(&key), ts_key_slice(&owner),
			      &pair, err);
	if (code == TS_OK) {
		*ret_number = ts_key_get_number(pair.key);
		*ret = pair.value;
	}
	return code == TS_OK && *ret_number == 0 ? ts_store_damaged("version", err) : code;
}

int ts_version_newest(struct ts_txn *t, uint32_t user, uint64_t *ret, struct ts_error *err)
{
	const struct ts_key owner = ts_key_owner(user);
	struct ts_kv_pair pair;
	int code = ts_kv_last(t->kv, TS_KV_VERSIONS, ts_key_slice(&owner), &pair, err);
	if (code != TS_OK && code != TS_ENOTFOUND) {
		return code;
	}
	*ret = code == TS_OK ? ts_key_get_number(pair.key) : 0;
	return TS_OK;
}

int ts_head_get(struct ts_txn *t, uint32_t user, const struct ts_uuid *task, uint64_t *ret,
		struct ts_error *err)
{
	const struct ts_key key = ts_key_uuid(user, task);
	struct ts_slice value;
	int code = ts_kv_get(t->kv, TS_KV_HEADS, ts_key_slice(&key), &value, err);
	if (code != TS_OK) {
		return code;
	}
	struct ts_unpack u = {.rest = value};
	uint64_t number = ts_unpack_number(&u);
	if (u.failed) {
		return ts_store_damaged("task", err);
	}
	*ret = number;
	return TS_OK;
}

int ts_head_put(struct ts_txn *t, uint32_t user, const struct ts_uuid *task, uint64_t number,
		struct ts_error *err)
{
	const struct ts_key key = ts_key_uuid(user, task);
	ts_pack_number(&t->record, number);
	return ts_store_put_record(t, TS_KV_HEADS, &key, err);
}

/* Take a head's record apart. */
static int unpack_head(struct ts_kv_pair pair, struct ts_uuid *ret_task, uint64_t *ret,
		       struct ts_error *err)
{
	const size_t before = 4;
	struct ts_unpack u = {.rest = pair.value};
	*ret = ts_unpack_number(&u);
	if (u.failed || pair.key.len != before + sizeof(ret_task->bytes)) {
		return ts_store_damaged("task", err);
	}
	memcpy(ret_task->bytes, pair.key.data + before, sizeof(ret_task->bytes));
	return TS_OK;
}

int ts_head_next(struct ts_txn *t, uint32_t user, struct ts_uuid *task, uint64_t *ret,
		 struct ts_error *err)
{
	const struct ts_key key = ts_key_uuid(user, task), owner = ts_key_owner(user);
	struct ts_kv_pair pair;
	int code = ts_kv_seek(t->kv, TS_KV_HEADS, ts_key_slice(&key), ts_key_slice(&owner), &pair,
			      err);
	return code == TS_OK ? unpack_head(pair, task, ret, err) : code;
}

int ts_head_each(struct ts_txn *t, uint32_t user,
		 int (*each)(const struct ts_uuid *task, uint64_t head, void *arg,
			     struct ts_error *err),
		 void *arg, struct ts_error *err)
{
	const struct ts_key owner = ts_key_owner(user);
	const struct ts_slice prefix = ts_key_slice(&owner);
	struct ts_kv_pair pair;
	struct ts_uuid task;
	int code = ts_kv_seek(t->kv, TS_KV_HEADS, prefix, prefix, &pair, err);
	while (code == TS_OK) {
		uint64_t number;
		code = unpack_head(pair, &task, &number, err);
		if (code == TS_OK) {
			code = each(&task, number, arg, err);
		}
		if (code == TS_OK) {
			code = ts_kv_next(t->kv, TS_KV_HEADS, prefix, &pair, err);
		}
	}
	return code == TS_ENOTFOUND ? TS_OK : code;
}

/* How far back a user's history may have been thinned out. */
static struct ts_key horizon_key(uint32_t user)
{
	struct ts_key k = {.len = strlen(TS_META_HORIZON)};
	memcpy(k.data, TS_META_HORIZON, k.len);
	ts_key_add_id(&k, user);
	return k;
}

int ts_horizon_get(struct ts_txn *t, uint32_t user, uint64_t *ret, struct ts_error *err)
{
	const struct ts_key key = horizon_key(user);
	struct ts_slice value;
	*ret = 0;
	int code = ts_kv_get(t->kv, TS_KV_META, ts_key_slice(&key), &value, err);
	if (code != TS_OK) {
		return code == TS_ENOTFOUND ? TS_OK : code;
	}
	struct ts_unpack u = {.rest = value};
	*ret = ts_unpack_number(&u);
	return u.failed ? ts_store_damaged("horizon", err) : TS_OK;
}

int ts_horizon_raise(struct ts_txn *t, uint32_t user, uint64_t number, struct ts_error *err)
{
	const struct ts_key key = horizon_key(user);
	uint64_t before;
	int code = ts_horizon_get(t, user, &before, err);
	if (code != TS_OK || number <= before) {
		return code;
	}
	ts_pack_number(&t->record, number);
	return ts_store_put_record(t, TS_KV_META, &key, err);
}

int ts_version_remove(struct ts_txn *t, uint32_t user, uint64_t number, struct ts_error *err)
{
	const struct ts_key key = ts_key_number(user, number);
	return ts_kv_remove(t->kv, TS_KV_VERSIONS, ts_key_slice(&key), err);
}

int ts_store_remove_history(struct ts_txn *t, uint32_t user, struct ts_error *err)
{
	static const enum ts_kv_table tables[] = {
		TS_KV_DEVICES, TS_KV_TRANSACTIONS, TS_KV_SYNC_KEYS, TS_KV_VERSIONS,
		TS_KV_HEADS,   TS_KV_REJECTS,      TS_KV_NUMBERS,   TS_KV_SYNC_POINTS,
	};
	const struct ts_key owner = ts_key_owner(user), horizon = horizon_key(user);
	int code = ts_store_remove_devices(t, user, err);
	if (code == TS_OK) {
		code = ts_kv_remove(t->kv, TS_KV_META, ts_key_slice(&horizon), err);
	}
	for (size_t i = 0; i < TS_COUNT_OF(tables) && code == TS_OK; i++) {
		code = ts_kv_remove_prefix(t->kv, tables[i], ts_key_slice(&owner), err);
	}
	return code;
}
