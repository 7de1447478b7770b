/* SPDX-License-Identifier: MIT */
#include "server/request/quota.h"
#include "test/unit/store_fixture.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND };

static const struct {
	uint64_t own, setting, want;
} effective[] = {
	{0, 0, 0}, {0, 5, 5}, {7, 5, 7}, {7, 0, 7}, {TS_NO_QUOTA, 5, 0}, {TS_NO_QUOTA, 0, 0},
};

START_TEST(ones_own_goes_before_the_settings)
{
	ck_assert_uint_eq(quota_of(effective[_i].own, effective[_i].setting), effective[_i].want);
}
END_TEST

/* Requests a minute */

static int request(struct quota *q, const struct account *a, uint64_t ms, struct ts_error *err)
{
	static const struct settings s = {0};
	return quota_request(q, &s, a, ms, err);
}

static int served(struct quota *q, const struct account *a, uint64_t ms)
{
	int count = 0;
	while (count < 1000 && request(q, a, ms, NULL) == TS_OK) {
		count++;
	}
	return count;
}

START_TEST(requests_come_back_with_time)
{
	TS_CLEANUP(quota_free_p) struct quota *q = NULL;
	struct ts_error err = {0};
	const struct account a = {.user = {.id = 1, .quota = {.requests = 6}}};
	ck_assert_int_eq(quota_new(&q, NULL), TS_OK);
	ck_assert_int_eq(served(q, &a, 0), 6);
	ck_assert_int_eq(request(q, &a, SECOND, &err), TS_ETOOMANY);
	ck_assert_ptr_nonnull(strstr(err.text, "6 requests a minute"));
	ck_assert_ptr_nonnull(strstr(err.text, "try again in 9 seconds"));
	ck_assert_int_eq(request(q, &a, 10 * SECOND - 1, &err), TS_ETOOMANY);
	ck_assert_ptr_nonnull(strstr(err.text, "try again in 1 second."));
	ck_assert_int_eq(served(q, &a, 10 * SECOND), 1);
	ck_assert_int_eq(served(q, &a, 40 * SECOND), 3);
	ck_assert_int_eq(served(q, &a, 10 * MINUTE), 6);
}
END_TEST

/* Another thread has looked at the clock before us, and counts after us. */
START_TEST(a_clock_that_is_behind_brings_nothing)
{
	TS_CLEANUP(quota_free_p) struct quota *q = NULL;
	const struct account a = {.user = {.id = 1, .quota = {.requests = 6}}};
	ck_assert_int_eq(quota_new(&q, NULL), TS_OK);
	ck_assert_int_eq(served(q, &a, MINUTE), 6);
	ck_assert_int_eq(served(q, &a, MINUTE - 1), 0);
	ck_assert_int_eq(served(q, &a, MINUTE), 0);
	ck_assert_int_eq(served(q, &a, MINUTE + 10 * SECOND), 1);
}
END_TEST

START_TEST(who_has_no_quota_is_never_refused)
{
	TS_CLEANUP(quota_free_p) struct quota *q = NULL;
	const struct account a = {.user = {.id = 1, .quota = {.requests = TS_NO_QUOTA}}};
	ck_assert_int_eq(quota_new(&q, NULL), TS_OK);
	ck_assert_int_eq(served(q, &a, 0), 1000);
}
END_TEST

START_TEST(users_share_what_the_organization_may)
{
	TS_CLEANUP(quota_free_p) struct quota *q = NULL;
	struct ts_error err = {0};
	const struct ts_org org = {.id = 1, .quota = {.requests = 3}};
	const struct account one = {.org = org, .user = {.id = 1, .quota = {.requests = 2}}};
	const struct account two = {.org = org, .user = {.id = 2}};
	const struct account other = {.org = {.id = 2}, .user = {.id = 3}};
	uint64_t before = limits_hits(LIMIT_QUOTA_ORG_REQUESTS);
	ck_assert_int_eq(quota_new(&q, NULL), TS_OK);
	ck_assert_int_eq(served(q, &one, 0), 2); /* and none of what is refused is paid */
	ck_assert_int_eq(request(q, &one, 0, NULL), TS_ETOOMANY);
	ck_assert_int_eq(served(q, &two, 0), 1);
	ck_assert_int_eq(request(q, &two, 0, &err), TS_ETOOMANY);
	ck_assert_ptr_nonnull(strstr(err.text, "organization"));
	ck_assert_int_eq(served(q, &other, 0), 1000);
	ck_assert_uint_eq(limits_hits(LIMIT_QUOTA_ORG_REQUESTS), before + 2);
}
END_TEST

