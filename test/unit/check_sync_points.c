/* SPDX-License-Identifier: MIT */
#include "test/unit/store_fixture.h"

static struct ts_sync_point point(uint8_t i)
{
	return (struct ts_sync_point){.key.bytes = {[3] = i},
				      .sent = i * 100u,
				      .last = i * 100u + 7,
				      .lost = i,
				      .time = 1000 + i};
}

static void add(struct fixture *f, struct ts_txn *t, const char *remote, uint8_t i)
{
	const struct ts_sync_point p = point(i);
	ck_assert_int_eq(ts_sync_point_add(t, f->user.id, remote, &p, &f->err), TS_OK);
}

static void is_point(const struct ts_sync_point *p, uint8_t i)
{
	const struct ts_sync_point wanted = point(i);
	ck_assert(ts_uuid_eq(&p->key, &wanted.key));
	ck_assert_uint_eq(p->sent, wanted.sent);
	ck_assert_uint_eq(p->last, wanted.last);
	ck_assert_uint_eq(p->lost, wanted.lost);
	ck_assert_int_eq(p->time, wanted.time);
}

START_TEST(newest_first)
{
	FIXTURE(f);
	struct ts_sync_point p;
	struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	ck_assert_int_eq(ts_sync_point_get(t, f.user.id, "home", 0, &p, &f.err), TS_ENOTFOUND);
	for (uint8_t i = 1; i <= 5; i++) {
		add(&f, t, "home", i);
	}
	for (uint8_t back = 0; back < 5; back++) {
		ck_assert_int_eq(ts_sync_point_get(t, f.user.id, "home", back, &p, &f.err), TS_OK);
		is_point(&p, (uint8_t)(5 - back));
	}
	ck_assert_int_eq(ts_sync_point_get(t, f.user.id, "home", 5, &p, &f.err), TS_ENOTFOUND);
	fixture_commit(&f, t);
}
END_TEST

START_TEST(sent_is_the_most_of_all)
{
	FIXTURE(f);
	uint64_t sent = 9;
	struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	ck_assert_int_eq(ts_sync_point_sent(t, f.user.id, &sent, &f.err), TS_OK);
	ck_assert_uint_eq(sent, 0);
	add(&f, t, "home", 1);
	add(&f, t, "work", 4);
	add(&f, t, "work", 2);
	ck_assert_int_eq(ts_sync_point_sent(t, f.user.id, &sent, &f.err), TS_OK);
	ck_assert_uint_eq(sent, 400);
	fixture_commit(&f, t);
}
END_TEST

/* One remote's name is the beginning of another's. */
START_TEST(each_remote_has_its_own)
{
	FIXTURE(f);
	struct ts_sync_point p;
	struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	add(&f, t, "home", 1);
	add(&f, t, "homework", 2);
	ck_assert_int_eq(ts_sync_point_get(t, f.user.id, "home", 0, &p, &f.err), TS_OK);
	is_point(&p, 1);
	ck_assert_int_eq(ts_sync_point_get(t, f.user.id, "home", 1, &p, &f.err), TS_ENOTFOUND);
	ck_assert_int_eq(ts_sync_point_forget(t, f.user.id, "home", &f.err), TS_OK);
	ck_assert_int_eq(ts_sync_point_get(t, f.user.id, "home", 0, &p, &f.err), TS_ENOTFOUND);
	ck_assert_int_eq(ts_sync_point_get(t, f.user.id, "homework", 0, &p, &f.err), TS_OK);
	fixture_commit(&f, t);
}
END_TEST

START_TEST(found_by_key)
{
	FIXTURE(f);
	struct ts_sync_point p;
	const struct ts_uuid key = point(2).key, other = point(9).key;
	struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	for (uint8_t i = 1; i <= 3; i++) {
		add(&f, t, "home", i);
	}
	ck_assert_int_eq(ts_sync_point_by_key(t, f.user.id, "home", &key, &p, &f.err), TS_OK);
	is_point(&p, 2);
	ck_assert_int_eq(ts_sync_point_by_key(t, f.user.id, "home", &other, &p, &f.err),
			 TS_ENOTFOUND);
	ck_assert_int_eq(ts_sync_point_by_key(t, f.user.id, "work", &key, &p, &f.err),
			 TS_ENOTFOUND);
	fixture_commit(&f, t);
}
END_TEST

UNIT_MAIN("sync_points", {newest_first, 0}, {sent_is_the_most_of_all, 0},
	  {each_remote_has_its_own, 0}, {found_by_key, 0})
