/* SPDX-License-Identifier: MIT */
/* Damages, each written behind the store's back: each is found and said. */
#include "common/compact/compact.h"
#include "common/store/device.h"
#include "common/store/internal.h"
#include "common/tree/record.h"
#include "common/verify/verify.h"
#include "test/unit/history_fixture.h"

/* What was told. */
struct told {
	struct ts_buf text; /* "WORD: sentence\n" … */
	struct ts_verify_sums sums;
	uint64_t progress;
};

static void told_done(struct told *t)
{
	ts_buf_done(&t->text);
}

#define TOLD(name) TS_CLEANUP(told_done) struct told name = {0}

static void take_fault(const struct ts_fault *fault, void *arg)
{
	struct told *t = arg;
	ts_buf_printf(&t->text, "%s: %s\n", ts_fault_word(fault->kind), fault->text);
}

static void take_progress(uint64_t done, uint64_t total, void *arg)
{
	struct told *t = arg;
	ck_assert_uint_le(done, total);
	ck_assert_uint_gt(done, t->progress);
	t->progress = done;
}

/* Whatever is damaged, this comes to an end, with or without a sentence. */
static void compact(struct fixture *f)
{
	const struct ts_compact how = {.store = f->store, .user = f->user.id, .cutoff = 20};
	struct ts_compacted sums;
	struct ts_error err = {0};
	const int code = ts_compact_user(&how, &sums, &err);
	ck_assert_msg((code == TS_OK) == (err.text[0] == '\0'), "%d, '%s'", code, err.text);
}

static void verify(struct fixture *f, struct told *t)
{
	const struct ts_verify how = {take_fault, take_progress, t};
	ts_buf_clear(&t->text);
	t->progress = 0;
	ck_assert_msg(ts_verify_store(f->store, &how, &t->sums, &f->err) == TS_OK, "%s",
		      f->err.text);
	ts_buf_add_str(&t->text, "");
}

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

/*
 * The store that is damaged: alice has two tasks, A with twenty versions of the main line (1 to
 * 19, 22), a branch (20, 21) that was merged in 22 with a conflict, and B with version 23; further
 * a device, a sync point, a short number and a line in quarantine.
 */
struct patient {
	struct fixture *f;
	struct ts_txn *t;
	uint32_t user, bob;
	struct ts_uuid a, b;
};

static void edit(struct fixture *f, const char *key, int task, const char *project, int minute,
		 struct got *g)
{
	TS_BUF(b);
	const struct ts_uuid id = history_task((uint64_t)task);
	ts_buf_printf(&b,
		      "%s\n{\"uuid\":\"%s\",\"description\":\"d\xC3\xA4\",\"status\":\"pending\","
		      "\"project\":\"%s\",\"modified\":\"20260101T00%02d00Z\"}\n",
		      key, ts_uuid_text(&id).text, project, minute);
	fixture_sync(f, ts_buf_slice(&b), false, HISTORY_START + minute, g);
}

static void make_tasks(struct fixture *f)
{
	GOT(g);
	GOT(base);
	TS_BUF(two);
	char project[20];
	const struct ts_uuid id = history_task(1);
	for (int i = 1; i <= 19; i++) {
		(void)snprintf(project, sizeof(project), "p%d", i);
		edit(f, g.key, 1, project, i, &g);
		if (i == 17) {
			memcpy(base.key, g.key, sizeof(g.key));
		}
	}
	ts_buf_printf(&two, "%s\n", base.key);
	for (int i = 1; i <= 2; i++) {
		ts_buf_printf(
			&two,
			"{\"uuid\":\"%s\",\"description\":\"d\xC3\xA4\",\"status\":"
			"\"pending\",\"project\":\"q%d\",\"modified\":\"20260101T00173%dZ\"}\n",
			ts_uuid_text(&id).text, i, i);
	}
	fixture_sync(f, ts_buf_slice(&two), false, HISTORY_START + 20, &g);
	ck_assert_uint_eq(g.conflicts, 1);
	edit(f, g.key, 2, "other", 30, &g);
}

