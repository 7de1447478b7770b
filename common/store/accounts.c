/* SPDX-License-Identifier: MIT */
/* Names, and organizations. */
#include "common/base/utf8.h"
#include "common/store/internal.h"

#include <stdio.h>

enum { SUSPENDED = 1 << 0 };

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

int ts_name_check(struct ts_slice name, struct ts_error *err)
{
	const char *wrong = NULL;
	if (name.len == 0) {
		wrong = "it is empty";
	} else if (name.len > TS_NAME_MAX) {
		wrong = "it is longer than 255 bytes";
	} else if (!ts_utf8_valid(name)) {
		wrong = "it is not UTF-8";
	} else if (!ts_utf8_printable(name)) {
		wrong = "it holds a control character";
	} else if (memchr(name.data, '/', name.len) || memchr(name.data, '\\', name.len)) {
		wrong = "it holds a slash or a backslash";
	} else if (ts_slice_eq(name, TS_SLICE(".")) || ts_slice_eq(name, TS_SLICE(".."))) {
		wrong = "it is the name of a folder";
	} else if (is_blank(name.data[0]) || is_blank(name.data[name.len - 1])) {
		wrong = "it begins or ends with a blank";
	}
	if (wrong == NULL) {
		return TS_OK;
	}
	if (name.len > 64 || !ts_utf8_printable(name)) {
		return ts_fail(err, TS_EINVAL, "The name is not allowed: %s.", wrong);
	}
	return ts_fail(err, TS_EINVAL, "The name '%.*s' is not allowed: %s.", TS_SLICE_ARGS(name),
		       wrong);
}

void ts_store_pack_quota(struct ts_buf *to, const struct ts_quota *q)
{
	ts_pack_number(to, q->bytes);
	ts_pack_number(to, q->tasks);
	ts_pack_number(to, q->requests);
}

struct ts_quota ts_store_unpack_quota(struct ts_unpack *u)
{
	struct ts_quota q = {.bytes = ts_unpack_number(u)};
	q.tasks = ts_unpack_number(u);
	q.requests = ts_unpack_number(u);
	return q;
}

static struct ts_key org_key(struct ts_slice name)
{
	struct ts_key k = {.len = name.len < TS_NAME_MAX ? name.len : TS_NAME_MAX};
	memcpy(k.data, name.data, k.len);
	return k;
}

int ts_store_unpack_org(struct ts_kv_pair pair, struct ts_org *ret, struct ts_error *err)
{
	struct ts_unpack u = {.rest = pair.value};
	*ret = (struct ts_org){.id = (uint32_t)ts_unpack_number(&u)};
	ret->suspended = (ts_unpack_number(&u) & SUSPENDED) != 0;
	ret->created = ts_unpack_signed(&u);
	ts_store_copy_text(ts_unpack_string(&u), TS_REDIRECT_MAX, ret->redirect);
	if (u.rest.len > 0) {
		ret->quota = ts_store_unpack_quota(&u);
	}
	ts_store_copy_text(pair.key, TS_NAME_MAX, ret->name);
	return u.failed ? ts_store_damaged("organization", err) : TS_OK;
}

static int put_org(struct ts_txn *t, const struct ts_org *org, struct ts_error *err)
{
	struct ts_key key = org_key(ts_slice_of(org->name));
	ts_pack_number(&t->record, org->id);
	ts_pack_number(&t->record, org->suspended ? SUSPENDED : 0);
	ts_pack_signed(&t->record, org->created);
	ts_pack_string(&t->record, ts_slice_of(org->redirect));
	if (ts_store_has_quota(&org->quota)) {
		ts_store_pack_quota(&t->record, &org->quota);
	}
	return ts_store_put_record(t, TS_KV_ORGS, &key, err);
}

int ts_org_get(struct ts_txn *t, struct ts_slice name, struct ts_org *ret, struct ts_error *err)
{
	struct ts_key key = org_key(name);
	struct ts_kv_pair pair = {.key = ts_key_slice(&key)};
	int code = name.len == 0 || name.len > TS_NAME_MAX
			   ? TS_ENOTFOUND
			   : ts_kv_get(t->kv, TS_KV_ORGS, pair.key, &pair.value, err);
	if (code == TS_ENOTFOUND) {
		return ts_fail(err, code, "Organization '%.*s' does not exist.",
			       TS_SLICE_ARGS(name));
	}
	return code == TS_OK ? ts_store_unpack_org(pair, ret, err) : code;
}

int ts_org_add(struct ts_txn *t, struct ts_slice name, int64_t now, struct ts_error *err)
{
	struct ts_org org = {.created = now}, there;
	int code = ts_name_check(name, err);
	if (code != TS_OK) {
		return code;
	}
	code = ts_org_get(t, name, &there, err);
	if (code != TS_ENOTFOUND) {
		return code != TS_OK ? code
				     : ts_fail(err, TS_EEXIST, "Organization '%s' already exists.",
					       there.name);
	}
	code = ts_store_new_id(t, "org", &org.id, err);
	if (code != TS_OK) {
		return code;
	}
	ts_store_copy_text(name, TS_NAME_MAX, org.name);
	return put_org(t, &org, err);
}

int ts_org_update(struct ts_txn *t, const struct ts_org *org, struct ts_error *err)
{
	struct ts_org there;
	int code = ts_org_get(t, ts_slice_of(org->name), &there, err);
	return code == TS_OK ? put_org(t, org, err) : code;
}

struct removal {
	struct ts_txn *txn;
	struct ts_error *err;
};

static int remove_what_is_of(const struct ts_user *user, void *arg)
{
	const struct removal *r = arg;
	int code = ts_store_remove_aliases(r->txn, user, r->err);
	return code == TS_OK ? ts_store_remove_history(r->txn, user->id, r->err) : code;
}

int ts_org_remove(struct ts_txn *t, struct ts_slice name, struct ts_error *err)
{
	struct ts_org org;
	struct removal removal = {t, err};
	int code = ts_org_get(t, name, &org, err);
	if (code == TS_OK) {
		code = ts_user_each(t, &org, remove_what_is_of, &removal, err);
	}
	if (code != TS_OK) {
		return code;
	}
	struct ts_key users = ts_key_owner(org.id), key = org_key(name);
	code = ts_kv_remove_prefix(t->kv, TS_KV_USERS, ts_key_slice(&users), err);
	return code == TS_OK ? ts_kv_remove(t->kv, TS_KV_ORGS, ts_key_slice(&key), err) : code;
}

int ts_org_each(struct ts_txn *t, int (*each)(const struct ts_org *org, void *arg), void *arg,
		struct ts_error *err)
{
	const struct ts_slice all = {NULL, 0};
	struct ts_kv_pair pair;
	struct ts_org org;
	int code = ts_kv_seek(t->kv, TS_KV_ORGS, all, all, &pair, err);
	while (code == TS_OK) {
		code = ts_store_unpack_org(pair, &org, err);
		if (code == TS_OK) {
			code = each(&org, arg);
		}
		if (code == TS_OK) {
			code = ts_kv_next(t->kv, TS_KV_ORGS, all, &pair, err);
		}
	}
	return code == TS_ENOTFOUND ? TS_OK : code;
}