START_TEST(counting_costs_bounded_memory)
{
	TS_CLEANUP(quota_free_p) struct quota *q = NULL;
	ck_assert_int_eq(quota_new(&q, NULL), TS_OK);
	for (uint32_t id = 0; id < 100000; id++) {
		const struct account a = {.user = {.id = id, .quota = {.requests = 1}}};
		ck_assert_int_eq(request(q, &a, 0, NULL), TS_OK);
	}
	/* Those of a minute ago are as good as never seen, and new ones are counted again. */
	const struct account late = {.user = {.id = 200000, .quota = {.requests = 1}}};
	ck_assert_int_eq(served(q, &late, MINUTE), 1);
}
END_TEST

/* Bytes and tasks: an account with 2 tasks gets one more, or the first one again */

static const struct {
	const char *what;
	struct ts_quota user, org;
	bool new_task;
	int begin, end;
	enum limit limit;
	const char *says;
} rows[] = {
	{"no quota", {0}, {0}, true, TS_OK, TS_OK, LIMITS, NULL},
	{"room for one", {.tasks = 3}, {0}, true, TS_OK, TS_OK, LIMITS, NULL},
	{"no room",
	 {.tasks = 2},
	 {0},
	 true,
	 TS_OK,
	 TS_ETOOBIG,
	 LIMIT_QUOTA_USER_TASKS,
	 "Your account holds 2 of the 2 tasks that it may, and this sync brings 1 more"},
	{"an edit", {.tasks = 2}, {0}, false, TS_OK, TS_OK, LIMITS, NULL},
	{"an edit beyond", {.tasks = 1}, {0}, false, TS_OK, TS_OK, LIMITS, NULL},
	{"new beyond",
	 {.tasks = 1},
	 {0},
	 true,
	 TS_OK,
	 TS_ETOOBIG,
	 LIMIT_QUOTA_USER_TASKS,
	 "2 of the 1 tasks"},
	{"full of bytes",
	 {.bytes = 10},
	 {0},
	 false,
	 TS_ETOOBIG,
	 0,
	 LIMIT_QUOTA_USER_BYTES,
	 "of the 10 bytes that it may;"},
	{"no room for so many",
	 {.bytes = 250},
	 {0},
	 true,
	 TS_OK,
	 TS_ETOOBIG,
	 LIMIT_QUOTA_USER_BYTES,
	 "of the 250 bytes that it may, and this sync brings"},
	{"room for many", {.bytes = 100000}, {0}, true, TS_OK, TS_OK, LIMITS, NULL},
	{"the organization's tasks",
	 {0},
	 {.tasks = 2},
	 true,
	 TS_OK,
	 TS_ETOOBIG,
	 LIMIT_QUOTA_ORG_TASKS,
	 "Your organization's accounts hold 2 of the 2 tasks that they may"},
	{"the organization's bytes",
	 {0},
	 {.bytes = 10},
	 false,
	 TS_ETOOBIG,
	 0,
	 LIMIT_QUOTA_ORG_BYTES,
	 "Your organization's accounts hold"},
	{"the organization's bytes, later",
	 {0},
	 {.bytes = 250},
	 true,
	 TS_OK,
	 TS_ETOOBIG,
	 LIMIT_QUOTA_ORG_BYTES,
	 "Your organization's accounts hold"},
	{"none of one's own", {.tasks = TS_NO_QUOTA}, {0}, true, TS_OK, TS_OK, LIMITS, NULL},
};

#define TASK(n, text)                                                                              \
	"{\"uuid\":\"7f1c1f6e-0000-4000-8000-00000000000" n "\",\"status\":\"pending\","           \
	"\"entry\":\"20260101T000000Z\",\"description\":\"" text "\"}\n"

static const struct ts_slice new_task = {
	TASK("3", "a new task, whose description takes more room than there is for it, so that it "
		  "does not fit any more into what an account may have of two hundred and fifty"),
	0};

