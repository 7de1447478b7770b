/* SPDX-License-Identifier: MIT */
/* verify.c and what it calls: sound stores, and damages of everything but versions. */
#include "test/unit/damage_fixture.h"

START_TEST(random_histories_are_in_order)
{
	FIXTURE(f);
	TOLD(t);
	struct history h;
	history_init(&h, &f, (uint64_t)_i + 1);
	history_grow(&h, 120);
	verify(&f, &t);
	ck_assert_msg(t.sums.faults == 0, "%s", t.text.data);
	ck_assert_uint_eq(t.sums.orgs, 1);
	ck_assert_uint_eq(t.sums.users, 1);
	ck_assert_uint_eq(t.sums.tasks, HISTORY_TASKS);
	ck_assert_uint_eq(t.sums.transactions, h.count + 1);
	ck_assert_uint_eq(t.sums.sync_keys, h.count + 1);
	ck_assert_uint_gt(t.sums.versions, 150);
}
END_TEST

static void drop_head(struct patient *p)
{
	drop(p, TS_KV_HEADS, ts_key_uuid(p->user, &p->a));
}

static void old_head(struct patient *p)
{
	put_number(p, TS_KV_HEADS, ts_key_uuid(p->user, &p->a), 19);
}

/* A key without a user, behind all others. */
static void key_of_nobody(struct patient *p)
{
	const struct ts_key short_key = {.data = "\xFF\xFF", .len = 2};
	put_number(p, TS_KV_HEADS, short_key, 19);
}

static void head_of_nothing(struct patient *p)
{
	const struct ts_uuid task = history_task(9);
	put_number(p, TS_KV_HEADS, ts_key_uuid(p->user, &task), 19);
}

static void unreadable_head(struct patient *p)
{
	put(p, TS_KV_HEADS, ts_key_uuid(p->user, &p->a), TS_SLICE("\xFF"));
}

static void task_count_off(struct patient *p)
{
	struct ts_transaction tr = newest(p);
	tr.tasks++;
	ck_assert_int_eq(ts_transaction_update(p->t, p->user, &tr, &p->f->err), TS_OK);
}

static void bytes_off(struct patient *p)
{
	struct ts_transaction tr = newest(p);
	tr.bytes -= 3;
	ck_assert_int_eq(ts_transaction_update(p->t, p->user, &tr, &p->f->err), TS_OK);
}

static void drop_birth(struct patient *p)
{
	drop(p, TS_KV_TRANSACTIONS, version_key(p, 0));
}

static void drop_newest_transaction(struct patient *p)
{
	drop(p, TS_KV_TRANSACTIONS, version_key(p, 23));
}

static void cut_transaction(struct patient *p)
{
	put(p, TS_KV_TRANSACTIONS, version_key(p, 4), TS_SLICE("short"));
}

static void drop_all_transactions(struct patient *p)
{
	drop(p, TS_KV_TRANSACTIONS, ts_key_number(p->bob, 0));
}

static void unknown_device(struct patient *p)
{
	struct ts_key k = with_kind(p->user, 'i', "\0\0\0\1", 4);
	drop(p, TS_KV_DEVICES, k);
}

static void drop_sync_key(struct patient *p)
{
	const struct ts_transaction tr = newest(p);
	drop(p, TS_KV_SYNC_KEYS, ts_key_uuid(p->user, &tr.key));
}

static void sync_key_of_nothing(struct patient *p)
{
	put_number(p, TS_KV_SYNC_KEYS, ts_key_uuid(p->user, &p->a), 20);
}

static void unreadable_sync_key(struct patient *p)
{
	put(p, TS_KV_SYNC_KEYS, ts_key_uuid(p->user, &p->a), TS_SLICE("\x81"));
}

static void drop_holder(struct patient *p)
{
	struct ts_key k = {.len = 0};
	ts_key_add(&k, "c0ffee", 7);
	ts_key_add_id(&k, p->user);
	drop(p, TS_KV_HOLDERS, k);
}