static void make_rest(struct patient *p)
{
	struct fixture *f = p->f;
	const struct ts_org org = {.id = f->user.org};
	const struct ts_device d = {.id = "c0ffee", .name = "laptop", .synced = 20};
	const struct ts_sync_point point = {.sent = 5, .last = 6};
	const struct ts_reject r = {7, TS_SLICE("because"), TS_SLICE("not a task")};
	struct ts_user bob;
	bool is_new;
	ck_assert_int_eq(ts_user_add(p->t, &org, TS_SLICE("bob"), 1, &bob, &f->err), TS_OK);
	p->bob = bob.id;
	ck_assert_int_eq(ts_alias_add(p->t, &f->user, TS_SLICE("ally"), &f->err), TS_OK);
	ck_assert_int_eq(ts_device_put(p->t, p->user, &d, &f->err), TS_OK);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(ts_sync_point_add(p->t, p->user, "home", &point, &f->err), TS_OK);
	}
	ck_assert_int_eq(ts_number_give(p->t, p->user, &p->a, &f->err), TS_OK);
	ck_assert_int_eq(ts_reject_add(p->t, p->user, &r, &is_new, &f->err), TS_OK);
}

static void put(struct patient *p, enum ts_kv_table table, struct ts_key key, struct ts_slice value)
{
	ck_assert_int_eq(ts_kv_put(p->t->kv, table, ts_key_slice(&key), value, &p->f->err), TS_OK);
}

static void drop(struct patient *p, enum ts_kv_table table, struct ts_key key)
{
	struct ts_slice value;
	ck_assert_int_eq(ts_kv_get(p->t->kv, table, ts_key_slice(&key), &value, &p->f->err), TS_OK);
	ck_assert_int_eq(ts_kv_remove(p->t->kv, table, ts_key_slice(&key), &p->f->err), TS_OK);
}

static void put_number(struct patient *p, enum ts_kv_table table, struct ts_key key, uint64_t n)
{
	TS_BUF(b);
	ts_pack_number(&b, n);
	put(p, table, key, ts_buf_slice(&b));
}

/* A copy of a record, with byte `at` changed; behind the end: one more. */
static void flip(struct patient *p, enum ts_kv_table table, struct ts_key key, size_t at,
		 unsigned char with)
{
	TS_BUF(b);
	struct ts_slice value;
	ck_assert_int_eq(ts_kv_get(p->t->kv, table, ts_key_slice(&key), &value, &p->f->err), TS_OK);
	ts_buf_add_slice(&b, value);
	if (at < b.len) {
		b.data[at] = (char)((unsigned char)b.data[at] ^ with);
	} else {
		ts_buf_add_char(&b, (char)with);
	}
	put(p, table, key, ts_buf_slice(&b));
}

static void cut(struct patient *p, enum ts_kv_table table, struct ts_key key)
{
	TS_BUF(b);
	struct ts_slice value;
	ck_assert_int_eq(ts_kv_get(p->t->kv, table, ts_key_slice(&key), &value, &p->f->err), TS_OK);
	ck_assert_uint_gt(value.len, 0);
	ts_buf_add(&b, value.data, value.len - 1);
	put(p, table, key, ts_buf_slice(&b));
}

static struct ts_key version_key(const struct patient *p, uint64_t n)
{
	return ts_key_number(p->user, n);
}

static struct ts_key with_kind(uint32_t owner, char kind, const void *rest, size_t len)
{
	struct ts_key k = ts_key_owner(owner);
	ts_key_add(&k, &kind, 1);
	ts_key_add(&k, rest, len);
	return k;
}

/* Write version `n` again with what `change` does to it. */
static void rewrite(struct patient *p, uint64_t n, void (*change)(struct ts_version *v))
{
	TS_BUF(b);
	struct ts_version v;
	ck_assert_int_eq(ts_version_read(p->t, p->user, n, &v, &p->f->err), TS_OK);
	change(&v);
	ts_record_pack(&v, &b);
	put(p, TS_KV_VERSIONS, version_key(p, n), ts_buf_slice(&b));
}

static struct ts_transaction newest(struct patient *p)
{
	struct ts_transaction tr;
	ck_assert_int_eq(ts_transaction_newest(p->t, p->user, &tr, &p->f->err), TS_OK);
	return tr;
}

