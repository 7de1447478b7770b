/* SPDX-License-Identifier: MIT */
/* Other names of users: a table from alias to user, and back. */
#include "common/store/internal.h"

enum { BY_ALIAS = 'a', BY_USER = 'u' };

static struct ts_key org_key(uint32_t org, char kind)
{
	struct ts_key k = ts_key_owner(org);
	ts_key_add(&k, &kind, 1);
	return k;
}

/* What the users with an alias have in front of their ids: names hold no NUL. */
static struct ts_key alias_key(uint32_t org, struct ts_slice alias)
{
	struct ts_key k = org_key(org, BY_ALIAS);
	ts_key_add(&k, alias.data, alias.len < TS_NAME_MAX ? alias.len : TS_NAME_MAX);
	ts_key_add(&k, "", 1);
	return k;
}

/* What the aliases of a user have in front of them. */
static struct ts_key user_key(const struct ts_user *user)
{
	struct ts_key k = org_key(user->org, BY_USER);
	ts_key_add_id(&k, user->id);
	return k;
}

struct pair_of_keys {
	struct ts_key by_alias, by_user;
};

static struct pair_of_keys keys_of(const struct ts_user *user, struct ts_slice alias)
{
	struct pair_of_keys k = {alias_key(user->org, alias), user_key(user)};
	ts_key_add_id(&k.by_alias, user->id);
	ts_key_add(&k.by_user, alias.data, alias.len < TS_NAME_MAX ? alias.len : TS_NAME_MAX);
	return k;
}

int ts_alias_add(struct ts_txn *t, const struct ts_user *user, struct ts_slice alias,
		 struct ts_error *err)
{
	int code = ts_name_check(alias, err);
	if (code != TS_OK || ts_slice_eq(alias, ts_slice_of(user->name))) {
		return code;
	}
	const struct pair_of_keys k = keys_of(user, alias);
	ts_buf_add_str(&t->record, user->name);
	code = ts_store_put_record(t, TS_KV_ALIASES, &k.by_alias, err);
	return code == TS_OK ? ts_kv_put(t->kv, TS_KV_ALIASES, ts_key_slice(&k.by_user),
					 TS_SLICE(""), err)
			     : code;
}

static int remove_pair(struct ts_txn *t, const struct pair_of_keys *k, struct ts_error *err)
{
	int code = ts_kv_remove(t->kv, TS_KV_ALIASES, ts_key_slice(&k->by_alias), err);
	return code == TS_OK ? ts_kv_remove(t->kv, TS_KV_ALIASES, ts_key_slice(&k->by_user), err)
			     : code;
}

int ts_alias_remove(struct ts_txn *t, const struct ts_user *user, struct ts_slice alias,
		    struct ts_error *err)
{
	const struct pair_of_keys k = keys_of(user, alias);
	struct ts_slice value;
	int code = ts_kv_get(t->kv, TS_KV_ALIASES, ts_key_slice(&k.by_user), &value, err);
	if (code == TS_ENOTFOUND) {
		return ts_fail(err, code, "User '%s' has no alias '%.*s'.", user->name,
			       TS_SLICE_ARGS(alias));
	}
	return code == TS_OK ? remove_pair(t, &k, err) : code;
}

int ts_alias_each(struct ts_txn *t, const struct ts_user *user,
		  int (*each)(struct ts_slice alias, void *arg), void *arg, struct ts_error *err)
{
	const struct ts_key key = user_key(user);
	const struct ts_slice prefix = ts_key_slice(&key);
	struct ts_kv_pair pair;
	int code = ts_kv_seek(t->kv, TS_KV_ALIASES, prefix, prefix, &pair, err);
	while (code == TS_OK) {
		code = each(ts_slice_skip(pair.key, prefix.len), arg);
		if (code == TS_OK) {
			code = ts_kv_next(t->kv, TS_KV_ALIASES, prefix, &pair, err);
		}
	}
	return code == TS_ENOTFOUND ? TS_OK : code;
}

/* Those who have `name` as an alias. */
static int each_with_alias(struct ts_txn *t, const struct ts_org *org, struct ts_slice name,
			   int (*each)(const struct ts_user *user, void *arg), void *arg,
			   struct ts_error *err)
{
	const struct ts_key key = alias_key(org->id, name);
	const struct ts_slice prefix = ts_key_slice(&key);
	struct ts_kv_pair pair;
	struct ts_user user;
	int code = ts_kv_seek(t->kv, TS_KV_ALIASES, prefix, prefix, &pair, err);
	while (code == TS_OK) {
		code = ts_user_get(t, org, pair.value, &user, err);
		if (code != TS_OK) {
			return code == TS_ENOTFOUND ? ts_store_damaged("alias", err) : code;
		}
		code = each(&user, arg);
		if (code == TS_OK) {
			code = ts_kv_next(t->kv, TS_KV_ALIASES, prefix, &pair, err);
		}
	}
	return code == TS_ENOTFOUND ? TS_OK : code;
}

int ts_user_each_called(struct ts_txn *t, const struct ts_org *org, struct ts_slice name,
			int (*each)(const struct ts_user *user, void *arg), void *arg,
			struct ts_error *err)
{
	struct ts_user user;
	int code = ts_user_get(t, org, name, &user, err);
	if (code == TS_OK) {
		code = each(&user, arg);
	}
	if (code != TS_OK && code != TS_ENOTFOUND) {
		return code;
	}
	return name.len > TS_NAME_MAX ? TS_OK : each_with_alias(t, org, name, each, arg, err);
}

int ts_store_rename_aliases(struct ts_txn *t, const struct ts_user *user, struct ts_error *err)
{
	const struct ts_key key = user_key(user);
	const struct ts_slice prefix = ts_key_slice(&key);
	const struct pair_of_keys own = keys_of(user, ts_slice_of(user->name));
	struct ts_kv_pair pair;
	int code = remove_pair(t, &own, err);
	if (code == TS_OK) {
		code = ts_kv_seek(t->kv, TS_KV_ALIASES, prefix, prefix, &pair, err);
	}
	while (code == TS_OK) {
		const struct pair_of_keys k = keys_of(user, ts_slice_skip(pair.key, prefix.len));
		ts_buf_add_str(&t->record, user->name);
		code = ts_store_put_record(t, TS_KV_ALIASES, &k.by_alias, err);
		if (code == TS_OK) {
			code = ts_kv_next(t->kv, TS_KV_ALIASES, prefix, &pair, err);
		}
	}
	return code == TS_ENOTFOUND ? TS_OK : code;
}

int ts_store_remove_aliases(struct ts_txn *t, const struct ts_user *user, struct ts_error *err)
{
	const struct ts_key key = user_key(user);
	const struct ts_slice prefix = ts_key_slice(&key);
	struct ts_kv_pair pair;
	int code;
	while ((code = ts_kv_seek(t->kv, TS_KV_ALIASES, prefix, prefix, &pair, err)) == TS_OK) {
		const struct pair_of_keys k = keys_of(user, ts_slice_skip(pair.key, prefix.len));
		code = remove_pair(t, &k, err);
		if (code != TS_OK) {
			return code;
		}
	}
	return code == TS_ENOTFOUND ? TS_OK : code;
}
