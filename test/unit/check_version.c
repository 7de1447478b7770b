/* SPDX-License-Identifier: MIT */
#include "common/tree/attrs.h"
#include "common/tree/version.h"
#include "test/unit/store_fixture.h"

enum { VERSIONS = 200 };

static const struct ts_uuid task_id = {{1, 2, 3}};

/* The task as version n has it: n mod 7 decides which of many keys changed last. */
static struct ts_task nth(struct ts_arena *a, uint64_t n)
{
	struct ts_task task = {.uuid = task_id, .has_modified = true, .modified = (int64_t)n};
	task.attrs = ts_arena_array(a, 7, sizeof(*task.attrs));
	for (uint64_t k = 0; k < 7 && k < n; k++) {
		uint64_t changed = n - (n + 7 - k - 1) % 7;
		char text[32], key[32];
		(void)snprintf(text, sizeof(text), "value %llu", (unsigned long long)changed);
		(void)snprintf(key, sizeof(key), "key %llu", (unsigned long long)k);
		task.attrs[task.count++] = (struct ts_attr){
			.key = ts_arena_copy(a, ts_slice_of(key)),
			.value = {changed % 5 == 0 ? TS_VALUE_NONE : TS_VALUE_STRING,
				  changed % 5 == 0 ? TS_SLICE("")
						   : ts_arena_copy(a, ts_slice_of(text))},
			.stamp = {(int64_t)changed, changed % 3},
		};
	}
	return task;
}

static void write_line(struct fixture *f, struct ts_txn *t, uint64_t count)
{
	for (uint64_t n = 1; n <= count; n++) {
		TS_ARENA(a);
		struct ts_task task = nth(&a, n), before = nth(&a, n - 1);
		struct ts_new_version v = {
			.number = n, .parent = n - 1, .before = &before, .task = &task};
		uint64_t bytes;
		ck_assert_int_eq(ts_version_write(t, f->user.id, &v, &bytes, &f->err), TS_OK);
	}
}

START_TEST(every_version_reads_back_as_it_was)
{
	FIXTURE(f);
	struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	write_line(&f, t, VERSIONS);
	for (uint64_t n = 1; n <= VERSIONS; n++) {
		TS_ARENA(a);
		struct ts_task task, want = nth(&a, n);
		struct ts_version v;
		ck_assert_int_eq(ts_version_task(t, f.user.id, n, &task_id, &a, &task, &f.err),
				 TS_OK);
		ck_assert(ts_task_identical(&task, &want));
		ck_assert_int_eq(ts_version_read(t, f.user.id, n, &v, &f.err), TS_OK);
		ck_assert_uint_eq(v.parent, n - 1);
		ck_assert_uint_lt(v.chain, TS_CHAIN_MAX);
		ck_assert_uint_eq(v.depth, n - 1);
	}
	ts_txn_abort(t);
}
END_TEST

START_TEST(the_ancestor_is_found_in_few_steps)
{
	FIXTURE(f);
	struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	write_line(&f, t, VERSIONS);
	for (uint64_t head = 1; head <= VERSIONS; head += 13) {
		for (uint64_t limit = 0; limit <= VERSIONS; limit++) {
			uint64_t found;
			ck_assert_int_eq(ts_version_at(t, f.user.id, head, limit, &found, &f.err),
					 TS_OK);
			ck_assert_uint_eq(found, limit < head ? limit : head);
		}
	}
	uint64_t steps = 0, at = VERSIONS;
	while (at > 1) {
		struct ts_version v;
		ck_assert_int_eq(ts_version_read(t, f.user.id, at, &v, &f.err), TS_OK);
		at = v.jump > 1 ? v.jump : v.parent;
		steps++;
	}
	ck_assert_uint_le(steps, 24);
	ts_txn_abort(t);
}
END_TEST

