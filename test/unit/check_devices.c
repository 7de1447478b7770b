/* SPDX-License-Identifier: MIT */
#include "common/store/device.h"
#include "common/store/internal.h"
#include "common/store/kv_lmdb.h"
#include "test/unit/store_fixture.h"

#include <stdio.h>

static struct ts_device device(const char *id, const char *name)
{
	struct ts_device d = {.certificate = true,
			      .issued = 100,
			      .until = 1LL << 40,
			      .first = 200,
			      .seen = 300,
			      .synced = 1ULL << 33,
			      .warned = 14,
			      .renews = "f00d",
			      .client = "task 2.6.2",
			      .address = "192.0.2.1"};
	(void)snprintf(d.id, sizeof(d.id), "%s", id);
	(void)snprintf(d.name, sizeof(d.name), "%s", name);
	return d;
}

static void put(struct fixture *f, struct ts_txn *t, uint32_t user, const char *id,
		const char *name)
{
	const struct ts_device d = device(id, name);
	ck_assert_msg(ts_device_put(t, user, &d, &f->err) == TS_OK, "%s", f->err.text);
}

static struct ts_user other_user(struct fixture *f, struct ts_txn *t)
{
	const struct ts_org org = {.id = f->user.org};
	struct ts_user user;
	ck_assert_int_eq(ts_user_add(t, &org, TS_SLICE("bob"), 1, &user, &f->err), TS_OK);
	return user;
}

START_TEST(everything_comes_back)
{
	FIXTURE(f);
	struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	struct ts_device d = device("abc", "laptop"), got;
	d.revoked = _i;
	d.certificate = _i == 0;
	ck_assert_int_eq(ts_device_put(t, f.user.id, &d, &f.err), TS_OK);
	ck_assert_int_eq(ts_device_get(t, f.user.id, "abc", &got, &f.err), TS_OK);
	ck_assert_int_eq(memcmp(&d, &got, sizeof(d)), 0);
	ck_assert_int_eq(ts_device_by_name(t, f.user.id, TS_SLICE("laptop"), &got, &f.err), TS_OK);
	ck_assert_int_eq(memcmp(&d, &got, sizeof(d)), 0);
	ck_assert_int_eq(ts_device_get(t, f.user.id, "ab", &got, &f.err), TS_ENOTFOUND);
	ck_assert_int_eq(ts_device_get(t, f.user.id + 1, "abc", &got, &f.err), TS_ENOTFOUND);
	ck_assert_int_eq(ts_device_by_name(t, f.user.id, TS_SLICE("lap"), &got, &f.err),
			 TS_ENOTFOUND);
	ck_assert_str_eq(f.err.text, "Device 'lap' does not exist.");
	ts_txn_abort(t);
}
END_TEST

START_TEST(names_are_unique_and_may_change)
{
	FIXTURE(f);
	struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	struct ts_device d = device("bbb", "laptop"), got;
	put(&f, t, f.user.id, "aaa", "laptop");
	ck_assert_int_eq(ts_device_put(t, f.user.id, &d, &f.err), TS_EEXIST);
	ck_assert_str_eq(f.err.text, "Another device has the name 'laptop'.");
	put(&f, t, f.user.id, "aaa", "desk");
	put(&f, t, f.user.id, "bbb", "laptop");
	ck_assert_int_eq(ts_device_by_name(t, f.user.id, TS_SLICE("desk"), &got, &f.err), TS_OK);
	ck_assert_str_eq(got.id, "aaa");
	ck_assert_int_eq(ts_device_by_name(t, f.user.id, TS_SLICE("laptop"), &got, &f.err), TS_OK);
	ck_assert_str_eq(got.id, "bbb");
	d = device("ccc", "a\nb");
	ck_assert_int_eq(ts_device_put(t, f.user.id, &d, &f.err), TS_EINVAL);
	d = device("", "name");
	ck_assert_int_eq(ts_device_put(t, f.user.id, &d, &f.err), TS_EINVAL);
	put(&f, t, other_user(&f, t).id, "aaa", "laptop");
	ts_txn_abort(t);
}
END_TEST

static const struct {
	const char *wish, *wanted;
} wishes[] = {
	{"phone", "phone"}, {"laptop", "laptop-3"}, {"", "device"},
	{"a/b", "device"},  {"\xFF", "device"},
};

START_TEST(a_free_name_is_found)
{
	FIXTURE(f);
	struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	char name[TS_NAME_MAX + 1];
	put(&f, t, f.user.id, "aaa", "laptop");
	put(&f, t, f.user.id, "bbb", "laptop-2");
	ck_assert_int_eq(
		ts_device_free_name(t, f.user.id, ts_slice_of(wishes[_i].wish), name, &f.err),
		TS_OK);
	ck_assert_str_eq(name, wishes[_i].wanted);
	ts_txn_abort(t);
}
END_TEST

