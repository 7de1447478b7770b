/* SPDX-License-Identifier: MIT */
/* Transactions and sync keys. */
#include "common/store/internal.h"

/* Devices are written once and then named by a number, so that a transaction's record is small. */
enum { DEVICE_BY_NAME = 'n', DEVICE_BY_NUMBER = 'i' };

/* What a replica's transactions have behind the fields of all; a server's have nothing. */
enum { TRANSACTION_RECEIVED = 1 << 0 };

static struct ts_key device_key(uint32_t user, char kind, struct ts_slice rest)
{
	char text[1 + TS_DEVICE_MAX];
	size_t n = rest.len < TS_DEVICE_MAX ? rest.len : TS_DEVICE_MAX;
	text[0] = kind;
	memcpy(text + 1, rest.data, n);
	return ts_key_name(user, (struct ts_slice){text, n + 1});
}

static struct ts_key device_number_key(uint32_t user, uint32_t number)
{
	uint32_t be = htobe32(number);
	return device_key(user, DEVICE_BY_NUMBER, (struct ts_slice){(const char *)&be, sizeof(be)});
}

static int add_device(struct ts_txn *t, uint32_t user, struct ts_slice name, uint64_t *ret,
		      struct ts_error *err)
{
	const struct ts_key prefix = device_key(user, DEVICE_BY_NUMBER, TS_SLICE(""));
	struct ts_kv_pair last;
	uint32_t number = 1;
	int code = ts_kv_last(t->kv, TS_KV_DEVICES, ts_key_slice(&prefix), &last, err);
	if (code == TS_OK && last.key.len == prefix.len + sizeof(number)) {
		memcpy(&number, last.key.data + prefix.len, sizeof(number));
		number = be32toh(number) + 1;
	} else if (code != TS_ENOTFOUND) {
		return code == TS_OK ? ts_store_damaged("device", err) : code;
	}
	const struct ts_key by_number = device_number_key(user, number);
	ts_buf_add_slice(&t->record, name);
	code = ts_store_put_record(t, TS_KV_DEVICES, &by_number, err);
	if (code != TS_OK) {
		return code;
	}
	const struct ts_key by_name = device_key(user, DEVICE_BY_NAME, name);
	ts_pack_number(&t->record, number);
	*ret = number;
	return ts_store_put_record(t, TS_KV_DEVICES, &by_name, err);
}

/* The number of a device, 0 for none; a new one is written down. */
static int device_number(struct ts_txn *t, uint32_t user, struct ts_slice name, uint64_t *ret,
			 struct ts_error *err)
{
	*ret = 0;
	if (name.len == 0) {
		return TS_OK;
	}
	struct ts_slice value;
	const struct ts_key key = device_key(user, DEVICE_BY_NAME, name);
	int code = ts_kv_get(t->kv, TS_KV_DEVICES, ts_key_slice(&key), &value, err);
	if (code == TS_ENOTFOUND) {
		return add_device(t, user, name, ret, err);
	}
	if (code == TS_OK) {
		struct ts_unpack u = {.rest = value};
		*ret = ts_unpack_number(&u);
		code = u.failed ? ts_store_damaged("device", err) : TS_OK;
	}
	return code;
}

static int device_name(struct ts_txn *t, uint32_t user, uint64_t number, char *to,
		       struct ts_error *err)
{
	struct ts_slice name = {"", 0};
	if (number != 0) {
		const struct ts_key key = device_number_key(user, (uint32_t)number);
		int code = ts_kv_get(t->kv, TS_KV_DEVICES, ts_key_slice(&key), &name, err);
		if (code != TS_OK) {
			return code == TS_ENOTFOUND ? ts_store_damaged("device", err) : code;
		}
	}
	ts_store_copy_text(name, TS_DEVICE_MAX, to);
	return TS_OK;
}