static void drop_version(struct patient *p)
{
	drop(p, TS_KV_VERSIONS, version_key(p, 5));
}

static void drop_branch(struct patient *p)
{
	drop(p, TS_KV_VERSIONS, version_key(p, 21));
}

static void drop_newest_version(struct patient *p)
{
	drop(p, TS_KV_VERSIONS, version_key(p, 23));
}

static void drop_two_versions(struct patient *p)
{
	drop(p, TS_KV_VERSIONS, version_key(p, 7));
	drop(p, TS_KV_VERSIONS, version_key(p, 8));
}

static void add_version(struct patient *p)
{
	TS_BUF(b);
	struct ts_version v;
	ck_assert_int_eq(ts_version_read(p->t, p->user, 1, &v, &p->f->err), TS_OK);
	v.number = 24;
	v.task.bytes[0] = 1;
	ts_record_pack(&v, &b);
	put(p, TS_KV_VERSIONS, version_key(p, 24), ts_buf_slice(&b));
}

static void flip_flags(struct patient *p)
{
	flip(p, TS_KV_VERSIONS, version_key(p, 3), 0, 1);
}

static void flip_task(struct patient *p)
{
	flip(p, TS_KV_VERSIONS, version_key(p, 12), 3, 0x10);
}

static void flip_text(struct patient *p)
{
	struct ts_slice value;
	const struct ts_key key = version_key(p, 23);
	ck_assert_int_eq(
		ts_kv_get(p->t->kv, TS_KV_VERSIONS, ts_key_slice(&key), &value, &p->f->err), TS_OK);
	const char *at = memmem(value.data, value.len, "\xC3\xA4", 2);
	ck_assert_ptr_nonnull(at);
	flip(p, TS_KV_VERSIONS, key, (size_t)(at - value.data) + 1, 0x80);
}

static void cut_version(struct patient *p)
{
	cut(p, TS_KV_VERSIONS, version_key(p, 9));
}

static void lengthen_version(struct patient *p)
{
	flip(p, TS_KV_VERSIONS, version_key(p, 9), SIZE_MAX, 0);
}

static void empty_version(struct patient *p)
{
	put(p, TS_KV_VERSIONS, version_key(p, 9), TS_SLICE(""));
}

static void to_other_parent(struct ts_version *v)
{
	v->parent = 7;
}

static void wrong_parent(struct patient *p)
{
	rewrite(p, 10, to_other_parent);
}

static void branch_of_other_task(struct ts_version *v)
{
	v->task = history_task(2);
}

static void parent_of_other_task(struct patient *p)
{
	rewrite(p, 21, branch_of_other_task);
}

static void to_other_jump(struct ts_version *v)
{
	v->jump--;
}

static void wrong_jump(struct patient *p)
{
	rewrite(p, 14, to_other_jump);
}

static void to_other_depth(struct ts_version *v)
{
	v->depth++;
}

static void wrong_depth(struct patient *p)
{
	rewrite(p, 14, to_other_depth);
}

static void to_other_chain(struct ts_version *v)
{
	v->chain--;
}

static void wrong_chain(struct patient *p)
{
	rewrite(p, 14, to_other_chain);
}

static void not_whole(struct ts_version *v)
{
	v->whole = false;
}

static void difference_to_nothing(struct patient *p)
{
	rewrite(p, 1, not_whole);
}

static void merge_of_nothing(struct ts_version *v)
{
	v->merged = 1;
	v->task = history_task(2);
}

static void merge_of_main_line(struct ts_version *v)
{
	v->merged = v->number - 1;
	v->parent = v->number - 2;
}

/* Each merges the one before and stands on the one before that. */
static void wrong_merges(struct patient *p)
{
	for (uint64_t n = 3; n <= 19; n++) {
		rewrite(p, n, merge_of_main_line);
	}
}

static void wrong_merge(struct patient *p)
{
	rewrite(p, 23, merge_of_nothing);
}

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

