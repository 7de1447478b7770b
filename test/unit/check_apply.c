/* SPDX-License-Identifier: MIT */
#include "test/unit/replica_fixture.h"

#define D "description=d "
#define P "status=pending"

/*
 * One task in one sync: what both had, what was sent, what was edited while the sync ran, what came
 * (NULL: it was not in the answer); then what the task is, what is pending, and the counts.
 */
static const struct row {
	const char *what;
	const char *both, *sent, *flight, *answer;
	int64_t time; /* of the answer's state */
	const char *want, *pending;
	size_t tasks, conflicts, merges;
	uint64_t versions; /* written */
} rows[] = {
	{"nothing at all", D P, NULL, NULL, NULL, 0, D P, "", 0, 0, 0, 0},
	{"what is known", D P, NULL, NULL, D P, 100, D P, "", 0, 0, 0, 0},
	{"what is known, of another time", D P, NULL, NULL, D P, 400, D P, "", 0, 0, 0, 1},
	{"a new task", "", NULL, NULL, D P, 400, D P, "", 1, 0, 0, 1},
	{"others' edit", D P, NULL, NULL, D "project=q " P, 400, D "project=q " P, "", 1, 0, 0, 1},
	{"others' removal", D "estimate=x " P, NULL, NULL, D P, 400, D P, "", 1, 0, 0, 1},
	{"sent, nobody else's", D P, "project=p", NULL, NULL, 0, D "project=p " P, "", 0, 0, 0, 0},
	{"sent, and as sent", D P, "project=p", NULL, D "project=p " P, 200, D "project=p " P, "",
	 0, 0, 0, 0},
	{"sent, and others' edit", D P, "project=p", NULL, D "estimate=y project=p " P, 400,
	 D "estimate=y project=p " P, "", 1, 0, 0, 2},
	{"sent and lost", D P, "project=p", NULL, D "project=q " P, 400, D "project=q " P, "", 1, 1,
	 0, 2},
	{"sent and lost to what was before", D "project=o " P, "project=p", NULL, D "project=o " P,
	 400, D "project=o " P, "", 1, 1, 0, 1},
	{"a removal that lost", D "estimate=x " P, "estimate=", NULL, D "estimate=y " P, 400,
	 D "estimate=y " P, "", 1, 1, 0, 2},
	{"in flight", D P, NULL, "project=p", NULL, 0, D "project=p " P, "1: " D "project=p " P, 0,
	 0, 0, 0},
	{"in flight, behind what was sent", D P, "estimate=y", "project=p", NULL, 0,
	 D "estimate=y project=p " P, "1: " D "estimate=y project=p " P, 0, 0, 0, 0},
	{"in flight, and others' edit", D P, NULL, "project=p", D "estimate=y " P, 400,
	 D "estimate=y project=p " P, "1: " D "estimate=y project=p " P, 1, 0, 1, 2},
	{"in flight and lost", D P, NULL, "project=p", D "project=q " P, 400, D "project=q " P, "",
	 1, 1, 1, 2},
	{"in flight and won", D P, NULL, "project=p", D "project=q " P, 250, D "project=p " P,
	 "1: " D "project=p " P, 0, 0, 1, 2},
	{"in flight over what was sent and lost", D P, "project=p", "project=r", D "project=q " P,
	 400, D "project=q " P, "", 1, 2, 1, 3},
	{"a new task here and there", "", NULL, D "estimate=x " P, D "project=q " P, 250,
	 D "estimate=x project=q " P, "1: " D "estimate=x project=q " P, 1, 0, 1, 2},
	{"what the remote is not shown", D P, "recur=weekly", NULL, D "project=q " P, 400,
	 D "project=q recur=weekly " P, "", 1, 0, 0, 2},
	{"undone in flight", D P, NULL, "description= status=", NULL, 0, "",
	 "1: " D "end=19800101T000500Z status=deleted", 0, 0, 0, 0},
	{"undone in flight, but others worked on it", D P, NULL,
	 "description= status=", D "project=q " P, 250, D "project=q " P, "", 1, 0, 1, 2},
};

static uint64_t newest(struct rep *r)
{
	uint64_t number;
	struct ts_txn *t = rep_begin(r);
	rep_ok(r, ts_version_newest(t, r->r.user, &number, &r->err));
	ts_txn_abort(t);
	return number;
}

