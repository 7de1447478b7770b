/* SPDX-License-Identifier: MIT */
#include "common/task/merge.h"
#include "test/unit/unit.h"

enum { KEYS = 6, SEEDS = 200 };

static const struct ts_task nothing = {0};

/* A small generator of its own, so that a seed always makes the same tasks. */
static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 16;
}

static struct ts_value random_value(uint32_t *seed)
{
	static const struct ts_slice texts[] = {TS_SLICE("a"), TS_SLICE("b"), TS_SLICE("ab")};
	uint32_t r = next_random(seed) % 4;
	return r == 3 ? (struct ts_value){TS_VALUE_NONE, TS_SLICE("")}
		      : (struct ts_value){TS_VALUE_STRING, texts[r]};
}

/* A version with random keys, few values and few times, so that ties are common. */
static struct ts_task random_version(struct ts_arena *a, uint32_t *seed)
{
	static const struct ts_slice keys[KEYS] = {TS_SLICE("k0"), TS_SLICE("k1"), TS_SLICE("k2"),
						   TS_SLICE("k3"), TS_SLICE("k4"), TS_SLICE("k5")};
	struct ts_task task = {.has_modified = true, .modified = next_random(seed) % 4};
	task.attrs = ts_arena_array(a, KEYS, sizeof(*task.attrs));
	for (size_t i = 0; i < KEYS; i++) {
		if (next_random(seed) % 4 != 0) {
			task.attrs[task.count++] =
				(struct ts_attr){keys[i],
						 random_value(seed),
						 {next_random(seed) % 3, next_random(seed) % 2}};
		}
	}
	return task;
}

static struct ts_task merged(const struct ts_task *x, const struct ts_task *y, struct ts_arena *a)
{
	struct ts_task ret;
	struct ts_conflicts conflicts;
	ck_assert_int_eq(ts_task_merge(&nothing, x, y, a, &ret, &conflicts), TS_OK);
	return ret;
}

START_TEST(merging_is_commutative_associative_and_idempotent)
{
	TS_ARENA(a);
	uint32_t seed = (uint32_t)_i * 7919u;
	struct ts_task x = random_version(&a, &seed), y = random_version(&a, &seed);
	struct ts_task z = random_version(&a, &seed);
	struct ts_task xy = merged(&x, &y, &a), yx = merged(&y, &x, &a), yz = merged(&y, &z, &a);
	ck_assert(ts_task_identical(&xy, &yx));
	struct ts_task xy_z = merged(&xy, &z, &a), x_yz = merged(&x, &yz, &a);
	ck_assert(ts_task_identical(&xy_z, &x_yz));
	struct ts_task xx = merged(&x, &x, &a), again = merged(&xy, &y, &a);
	ck_assert(ts_task_identical(&xx, &x));
	ck_assert(ts_task_identical(&again, &xy));
	ck_assert(ts_task_includes(&xy, &x) && ts_task_includes(&xy, &y));
}
END_TEST

static struct ts_task one(struct ts_attr *attr, int64_t modified)
{
	return (struct ts_task){
		.attrs = attr, .count = 1, .has_modified = true, .modified = modified};
}

/* The stamp of a change: where the parent's key has (t, n), and the edit says m. */
static const struct {
	int64_t t;
	uint64_t n;
	int64_t m;
	struct ts_stamp stamp;
} changes[] = {
	{10, 0, 20, {20, 0}}, {10, 3, 20, {20, 0}}, {20, 0, 20, {20, 1}},
	{30, 0, 20, {30, 1}}, {30, 4, 20, {30, 5}},
};

START_TEST(a_change_is_stamped_behind_what_was_seen)
{
	TS_ARENA(a);
	struct ts_attr before = {
		TS_SLICE("k"), {TS_VALUE_STRING, TS_SLICE("old")}, {changes[_i].t, changes[_i].n}};
	struct ts_attr after = {TS_SLICE("k"), {TS_VALUE_STRING, TS_SLICE("new")}, {0, 0}};
	struct ts_task parent = one(&before, changes[_i].t), state = one(&after, changes[_i].m);
	struct ts_task ret;
	size_t changed;
	ck_assert_int_eq(ts_task_succeed(&parent, &state, 99, &a, &ret, &changed), TS_OK);
	ck_assert_uint_eq(changed, 1);
	ck_assert_int_eq(ts_stamp_cmp(ret.attrs[0].stamp, changes[_i].stamp), 0);
	ck_assert_int_eq(ret.modified, changes[_i].m);
	struct ts_task back = merged(&ret, &parent, &a);
	ck_assert_slice(back.attrs[0].value.text, "new");
}
END_TEST