static void holder_of_nothing(struct patient *p)
{
	struct ts_key k = {.len = 0};
	ts_key_add(&k, "decaf", 6);
	ts_key_add_id(&k, p->user);
	put(p, TS_KV_HOLDERS, k, TS_SLICE(""));
}

static void drop_device_name(struct patient *p)
{
	drop(p, TS_KV_CARDS, with_kind(p->user, 'n', "laptop", 6));
}

static void name_of_no_device(struct patient *p)
{
	put(p, TS_KV_CARDS, with_kind(p->user, 'n', "phone", 5), TS_SLICE("c0ffee"));
}

static void cut_device(struct patient *p)
{
	cut(p, TS_KV_CARDS, with_kind(p->user, 'i', "c0ffee", 6));
}

static void device_of_the_future(struct patient *p)
{
	const struct ts_device d = {.id = "c0ffee", .name = "laptop", .synced = 24};
	ck_assert_int_eq(ts_device_put(p->t, p->user, &d, &p->f->err), TS_OK);
}

static void alias_of_nobody(struct patient *p)
{
	struct ts_key k = with_kind(p->f->user.org, 'a', "ally", 5);
	ts_key_add_id(&k, 77);
	put(p, TS_KV_ALIASES, k, TS_SLICE("nobody"));
}

static void drop_alias(struct patient *p)
{
	struct ts_key k = with_kind(p->f->user.org, 'a', "ally", 5);
	ts_key_add_id(&k, p->user);
	drop(p, TS_KV_ALIASES, k);
}

static void alias_not_listed(struct patient *p)
{
	struct ts_key k = ts_key_owner(p->f->user.org);
	ts_key_add(&k, "u", 1);
	ts_key_add_id(&k, p->user);
	ts_key_add(&k, "ally", 4);
	drop(p, TS_KV_ALIASES, k);
}

static void alias_elsewhere(struct patient *p)
{
	struct ts_key k = with_kind(p->f->user.org, 'a', "ally", 5);
	ts_key_add_id(&k, p->user);
	put(p, TS_KV_ALIASES, k, TS_SLICE("bob"));
}

static void user_without_org(struct patient *p)
{
	TS_BUF(b);
	const struct ts_key from = ts_key_name(p->f->user.org, TS_SLICE("bob"));
	struct ts_slice value;
	ck_assert_int_eq(ts_kv_get(p->t->kv, TS_KV_USERS, ts_key_slice(&from), &value, &p->f->err),
			 TS_OK);
	ts_buf_add_slice(&b, value);
	drop(p, TS_KV_USERS, from);
	put(p, TS_KV_USERS, ts_key_name(9, TS_SLICE("bob")), ts_buf_slice(&b));
}

static void user_twice(struct patient *p)
{
	TS_BUF(b);
	const struct ts_key from = ts_key_name(p->f->user.org, TS_SLICE("bob"));
	struct ts_slice value;
	ck_assert_int_eq(ts_kv_get(p->t->kv, TS_KV_USERS, ts_key_slice(&from), &value, &p->f->err),
			 TS_OK);
	ts_buf_add_slice(&b, value);
	put(p, TS_KV_USERS, ts_key_name(p->f->user.org, TS_SLICE("eve")), ts_buf_slice(&b));
}

static void user_of_a_bad_name(struct patient *p)
{
	TS_BUF(b);
	ts_pack_number(&b, 2);
	ts_pack_number(&b, 0);
	ts_pack_signed(&b, 0);
	ts_buf_add(&b, p->a.bytes, sizeof(p->a.bytes));
	drop(p, TS_KV_USERS, ts_key_name(p->f->user.org, TS_SLICE("bob")));
	put(p, TS_KV_USERS, ts_key_name(p->f->user.org, TS_SLICE("b\nb")), ts_buf_slice(&b));
}