static void store_more(struct fixture *f, struct ts_txn *t, bool new)
{
	static const struct ts_task_limits limits = {0};
	TS_CLEANUP(ts_upload_free_p) struct ts_upload *u = NULL;
	struct ts_slice line = new ? ts_slice_of(new_task.data) : TS_SLICE(TASK("1", "changed"));
	ck_assert_int_eq(ts_upload_new(&limits, &f->budget, &u), TS_OK);
	ck_assert_int_eq(ts_upload_feed(u, line, NULL), TS_OK);
	ck_assert_int_eq(ts_upload_end(u, NULL), TS_OK);
	TS_CLEANUP(ts_sync_done)
	struct ts_sync s = {.user = f->user.id, .device = "x", .now = 9, .init = true, .upload = u};
	ck_assert_int_eq(ts_sync_store(t, &s, NULL), TS_OK);
}

START_TEST(what_goes_beyond_is_refused)
{
	FIXTURE(f);
	GOT(got);
	TS_CLEANUP(quota_free_p) struct quota *q = NULL;
	static const struct settings none = {0};
	struct quota_room room = {0};
	struct account a = {.user = f.user};
	fixture_sync(&f, TS_SLICE(TASK("1", "one") TASK("2", "two")), true, 5, &got);
	struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	ck_assert_int_eq(ts_org_get(t, TS_SLICE("Public"), &a.org, NULL), TS_OK);
	a.user.quota = rows[_i].user;
	a.org.quota = rows[_i].org;
	uint64_t before = rows[_i].limit != LIMITS ? limits_hits(rows[_i].limit) : 0;
	ck_assert_int_eq(quota_new(&q, NULL), TS_OK);
	int rc = quota_begin(q, t, &none, &a, &room, &f.err);
	ck_assert_msg(rc == rows[_i].begin, "%s, before: %s", rows[_i].what, f.err.text);
	if (rc == TS_OK) {
		store_more(&f, t, rows[_i].new_task);
		rc = quota_end(q, t, &a, &room, &f.err);
		ck_assert_msg(rc == rows[_i].end, "%s, after: %s", rows[_i].what, f.err.text);
	}
	ts_txn_abort(t);
	if (rc != TS_OK) {
		ck_assert_msg(strstr(f.err.text, rows[_i].says) != NULL, "%s: %s", rows[_i].what,
			      f.err.text);
		ck_assert_uint_eq(limits_hits(rows[_i].limit), before + 1);
	}
}
END_TEST

/* One more task of `user` in an organization that may have `most`. */
static int share(struct fixture *f, struct quota *q, struct ts_txn *t, const struct ts_user *user,
		 uint64_t most)
{
	static const struct settings none = {0};
	struct quota_room room = {0};
	struct account a = {.user = *user};
	struct fixture other = {.user = *user, .budget = f->budget};
	ck_assert_int_eq(ts_org_get(t, TS_SLICE("Public"), &a.org, NULL), TS_OK);
	a.org.quota.tasks = most;
	int rc = quota_begin(q, t, &none, &a, &room, NULL);
	if (rc == TS_OK) {
		store_more(&other, t, true);
		rc = quota_end(q, t, &a, &room, NULL);
	}
	return rc;
}

static void commit(struct fixture *f, struct quota *q, struct ts_txn *t)
{
	uint64_t serial = ts_txn_serial(t);
	fixture_commit(f, t);
	quota_settled(q, true, serial);
}

static void undo(struct quota *q, struct ts_txn *t)
{
	quota_settled(q, false, ts_txn_serial(t));
	ts_txn_abort(t);
}

/* Two that come at once get what there is once, and what was undone is there again. */
START_TEST(an_organization_shares_to_the_last_one)
{
	FIXTURE(f);
	TS_CLEANUP(quota_free_p) struct quota *q = NULL;
	struct ts_org org;
	struct ts_user bob, carol;
	ck_assert_int_eq(quota_new(&q, NULL), TS_OK);
	struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	ck_assert_int_eq(ts_org_get(t, TS_SLICE("Public"), &org, NULL), TS_OK);
	ck_assert_int_eq(ts_user_add(t, &org, TS_SLICE("bob"), 1, &bob, NULL), TS_OK);
	ck_assert_int_eq(ts_user_add(t, &org, TS_SLICE("carol"), 1, &carol, NULL), TS_OK);
	fixture_commit(&f, t);
	t = fixture_begin(&f, TS_WRITE);
	ck_assert_int_eq(share(&f, q, t, &f.user, 1), TS_OK);
	ck_assert_int_eq(share(&f, q, t, &bob, 1), TS_ETOOBIG);
	undo(q, t);
	t = fixture_begin(&f, TS_WRITE);
	ck_assert_int_eq(share(&f, q, t, &bob, 1), TS_OK);
	commit(&f, q, t);
	t = fixture_begin(&f, TS_WRITE);
	ck_assert_int_eq(share(&f, q, t, &f.user, 1), TS_ETOOBIG);
	undo(q, t);
	t = fixture_begin(&f, TS_WRITE); /* another process */
	ck_assert_int_eq(ts_user_remove(t, &bob, NULL), TS_OK);
	fixture_commit(&f, t);
	t = fixture_begin(&f, TS_WRITE);
	ck_assert_int_eq(share(&f, q, t, &f.user, 2), TS_OK);
	commit(&f, q, t);
	t = fixture_begin(&f, TS_WRITE);
	ck_assert_int_eq(share(&f, q, t, &carol, 2), TS_OK);
	commit(&f, q, t);
}
END_TEST