START_TEST(the_longest_name_is_cut_between_letters)
{
	FIXTURE(f);
	struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	char wish[TS_NAME_MAX + 1], name[TS_NAME_MAX + 1];
	memset(wish, 'x', sizeof(wish));
	(void)memcpy(wish + TS_NAME_MAX - 3, "\xC3\xBC.", 4);
	put(&f, t, f.user.id, "aaa", wish);
	ck_assert_int_eq(ts_device_free_name(t, f.user.id, ts_slice_of(wish), name, &f.err), TS_OK);
	ck_assert_uint_eq(strlen(name), TS_NAME_MAX - 1);
	ck_assert_str_eq(name + TS_NAME_MAX - 4, "x-2");
	put(&f, t, f.user.id, "bbb", name);
	ts_txn_abort(t);
}
END_TEST

static int list_device(const struct ts_device *d, void *arg)
{
	(void)strcat(strcat(arg, d->id), " ");
	return TS_OK;
}

START_TEST(they_are_listed_by_id_and_removed)
{
	FIXTURE(f);
	struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	char list[100] = "";
	const struct ts_user bob = other_user(&f, t);
	put(&f, t, f.user.id, "nnn", "b");
	put(&f, t, f.user.id, "i", "n");
	put(&f, t, f.user.id, "aaa", "i");
	put(&f, t, bob.id, "aaa", "bob's");
	ck_assert_int_eq(ts_device_each(t, f.user.id, list_device, list, &f.err), TS_OK);
	ck_assert_str_eq(list, "aaa i nnn ");
	struct ts_store_stats stats;
	ts_store_stats(t, &stats);
	ck_assert_uint_eq(stats.devices, 4);
	ck_assert_int_eq(ts_device_remove(t, f.user.id, "i", &f.err), TS_OK);
	ck_assert_int_eq(ts_device_remove(t, f.user.id, "i", &f.err), TS_ENOTFOUND);
	put(&f, t, f.user.id, "new", "n");
	ck_assert_int_eq(ts_user_remove(t, &f.user, &f.err), TS_OK);
	ck_assert_uint_eq(ts_kv_count(t->kv, TS_KV_CARDS), 2);
	ck_assert_uint_eq(ts_kv_count(t->kv, TS_KV_HOLDERS), 1);
	ck_assert_int_eq(ts_org_remove(t, TS_SLICE("Public"), &f.err), TS_OK);
	ck_assert_uint_eq(ts_kv_count(t->kv, TS_KV_CARDS), 0);
	ck_assert_uint_eq(ts_kv_count(t->kv, TS_KV_HOLDERS), 0);
	ts_txn_abort(t);
}
END_TEST

START_TEST(a_certificate_stands_with_all_users)
{
	FIXTURE(f);
	struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	struct ts_device_standing s;
	const struct ts_user bob = other_user(&f, t);
	struct ts_device d = device("abc", "old");
	ck_assert_int_eq(ts_device_standing(t, "abc", &s, &f.err), TS_OK);
	ck_assert_uint_eq(s.users + s.revoked, 0);
	put(&f, t, f.user.id, "abc", "laptop");
	put(&f, t, f.user.id, "abcd", "another");
	d.revoked = 5;
	ck_assert_int_eq(ts_device_put(t, bob.id, &d, &f.err), TS_OK);
	ck_assert_int_eq(ts_device_standing(t, "abc", &s, &f.err), TS_OK);
	ck_assert_uint_eq(s.users, 2);
	ck_assert_uint_eq(s.revoked, 1);
	ck_assert_int_eq(ts_device_remove(t, bob.id, "abc", &f.err), TS_OK);
	ck_assert_int_eq(ts_device_standing(t, "abc", &s, &f.err), TS_OK);
	ck_assert_uint_eq(s.users, 1);
	ck_assert_uint_eq(s.revoked, 0);
	ts_txn_abort(t);
}
END_TEST

/* A store of an earlier version that can only be read has no such table. */
START_TEST(no_table_no_devices)
{
	FIXTURE(f);
	struct ts_txn *t = fixture_begin(&f, TS_READ);
	struct ts_device d;
	struct ts_device_standing standing;
	struct ts_store_stats stats;
	t->kv->kv->tables[TS_KV_CARDS] = TS_KV_LMDB_ABSENT;
	t->kv->kv->tables[TS_KV_HOLDERS] = TS_KV_LMDB_ABSENT;
	ck_assert_int_eq(ts_device_get(t, f.user.id, "x", &d, &f.err), TS_ENOTFOUND);
	ck_assert_int_eq(ts_device_each(t, f.user.id, list_device, NULL, &f.err), TS_OK);
	ck_assert_int_eq(ts_device_standing(t, "x", &standing, &f.err), TS_OK);
	ts_store_stats(t, &stats);
	ck_assert_uint_eq(stats.devices, 0);
	ts_txn_abort(t);
}
END_TEST

UNIT_MAIN("devices", {everything_comes_back, 2}, {names_are_unique_and_may_change, 0},
	  {a_free_name_is_found, TS_COUNT_OF(wishes)}, {the_longest_name_is_cut_between_letters, 0},
	  {they_are_listed_by_id_and_removed, 0}, {a_certificate_stands_with_all_users, 0},
	  {no_table_no_devices, 0})
