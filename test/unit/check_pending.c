/* SPDX-License-Identifier: MIT */
#include "test/unit/replica_fixture.h"

#define D "description=d "
#define P "status=pending"

START_TEST(everything_is_pending_first)
{
	REP(r);
	rep_edit(&r, 1, T(100), ADD);
	rep_edit(&r, 2, T(101), ADD);
	rep_edit(&r, 1, T(102), "project=p");
	ck_assert_str_eq(rep_pending_words(&r, 0).text,
			 "1: " D P " | 2: " D P " | 1: " D "project=p " P);
	ck_assert_uint_eq(rep_pending(&r, REMOTE), 3);
	rep_sync(&r, 1, 0, T(200), NULL);
	ck_assert_str_eq(rep_pending_words(&r, 0).text, "");
	rep_edit(&r, 2, T(201), "estimate=x");
	ck_assert_str_eq(rep_pending_words(&r, 0).text, "2: " D "estimate=x " P);
	/* Somebody else has nothing of it. */
	ck_assert_uint_eq(rep_pending(&r, "other"), 4);
}
END_TEST

START_TEST(what_came_from_a_remote_is_pending_for_others_only)
{
	REP(r);
	rep_sync(&r, 1, 1, T(100), ADD);
	rep_sync(&r, 2, 1, T(200), ADD "estimate=x");
	ck_assert_uint_eq(rep_pending(&r, REMOTE), 0);
	ck_assert_uint_eq(rep_pending(&r, "other"), 2);
}
END_TEST

/* Task 1: in both, edited while a sync ran that brought others' edit. */
static void edit_in_flight(struct rep *r)
{
	REQUEST(q);
	TS_BUF(answer);
	rep_sync(r, 1, 1, T(100), ADD);
	rep_edit(r, 2, T(200), ADD);
	(void)rep_base(r, REMOTE, 0, &q);
	rep_request(r, REMOTE, SIZE_MAX, &q);
	rep_edit(r, 1, T(300), "project=p");
	rep_edit(r, 1, T(301), "project=r");
	answer_task(&answer, 1, T(250), ADD "estimate=x");
	answer_key(&answer, 2);
	rep_apply(r, REMOTE, &q, ts_buf_slice(&answer), T(400));
}

START_TEST(a_merge_goes_in_place_of_what_was_in_flight)
{
	REP(r);
	edit_in_flight(&r);
	ck_assert_str_eq(rep_pending_words(&r, 0).text, "1: " D "estimate=x project=r " P);
	rep_edit(&r, 1, T(500), "estimate=");
	ck_assert_str_eq(rep_pending_words(&r, 0).text,
			 "1: " D "estimate=x project=r " P " | 1: " D "project=r " P);
	rep_sync(&r, 3, 0, T(600), NULL);
	ck_assert_uint_eq(rep_pending(&r, REMOTE), 0);
}
END_TEST

/* A remote that lost its newest history gets what it lacks, its own part of it as well. */
START_TEST(an_older_point_has_more_behind_it)
{
	REP(r);
	edit_in_flight(&r);
	rep_sync(&r, 3, 0, T(600), NULL);
	ck_assert_str_eq(rep_pending_words(&r, 0).text, "");
	ck_assert_str_eq(rep_pending_words(&r, 1).text, "1: " D "estimate=x project=r " P);
	ck_assert_str_eq(rep_pending_words(&r, 2).text,
			 "2: " D P " | 1: " D "project=p " P " | 1: " D "project=r " P " | 1: " D
			 "estimate=x project=r " P);
	ck_assert_str_eq(rep_pending_words(&r, 3).text,
			 "1: " D P " | 2: " D P " | 1: " D "project=p " P " | 1: " D "project=r " P
			 " | 1: " D "estimate=x project=r " P);
}
END_TEST

