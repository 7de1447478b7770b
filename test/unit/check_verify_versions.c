/* SPDX-License-Identifier: MIT */
/* verify_versions.c: damages of versions, each found and said. */
#include "test/unit/damage_fixture.h"

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

static const struct damage damages[] = {
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
	{wrong_merges, "parent: Public/alice: Version 3 of task 7f1c1f6e"},
};

START_TEST(each_damage_is_found)
{
	damage_is_found(&damages[_i]);
}
END_TEST

UNIT_MAIN("verify_versions", {each_damage_is_found, TS_COUNT_OF(damages)})