static const struct {
	void (*damage)(struct patient *p);
	const char *told; /* a part of what is told */
} damages[] = {
	{drop_version, "missing-version: Public/alice: Version 5 is missing.\n"},
	{drop_version,
	 "parent: Public/alice: Version 6 of task TASKA stands on version 5, which is "
	 "not there.\n"},
	{drop_two_versions, "missing-version: Public/alice: Versions 7 to 8 are missing.\n"},
	{drop_branch, "parent: Public/alice: Version 22 of task TASKA stands on version 21, which "
		      "is not there.\n"},
	{drop_newest_version, "missing-version: Public/alice: Version 23 is missing.\n"},
	{drop_newest_version, "head: Public/alice: The newest version of task TASKB is said to be "
			      "23, and it has none.\n"},
	{add_version, "transaction: Public/alice: Version 24 belongs to no transaction.\n"},
	{flip_flags, "record: Public/alice: Version 3 "},
	{flip_task, "parent: Public/alice: Version 12 of task "},
	{flip_text, "record: Public/alice: Version 23 of task TASKB can't be read to its end.\n"},
	{cut_version, "record: Public/alice: Version 9 of task TASKA can't be read to its end.\n"},
	{lengthen_version,
	 "record: Public/alice: Version 9 of task TASKA can't be read to its end.\n"},
	{empty_version, "record: Public/alice: Version 9 can't be read.\n"},
	{wrong_parent, "parent: Public/alice: Version 10 of task TASKA is on the main line behind "
		       "version 9, and stands on 7.\n"},
	{parent_of_other_task, "parent: Public/alice: Version 21 of task TASKB stands on version "
			       "20, which is of task TASKA.\n"},
	{wrong_jump, "place: Public/alice: Version 14 of task TASKA jumps to version "},
	{wrong_depth,
	 "place: Public/alice: Version 14 of task TASKA has 13 versions before it, and says 14.\n"},
	{wrong_chain, "place: Public/alice: Version 14 of task TASKA can't be read with 12 records "
		      "before it.\n"},
	{difference_to_nothing,
	 "place: Public/alice: Version 1 of task TASKA can't be read with 0 records before it.\n"},
	{wrong_merge, "parent: Public/alice: Version 23 of task TASKB stands on version 1, which "
		      "is of task TASKA.\n"},
	{drop_head,
	 "head: Public/alice: Task TASKA has versions, and is not on the list of tasks.\n"},
	{old_head, "head: Public/alice: The newest version of task TASKA is 22, and is said to be "
		   "19.\n"},
	{wrong_merges, "parent: Public/alice: Version 3 of task 7f1c1f6e"},
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

/* TASKA and TASKB in a sentence are the tasks' UUIDs. */
static void fill_in(const struct patient *p, const char *from, struct ts_buf *to)
{
	for (const char *at; (at = strstr(from, "TASK")) != NULL; from = at + 5) {
		ts_buf_add(to, from, (size_t)(at - from));
		ts_buf_add_str(to, ts_uuid_text(at[4] == 'A' ? &p->a : &p->b).text);
	}
	ts_buf_add_str(to, from);
}

START_TEST(each_damage_is_found)
{
	FIXTURE(f);
	TOLD(t);
	TS_BUF(wanted);
	struct patient p = {&f, NULL, f.user.id, 0, history_task(1), history_task(2)};
	make_tasks(&f);
	p.t = fixture_begin(&f, TS_WRITE);
	make_rest(&p);
	fixture_commit(&f, p.t);
	verify(&f, &t);
	ck_assert_msg(t.sums.faults == 0, "before: %s", t.text.data);
	ck_assert_uint_eq(t.sums.versions, 23);
	ck_assert_uint_eq(t.sums.devices, 1);
	p.t = fixture_begin(&f, TS_WRITE);
	damages[_i].damage(&p);
	fixture_commit(&f, p.t);
	verify(&f, &t);
	fill_in(&p, damages[_i].told, &wanted);
	ck_assert_msg(strstr(t.text.data, wanted.data) != NULL, "got:\n%swanted:\n%s", t.text.data,
		      wanted.data);
	compact(&f);
}
END_TEST

UNIT_MAIN("verify", {random_histories_are_in_order, 6},
	  {each_damage_is_found, TS_COUNT_OF(damages)})