static const struct ts_attr packed[] = {
	{TS_SLICE("description"), {TS_VALUE_STRING, TS_SLICE("buy milk")}, {50, 0}},
	{TS_SLICE("status"), {TS_VALUE_STRING, TS_SLICE("pending")}, {50, 0}},
	{TS_SLICE("status"), {TS_VALUE_STRING, TS_SLICE("odd")}, {51, 2}},
	{TS_SLICE("due"), {TS_VALUE_STRING, TS_SLICE("20260101T000000Z")}, {-3, 0}},
	{TS_SLICE("due"), {TS_VALUE_STRING, TS_SLICE("20261301T000000Z")}, {50, 9}},
	{TS_SLICE("parent"),
	 {TS_VALUE_STRING, TS_SLICE("7f1c1f6e-0000-4000-8000-000000000001")},
	 {50, 0}},
	{TS_SLICE("parent"),
	 {TS_VALUE_STRING, TS_SLICE("7F1C1F6E-0000-4000-8000-000000000001")},
	 {50, 0}},
	{TS_SLICE("imask"), {TS_VALUE_NUMBER, TS_SLICE("3.50")}, {50, 0}},
	{TS_SLICE("x"), {TS_VALUE_JSON, TS_SLICE("[1,2]")}, {50, 0}},
	{TS_SLICE("x"), {TS_VALUE_NONE, TS_SLICE("")}, {253402300799, 1}},
	{TS_SLICE("meta/a/b~0"), {TS_VALUE_STRING, TS_SLICE("v")}, {50, 0}},
	{TS_SLICE("tag_home"), {TS_VALUE_STRING, TS_SLICE("x")}, {50, 0}},
	{TS_SLICE("dep_7f1c1f6e-0000-4000-8000-000000000001"),
	 {TS_VALUE_STRING, TS_SLICE("x")},
	 {50, 0}},
	{TS_SLICE("dep_odd"), {TS_VALUE_STRING, TS_SLICE("x")}, {50, 0}},
	{TS_SLICE("annotation_20260101T000000Z_called him_twice"),
	 {TS_VALUE_STRING, TS_SLICE("x")},
	 {50, 0}},
	{TS_SLICE("annotation_odd"), {TS_VALUE_JSON, TS_SLICE("{\"a\":1}")}, {50, 0}},
};

START_TEST(attributes_are_packed_without_loss)
{
	TS_ARENA(a);
	TS_BUF(b);
	struct ts_attr back;
	ts_attr_pack(&b, &packed[_i], 50);
	struct ts_unpack u = {.rest = ts_buf_slice(&b)};
	ck_assert(ts_attr_unpack(&u, 50, &a, &back));
	ck_assert_uint_eq(u.rest.len, 0);
	ck_assert(ts_slice_eq(back.key, packed[_i].key));
	ck_assert_int_eq(back.value.kind, packed[_i].value.kind);
	ck_assert(ts_slice_eq(back.value.text, packed[_i].value.text));
	ck_assert_int_eq(ts_stamp_cmp(back.stamp, packed[_i].stamp), 0);
	/* Any shorter record is noticed, never read past. */
	for (size_t n = 0; n < b.len; n++) {
		TS_AUTOFREE char *cut = malloc(n + 1);
		memcpy(cut, b.data, n);
		struct ts_unpack part = {.rest = {cut, n}};
		ck_assert(!ts_attr_unpack(&part, 50, &a, &back));
	}
}
END_TEST

START_TEST(damaged_records_are_told)
{
	FIXTURE(f);
	struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	struct ts_version v;
	TS_ARENA(a);
	struct ts_task task;
	write_line(&f, t, 3);
	ck_assert_int_eq(ts_version_put(t, f.user.id, 2, TS_SLICE("\x01short"), &f.err), TS_OK);
	ck_assert_int_eq(ts_version_read(t, f.user.id, 2, &v, &f.err), TS_EDAMAGED);
	ck_assert_int_eq(ts_version_task(t, f.user.id, 3, &task_id, &a, &task, &f.err),
			 TS_EDAMAGED);
	ck_assert_int_eq(ts_version_read(t, f.user.id, 9, &v, &f.err), TS_EDAMAGED);
	ts_txn_abort(t);
}
END_TEST

UNIT_MAIN("version", {every_version_reads_back_as_it_was, 0},
	  {the_ancestor_is_found_in_few_steps, 0},
	  {attributes_are_packed_without_loss, TS_COUNT_OF(packed)}, {damaged_records_are_told, 0})
