/* SPDX-License-Identifier: MIT */
/* Quotas, binding, keys that come along, renaming and aliases. */
#include "common/store/internal.h"
#include "test/unit/store_fixture.h"

#include <stdio.h>

static const struct ts_quota quotas[] = {
	{0, 0, 0},
	{1, 0, 0},
	{0, 2, 0},
	{0, 0, 3},
	{TS_NO_QUOTA, TS_NO_QUOTA, TS_NO_QUOTA},
	{1ULL << 40, 100000, 60},
};

static struct ts_org public_org(struct fixture *f, struct ts_txn *t)
{
	struct ts_org org;
	ck_assert_int_eq(ts_org_get(t, TS_SLICE("Public"), &org, &f->err), TS_OK);
	return org;
}

static struct ts_user add_user(struct fixture *f, struct ts_txn *t, const char *name)
{
	const struct ts_org org = public_org(f, t);
	struct ts_user user;
	ck_assert_msg(ts_user_add(t, &org, ts_slice_of(name), 5, &user, &f->err) == TS_OK, "%s",
		      f->err.text);
	return user;
}

static bool same_quota(const struct ts_quota *a, const struct ts_quota *b)
{
	return a->bytes == b->bytes && a->tasks == b->tasks && a->requests == b->requests;
}

START_TEST(quotas_are_kept)
{
	FIXTURE(f);
	struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	struct ts_org org = public_org(&f, t);
	struct ts_user user;
	org.quota = f.user.quota = quotas[_i];
	ck_assert_int_eq(ts_org_update(t, &org, &f.err), TS_OK);
	ck_assert_int_eq(ts_user_update(t, &f.user, &f.err), TS_OK);
	fixture_commit(&f, t);
	t = fixture_begin(&f, TS_READ);
	org = public_org(&f, t);
	ck_assert(same_quota(&org.quota, &quotas[_i]));
	ck_assert_int_eq(ts_user_get(t, &org, TS_SLICE("alice"), &user, &f.err), TS_OK);
	ck_assert(same_quota(&user.quota, &quotas[_i]));
	ck_assert_int_eq(user.binding, TS_BINDING_DEFAULT);
	ts_txn_abort(t);
}
END_TEST

START_TEST(binding_is_kept)
{
	static const enum ts_binding all[] = {TS_BINDING_DEFAULT, TS_BINDING_OFF, TS_BINDING_ON};
	FIXTURE(f);
	struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	const struct ts_org org = public_org(&f, t);
	struct ts_user user;
	f.user.binding = all[_i];
	ck_assert_int_eq(ts_user_update(t, &f.user, &f.err), TS_OK);
	ck_assert_int_eq(ts_user_get(t, &org, TS_SLICE("alice"), &user, &f.err), TS_OK);
	ck_assert_int_eq(user.binding, all[_i]);
	ck_assert(ts_uuid_eq(&user.key, &f.user.key));
	ts_txn_abort(t);
}
END_TEST

/* An account without what is new is written as it always was, byte for byte. */
START_TEST(plain_accounts_are_written_as_before)
{
	FIXTURE(f);
	struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	const struct ts_key org = ts_key_name(0, TS_SLICE("Public"));
	const struct ts_key user = ts_key_name(f.user.org, TS_SLICE("alice"));
	struct ts_slice value;
	ck_assert_int_eq(
		ts_kv_get(t->kv, TS_KV_ORGS, ts_slice_skip(ts_key_slice(&org), 4), &value, &f.err),
		TS_OK);
	ck_assert(ts_slice_eq(value, TS_SLICE("\1\0\2\0")));
	ck_assert_int_eq(ts_kv_get(t->kv, TS_KV_USERS, ts_key_slice(&user), &value, &f.err), TS_OK);
	ck_assert_uint_eq(value.len, 3 + 16);
	ts_txn_abort(t);
}
END_TEST

START_TEST(a_key_can_come_along)
{
	FIXTURE(f);
	struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	const struct ts_org org = public_org(&f, t);
	const struct ts_uuid key = ts_uuid_random();
	struct ts_user user;
	struct ts_transaction birth;
	ck_assert_int_eq(ts_user_add_with_key(t, &org, TS_SLICE("bob"), &key, 7, &user, &f.err),
			 TS_OK);
	ck_assert(ts_uuid_eq(&user.key, &key));
	ck_assert_int_eq(ts_transaction_newest(t, user.id, &birth, &f.err), TS_OK);
	ck_assert_int_eq(birth.time, 7);
	ck_assert_int_eq(ts_user_add_with_key(t, &org, TS_SLICE("eve"), &key, 7, NULL, &f.err),
			 TS_EEXIST);
	ck_assert_str_eq(f.err.text, "User 'bob' has that key already.");
	ck_assert_int_eq(ts_user_add_with_key(t, &org, TS_SLICE("bob"), &key, 7, NULL, &f.err),
			 TS_EEXIST);
	ck_assert_str_eq(f.err.text, "User 'bob' already exists.");
	ck_assert_int_eq(ts_user_add_with_key(t, &org, TS_SLICE("a/b"), &key, 7, NULL, &f.err),
			 TS_EINVAL);
	ts_txn_abort(t);
}
END_TEST