static int check_new_transaction(struct ts_txn *t, uint32_t user, const struct ts_transaction *tr,
				 struct ts_error *err)
{
	struct ts_transaction newest;
	uint64_t version;
	int code = ts_transaction_newest(t, user, &newest, err);
	if (code == TS_ENOTFOUND) {
		return TS_OK;
	}
	if (code == TS_OK) {
		code = ts_version_newest(t, user, &version, err);
	}
	if (code == TS_OK && (tr->last <= newest.last || tr->last != version)) {
		return ts_fail(err, TS_EINVAL, "A transaction must end with the newest version.");
	}
	return code;
}

/* Put the transaction's own record. */
static int put_transaction(struct ts_txn *t, uint32_t user, const struct ts_transaction *tr,
			   struct ts_error *err)
{
	uint64_t device;
	int code = device_number(t, user, ts_slice_of(tr->device), &device, err);
	if (code != TS_OK) {
		return code;
	}
	const struct ts_key key = ts_key_number(user, tr->last);
	ts_buf_add(&t->record, tr->key.bytes, sizeof(tr->key.bytes));
	ts_pack_signed(&t->record, tr->time);
	ts_pack_number(&t->record, device);
	ts_pack_number(&t->record, tr->tasks);
	ts_pack_number(&t->record, tr->bytes);
	if (tr->received || tr->what[0] != '\0') {
		ts_pack_number(&t->record, tr->received ? TRANSACTION_RECEIVED : 0);
		ts_pack_string(&t->record, ts_slice_of(tr->what));
	}
	return ts_store_put_record(t, TS_KV_TRANSACTIONS, &key, err);
}

int ts_transaction_add(struct ts_txn *t, uint32_t user, const struct ts_transaction *tr,
		       struct ts_error *err)
{
	int code = check_new_transaction(t, user, tr, err);
	if (code == TS_OK) {
		code = put_transaction(t, user, tr, err);
	}
	if (code != TS_OK) {
		return code;
	}
	const struct ts_key sync_key = ts_key_uuid(user, &tr->key);
	ts_pack_number(&t->record, tr->last);
	return ts_store_put_record(t, TS_KV_SYNC_KEYS, &sync_key, err);
}

int ts_store_unpack_transaction(struct ts_kv_pair pair, struct ts_transaction *ret,
				uint64_t *ret_device, struct ts_error *err)
{
	struct ts_unpack u = {.rest = pair.value};
	struct ts_slice key = ts_unpack_bytes(&u, sizeof(ret->key.bytes));
	*ret = (struct ts_transaction){.time = ts_unpack_signed(&u)};
	*ret_device = ts_unpack_number(&u);
	ret->tasks = ts_unpack_number(&u);
	ret->bytes = ts_unpack_number(&u);
	if (u.rest.len > 0) {
		ret->received = (ts_unpack_number(&u) & TRANSACTION_RECEIVED) != 0;
		ts_store_copy_text(ts_unpack_string(&u), TS_WHAT_MAX, ret->what);
	}
	if (u.failed || pair.key.len != 4 + TS_KEY_NUMBER_BYTES) {
		return ts_store_damaged("transaction", err);
	}
	ret->last = ts_key_get_number(pair.key);
	memcpy(ret->key.bytes, key.data, key.len);
	return TS_OK;
}

static int unpack_transaction(struct ts_txn *t, uint32_t user, struct ts_kv_pair pair,
			      struct ts_transaction *ret, struct ts_error *err)
{
	uint64_t device;
	int code = ts_store_unpack_transaction(pair, ret, &device, err);
	return code == TS_OK ? device_name(t, user, device, ret->device, err) : code;
}

int ts_transaction_update(struct ts_txn *t, uint32_t user, const struct ts_transaction *tr,
			  struct ts_error *err)
{
	const struct ts_key key = ts_key_number(user, tr->last);
	struct ts_slice value;
	int code = ts_kv_get(t->kv, TS_KV_TRANSACTIONS, ts_key_slice(&key), &value, err);
	return code == TS_OK ? put_transaction(t, user, tr, err) : code;
}

