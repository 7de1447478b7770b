/* SPDX-License-Identifier: MIT */
#include "common/history/past.h"
#include "common/store/internal.h"
#include "test/unit/store_fixture.h"

#define UUID_A "aaaaaaaa-0000-4000-8000-000000000001"
#define UUID_B "bbbbbbbb-0000-4000-8000-000000000002"
#define UUID_C "cccccccc-0000-4000-8000-000000000003"
#define TASK(uuid, modified, more)                                                                 \
	"{\"uuid\":\"" uuid "\",\"description\":\"d\",\"modified\":\"" modified "\"," more "}\n"
#define PENDING "\"status\":\"pending\""

/* A sync of somebody who has everything. */
static void sync_at(struct fixture *f, int64_t now, const char *lines)
{
	GOT(g);
	TS_BUF(payload);
	struct ts_transaction newest;
	struct ts_txn *t = fixture_begin(f, TS_READ);
	ck_assert_int_eq(ts_transaction_newest(t, f->user.id, &newest, &f->err), TS_OK);
	ts_txn_abort(t);
	ts_buf_printf(&payload, "%s\n%s", ts_uuid_text(&newest.key).text, lines);
	fixture_sync(f, ts_buf_slice(&payload), false, now, &g);
}

/* Versions 1 and 2 at 100, 3 and 4 at 300, 5 at 200 (the clock was set back), 6 at 400. */
static void past_init(struct fixture *f)
{
	fixture_init(f);
	sync_at(f, 100,
		TASK(UUID_A, "20260101T000000Z", PENDING ",\"project\":\"home\"")
			TASK(UUID_B, "20260101T000000Z", PENDING));
	sync_at(f, 300,
		TASK(UUID_A, "20260103T000000Z", PENDING ",\"tags\":[\"t\"]")
			TASK(UUID_B, "20260103T000000Z",
			     "\"status\":\"deleted\",\"end\":\"20260103T000000Z\""));
	sync_at(f, 200, TASK(UUID_C, "20260102T000000Z", PENDING));
	sync_at(f, 400, TASK(UUID_A, "20260104T000000Z", PENDING ",\"project\":\"home\""));
}

#define PAST(name)                                                                                 \
	TS_CLEANUP(fixture_done) struct fixture name;                                              \
	past_init(&name)

static const struct {
	int64_t date;
	int code;
	uint64_t last;
} dates[] = {
	{0, TS_ENOTFOUND, 0}, {1, TS_OK, 0},   {99, TS_OK, 0},  {100, TS_OK, 2}, {199, TS_OK, 2},
	{200, TS_OK, 5},      {300, TS_OK, 5}, {399, TS_OK, 5}, {400, TS_OK, 6}, {9999, TS_OK, 6},
};

START_TEST(a_date_is_a_transaction)
{
	PAST(f);
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = fixture_begin(&f, TS_READ);
	struct ts_transaction tr;
	ck_assert_int_eq(ts_past_at(t, f.user.id, dates[_i].date, &tr, &f.err), dates[_i].code);
	ck_assert_uint_eq(tr.last, dates[_i].last);
}
END_TEST

static const struct {
	uint64_t number;
	int code;
	uint64_t last;
} versions[] = {
	{0, TS_ENOTFOUND, 0}, {1, TS_OK, 0}, {2, TS_OK, 0}, {3, TS_OK, 2},
	{4, TS_OK, 2},        {5, TS_OK, 4}, {6, TS_OK, 5}, {7, TS_ENOTFOUND, 0},
};

START_TEST(before_a_version_is_before_its_transaction)
{
	PAST(f);
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = fixture_begin(&f, TS_READ);
	struct ts_transaction tr;
	ck_assert_int_eq(ts_past_before(t, f.user.id, versions[_i].number, &tr, &f.err),
			 versions[_i].code);
	if (versions[_i].code == TS_OK) {
		ck_assert_uint_eq(tr.last, versions[_i].last);
	}
}
END_TEST