struct list {
	char text[600];
};

static int list_user(const struct ts_user *user, void *arg)
{
	struct list *l = arg;
	(void)strcat(strcat(l->text, user->name), " ");
	return TS_OK;
}

static int list_alias(struct ts_slice alias, void *arg)
{
	struct list *l = arg;
	(void)strncat(strncat(l->text, alias.data, alias.len), " ", 2);
	return TS_OK;
}

static void called(struct fixture *f, struct ts_txn *t, const char *name, const char *wanted)
{
	const struct ts_org org = public_org(f, t);
	struct list l = {""};
	ck_assert_int_eq(ts_user_each_called(t, &org, ts_slice_of(name), list_user, &l, &f->err),
			 TS_OK);
	ck_assert_str_eq(l.text, wanted);
}

static void aliases(struct fixture *f, struct ts_txn *t, const struct ts_user *user,
		    const char *wanted)
{
	struct list l = {""};
	ck_assert_int_eq(ts_alias_each(t, user, list_alias, &l, &f->err), TS_OK);
	ck_assert_str_eq(l.text, wanted);
}

START_TEST(a_user_is_renamed)
{
	FIXTURE(f);
	struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	const struct ts_org org = public_org(&f, t);
	struct ts_user user;
	f.user.quota.tasks = 9;
	ck_assert_int_eq(ts_user_update(t, &f.user, &f.err), TS_OK);
	(void)add_user(&f, t, "bob");
	ck_assert_int_eq(ts_user_rename(t, &f.user, TS_SLICE("bob"), &f.err), TS_EEXIST);
	ck_assert_int_eq(ts_user_rename(t, &f.user, TS_SLICE("alice"), &f.err), TS_EEXIST);
	ck_assert_int_eq(ts_user_rename(t, &f.user, TS_SLICE("."), &f.err), TS_EINVAL);
	ck_assert_str_eq(f.user.name, "alice");
	ck_assert_int_eq(ts_user_rename(t, &f.user, TS_SLICE("carol"), &f.err), TS_OK);
	ck_assert_str_eq(f.user.name, "carol");
	ck_assert_int_eq(ts_user_get(t, &org, TS_SLICE("alice"), &user, &f.err), TS_ENOTFOUND);
	ck_assert_int_eq(ts_user_get(t, &org, TS_SLICE("carol"), &user, &f.err), TS_OK);
	ck_assert_uint_eq(user.id, f.user.id);
	ck_assert_uint_eq(user.quota.tasks, 9);
	called(&f, t, "alice", "carol ");
	ck_assert_int_eq(ts_user_rename(t, &f.user, TS_SLICE("dora"), &f.err), TS_OK);
	aliases(&f, t, &f.user, "alice carol ");
	called(&f, t, "alice", "dora ");
	ck_assert_int_eq(ts_user_rename(t, &f.user, TS_SLICE("alice"), &f.err), TS_OK);
	aliases(&f, t, &f.user, "carol dora ");
	called(&f, t, "alice", "alice ");
	called(&f, t, "dora", "alice ");
	(void)strcpy(user.name, "nobody");
	ck_assert_int_eq(ts_user_rename(t, &user, TS_SLICE("x"), &f.err), TS_ENOTFOUND);
	ts_txn_abort(t);
}
END_TEST

START_TEST(aliases_are_not_unique)
{
	FIXTURE(f);
	struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	const struct ts_user bob = add_user(&f, t, "bob"), team = add_user(&f, t, "team");
	const struct ts_slice name = TS_SLICE("team");
	ck_assert_int_eq(ts_alias_add(t, &bob, name, &f.err), TS_OK);
	ck_assert_int_eq(ts_alias_add(t, &bob, name, &f.err), TS_OK);
	ck_assert_int_eq(ts_alias_add(t, &f.user, name, &f.err), TS_OK);
	ck_assert_int_eq(ts_alias_add(t, &f.user, TS_SLICE("teams"), &f.err), TS_OK);
	ck_assert_int_eq(ts_alias_add(t, &team, name, &f.err), TS_OK);
	ck_assert_int_eq(ts_alias_add(t, &bob, TS_SLICE(" x"), &f.err), TS_EINVAL);
	called(&f, t, "team", "team alice bob ");
	called(&f, t, "teams", "alice ");
	called(&f, t, "tea", "");
	called(&f, t, "", "");
	aliases(&f, t, &team, "");
	ck_assert_int_eq(ts_alias_remove(t, &f.user, name, &f.err), TS_OK);
	ck_assert_int_eq(ts_alias_remove(t, &f.user, name, &f.err), TS_ENOTFOUND);
	called(&f, t, "team", "team bob ");
	ts_txn_abort(t);
}
END_TEST