START_TEST(a_removed_key_is_a_tombstone_and_a_spelling_no_change)
{
	TS_ARENA(a);
	struct ts_attr before[] = {{TS_SLICE("gone"), {TS_VALUE_STRING, TS_SLICE("x")}, {5, 0}},
				   {TS_SLICE("n"), {TS_VALUE_NUMBER, TS_SLICE("3")}, {5, 0}}};
	struct ts_attr after[] = {{TS_SLICE("n"), {TS_VALUE_STRING, TS_SLICE("3.000000")}, {0, 0}}};
	struct ts_task parent = {.attrs = before, .count = 2}, state = one(after, 9), ret;
	size_t changed;
	ck_assert_int_eq(ts_task_succeed(&parent, &state, 99, &a, &ret, &changed), TS_OK);
	ck_assert_uint_eq(changed, 1);
	ck_assert_uint_eq(ret.count, 2);
	ck_assert_int_eq(ret.attrs[0].value.kind, TS_VALUE_NONE);
	ck_assert_int_eq(ret.attrs[0].stamp.t, 9);
	ck_assert_slice(ret.attrs[1].value.text, "3");
	ck_assert_int_eq(ret.attrs[1].stamp.t, 5);
}
END_TEST

/* Times of states that have no `modified`. */
static const struct {
	const char *entry, *start, *end;
	int64_t t;
} undated[] = {
	{"20260101T000000Z", NULL, NULL, 1767225600},
	{"20260101T000000Z", "20260101T000050Z", NULL, 1767225650},
	{"20260101T000000Z", "20260101T000050Z", "20260101T000100Z", 1767225660},
	{NULL, NULL, NULL, 42},
};

START_TEST(without_modified_the_latest_date_counts)
{
	struct ts_attr attrs[3];
	struct ts_task task = {.attrs = attrs};
	const char *names[] = {"end", "entry", "start"};
	const char *dates[] = {undated[_i].end, undated[_i].entry, undated[_i].start};
	for (size_t i = 0; i < 3; i++) {
		if (dates[i] != NULL) {
			attrs[task.count++] =
				(struct ts_attr){ts_slice_of(names[i]),
						 {TS_VALUE_STRING, ts_slice_of(dates[i])},
						 {0, 0}};
		}
	}
	ck_assert_int_eq(ts_task_time(&task, 42), undated[_i].t);
}
END_TEST

START_TEST(a_conflict_is_what_both_sides_changed)
{
	TS_ARENA(a);
	struct ts_value old = {TS_VALUE_STRING, TS_SLICE("old")};
	struct ts_value left = {TS_VALUE_STRING, TS_SLICE("left")};
	struct ts_value right = {TS_VALUE_STRING, TS_SLICE("right")};
	struct ts_attr seen_attrs[] = {{TS_SLICE("both"), old, {1, 0}},
				       {TS_SLICE("mine"), old, {1, 0}},
				       {TS_SLICE("same"), old, {1, 0}}};
	struct ts_attr a_attrs[] = {{TS_SLICE("both"), left, {2, 0}},
				    {TS_SLICE("mine"), left, {2, 0}},
				    {TS_SLICE("same"), left, {2, 0}}};
	struct ts_attr b_attrs[] = {{TS_SLICE("both"), right, {3, 0}},
				    {TS_SLICE("mine"), old, {1, 0}},
				    {TS_SLICE("same"), left, {3, 0}}};
	struct ts_task seen = {.attrs = seen_attrs, .count = 3};
	struct ts_task x = {.attrs = a_attrs, .count = 3}, y = {.attrs = b_attrs, .count = 3}, ret;
	struct ts_conflicts conflicts;
	ck_assert_int_eq(ts_task_merge(&seen, &x, &y, &a, &ret, &conflicts), TS_OK);
	ck_assert_uint_eq(conflicts.count, 1);
	ck_assert_slice(conflicts.at[0].key, "both");
	ck_assert_slice(conflicts.at[0].kept.text, "right");
	ck_assert_slice(conflicts.at[0].lost.text, "left");
}
END_TEST

UNIT_MAIN("merge", {merging_is_commutative_associative_and_idempotent, SEEDS},
	  {a_change_is_stamped_behind_what_was_seen, TS_COUNT_OF(changes)},
	  {a_removed_key_is_a_tombstone_and_a_spelling_no_change, 0},
	  {without_modified_the_latest_date_counts, TS_COUNT_OF(undated)},
	  {a_conflict_is_what_both_sides_changed, 0})