/* As the last one, but what is lacking goes in pieces: each answer makes a new point. */
START_TEST(pieces_behind_an_older_point_lose_nothing)
{
	REP(r);
	struct words all = {""};
	size_t n = 0;
	uint64_t back = 2;
	edit_in_flight(&r);
	rep_sync(&r, 3, 0, T(600), NULL);
	for (unsigned key = 4;; key++, back = 0) {
		REQUEST(q);
		TS_BUF(answer);
		(void)rep_base(&r, REMOTE, back, &q);
		rep_request(&r, REMOTE, 1, &q);
		if (q.states == 0) {
			break;
		}
		n += (size_t)snprintf(all.text + n, sizeof(all.text) - n, "%s\n",
				      request_words(&q).text);
		answer_task(&answer, 9, T(600 + key), ADD);
		answer_key(&answer, key);
		rep_apply(&r, REMOTE, &q, ts_buf_slice(&answer), T(700));
	}
	ck_assert_str_eq(all.text, "2: " D P "\n1: " D "project=p " P "\n1: " D "project=r " P
				   "\n1: " D "estimate=x project=r " P "\n");
}
END_TEST

/* Requests of one state each, with edits between them and answers that touch the same tasks. */
START_TEST(pieces_send_everything_once)
{
	REP(r);
	struct words all = {""};
	size_t n = 0;
	for (unsigned i = 1; i <= 3; i++) {
		rep_edit(&r, i, T(100 + i), ADD);
	}
	for (unsigned key = 1;; key++) {
		REQUEST(q);
		TS_BUF(answer);
		(void)rep_base(&r, REMOTE, 0, &q);
		rep_request(&r, REMOTE, 1, &q);
		if (q.states == 0) {
			break;
		}
		n += (size_t)snprintf(all.text + n, sizeof(all.text) - n, "%s\n",
				      request_words(&q).text);
		if (key == 1) {
			rep_edit(&r, 3, T(200), "project=p");
			answer_task(&answer, 3, T(150), ADD "estimate=x");
		}
		answer_key(&answer, key);
		rep_apply(&r, REMOTE, &q, ts_buf_slice(&answer), T(300));
	}
	ck_assert_str_eq(all.text, "1: " D P "\n2: " D P "\n3: " D "estimate=x project=p " P "\n");
}
END_TEST

/* One request of at most `most` states, its answer a state of task 1; task 1 is edited meanwhile.
 */
static void sync_in_flight(struct rep *r, const char *remote, size_t most, unsigned key,
			   const char *edit, const char *came)
{
	REQUEST(q);
	TS_BUF(answer);
	(void)rep_base(r, remote, 0, &q);
	rep_request(r, remote, most, &q);
	if (edit != NULL) {
		rep_edit(r, 1, T(300), edit);
	}
	answer_task(&answer, 1, T(310 + key), came);
	answer_key(&answer, key);
	rep_apply(r, remote, &q, ts_buf_slice(&answer), T(400));
}

/* What one remote sent is never put on top of what came from another one. */
START_TEST(each_remote_has_a_line_of_its_own)
{
	REP(r);
	rep_sync(&r, 1, 1, T(100), ADD);
	sync_in_flight(&r, "other", SIZE_MAX, 1, NULL, ADD);
	rep_edit(&r, 2, T(200), ADD);
	sync_in_flight(&r, REMOTE, SIZE_MAX, 2, "project=p", ADD "estimate=x");
	ck_assert_str_eq(rep_pending_words(&r, 0).text, "1: " D "estimate=x project=p " P);
	/* A first part, without task 1. */
	sync_in_flight(&r, "other", 1, 2, NULL, ADD "tag_a=x");
	ck_assert_str_eq(rep_pending_words(&r, 0).text, "1: " D "estimate=x project=p " P " | 1: " D
							"estimate=x project=p " P " tag_a=x");
}
END_TEST

START_TEST(another_time_alone_is_not_sent)
{
	REP(r);
	rep_sync(&r, 1, 1, T(100), ADD);
	sync_in_flight(&r, "other", SIZE_MAX, 1, NULL, ADD);
	rep_sync(&r, 2, 1, T(500), ADD);
	ck_assert_uint_eq(rep_pending(&r, REMOTE), 0);
	ck_assert_uint_eq(rep_pending(&r, "other"), 0);
	/* Nor where the record holds all of the task. */
	for (unsigned key = 3; key < 3 + 20; key++) {
		rep_sync(&r, key, 1, T(500 + key), ADD);
	}
	ck_assert_uint_eq(rep_pending(&r, "other"), 0);
}
END_TEST