START_TEST(a_task_in_one_sync)
{
	const struct row *row = &rows[_i];
	REP(r);
	REQUEST(q);
	TS_BUF(answer);
	rep_sync(&r, 1, 1, T(100), row->both);
	if (row->sent != NULL) {
		rep_edit(&r, 1, T(200), row->sent);
	}
	(void)rep_base(&r, REMOTE, 0, &q);
	rep_request(&r, REMOTE, SIZE_MAX, &q);
	ck_assert_uint_eq(q.states, row->sent != NULL);
	if (row->flight != NULL) {
		rep_edit(&r, 1, T(300), row->flight);
	}
	if (row->answer != NULL) {
		answer_task(&answer, 1, T(row->time), row->answer);
	}
	answer_key(&answer, 2);
	const uint64_t before = newest(&r);
	rep_apply(&r, REMOTE, &q, ts_buf_slice(&answer), T(500));
	ck_assert_msg(strcmp(rep_words(&r, 1).text, row->want) == 0, "%s: '%s'", row->what,
		      rep_words(&r, 1).text);
	const struct words pending = rep_pending_words(&r, 0);
	ck_assert_msg(strcmp(pending.text, row->pending) == 0, "%s: pending '%s'", row->what,
		      pending.text);
	const struct apply *a = &r.applied;
	ck_assert_msg(a->tasks == row->tasks && a->conflicts == row->conflicts &&
			      a->merges == row->merges && newest(&r) - before == row->versions,
		      "%s: %zu tasks, %zu conflicts, %zu merges, %lu versions", row->what, a->tasks,
		      a->conflicts, a->merges, (unsigned long)(newest(&r) - before));
}
END_TEST

static int64_t modified_of(struct rep *r, unsigned task)
{
	TS_ARENA(a);
	struct ts_task state;
	const struct ts_uuid uuid = uuid_of(task);
	struct ts_txn *t = rep_begin(r);
	rep_ok(r, replica_task(t, &r->r, &uuid, &a, &state, NULL, &r->err));
	ts_txn_abort(t);
	return state.modified;
}

START_TEST(the_remote_s_time_counts)
{
	REP(r);
	rep_sync(&r, 1, 1, T(300), D P);
	rep_sync(&r, 2, 1, T(200), D P);
	ck_assert_int_eq(modified_of(&r, 1), T(200));
}
END_TEST

/* Of two states that chase each other through two remotes, one wins in the end. */
START_TEST(an_echo_ends)
{
	REP(r);
	rep_sync(&r, 1, 1, T(300), D "project=a " P);
	rep_sync(&r, 2, 1, T(200), D "project=b " P);
	rep_sync(&r, 3, 1, T(300), D "project=a " P); /* somebody may have put it back */
	ck_assert_str_eq(rep_words(&r, 1).text, D "project=a " P);
	ck_assert_str_eq(rep_pending_words(&r, 0).text, "");
	rep_sync(&r, 4, 1, T(200), D "project=b " P);
	ck_assert_str_eq(rep_words(&r, 1).text, D "project=a " P);
	ck_assert_int_eq(modified_of(&r, 1), T(300));
	ck_assert_uint_eq(r.applied.merges + r.applied.tasks, 0);
	ck_assert_str_eq(rep_pending_words(&r, 0).text, "1: " D "project=a " P);
	rep_sync(&r, 5, 1, T(200), D "project=b " P); /* also where it was sent */
	ck_assert_str_eq(rep_pending_words(&r, 0).text, "1: " D "project=a " P);
	rep_sync(&r, 6, 0, T(400), NULL);
	ck_assert_uint_eq(rep_pending(&r, REMOTE), 0);
	/* With another time it is an edit. */
	rep_sync(&r, 7, 1, T(500), D "project=b " P);
	ck_assert_str_eq(rep_words(&r, 1).text, D "project=b " P);
}
END_TEST

/* Number, parent, second parent and place of versions `from` and later, and who made them. */
static void assert_tree(struct rep *r, uint64_t from, const char *want)
{
	struct words have = {""};
	struct ts_version v;
	struct ts_transaction tr;
	size_t n = 0;
	struct ts_txn *t = rep_begin(r);
	while (ts_version_read(t, r->r.user, from, &v, &r->err) == TS_OK) {
		rep_ok(r, ts_transaction_of(t, r->r.user, from, &tr, &r->err));
		n += (size_t)snprintf(
			have.text + n, sizeof(have.text) - n, "%lu<%lu,%lu%s %s %s%s\n",
			(unsigned long)v.number, (unsigned long)v.parent, (unsigned long)v.merged,
			v.side ? " side" : "", tr.device, tr.what, tr.received ? " received" : "");
		from++;
	}
	ts_txn_abort(t);
	ck_assert_str_eq(have.text, want);
}