/* Each setting, for those who have nothing of their own */

static const struct {
	struct settings s;
	enum limit limit;
} by_settings[] = {
	{{.quota_user_bytes = 10}, LIMIT_QUOTA_USER_BYTES},
	{{.quota_user_tasks = 2}, LIMIT_QUOTA_USER_TASKS},
	{{.quota_user_requests = 1}, LIMIT_QUOTA_USER_REQUESTS},
	{{.quota_org_bytes = 10}, LIMIT_QUOTA_ORG_BYTES},
	{{.quota_org_tasks = 2}, LIMIT_QUOTA_ORG_TASKS},
	{{.quota_org_requests = 1}, LIMIT_QUOTA_ORG_REQUESTS},
};

START_TEST(each_setting_is_a_quota)
{
	FIXTURE(f);
	GOT(got);
	TS_CLEANUP(quota_free_p) struct quota *q = NULL;
	const struct settings *s = &by_settings[_i].s;
	struct quota_room room = {0};
	struct account a = {.user = f.user};
	fixture_sync(&f, TS_SLICE(TASK("1", "one") TASK("2", "two")), true, 5, &got);
	struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	ck_assert_int_eq(ts_org_get(t, TS_SLICE("Public"), &a.org, NULL), TS_OK);
	const uint64_t before = limits_hits(by_settings[_i].limit);
	ck_assert_int_eq(quota_new(&q, NULL), TS_OK);
	int rc = quota_request(q, s, &a, 0, NULL);
	ck_assert_int_eq(rc, TS_OK);
	rc = quota_request(q, s, &a, 0, NULL);
	if (rc == TS_OK) {
		rc = quota_begin(q, t, s, &a, &room, NULL);
	}
	if (rc == TS_OK) {
		store_more(&f, t, true);
		rc = quota_end(q, t, &a, &room, NULL);
	}
	ts_txn_abort(t);
	ck_assert_int_ne(rc, TS_OK);
	ck_assert_uint_eq(limits_hits(by_settings[_i].limit), before + 1);
}
END_TEST

START_TEST(a_job_that_is_run_again_is_one_refusal)
{
	FIXTURE(f);
	TS_CLEANUP(quota_free_p) struct quota *q = NULL;
	static const struct settings none = {0};
	struct quota_room room = {0};
	struct account a = {.user = f.user};
	a.user.quota.tasks = 1;
	uint64_t before = limits_hits(LIMIT_QUOTA_USER_TASKS);
	ck_assert_int_eq(quota_new(&q, NULL), TS_OK);
	for (int i = 0; i < 2; i++) {
		struct ts_txn *t = fixture_begin(&f, TS_WRITE);
		ck_assert_int_eq(quota_begin(q, t, &none, &a, &room, NULL), TS_OK);
		store_more(&f, t, true);
		store_more(&f, t, false);
		ck_assert_int_eq(quota_end(q, t, &a, &room, NULL), TS_ETOOBIG);
		ts_txn_abort(t);
	}
	ck_assert_uint_eq(limits_hits(LIMIT_QUOTA_USER_TASKS), before + 1);
}
END_TEST

UNIT_MAIN("quota", {ones_own_goes_before_the_settings, TS_COUNT_OF(effective)},
	  {requests_come_back_with_time, 0}, {a_clock_that_is_behind_brings_nothing, 0},
	  {who_has_no_quota_is_never_refused, 0}, {users_share_what_the_organization_may, 0},
	  {counting_costs_bounded_memory, 0}, {what_goes_beyond_is_refused, TS_COUNT_OF(rows)},
	  {an_organization_shares_to_the_last_one, 0},
	  {each_setting_is_a_quota, TS_COUNT_OF(by_settings)},
	  {a_job_that_is_run_again_is_one_refusal, 0})
