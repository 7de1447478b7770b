/* SPDX-License-Identifier: MIT */
#include "test/unit/replica_fixture.h"

START_TEST(a_replica_is_made_where_that_is_wanted)
{
	FOLDER(f);
	const struct folder_path path = folder_at(&f, "a/b");
	struct ts_error err;
	struct replica r = {0};
	ck_assert_int_eq(replica_open(path.text, false, "laptop", &r, &err), TS_ENOTFOUND);
	ck_assert_ptr_nonnull(strstr(err.text, "taskc add"));
	replica_close(&r);
	ck_assert_int_eq(replica_open(path.text, true, "laptop", &r, &err), TS_OK);
	const uint32_t user = r.user;
	replica_close(&r);
	for (int create = 0; create < 2; create++) {
		ck_assert_int_eq(replica_open(path.text, create != 0, "laptop", &r, &err), TS_OK);
		ck_assert_uint_eq(r.user, user);
		ck_assert_str_eq(r.device, "laptop");
		replica_close(&r);
	}
}
END_TEST

static int list(const struct replica_entry *e, void *arg, struct ts_error *err)
{
	struct words *to = arg;
	const struct words words = words_of(&e->task);
	const size_t n = strlen(to->text);
	(void)err;
	(void)snprintf(to->text + n, sizeof(to->text) - n, "%u %lu %lu %s\n",
		       e->task.uuid.bytes[15], (unsigned long)e->number, (unsigned long)e->head,
		       words.text);
	return TS_OK;
}

START_TEST(each_task_comes_with_its_number)
{
	REP(r);
	struct words all = {""};
	rep_edit(&r, 1, 100, ADD);
	rep_edit(&r, 2, 100, ADD);
	rep_edit(&r, 3, 100, ADD);
	rep_edit(&r, 2, 101, "status=completed");
	rep_edit(&r, 1, 102, "status= description=");
	rep_edit(&r, 4, 103, "description=d status=waiting");
	struct ts_txn *t = rep_begin(&r);
	rep_ok(&r, replica_each(t, &r.r, list, &all, &r.err));
	ts_txn_abort(t);
	/* The empty one is not shown, and what it gave back is given again. */
	ck_assert_str_eq(all.text, "2 0 4 description=d status=completed\n"
				   "3 3 3 description=d status=pending\n"
				   "4 1 6 description=d status=waiting\n");
}
END_TEST

static int stop(const struct replica_entry *e, void *arg, struct ts_error *err)
{
	*(uint64_t *)arg += e->head;
	return ts_fail(err, TS_ECANCELED, "Enough.");
}

START_TEST(a_walk_stops_where_it_is_told)
{
	REP(r);
	uint64_t sum = 0;
	rep_edit(&r, 1, 100, ADD);
	rep_edit(&r, 2, 100, ADD);
	struct ts_txn *t = rep_begin(&r);
	ck_assert_int_eq(replica_each(t, &r.r, stop, &sum, &r.err), TS_ECANCELED);
	ck_assert_uint_eq(sum, 1);
	ts_txn_abort(t);
}
END_TEST

START_TEST(a_task_that_is_not_there_is_empty)
{
	REP(r);
	TS_ARENA(a);
	struct ts_task task;
	uint64_t head = 9;
	const struct ts_uuid uuid = uuid_of(7);
	struct ts_txn *t = rep_begin(&r);
	rep_ok(&r, replica_task(t, &r.r, &uuid, &a, &task, &head, &r.err));
	ts_txn_abort(t);
	ck_assert_uint_eq(head, 0);
	ck_assert_uint_eq(task.count, 0);
	ck_assert(ts_uuid_eq(&task.uuid, &uuid));
	ck_assert(ts_task_is_empty(&task));
	ck_assert(!ts_task_is_open(&task));
	ck_assert_slice(ts_task_text(&task, "status"), "");
}
END_TEST

static const struct {
	const char *before, *after;
} deletions[] = {
	{ADD, "description=d end=20200101T000000Z status=deleted"},
	{"description=d end=x status=completed zeta=1",
	 "description=d end=20200101T000000Z status=deleted zeta=1"},
	{"", "end=20200101T000000Z status=deleted"},
};

START_TEST(deleting_sets_status_and_end)
{
	TS_ARENA(a);
	struct ts_task task = {.uuid = uuid_of(1)}, deleted, emptied;
	take_words(&task, deletions[_i].before, &a);
	ck_assert_int_eq(ts_task_deleted(&task, 1577836800, &a, &deleted), TS_OK);
	ck_assert_str_eq(words_of(&deleted).text, deletions[_i].after);
	ck_assert_int_eq(deleted.modified, 1577836800);
	ck_assert_int_eq(ts_task_emptied(&task, 5, &a, &emptied), TS_OK);
	ck_assert(ts_task_is_empty(&emptied));
	ck_assert_uint_eq(emptied.count, task.count);
}
END_TEST

UNIT_MAIN("replica", {a_replica_is_made_where_that_is_wanted, 0},
	  {each_task_comes_with_its_number, 0}, {a_walk_stops_where_it_is_told, 0},
	  {a_task_that_is_not_there_is_empty, 0},
	  {deleting_sets_status_and_end, TS_COUNT_OF(deletions)})
