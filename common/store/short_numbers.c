/* SPDX-License-Identifier: MIT */
/* Short numbers for people. */
#include "common/store/internal.h"

enum { BY_NUMBER = 'n', BY_TASK = 't' };

static struct ts_key by_kind(uint32_t user, char kind, const void *rest, size_t len)
{
	struct ts_key k = ts_key_owner(user);
	k.data[k.len++] = kind;
	memcpy(k.data + k.len, rest, len);
	k.len += len;
	return k;
}

static struct ts_key number_key(uint32_t user, uint64_t number)
{
	const uint64_t be = htobe64(number);
	return by_kind(user, BY_NUMBER, &be, sizeof(be));
}

static struct ts_key task_key(uint32_t user, const struct ts_uuid *task)
{
	return by_kind(user, BY_TASK, task->bytes, sizeof(task->bytes));
}

static uint64_t number_of_key(struct ts_slice key)
{
	uint64_t be = 0;
	memcpy(&be, key.data + key.len - sizeof(be), sizeof(be));
	return be64toh(be);
}

int ts_number_of(struct ts_txn *t, uint32_t user, const struct ts_uuid *task, uint64_t *ret,
		 struct ts_error *err)
{
	const struct ts_key key = task_key(user, task);
	struct ts_slice value;
	int code = ts_kv_get(t->kv, TS_KV_NUMBERS, ts_key_slice(&key), &value, err);
	if (code != TS_OK) {
		return code;
	}
	struct ts_unpack u = {.rest = value};
	*ret = ts_unpack_number(&u);
	return u.failed ? ts_store_damaged("short number", err) : TS_OK;
}

int ts_number_task(struct ts_txn *t, uint32_t user, uint64_t number, struct ts_uuid *ret,
		   struct ts_error *err)
{
	const struct ts_key key = number_key(user, number);
	struct ts_slice value;
	int code = ts_kv_get(t->kv, TS_KV_NUMBERS, ts_key_slice(&key), &value, err);
	if (code != TS_OK) {
		return code;
	}
	if (value.len != sizeof(ret->bytes)) {
		return ts_store_damaged("short number", err);
	}
	memcpy(ret->bytes, value.data, value.len);
	return TS_OK;
}

/* The lowest number that nobody has, from the one on that the transaction knows to be the lowest
 * possible: many tasks that arrive at once are numbered in one walk. */
static int find_free(struct ts_txn *t, uint32_t user, uint64_t *ret, struct ts_error *err)
{
	const struct ts_key prefix = by_kind(user, BY_NUMBER, "", 0);
	uint64_t number = t->number_user == user && t->number_free > 0 ? t->number_free : 1;
	const struct ts_key from = number_key(user, number);
	struct ts_kv_pair pair;
	int code = ts_kv_seek(t->kv, TS_KV_NUMBERS, ts_key_slice(&from), ts_key_slice(&prefix),
			      &pair, err);
	while (code == TS_OK && number_of_key(pair.key) == number) {
		number++;
		code = ts_kv_next(t->kv, TS_KV_NUMBERS, ts_key_slice(&prefix), &pair, err);
	}
	*ret = number;
	return code == TS_ENOTFOUND ? TS_OK : code;
}

int ts_number_give(struct ts_txn *t, uint32_t user, const struct ts_uuid *task,
		   struct ts_error *err)
{
	uint64_t number;
	int code = ts_number_of(t, user, task, &number, err);
	if (code != TS_ENOTFOUND) {
		return code;
	}
	code = find_free(t, user, &number, err);
	if (code != TS_OK) {
		return code;
	}
	const struct ts_key by_number = number_key(user, number), by_task = task_key(user, task);
	ts_pack_number(&t->record, number);
	code = ts_store_put_record(t, TS_KV_NUMBERS, &by_task, err);
	if (code == TS_OK) {
		ts_buf_add(&t->record, task->bytes, sizeof(task->bytes));
		code = ts_store_put_record(t, TS_KV_NUMBERS, &by_number, err);
	}
	t->number_user = user;
	t->number_free = number + 1;
	return code;
}

int ts_number_take(struct ts_txn *t, uint32_t user, const struct ts_uuid *task,
		   struct ts_error *err)
{
	uint64_t number;
	int code = ts_number_of(t, user, task, &number, err);
	if (code != TS_OK) {
		return code == TS_ENOTFOUND ? TS_OK : code;
	}
	const struct ts_key by_number = number_key(user, number), by_task = task_key(user, task);
	code = ts_kv_remove(t->kv, TS_KV_NUMBERS, ts_key_slice(&by_number), err);
	if (code == TS_OK) {
		code = ts_kv_remove(t->kv, TS_KV_NUMBERS, ts_key_slice(&by_task), err);
	}
	if (number < t->number_free) {
		t->number_free = number;
	}
	return code;
}
