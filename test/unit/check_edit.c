/* SPDX-License-Identifier: MIT */
#include "test/unit/replica_fixture.h"

static struct ts_transaction newest(struct rep *r)
{
	struct ts_transaction tr;
	struct ts_txn *t = rep_begin(r);
	rep_ok(r, ts_transaction_newest(t, r->r.user, &tr, &r->err));
	ts_txn_abort(t);
	return tr;
}

START_TEST(a_command_is_one_transaction)
{
	REP(r);
	struct edit e;
	size_t versions;
	rep_ok(&r, edit_begin(&r.r, "import", 100, &e, &r.err));
	edit_words(&r, &e, 1, ADD);
	edit_words(&r, &e, 2, ADD);
	edit_words(&r, &e, 1, "project=home");
	rep_ok(&r, edit_commit(&e, &versions, &r.err));
	const struct ts_transaction tr = newest(&r);
	ck_assert_uint_eq(versions, 3);
	ck_assert_uint_eq(tr.last, 3);
	ck_assert_uint_eq(tr.tasks, 2);
	ck_assert_int_eq(tr.time, 100);
	ck_assert_str_eq(tr.device, "laptop");
	ck_assert_str_eq(tr.what, "import");
	ck_assert(!tr.received);
}
END_TEST

START_TEST(an_edit_that_changes_nothing_is_none)
{
	REP(r);
	struct edit e;
	size_t versions;
	rep_edit(&r, 1, 100, ADD);
	rep_ok(&r, edit_begin(&r.r, "modify", 101, &e, &r.err));
	edit_words(&r, &e, 1, "status=pending");
	rep_ok(&r, edit_commit(&e, &versions, &r.err));
	ck_assert_uint_eq(versions, 0);
	ck_assert_uint_eq(newest(&r).last, 1);
}
END_TEST

START_TEST(an_aborted_edit_leaves_nothing)
{
	REP(r);
	struct edit e;
	rep_ok(&r, edit_begin(&r.r, "add", 100, &e, &r.err));
	edit_words(&r, &e, 1, ADD);
	edit_abort(&e);
	edit_abort(&e);
	ck_assert_str_eq(rep_words(&r, 1).text, "");
	ck_assert_uint_eq(newest(&r).last, 0);
}
END_TEST

/* Pretend that everything so far was sent. */
static void pretend_sync(struct rep *r)
{
	struct ts_txn *t;
	const struct ts_transaction tr = newest(r);
	const struct ts_sync_point p = {.key = ts_uuid_random(), .sent = tr.last, .last = tr.last};
	rep_ok(r, ts_txn_begin(r->r.store, TS_WRITE, &t, &r->err));
	rep_ok(r, ts_sync_point_add(t, r->r.user, REMOTE, &p, &r->err));
	rep_ok(r, ts_txn_commit(t, &r->err));
}

/* A change that came from a remote. */
static void receive(struct rep *r, const char *words, int64_t now)
{
	struct edit e;
	rep_ok(r, edit_begin(&r->r, "sync", now, &e, &r->err));
	edit_words(r, &e, 1, words);
	rep_ok(r, edit_close(&e, REMOTE, &r->err));
	rep_ok(r, edit_commit(&e, NULL, &r->err));
}

/* What is done to task 1, a step a letter at a time: "a WORDS" edits, "r WORDS" receives, "s"
 * syncs, "u WORDS" undoes and the task is then that; "x" finds nothing to undo. */
static const struct {
	const char *what;
	const char *steps[10];
} undos[] = {
	{"nothing", {"x"}},
	{"an add", {"a " ADD, "u ", "x"}},
	{"an add that a remote has",
	 {"a " ADD, "s", "u description=d end=19800101T000000Z status=deleted", "x"}},
	{"an add after a sync", {"s", "a " ADD, "u ", "x"}},
	{"two changes, newest first",
	 {"a " ADD, "a project=one", "a project=two", "u description=d project=one status=pending",
	  "u description=d status=pending", "u "}},
	{"a change, another change, and both back",
	 {"a " ADD, "a project=one", "u description=d status=pending", "a project=two",
	  "u description=d status=pending", "u ", "x"}},
	{"what was removed", {"a " ADD "due=x", "a due=", "u description=d due=x status=pending"}},
	{"not what was received", {"a " ADD, "r project=theirs", "u ", "x"}},
	{"what was changed again since stays",
	 {"a " ADD "due=x", "a due=y project=p", "r due=z",
	  "u description=d due=z status=pending"}},
	{"a change of which nothing is left is passed over",
	 {"a " ADD, "a project=one", "a due=y", "r due=z", "u description=d due=z status=pending",
	  "u "}},
	{"what was undone is not undone once more",
	 {"a " ADD "project=a", "a project=b", "u description=d project=a status=pending",
	  "r project=b", "u ", "x"}},
	{"an add that is deleted already", {"a " ADD, "s", "r status=deleted", "x"}},
};

START_TEST(undo_puts_back)
{
	REP(r);
	struct undone u = {0};
	int64_t now = 100;
	for (const char *const *step = undos[_i].steps; *step != NULL; step++, now++) {
		const char *words = (*step)[0] != '\0' && (*step)[1] == ' ' ? *step + 2 : "";
		if (**step == 'a') {
			rep_edit(&r, 1, now, words);
		} else if (**step == 'r') {
			receive(&r, words, now);
		} else if (**step == 's') {
			pretend_sync(&r);
		} else {
			int code = edit_undo(&r.r, 0, &u, &r.err);
			ck_assert_msg(code == (**step == 'u' ? TS_OK : TS_ENOTFOUND), "%s: %s",
				      undos[_i].what, *step);
			if (code == TS_OK) {
				ck_assert_msg(strcmp(rep_words(&r, 1).text, words) == 0,
					      "%s: '%s', want '%s'", undos[_i].what,
					      rep_words(&r, 1).text, words);
				ck_assert_uint_eq(u.tasks, 1);
				ck_assert_str_eq(u.what, "modify");
				ck_assert_int_eq(strncmp(newest(&r).what, "undo ", 5), 0);
			}
		}
	}
}
END_TEST

START_TEST(undo_is_of_a_whole_command)
{
	REP(r);
	struct edit e;
	struct undone u = {0};
	for (unsigned i = 1; i <= 3; i++) {
		rep_edit(&r, i, 100, ADD);
	}
	rep_ok(&r, edit_begin(&r.r, "done", 101, &e, &r.err));
	for (unsigned i = 1; i <= 3; i++) {
		edit_words(&r, &e, i, "status=completed");
		edit_words(&r, &e, i, "project=p");
	}
	rep_ok(&r, edit_commit(&e, NULL, &r.err));
	rep_ok(&r, edit_undo(&r.r, 102, &u, &r.err));
	ck_assert_uint_eq(u.tasks, 3);
	ck_assert_str_eq(u.what, "done");
	for (unsigned i = 1; i <= 3; i++) {
		ck_assert_str_eq(rep_words(&r, i).text, "description=d status=pending");
	}
	ck_assert_uint_eq(newest(&r).last, 12);
}
END_TEST

UNIT_MAIN("edit", {a_command_is_one_transaction, 0}, {an_edit_that_changes_nothing_is_none, 0},
	  {an_aborted_edit_leaves_nothing, 0}, {undo_puts_back, TS_COUNT_OF(undos)},
	  {undo_is_of_a_whole_command, 0})
