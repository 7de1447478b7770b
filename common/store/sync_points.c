/* SPDX-License-Identifier: MIT */
/* What a replica and its remotes have had in common. */
#include "common/store/internal.h"

/* The remote's name stands in the key before a NUL, which no name has. */
static struct ts_key remote_key(uint32_t user, const char *remote)
{
	struct ts_key k = ts_key_owner(user);
	size_t n = strnlen(remote, TS_DEVICE_MAX);
	memcpy(k.data + k.len, remote, n);
	k.data[k.len + n] = '\0';
	k.len += n + 1;
	return k;
}

static struct ts_key point_key(uint32_t user, const char *remote, uint64_t count)
{
	struct ts_key k = remote_key(user, remote);
	const uint64_t be = htobe64(count);
	memcpy(k.data + k.len, &be, sizeof(be));
	k.len += sizeof(be);
	return k;
}

/* How many points the remote has had: the count in the last one's key. */
static int count_points(struct ts_txn *t, uint32_t user, const char *remote, uint64_t *ret,
			struct ts_error *err)
{
	const struct ts_key prefix = remote_key(user, remote);
	struct ts_kv_pair pair;
	uint64_t be;
	*ret = 0;
	int code = ts_kv_last(t->kv, TS_KV_SYNC_POINTS, ts_key_slice(&prefix), &pair, err);
	if (code != TS_OK) {
		return code == TS_ENOTFOUND ? TS_OK : code;
	}
	if (pair.key.len != prefix.len + sizeof(be)) {
		return ts_store_damaged("sync point", err);
	}
	memcpy(&be, pair.key.data + prefix.len, sizeof(be));
	*ret = be64toh(be);
	return TS_OK;
}

int ts_sync_point_add(struct ts_txn *t, uint32_t user, const char *remote,
		      const struct ts_sync_point *p, struct ts_error *err)
{
	uint64_t count;
	int code = count_points(t, user, remote, &count, err);
	if (code != TS_OK) {
		return code;
	}
	const struct ts_key key = point_key(user, remote, count + 1);
	ts_buf_add(&t->record, p->key.bytes, sizeof(p->key.bytes));
	ts_pack_number(&t->record, p->sent);
	ts_pack_number(&t->record, p->last);
	ts_pack_number(&t->record, p->lost);
	ts_pack_signed(&t->record, p->time);
	return ts_store_put_record(t, TS_KV_SYNC_POINTS, &key, err);
}

static int unpack(struct ts_slice value, struct ts_sync_point *ret, struct ts_error *err)
{
	struct ts_unpack u = {.rest = value};
	struct ts_slice key = ts_unpack_bytes(&u, sizeof(ret->key.bytes));
	ret->sent = ts_unpack_number(&u);
	ret->last = ts_unpack_number(&u);
	ret->lost = ts_unpack_number(&u);
	ret->time = ts_unpack_signed(&u);
	if (u.failed) {
		return ts_store_damaged("sync point", err);
	}
	memcpy(ret->key.bytes, key.data, key.len);
	return TS_OK;
}

static int get(struct ts_txn *t, uint32_t user, const char *remote, uint64_t count,
	       struct ts_sync_point *ret, struct ts_error *err)
{
	const struct ts_key key = point_key(user, remote, count);
	struct ts_slice value;
	int code = ts_kv_get(t->kv, TS_KV_SYNC_POINTS, ts_key_slice(&key), &value, err);
	return code == TS_OK ? unpack(value, ret, err) : code;
}

int ts_sync_point_get(struct ts_txn *t, uint32_t user, const char *remote, uint64_t back,
		      struct ts_sync_point *ret, struct ts_error *err)
{
	uint64_t count;
	int code = count_points(t, user, remote, &count, err);
	if (code != TS_OK) {
		return code;
	}
	return back < count ? get(t, user, remote, count - back, ret, err) : TS_ENOTFOUND;
}

int ts_sync_point_by_key(struct ts_txn *t, uint32_t user, const char *remote,
			 const struct ts_uuid *key, struct ts_sync_point *ret, struct ts_error *err)
{
	uint64_t count;
	struct ts_sync_point p;
	int code = count_points(t, user, remote, &count, err);
	for (; code == TS_OK && count > 0; count--) {
		code = get(t, user, remote, count, &p, err);
		if (code == TS_OK && ts_uuid_eq(&p.key, key)) {
			*ret = p;
			return TS_OK;
		}
	}
	return code == TS_OK ? TS_ENOTFOUND : code;
}

int ts_sync_point_sent(struct ts_txn *t, uint32_t user, uint64_t *ret, struct ts_error *err)
{
	const struct ts_key owner = ts_key_owner(user);
	const struct ts_slice prefix = ts_key_slice(&owner);
	struct ts_sync_point p;
	struct ts_kv_pair pair;
	*ret = 0;
	int code = ts_kv_seek(t->kv, TS_KV_SYNC_POINTS, prefix, prefix, &pair, err);
	while (code == TS_OK) {
		code = unpack(pair.value, &p, err);
		if (code == TS_OK) {
			*ret = p.sent > *ret ? p.sent : *ret;
			code = ts_kv_next(t->kv, TS_KV_SYNC_POINTS, prefix, &pair, err);
		}
	}
	return code == TS_ENOTFOUND ? TS_OK : code;
}

int ts_sync_point_forget(struct ts_txn *t, uint32_t user, const char *remote, struct ts_error *err)
{
	const struct ts_key prefix = remote_key(user, remote);
	return ts_kv_remove_prefix(t->kv, TS_KV_SYNC_POINTS, ts_key_slice(&prefix), err);
}