static void cut_user(struct patient *p)
{
	cut(p, TS_KV_USERS, ts_key_name(p->f->user.org, TS_SLICE("bob")));
}

static void cut_org(struct patient *p)
{
	struct ts_key k = {.len = 0};
	ts_key_add(&k, "Public", 6);
	cut(p, TS_KV_ORGS, k);
}

static void org_twice(struct patient *p)
{
	struct ts_key k = {.len = 0};
	ts_key_add(&k, "Other", 5);
	put(p, TS_KV_ORGS, k, TS_SLICE("\1\0\0\0"));
}

static void counter_behind(struct patient *p)
{
	struct ts_key k = {.len = 0};
	ts_key_add(&k, "user", 4);
	put_number(p, TS_KV_META, k, 1);
}

static void user_record_gone(struct patient *p)
{
	drop(p, TS_KV_USERS, ts_key_name(p->f->user.org, TS_SLICE("bob")));
}

static void horizon_of_nobody(struct patient *p)
{
	ck_assert_int_eq(ts_horizon_raise(p->t, 99, 5, &p->f->err), TS_OK);
}

static void drop_number(struct patient *p)
{
	drop(p, TS_KV_NUMBERS, with_kind(p->user, 't', p->a.bytes, sizeof(p->a.bytes)));
}

static void number_of_no_task(struct patient *p)
{
	const struct ts_uuid task = history_task(9);
	ck_assert_int_eq(ts_number_give(p->t, p->user, &task, &p->f->err), TS_OK);
}

static void other_number(struct patient *p)
{
	put_number(p, TS_KV_NUMBERS, with_kind(p->user, 't', p->a.bytes, sizeof(p->a.bytes)), 8);
}

static void drop_point(struct patient *p)
{
	struct ts_key k = ts_key_owner(p->user);
	ts_key_add(&k, "home\0\0\0\0\0\0\0\0\2", 13);
	drop(p, TS_KV_SYNC_POINTS, k);
}

static void point_of_the_future(struct patient *p)
{
	const struct ts_sync_point point = {.sent = 24};
	ck_assert_int_eq(ts_sync_point_add(p->t, p->user, "work", &point, &p->f->err), TS_OK);
}

static void cut_point(struct patient *p)
{
	struct ts_key k = ts_key_owner(p->user);
	ts_key_add(&k, "home\0\0\0\0\0\0\0\0\2", 13);
	cut(p, TS_KV_SYNC_POINTS, k);
}

static void other_reject(struct patient *p)
{
	const struct ts_uuid id = ts_uuid_of_bytes(TS_SLICE("not a task"));
	flip(p, TS_KV_REJECTS, ts_key_uuid(p->user, &id), 12, 1);
}