/* However long the line before a merge is. */
START_TEST(many_edits_behind_a_merge)
{
	enum { MANY = 5000 };
	REP(r);
	struct edit e;
	char word[30];
	edit_in_flight(&r);
	for (unsigned task = 1; task <= 2; task++) {
		rep_ok(&r, edit_begin(&r.r, "modify", T(600), &e, &r.err));
		for (int i = 0; i < MANY; i++) {
			(void)snprintf(word, sizeof(word), "note=%d", i);
			edit_words(&r, &e, task, word);
		}
		rep_ok(&r, edit_commit(&e, NULL, &r.err));
		if (task == 1) {
			sync_in_flight(&r, REMOTE, 1, 3, "project=q", ADD "tag_b=x");
		}
	}
	ck_assert_uint_eq(rep_pending(&r, REMOTE), MANY + 1);
	ck_assert_uint_eq(rep_pending(&r, "other"), 2 * MANY + 7);
}
END_TEST

START_TEST(an_empty_task_is_not_sent)
{
	REP(r);
	rep_edit(&r, 1, T(100), ADD);
	rep_edit(&r, 1, T(101), "project=p");
	rep_edit(&r, 1, T(102), "description= project= status=");
	ck_assert_str_eq(rep_pending_words(&r, 0).text, "");
	rep_sync(&r, 1, 0, T(200), NULL);
	rep_edit(&r, 1, T(300), ADD);
	ck_assert_str_eq(rep_pending_words(&r, 0).text, "1: " D P);
	rep_sync(&r, 2, 0, T(400), NULL);
	/* Where the remote has it, it is deleted there. */
	rep_edit(&r, 1, T(500), "description= status=");
	ck_assert_str_eq(rep_pending_words(&r, 0).text,
			 "1: " D "end=19800101T000820Z status=deleted");
}
END_TEST

START_TEST(a_walk_ends_where_it_began)
{
	REP(r);
	TS_CLEANUP(pending_done) struct pending p = {0};
	uint64_t number;
	rep_edit(&r, 1, T(100), ADD);
	rep_edit(&r, 2, T(100), ADD);
	struct ts_txn *t = rep_begin(&r);
	rep_ok(&r, pending_begin(t, &r.r, REMOTE, NULL, &p, &r.err));
	rep_ok(&r, pending_next(&p, &number, &r.err));
	ck_assert_uint_eq(number, 1);
	ts_txn_abort(t);
	rep_edit(&r, 2, T(101), "description= status=");
	rep_edit(&r, 3, T(102), ADD);
	p.txn = rep_begin(&r);
	rep_ok(&r, pending_next(&p, &number, &r.err));
	ck_assert_uint_eq(number, 2);
	ck_assert_int_eq(pending_next(&p, &number, &r.err), TS_ENOTFOUND);
	ck_assert_uint_eq(p.at, 2);
	ts_txn_abort(p.txn);
}
END_TEST

START_TEST(counting_stops_at_the_most)
{
	REP(r);
	size_t count;
	for (unsigned i = 1; i <= 5; i++) {
		rep_edit(&r, i, T(100), ADD);
	}
	struct ts_txn *t = rep_begin(&r);
	rep_ok(&r, pending_count(t, &r.r, REMOTE, NULL, 3, &count, &r.err));
	ck_assert_uint_eq(count, 3);
	rep_ok(&r, pending_count(t, &r.r, REMOTE, NULL, 30, &count, &r.err));
	ck_assert_uint_eq(count, 5);
	ts_txn_abort(t);
}
END_TEST

UNIT_MAIN("pending", {everything_is_pending_first, 0},
	  {what_came_from_a_remote_is_pending_for_others_only, 0},
	  {a_merge_goes_in_place_of_what_was_in_flight, 0}, {an_older_point_has_more_behind_it, 0},
	  {pieces_behind_an_older_point_lose_nothing, 0}, {each_remote_has_a_line_of_its_own, 0},
	  {another_time_alone_is_not_sent, 0}, {many_edits_behind_a_merge, 0},
	  {pieces_send_everything_once, 0}, {an_empty_task_is_not_sent, 0},
	  {a_walk_ends_where_it_began, 0}, {counting_stops_at_the_most, 0})