int ts_transaction_of(struct ts_txn *t, uint32_t user, uint64_t number, struct ts_transaction *ret,
		      struct ts_error *err)
{
	const struct ts_key key = ts_key_number(user, number), owner = ts_key_owner(user);
	struct ts_kv_pair pair;
	int code = ts_kv_seek(t->kv, TS_KV_TRANSACTIONS, ts_key_slice(&key), ts_key_slice(&owner),
			      &pair, err);
	return code == TS_OK ? unpack_transaction(t, user, pair, ret, err) : code;
}

int ts_transaction_newest(struct ts_txn *t, uint32_t user, struct ts_transaction *ret,
			  struct ts_error *err)
{
	const struct ts_key owner = ts_key_owner(user);
	struct ts_kv_pair pair;
	int code = ts_kv_last(t->kv, TS_KV_TRANSACTIONS, ts_key_slice(&owner), &pair, err);
	return code == TS_OK ? unpack_transaction(t, user, pair, ret, err) : code;
}

int ts_transaction_by_key(struct ts_txn *t, uint32_t user, const struct ts_uuid *key,
			  struct ts_transaction *ret, struct ts_error *err)
{
	const struct ts_key sync_key = ts_key_uuid(user, key);
	struct ts_slice value;
	int code = ts_kv_get(t->kv, TS_KV_SYNC_KEYS, ts_key_slice(&sync_key), &value, err);
	if (code != TS_OK) {
		return code;
	}
	struct ts_unpack u = {.rest = value};
	uint64_t last = ts_unpack_number(&u);
	if (u.failed) {
		return ts_store_damaged("sync key", err);
	}
	return ts_transaction_of(t, user, last, ret, err);
}

int ts_sync_key_add(struct ts_txn *t, uint32_t user, const struct ts_uuid *key, uint64_t last,
		    struct ts_error *err)
{
	const struct ts_key transaction = ts_key_number(user, last);
	const struct ts_key sync_key = ts_key_uuid(user, key);
	struct ts_slice value;
	int code = ts_kv_get(t->kv, TS_KV_TRANSACTIONS, ts_key_slice(&transaction), &value, err);
	if (code != TS_OK) {
		return code;
	}
	code = ts_kv_get(t->kv, TS_KV_SYNC_KEYS, ts_key_slice(&sync_key), &value, err);
	if (code != TS_ENOTFOUND) {
		return code == TS_OK ? ts_fail(err, TS_EEXIST, "The sync key %s exists already.",
					       ts_uuid_text(key).text)
				     : code;
	}
	ts_pack_number(&t->record, last);
	return ts_store_put_record(t, TS_KV_SYNC_KEYS, &sync_key, err);
}

int ts_sync_key_each(struct ts_txn *t, uint32_t user,
		     int (*each)(const struct ts_uuid *key, uint64_t last, void *arg), void *arg,
		     struct ts_error *err)
{
	const struct ts_key owner = ts_key_owner(user);
	const struct ts_slice prefix = ts_key_slice(&owner);
	struct ts_kv_pair pair;
	struct ts_uuid key;
	int code = ts_kv_seek(t->kv, TS_KV_SYNC_KEYS, prefix, prefix, &pair, err);
	while (code == TS_OK) {
		struct ts_unpack u = {.rest = pair.value};
		const uint64_t last = ts_unpack_number(&u);
		if (u.failed || pair.key.len != prefix.len + sizeof(key.bytes)) {
			return ts_store_damaged("sync key", err);
		}
		memcpy(key.bytes, pair.key.data + prefix.len, sizeof(key.bytes));
		code = each(&key, last, arg);
		if (code == TS_OK) {
			code = ts_kv_next(t->kv, TS_KV_SYNC_KEYS, prefix, &pair, err);
		}
	}
	return code == TS_ENOTFOUND ? TS_OK : code;
}
