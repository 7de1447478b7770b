/* SPDX-License-Identifier: MIT */
#include "common/store/internal.h"

static int unpack_reject(struct ts_slice value, struct ts_reject *ret, struct ts_error *err)
{
	struct ts_unpack u = {.rest = value};
	ret->time = ts_unpack_signed(&u);
	ret->reason = ts_unpack_string(&u);
	ret->line = ts_unpack_string(&u);
	return u.failed ? ts_store_damaged("rejected line", err) : TS_OK;
}

int ts_reject_add(struct ts_txn *t, uint32_t user, const struct ts_reject *r, bool *ret_new,
		  struct ts_error *err)
{
	const struct ts_uuid id = ts_uuid_of_bytes(r->line);
	const struct ts_key key = ts_key_uuid(user, &id);
	struct ts_slice value;
	int code = ts_kv_get(t->kv, TS_KV_REJECTS, ts_key_slice(&key), &value, err);
	if (code != TS_OK && code != TS_ENOTFOUND) {
		return code;
	}
	*ret_new = code == TS_ENOTFOUND;
	if (!*ret_new) {
		return TS_OK;
	}
	ts_pack_signed(&t->record, r->time);
	ts_pack_string(&t->record, r->reason);
	ts_pack_string(&t->record, r->line);
	return ts_store_put_record(t, TS_KV_REJECTS, &key, err);
}

/* When a line came, and where it is. */
struct arrival {
	int64_t time;
	struct ts_uuid id;
};

static int by_time(const void *a, const void *b)
{
	const struct arrival *x = a, *y = b;
	return (x->time > y->time) - (x->time < y->time);
}

static int list_arrivals(struct ts_txn *t, uint32_t user, struct ts_buf *to, struct ts_error *err)
{
	const struct ts_key owner = ts_key_owner(user);
	struct ts_kv_pair pair;
	struct ts_reject r;
	int code = ts_kv_seek(t->kv, TS_KV_REJECTS, ts_key_slice(&owner), ts_key_slice(&owner),
			      &pair, err);
	while (code == TS_OK && (code = unpack_reject(pair.value, &r, err)) == TS_OK) {
		struct arrival a = {.time = r.time};
		memcpy(a.id.bytes, pair.key.data + owner.len, sizeof(a.id.bytes));
		ts_buf_add(to, &a, sizeof(a));
		code = ts_kv_next(t->kv, TS_KV_REJECTS, ts_key_slice(&owner), &pair, err);
	}
	if (to->failed) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	return code == TS_ENOTFOUND ? TS_OK : code;
}

int ts_reject_trim(struct ts_txn *t, uint32_t user, size_t max, struct ts_error *err)
{
	TS_BUF(list);
	int code = list_arrivals(t, user, &list, err);
	struct arrival *arrivals = (struct arrival *)(void *)list.data;
	size_t count = list.len / sizeof(*arrivals);
	if (code != TS_OK || count <= max) {
		return code;
	}
	qsort(arrivals, count, sizeof(*arrivals), by_time);
	for (size_t i = 0; i < count - max && code == TS_OK; i++) {
		const struct ts_key key = ts_key_uuid(user, &arrivals[i].id);
		code = ts_kv_remove(t->kv, TS_KV_REJECTS, ts_key_slice(&key), err);
	}
	return code;
}

int ts_reject_each(struct ts_txn *t, uint32_t user,
		   int (*each)(const struct ts_reject *r, void *arg), void *arg,
		   struct ts_error *err)
{
	const struct ts_key owner = ts_key_owner(user);
	struct ts_kv_pair pair;
	struct ts_reject r;
	int code = ts_kv_seek(t->kv, TS_KV_REJECTS, ts_key_slice(&owner), ts_key_slice(&owner),
			      &pair, err);
	while (code == TS_OK) {
		code = unpack_reject(pair.value, &r, err);
		if (code == TS_OK) {
			code = each(&r, arg);
		}
		if (code == TS_OK) {
			code = ts_kv_next(t->kv, TS_KV_REJECTS, ts_key_slice(&owner), &pair, err);
		}
	}
	return code == TS_ENOTFOUND ? TS_OK : code;
}

int ts_reject_clear(struct ts_txn *t, uint32_t user, struct ts_error *err)
{
	const struct ts_key owner = ts_key_owner(user);
	return ts_kv_remove_prefix(t->kv, TS_KV_REJECTS, ts_key_slice(&owner), err);
}
