/* SPDX-License-Identifier: MIT */
/* Transactions and sync keys: each points at the other. */
#include "common/verify/internal.h"

/* What is looked at, for the functions below. */
struct transaction_check {
	const struct account *account;
	uint64_t count;
};

/* A transaction names its device by a number. */
static int check_device(struct check *c, const struct account *a, const struct ts_transaction *tr,
			uint64_t device, struct ts_error *err)
{
	struct ts_key key = ts_key_owner(a->id);
	struct ts_slice value;
	bool there;
	if (device == 0) {
		return TS_OK;
	}
	ts_key_add(&key, "i", 1);
	ts_key_add_id(&key, (uint32_t)device);
	int code = check_get(c, TS_KV_DEVICES, &key, &there, &value, err);
	if (code == TS_OK && !there) {
		check_fault(
			c, TS_FAULT_TRANSACTION, a,
			"Transaction %llu was sent by a device that is not known (number %llu).",
			(unsigned long long)tr->last, (unsigned long long)device);
	}
	return code;
}

static int check_own_key(struct check *c, const struct account *a, const struct ts_transaction *tr,
			 struct ts_error *err)
{
	const struct ts_key key = ts_key_uuid(a->id, &tr->key);
	struct ts_slice value;
	uint64_t last = 0;
	bool there;
	int code = check_get(c, TS_KV_SYNC_KEYS, &key, &there, &value, err);
	if (code == TS_OK && (!there || !check_number(value, &last) || last != tr->last)) {
		check_fault(c, TS_FAULT_SYNC_KEY, a,
			    "Transaction %llu is not found by its sync key, %s.",
			    (unsigned long long)tr->last, ts_uuid_text(&tr->key).text);
	}
	return code;
}

static int check_transaction(struct check *c, struct ts_kv_pair pair, void *arg,
			     struct ts_error *err)
{
	struct transaction_check *t = arg;
	const struct account *a = t->account;
	struct ts_transaction tr;
	uint64_t device;
	t->count++;
	c->sums->transactions++;
	if (ts_store_unpack_transaction(pair, &tr, &device, NULL) != TS_OK) {
		check_fault(c, TS_FAULT_TRANSACTION, a, "A transaction's record can't be read.");
		return TS_OK;
	}
	if (t->count == 1 && (tr.last != 0 || tr.tasks != 0 || tr.bytes != 0)) {
		check_fault(c, TS_FAULT_TRANSACTION, a,
			    "The first transaction is not the birth of the account: it ends with "
			    "version %llu.",
			    (unsigned long long)tr.last);
	}
	int code = check_device(c, a, &tr, device, err);
	return code == TS_OK ? check_own_key(c, a, &tr, err) : code;
}

static int check_sync_key(struct check *c, struct ts_kv_pair pair, void *arg, struct ts_error *err)
{
	const struct transaction_check *t = arg;
	struct ts_slice value;
	struct ts_uuid key;
	uint64_t last;
	bool there;
	c->sums->sync_keys++;
	if (pair.key.len != 4 + sizeof(key.bytes) || !check_number(pair.value, &last)) {
		check_fault(c, TS_FAULT_SYNC_KEY, t->account, "A sync key can't be read.");
		return TS_OK;
	}
	memcpy(key.bytes, pair.key.data + 4, sizeof(key.bytes));
	const struct ts_key at = ts_key_number(t->account->id, last);
	int code = check_get(c, TS_KV_TRANSACTIONS, &at, &there, &value, err);
	if (code == TS_OK && !there) {
		check_fault(c, TS_FAULT_SYNC_KEY, t->account,
			    "Sync key %s is of transaction %llu, which does not exist.",
			    ts_uuid_text(&key).text, (unsigned long long)last);
	}
	return code;
}

int check_transactions(struct check *c, const struct account *a, struct ts_error *err)
{
	const struct ts_key owner = ts_key_owner(a->id);
	struct transaction_check t = {.account = a};
	int code =
		check_each(c, TS_KV_TRANSACTIONS, ts_key_slice(&owner), check_transaction, &t, err);
	if (code == TS_OK && t.count == 0) {
		check_fault(c, TS_FAULT_TRANSACTION, a, "The account has no transaction.");
	}
	return code == TS_OK ? check_each(c, TS_KV_SYNC_KEYS, ts_key_slice(&owner), check_sync_key,
					  &t, err)
			     : code;
}