static const struct damage damages[] = {
	{drop_head,
	 "head: Public/alice: Task TASKA has versions, and is not on the list of tasks.\n"},
	{old_head, "head: Public/alice: The newest version of task TASKA is 22, and is said to be "
		   "19.\n"},
	{key_of_nobody, "leftover: Among the tasks there is one without a user.\n"},
	{head_of_nothing, "head: Public/alice: The newest version of task 7f1c1f6e-0000-0000-0000-"
			  "000000000009 is said to be 19, and it has none.\n"},
	{unreadable_head, "head: Public/alice: The record of a task can't be read.\n"},
	{task_count_off, "count: Public/alice: The account has 2 tasks, and its newest transaction "
			 "says 3.\n"},
	{bytes_off, "count: Public/alice: The account's versions have "},
	{drop_birth, "transaction: Public/alice: The first transaction is not the birth of the "
		     "account: it ends with version 1.\n"},
	{drop_birth, "is of transaction 0, which does not exist.\n"},
	{drop_newest_transaction,
	 "transaction: Public/alice: Version 23 belongs to no transaction.\n"},
	{cut_transaction, "transaction: Public/alice: A transaction's record can't be read.\n"},
	{drop_all_transactions, "transaction: Public/bob: The account has no transaction.\n"},
	{unknown_device, "transaction: Public/alice: Transaction 7 was sent by a device that is "
			 "not known (number 1).\n"},
	{unknown_device, "device: Public/alice: The number and the name of a device (number 1) "
			 "don't agree.\n"},
	{drop_sync_key, "sync-key: Public/alice: Transaction 23 is not found by its sync key, "},
	{sync_key_of_nothing, "sync-key: Public/alice: Sync key TASKA is of transaction 20, which "
			      "does not exist.\n"},
	{unreadable_sync_key, "sync-key: Public/alice: A sync key can't be read.\n"},
	{drop_holder, "device: Public/alice: Device 'c0ffee' is not among those who hold it.\n"},
	{holder_of_nothing, "device: Public/alice: A device 'decaf' is held that does not exist"},
	{drop_device_name,
	 "device: Public/alice: Device 'c0ffee' is not found by its name, 'laptop'.\n"},
	{name_of_no_device,
	 "device: Public/alice: The name 'phone' leads to a device that does not have it.\n"},
	{cut_device, "device: Public/alice: Device 'c0ffee' can't be read.\n"},
	{device_of_the_future,
	 "device: Public/alice: Device 'laptop' has versions up to 24, and there are 23.\n"},
	{alias_of_nobody,
	 "alias: The alias 'ally' is of a user that does not exist (number 77).\n"},
	{drop_alias, "alias: Public/alice: The alias 'ally' leads nowhere.\n"},
	{alias_not_listed, "alias: Public/alice: The alias 'ally' is not on the user's list.\n"},
	{alias_elsewhere, "alias: Public/alice: The alias 'ally' leads to a user 'bob'.\n"},
	{user_without_org,
	 "user: User 'bob' is of an organization that does not exist (number 9).\n"},
	{user_twice, "user: Public/eve: The user has the key of 'bob'.\n"},
	{user_twice, "user: Public/eve: The user has the number of 'Public/bob', 2.\n"},
	{user_of_a_bad_name,
	 "user: User 'b?b' of organization 'Public' has a name that is not allowed.\n"},
	{cut_user, "user: User 'bob' of organization 'Public' can't be read.\n"},
	{cut_org, "organization: Organization 'Public' can't be read.\n"},
	{org_twice, "organization: Organizations 'Other' and 'Public' have the same number, 1.\n"},
	{counter_behind, "meta: The counter 'user' says 1, and number 2 is in use.\n"},
	{user_record_gone,
	 "leftover: There are transactions of a user that does not exist (number 2).\n"},
	{user_record_gone,
	 "leftover: There are sync keys of a user that does not exist (number 2).\n"},
	{horizon_of_nobody,
	 "leftover: There is a horizon of a user that does not exist (number 99).\n"},
	{drop_number,
	 "short-number: Public/alice: The short number 1 is not that of its task TASKA.\n"},
	{other_number,
	 "short-number: Public/alice: Task TASKA does not have the short number 8.\n"},
	{number_of_no_task, "short-number: Public/alice: The short number 2 is that of a task that "
			    "does not exist, "},
	{drop_point, "sync-point: Public/alice: A sync point of the remote 'home' is missing "
		     "before number 3.\n"},
	{point_of_the_future, "sync-point: Public/alice: A sync point of the remote 'work' speaks "
			      "of version 24, and there are 23.\n"},
	{cut_point, "sync-point: Public/alice: A sync point can't be read.\n"},
	{other_reject, "rejected-line: Public/alice: A line in quarantine is not what it was: "},
};

START_TEST(each_damage_is_found)
{
	damage_is_found(&damages[_i]);
}
END_TEST

UNIT_MAIN("verify", {random_histories_are_in_order, 6},
	  {each_damage_is_found, TS_COUNT_OF(damages)})