/* The values of all tasks, as JSON without `modified` and `end`. */
static void print_tasks(struct fixture *f, struct ts_txn *t, struct ts_buf *to)
{
	static const char *const uuids[] = {UUID_A, UUID_B, UUID_C};
	static const char *const keys[] = {"status", "project", "tag_t"};
	ts_buf_clear(to);
	for (size_t i = 0; i < TS_COUNT_OF(uuids); i++) {
		TS_ARENA(a);
		struct ts_uuid uuid;
		struct ts_task task;
		ck_assert(ts_uuid_parse(ts_slice_of(uuids[i]), &uuid));
		ck_assert_int_eq(ts_head_task(t, f->user.id, &uuid, &a, &task, NULL, &f->err),
				 TS_OK);
		for (size_t k = 0; k < TS_COUNT_OF(keys); k++) {
			ts_buf_add_slice(to, ts_task_text(&task, keys[k]));
			ts_buf_add_char(to, k + 1 < TS_COUNT_OF(keys) ? ',' : ' ');
		}
		ck_assert_int_eq(ts_task_is_open(&task),
				 ts_task_value(&task, TS_SLICE("end")).kind == TS_VALUE_NONE);
	}
}

static struct ts_past_counts revert_to(struct fixture *f, uint64_t limit, int64_t now,
				       const struct ts_uuids *tasks)
{
	struct ts_append append;
	struct ts_past_counts dry, counts;
	struct ts_past p = {.limit = limit, .now = now, .tasks = tasks};
	const struct ts_append_by by = {.now = now, .device = "taskd", .what = "revert"};
	struct ts_txn *t = fixture_begin(f, TS_WRITE);
	ck_assert_int_eq(ts_append_begin(t, f->user.id, &append, &f->err), TS_OK);
	ck_assert_int_eq(ts_past_revert(&p, t, f->user.id, &dry, &f->err), TS_OK);
	ck_assert_uint_eq(ts_append_count(&append), 0);
	p.append = &append;
	ck_assert_int_eq(ts_past_revert(&p, t, f->user.id, &counts, &f->err), TS_OK);
	ck_assert_mem_eq(&dry, &counts, sizeof(dry));
	ck_assert_uint_eq(ts_append_count(&append),
			  counts.changed + counts.returned + counts.deleted);
	ck_assert_int_eq(ts_append_close(&append, &by, &f->err), TS_OK);
	fixture_commit(f, t);
	return counts;
}

static void ck_counts(struct ts_past_counts c, size_t changed, size_t returned, size_t deleted,
		      size_t same)
{
	ck_assert_uint_eq(c.changed, changed);
	ck_assert_uint_eq(c.returned, returned);
	ck_assert_uint_eq(c.deleted, deleted);
	ck_assert_uint_eq(c.same, same);
}

static void ck_tasks(struct fixture *f, const char *want)
{
	TS_BUF(got);
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = fixture_begin(f, TS_READ);
	print_tasks(f, t, &got);
	ck_assert_slice(ts_buf_slice(&got), want);
}

static const struct {
	uint64_t limit;
	struct ts_past_counts counts;
	const char *want;
} reverts[] = {
	/* changed, returned, deleted, same */
	{6, {0, 0, 0, 3}, "pending,home, deleted,, pending,, "},
	{5, {1, 0, 0, 2}, "pending,,x deleted,, pending,, "},
	{4, {1, 0, 1, 1}, "pending,,x deleted,, deleted,, "},
	{2, {0, 1, 1, 1}, "pending,home, pending,, deleted,, "},
	{0, {0, 0, 2, 1}, "deleted,home, deleted,, deleted,, "},
};

