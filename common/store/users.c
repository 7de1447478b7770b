/* SPDX-License-Identifier: MIT */
#include "common/store/internal.h"

enum { SUSPENDED = 1 << 0 };

int ts_store_unpack_user(struct ts_kv_pair pair, struct ts_user *ret, struct ts_error *err)
{
	struct ts_unpack u = {.rest = pair.value};
	*ret = (struct ts_user){.id = (uint32_t)ts_unpack_number(&u),
				.org = ts_key_get_id(pair.key, 0)};
	ret->suspended = (ts_unpack_number(&u) & SUSPENDED) != 0;
	ret->created = ts_unpack_signed(&u);
	struct ts_slice key = ts_unpack_bytes(&u, sizeof(ret->key.bytes));
	if (u.failed || pair.key.len < 4) {
		return ts_store_damaged("user", err);
	}
	memcpy(ret->key.bytes, key.data, key.len);
	ts_store_copy_text(ts_slice_skip(pair.key, 4), TS_NAME_MAX, ret->name);
	if (u.rest.len > 0) {
		ret->quota = ts_store_unpack_quota(&u);
		ret->binding = (enum ts_binding)ts_unpack_number(&u);
	}
	if (u.rest.len > 0) {
		ret->restored = ts_unpack_number(&u);
	}
	return u.failed || ret->binding > TS_BINDING_ON ? ts_store_damaged("user", err) : TS_OK;
}

static int put_user(struct ts_txn *t, const struct ts_user *user, struct ts_error *err)
{
	struct ts_key key = ts_key_name(user->org, ts_slice_of(user->name));
	ts_pack_number(&t->record, user->id);
	ts_pack_number(&t->record, user->suspended ? SUSPENDED : 0);
	ts_pack_signed(&t->record, user->created);
	ts_buf_add(&t->record, user->key.bytes, sizeof(user->key.bytes));
	if (ts_store_has_quota(&user->quota) || user->binding != TS_BINDING_DEFAULT ||
	    user->restored != 0) {
		ts_store_pack_quota(&t->record, &user->quota);
		ts_pack_number(&t->record, user->binding);
	}
	if (user->restored != 0) {
		ts_pack_number(&t->record, user->restored);
	}
	return ts_store_put_record(t, TS_KV_USERS, &key, err);
}

int ts_user_get(struct ts_txn *t, const struct ts_org *org, struct ts_slice name,
		struct ts_user *ret, struct ts_error *err)
{
	struct ts_key key = ts_key_name(org->id, name);
	struct ts_kv_pair pair = {.key = ts_key_slice(&key)};
	int code = name.len == 0 || name.len > TS_NAME_MAX
			   ? TS_ENOTFOUND
			   : ts_kv_get(t->kv, TS_KV_USERS, pair.key, &pair.value, err);
	if (code == TS_ENOTFOUND) {
		return ts_fail(err, code, "User '%.*s' does not exist.", TS_SLICE_ARGS(name));
	}
	return code == TS_OK ? ts_store_unpack_user(pair, ret, err) : code;
}

struct key_search {
	const struct ts_uuid *key;
	struct ts_user *found;
};

static int match_key(const struct ts_user *user, void *arg)
{
	struct key_search *s = arg;
	if (!ts_uuid_eq(&user->key, s->key)) {
		return TS_OK;
	}
	*s->found = *user;
	return TS_EEXIST;
}

int ts_user_by_key(struct ts_txn *t, const struct ts_org *org, const struct ts_uuid *key,
		   struct ts_user *ret, struct ts_error *err)
{
	struct key_search search = {key, ret};
	int code = ts_user_each(t, org, match_key, &search, err);
	if (code == TS_OK) {
		return ts_fail(err, TS_ENOTFOUND, "User '%s' does not exist.",
			       ts_uuid_text(key).text);
	}
	return code == TS_EEXIST ? TS_OK : code;
}

/* TS_OK where the name may be given to a user that doesn't have it yet. */
static int check_new_name(struct ts_txn *t, const struct ts_org *org, struct ts_slice name,
			  struct ts_error *err)
{
	struct ts_user there;
	int code = ts_name_check(name, err);
	if (code == TS_OK) {
		code = ts_user_get(t, org, name, &there, err);
		code = code == TS_OK
			       ? ts_fail(err, TS_EEXIST, "User '%s' already exists.", there.name)
			       : code;
	}
	return code == TS_ENOTFOUND ? TS_OK : code;
}