START_TEST(the_tree_shows_who_did_what)
{
	REP(r);
	REQUEST(q);
	TS_BUF(answer);
	struct ts_version v;
	struct ts_conflicts lost;
	TS_ARENA(a);
	rep_sync(&r, 1, 1, T(100), ADD);
	rep_edit(&r, 1, T(200), "project=p");
	(void)rep_base(&r, REMOTE, 0, &q);
	rep_request(&r, REMOTE, SIZE_MAX, &q);
	rep_edit(&r, 1, T(300), "estimate=x");
	answer_task(&answer, 1, T(400), ADD "project=q");
	answer_key(&answer, 2);
	rep_apply(&r, REMOTE, &q, ts_buf_slice(&answer), T(500));
	assert_tree(&r, 1,
		    "1<0,0 home sync received\n"
		    "2<1,0 laptop modify\n"
		    "3<2,0 laptop modify\n"
		    "4<1,0 side home sync received\n"
		    "5<2,4 side home sync received\n"
		    "6<3,5 laptop merge\n");
	struct ts_txn *t = rep_begin(&r);
	rep_ok(&r, ts_version_read(t, r.r.user, 5, &v, &r.err));
	rep_ok(&r, ts_version_conflicts(t, r.r.user, &v, &a, &lost, &r.err));
	ck_assert_uint_eq(lost.count, 1);
	ck_assert_slice(lost.at[0].key, "project");
	ck_assert_slice(lost.at[0].kept.text, "q");
	ck_assert_slice(lost.at[0].lost.text, "p");
	ts_txn_abort(t);
}
END_TEST

static int tell(const struct arrival *a, void *arg, struct ts_error *err)
{
	struct words *to = arg;
	const size_t n = strlen(to->text);
	const struct words before = words_of(a->before), after = words_of(a->after);
	(void)snprintf(to->text + n, sizeof(to->text) - n, "%s -> %s\n", before.text, after.text);
	return strstr(to->text, "stop") != NULL ? ts_fail(err, TS_ECANCELED, "Stop.") : TS_OK;
}

/* Two tasks here, 1 known there and 2 not, and an answer with 1 and 3. */
static int take_answer(struct rep *r, enum apply_how how, const char *third, struct words *told,
		       struct apply *a)
{
	REQUEST(q);
	TS_BUF(answer);
	rep_sync(r, 1, 1, T(100), ADD "estimate=x");
	rep_edit(r, 2, T(200), ADD);
	(void)rep_base(r, REMOTE, 0, &q);
	rep_request(r, REMOTE, SIZE_MAX, &q);
	answer_task(&answer, 1, T(400), ADD "project=q");
	answer_task(&answer, 3, T(400), third);
	answer_key(&answer, 2);
	*a = (struct apply){.how = how, .each = tell, .arg = told};
	return rep_try_apply(r, REMOTE, &q, ts_buf_slice(&answer), T(500), a);
}

START_TEST(each_arrival_is_told)
{
	REP(r);
	struct words told = {""};
	struct apply a;
	rep_ok(&r, take_answer(&r, APPLY_ANSWER, ADD, &told, &a));
	ck_assert_str_eq(told.text, D "estimate=x " P " -> " D "project=q " P "\n -> " D P "\n");
	ck_assert_uint_eq(a.tasks, 2);
}
END_TEST

START_TEST(what_fails_leaves_nothing)
{
	REP(r);
	struct words told = {""};
	struct apply a;
	ck_assert_int_eq(take_answer(&r, APPLY_ANSWER, ADD "project=stop", &told, &a),
			 TS_ECANCELED);
	ck_assert_str_eq(rep_words(&r, 1).text, D "estimate=x " P);
	ck_assert_str_eq(rep_words(&r, 3).text, "");
	ck_assert_uint_eq(newest(&r), 2);
	ck_assert_str_eq(rep_pending_words(&r, 0).text, "2: " D P);
}
END_TEST