START_TEST(tasks_are_what_they_were_and_can_be_again)
{
	PAST(f);
	const struct ts_past_counts *c = &reverts[_i].counts;
	ck_tasks(&f, reverts[0].want);
	ck_counts(revert_to(&f, reverts[_i].limit, 2000000000, NULL), c->changed, c->returned,
		  c->deleted, c->same);
	ck_tasks(&f, reverts[_i].want);
	ck_counts(revert_to(&f, reverts[_i].limit, 2000000001, NULL), 0, 0, 0, 3);
	(void)revert_to(&f, 6, 2000000002, NULL);
	ck_tasks(&f, reverts[0].want);
}
END_TEST

START_TEST(only_the_tasks_that_are_named)
{
	PAST(f);
	struct ts_uuid uuid;
	ck_assert(ts_uuid_parse(TS_SLICE(UUID_B), &uuid));
	ck_counts(revert_to(&f, 2, 2000000000, &(struct ts_uuids){&uuid, 1}), 0, 1, 0, 0);
	ck_tasks(&f, "pending,home, pending,, pending,, ");
}
END_TEST

/* Somebody whose clock is far ahead has edited: who reverts has seen it, and wins. */
START_TEST(a_revert_wins_whatever_the_clocks_say)
{
	PAST(f);
	sync_at(&f, 500, TASK(UUID_A, "20380101T000000Z", PENDING ",\"project\":\"late\""));
	ck_counts(revert_to(&f, 6, 1900000000, NULL), 1, 0, 0, 2);
	ck_tasks(&f, reverts[0].want);
	sync_at(&f, 600, "");
	ck_tasks(&f, reverts[0].want);
}
END_TEST

/* Without its record, as where the history was compacted. */
static void drop(struct fixture *f, uint64_t number)
{
	struct ts_txn *t = fixture_begin(f, TS_WRITE);
	const struct ts_key key = ts_key_number(f->user.id, number);
	ck_assert_int_eq(ts_kv_remove(t->kv, TS_KV_VERSIONS, ts_key_slice(&key), &f->err), TS_OK);
	fixture_commit(f, t);
}

START_TEST(a_walk_passes_over_what_was_dropped)
{
	PAST(f);
	TS_BUF(got);
	TS_CLEANUP(ts_walk_done) struct ts_walk w;
	uint64_t number;
	drop(&f, 1);
	drop(&f, 4);
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = fixture_begin(&f, TS_READ);
	ck_assert_int_eq(ts_walk_begin(t, f.user.id, NULL, &w, &f.err), TS_OK);
	while (ts_walk_next(&w, &number, &f.err) == TS_OK) {
		ts_buf_printf(&got, "%d ", (int)number);
	}
	ck_assert_slice(ts_buf_slice(&got), "6 5 3 2 ");
}
END_TEST

static const struct {
	uint64_t last;
	int code;
} pasts[] = {{0, TS_EOLD}, {2, TS_EOLD}, {4, TS_OK}, {5, TS_OK}, {6, TS_OK}};

START_TEST(a_past_that_was_dropped_is_told)
{
	PAST(f);
	const struct ts_transaction tr = {.last = pasts[_i].last};
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	ck_assert_int_eq(ts_past_check(t, f.user.id, &tr, &f.err), TS_OK);
	ck_assert_int_eq(ts_horizon_raise(t, f.user.id, 4, &f.err), TS_OK);
	ck_assert_int_eq(ts_past_check(t, f.user.id, &tr, &f.err), pasts[_i].code);
	if (pasts[_i].code != TS_OK) {
		ck_assert_ptr_nonnull(strstr(f.err.text, "compacted; it is whole from"));
	}
}
END_TEST

UNIT_MAIN("past", {a_date_is_a_transaction, TS_COUNT_OF(dates)},
	  {before_a_version_is_before_its_transaction, TS_COUNT_OF(versions)},
	  {tasks_are_what_they_were_and_can_be_again, TS_COUNT_OF(reverts)},
	  {only_the_tasks_that_are_named, 0}, {a_revert_wins_whatever_the_clocks_say, 0},
	  {a_walk_passes_over_what_was_dropped, 0},
	  {a_past_that_was_dropped_is_told, TS_COUNT_OF(pasts)})