START_TEST(the_longest_names_do)
{
	FIXTURE(f);
	struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	char a[TS_NAME_MAX + 1], b[TS_NAME_MAX + 1];
	memset(a, 'a', TS_NAME_MAX);
	memset(b, 'b', TS_NAME_MAX);
	a[TS_NAME_MAX] = b[TS_NAME_MAX] = '\0';
	struct ts_user user = add_user(&f, t, a);
	ck_assert_int_eq(ts_user_rename(t, &user, ts_slice_of(b), &f.err), TS_OK);
	struct list l = {""};
	const struct ts_org org = public_org(&f, t);
	ck_assert_int_eq(ts_user_each_called(t, &org, ts_slice_of(a), list_user, &l, &f.err),
			 TS_OK);
	ck_assert_uint_eq(strlen(l.text), TS_NAME_MAX + 1);
	ts_txn_abort(t);
}
END_TEST

START_TEST(removal_takes_aliases_along)
{
	FIXTURE(f);
	struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	const struct ts_user bob = add_user(&f, t, "bob");
	ck_assert_int_eq(ts_alias_add(t, &bob, TS_SLICE("robert"), &f.err), TS_OK);
	ck_assert_int_eq(ts_alias_add(t, &f.user, TS_SLICE("robert"), &f.err), TS_OK);
	ck_assert_int_eq(ts_user_remove(t, &bob, &f.err), TS_OK);
	called(&f, t, "robert", "alice ");
	ck_assert_uint_eq(ts_kv_count(t->kv, TS_KV_ALIASES), 2);
	ck_assert_int_eq(ts_org_remove(t, TS_SLICE("Public"), &f.err), TS_OK);
	ck_assert_uint_eq(ts_kv_count(t->kv, TS_KV_ALIASES), 0);
	ts_txn_abort(t);
}
END_TEST

static int list_key(const struct ts_uuid *key, uint64_t last, void *arg)
{
	struct list *l = arg;
	char part[40];
	(void)snprintf(part, sizeof(part), "%02x:%u ", key->bytes[0], (unsigned)last);
	(void)strcat(l->text, part);
	return TS_OK;
}

START_TEST(a_transaction_may_have_more_keys)
{
	FIXTURE(f);
	struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	struct ts_transaction tr = {.last = 3, .key.bytes = {0x20}}, found;
	const struct ts_uuid first = {{0x10}}, second = {{0x30}};
	struct list l = {""};
	const struct ts_org org = public_org(&f, t);
	struct ts_user user;
	ck_assert_int_eq(ts_user_add(t, &org, TS_SLICE("bob"), 1, &user, &f.err), TS_OK);
	for (uint64_t n = 1; n <= 3; n++) {
		ck_assert_int_eq(ts_version_put(t, user.id, n, TS_SLICE("x"), &f.err), TS_OK);
	}
	ck_assert_int_eq(ts_transaction_add(t, user.id, &tr, &f.err), TS_OK);
	ck_assert_int_eq(ts_sync_key_add(t, user.id, &first, 3, &f.err), TS_OK);
	ck_assert_int_eq(ts_sync_key_add(t, user.id, &second, 0, &f.err), TS_OK);
	ck_assert_int_eq(ts_sync_key_add(t, user.id, &second, 3, &f.err), TS_EEXIST);
	ck_assert_int_eq(ts_sync_key_add(t, user.id, &tr.key, 3, &f.err), TS_EEXIST);
	ck_assert_int_eq(ts_sync_key_add(t, user.id, &user.key, 2, &f.err), TS_ENOTFOUND);
	ck_assert_int_eq(ts_transaction_by_key(t, user.id, &first, &found, &f.err), TS_OK);
	ck_assert_uint_eq(found.last, 3);
	ck_assert(ts_uuid_eq(&found.key, &tr.key));
	ck_assert_int_eq(ts_sync_key_each(t, user.id, list_key, &l, &f.err), TS_OK);
	ck_assert_ptr_nonnull(strstr(l.text, "10:3 "));
	ck_assert_ptr_nonnull(strstr(l.text, "20:3 "));
	ck_assert_ptr_nonnull(strstr(l.text, "30:0 "));
	ts_txn_abort(t);
}
END_TEST

UNIT_MAIN("accounts", {quotas_are_kept, TS_COUNT_OF(quotas)}, {binding_is_kept, 3},
	  {plain_accounts_are_written_as_before, 0}, {a_key_can_come_along, 0},
	  {a_user_is_renamed, 0}, {aliases_are_not_unique, 0}, {the_longest_names_do, 0},
	  {removal_takes_aliases_along, 0}, {a_transaction_may_have_more_keys, 0})