START_TEST(adopting_takes_all_and_leaves_nothing_else)
{
	REP(r);
	struct words told = {""};
	struct apply a;
	rep_ok(&r, take_answer(&r, APPLY_ADOPT, ADD, &told, &a));
	ck_assert_str_eq(rep_words(&r, 1).text, D "project=q " P);
	ck_assert_str_eq(rep_words(&r, 2).text, "");
	ck_assert_str_eq(rep_words(&r, 3).text, D P);
	ck_assert_uint_eq(rep_pending(&r, REMOTE), 0);
	ck_assert_uint_eq(a.tasks, 3);
	assert_tree(&r, 3,
		    "3<1,0 home sync received\n"
		    "4<0,0 home sync received\n"
		    "5<2,0 home sync received\n");
}
END_TEST

static uint64_t points(struct rep *r)
{
	REQUEST(q);
	uint64_t n = 0;
	while (rep_base(r, REMOTE, n, &q)) {
		n++;
	}
	return n;
}

START_TEST(a_point_is_noted_once)
{
	REP(r);
	rep_edit(&r, 1, T(100), ADD);
	rep_sync(&r, 1, 0, T(100), NULL);
	ck_assert_uint_eq(points(&r), 1);
	rep_sync(&r, 1, 0, T(101), NULL);
	ck_assert_uint_eq(points(&r), 1);
	rep_sync(&r, 2, 0, T(102), NULL);
	ck_assert_uint_eq(points(&r), 2);
}
END_TEST

START_TEST(an_answer_has_a_key)
{
	REP(r);
	REQUEST(q);
	TS_BUF(answer);
	struct apply a = {.how = APPLY_ANSWER};
	rep_request(&r, REMOTE, SIZE_MAX, &q);
	answer_task(&answer, 1, T(100), ADD);
	ck_assert_int_eq(rep_try_apply(&r, REMOTE, &q, ts_buf_slice(&answer), T(500), &a),
			 TS_EMALF);
	ck_assert_str_eq(rep_words(&r, 1).text, "");
}
END_TEST

static int count_reject(const struct ts_reject *reject, void *arg)
{
	(void)reject;
	*(size_t *)arg += 1;
	return TS_OK;
}

START_TEST(a_line_that_is_no_task_is_kept_aside)
{
	REP(r);
	REQUEST(q);
	TS_BUF(answer);
	size_t count = 0;
	rep_request(&r, REMOTE, SIZE_MAX, &q);
	ts_buf_add_str(&answer, "{\"uuid\":\"nonsense\"}\n");
	answer_task(&answer, 1, T(100), ADD);
	answer_key(&answer, 1);
	rep_apply(&r, REMOTE, &q, ts_buf_slice(&answer), T(500));
	ck_assert_uint_eq(r.applied.rejected, 1);
	ck_assert_str_eq(rep_words(&r, 1).text, D P);
	struct ts_txn *t = rep_begin(&r);
	rep_ok(&r, ts_reject_each(t, r.r.user, count_reject, &count, &r.err));
	ts_txn_abort(t);
	ck_assert_uint_eq(count, 1);
}
END_TEST

/* An add whose answer was lost, and then undone: the remote has it after all. */
START_TEST(what_was_undone_stays_so)
{
	REP(r);
	struct undone u = {0};
	rep_sync(&r, 1, 0, T(100), NULL);
	rep_edit(&r, 1, T(200), ADD);
	rep_ok(&r, edit_undo(&r.r, T(300), &u, &r.err));
	rep_sync(&r, 2, 1, T(200), ADD);
	ck_assert_str_eq(rep_words(&r, 1).text, "");
	ck_assert_str_eq(rep_pending_words(&r, 0).text,
			 "1: " D "end=19800101T000500Z status=deleted");
	rep_sync(&r, 3, 0, T(400), NULL);
	ck_assert_uint_eq(rep_pending(&r, REMOTE), 0);
}
END_TEST

UNIT_MAIN("apply", {a_task_in_one_sync, TS_COUNT_OF(rows)}, {the_tree_shows_who_did_what, 0},
	  {the_remote_s_time_counts, 0}, {an_echo_ends, 0}, {each_arrival_is_told, 0},
	  {what_fails_leaves_nothing, 0}, {adopting_takes_all_and_leaves_nothing_else, 0},
	  {a_point_is_noted_once, 0}, {an_answer_has_a_key, 0},
	  {a_line_that_is_no_task_is_kept_aside, 0}, {what_was_undone_stays_so, 0})