static int add_user(struct ts_txn *t, struct ts_user *user, struct ts_slice name,
		    struct ts_error *err)
{
	const struct ts_transaction birth = {.key = ts_uuid_random(), .time = user->created};
	int code = ts_store_new_id(t, "user", &user->id, err);
	if (code == TS_OK) {
		ts_store_copy_text(name, TS_NAME_MAX, user->name);
		code = put_user(t, user, err);
	}
	return code == TS_OK ? ts_transaction_add(t, user->id, &birth, err) : code;
}

int ts_user_add(struct ts_txn *t, const struct ts_org *org, struct ts_slice name, int64_t now,
		struct ts_user *ret, struct ts_error *err)
{
	struct ts_user user = {.org = org->id, .created = now, .key = ts_uuid_random()};
	int code = check_new_name(t, org, name, err);
	if (code == TS_OK) {
		code = add_user(t, &user, name, err);
	}
	if (code == TS_OK && ret != NULL) {
		*ret = user;
	}
	return code;
}

int ts_user_add_with_key(struct ts_txn *t, const struct ts_org *org, struct ts_slice name,
			 const struct ts_uuid *key, int64_t now, struct ts_user *ret,
			 struct ts_error *err)
{
	struct ts_user user = {.org = org->id, .created = now, .key = *key}, there;
	int code = check_new_name(t, org, name, err);
	if (code == TS_OK) {
		code = ts_user_by_key(t, org, key, &there, err);
		code = code == TS_OK ? ts_fail(err, TS_EEXIST, "User '%s' has that key already.",
					       there.name)
				     : code;
	}
	if (code == TS_ENOTFOUND) {
		code = add_user(t, &user, name, err);
	}
	if (code == TS_OK && ret != NULL) {
		*ret = user;
	}
	return code;
}

int ts_user_update(struct ts_txn *t, const struct ts_user *user, struct ts_error *err)
{
	const struct ts_org org = {.id = user->org};
	struct ts_user there;
	int code = ts_user_get(t, &org, ts_slice_of(user->name), &there, err);
	return code == TS_OK ? put_user(t, user, err) : code;
}

int ts_user_rename(struct ts_txn *t, struct ts_user *user, struct ts_slice name,
		   struct ts_error *err)
{
	const struct ts_org org = {.id = user->org};
	const struct ts_key old = ts_key_name(user->org, ts_slice_of(user->name));
	struct ts_user now;
	int code = ts_user_get(t, &org, ts_slice_of(user->name), &now, err);
	if (code == TS_OK) {
		code = check_new_name(t, &org, name, err);
	}
	if (code != TS_OK) {
		return code;
	}
	ts_store_copy_text(name, TS_NAME_MAX, now.name);
	code = ts_kv_remove(t->kv, TS_KV_USERS, ts_key_slice(&old), err);
	if (code == TS_OK) {
		code = put_user(t, &now, err);
	}
	if (code == TS_OK) {
		code = ts_store_rename_aliases(t, &now, err);
	}
	if (code == TS_OK) {
		code = ts_alias_add(t, &now, ts_slice_of(user->name), err);
	}
	memcpy(user->name, now.name, sizeof(user->name));
	return code;
}

int ts_user_remove(struct ts_txn *t, const struct ts_user *user, struct ts_error *err)
{
	const struct ts_org org = {.id = user->org};
	struct ts_user there;
	int code = ts_user_get(t, &org, ts_slice_of(user->name), &there, err);
	if (code == TS_OK) {
		code = ts_store_remove_aliases(t, user, err);
	}
	if (code == TS_OK) {
		code = ts_store_remove_history(t, user->id, err);
	}
	if (code != TS_OK) {
		return code;
	}
	struct ts_key key = ts_key_name(user->org, ts_slice_of(user->name));
	return ts_kv_remove(t->kv, TS_KV_USERS, ts_key_slice(&key), err);
}

int ts_user_each(struct ts_txn *t, const struct ts_org *org,
		 int (*each)(const struct ts_user *user, void *arg), void *arg,
		 struct ts_error *err)
{
	const struct ts_key owner = ts_key_owner(org->id);
	const struct ts_slice prefix = ts_key_slice(&owner);
	struct ts_kv_pair pair;
	struct ts_user user;
	int code = ts_kv_seek(t->kv, TS_KV_USERS, prefix, prefix, &pair, err);
	while (code == TS_OK) {
		code = ts_store_unpack_user(pair, &user, err);
		if (code == TS_OK) {
			code = each(&user, arg);
		}
		if (code == TS_OK) {
			code = ts_kv_next(t->kv, TS_KV_USERS, prefix, &pair, err);
		}
	}
	return code == TS_ENOTFOUND ? TS_OK : code;
}
