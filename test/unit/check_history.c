/* SPDX-License-Identifier: MIT */
#include "client/history/history.h"
#include "client/replica/edit.h"
#include "client/show/view.h"
#include "common/task/task_json.h"
#include "test/unit/folder.h"
#include "test/unit/unit.h"

enum { DAY = 86400, START = 1700000000 };

#define UUID_A "aaaaaaaa-0000-4000-8000-000000000001"
#define UUID_B "bbbbbbbb-0000-4000-8000-000000000002"

struct past {
	struct folder folder;
	struct replica replica;
	struct ts_error err;
};

static void ok(const struct past *p, int code)
{
	ck_assert_msg(code == TS_OK, "%s", p->err.text);
}

/* A task in JSON without its uuid. */
static struct ts_task task_of(struct past *p, struct ts_arena *a, const char *uuid,
			      const char *json)
{
	static const struct ts_task_limits limits = {0};
	TS_BUF(line);
	struct ts_task_repair repair;
	struct ts_task task;
	ts_buf_printf(&line, "{\"uuid\":\"%s\",\"entry\":\"20231114T000000Z\",%s}", uuid, json);
	ok(p, ts_task_read(ts_buf_slice(&line), &limits, a, &task, &repair, &p->err));
	return task;
}

static void edit(struct past *p, const char *what, int64_t now, const char *uuid, const char *json)
{
	TS_ARENA(a);
	struct edit e;
	struct ts_task task = task_of(p, &a, uuid, json);
	task.has_modified = true;
	task.modified = now;
	ok(p, edit_begin(&p->replica, what, now, &e, &p->err));
	ok(p, edit_put(&e, &task, NULL, &p->err));
	ok(p, edit_commit(&e, NULL, &p->err));
}

#define JSON(project, more)                                                                        \
	"\"description\":\"Buy milk\",\"status\":\"pending\",\"project\":\"" project "\"" more

static struct ts_uuid uuid_of(const char *text)
{
	struct ts_uuid uuid;
	ck_assert(ts_uuid_parse(ts_slice_of(text), &uuid));
	return uuid;
}

/* Version 4, beside the main line, made of version 1; version 5 merges it into version 3. */
static void merge(struct past *p, int64_t now, const char *json)
{
	TS_ARENA(a);
	struct edit e;
	size_t changed;
	const struct ts_uuid uuid = uuid_of(UUID_A);
	struct ts_task base, ours, theirs, state = task_of(p, &a, UUID_A, json), merged;
	struct ts_conflicts conflicts;
	state.has_modified = true;
	state.modified = now;
	ok(p, edit_begin(&p->replica, "sync", now, &e, &p->err));
	ok(p, ts_version_task(e.txn, p->replica.user, 1, &uuid, &a, &base, &p->err));
	ok(p, ts_version_task(e.txn, p->replica.user, 3, &uuid, &a, &ours, &p->err));
	ok(p, ts_task_succeed(&base, &state, now, &a, &theirs, &changed));
	struct ts_new_version side = {.parent = 1, .side = true, .before = &base, .task = &theirs};
	ok(p, edit_put_version(&e, &side, 3, &p->err));
	ok(p, ts_task_merge(&base, &ours, &theirs, &a, &merged, &conflicts));
	struct ts_new_version v = {.parent = 3,
				   .merged = side.number,
				   .before = &ours,
				   .task = &merged,
				   .conflicts = &conflicts};
	ok(p, edit_put_version(&e, &v, 3, &p->err));
	ok(p, edit_close(&e, "home", &p->err));
	ok(p, edit_commit(&e, NULL, &p->err));
}

/*
 *	A: 1 ── 3 ── 5 ── 6      5 keeps the project and tag of 4
 *	    └─ 4 ───┘            6 is an edit of something else
 *	B: 2
 */
static void past_init(struct past *p)
{
	*p = (struct past){.folder = folder_new()};
	(void)setenv("TZ", "UTC", 1);
	ok(p, replica_open(p->folder.path, true, "laptop", &p->replica, &p->err));
	edit(p, "add", START, UUID_A, JSON("home", ",\"tags\":[\"shop\"]"));
	edit(p, "add", START + DAY, UUID_B, "\"description\":\"Sleep\",\"status\":\"pending\"");
	edit(p, "modify", START + 2 * DAY, UUID_A,
	     JSON("garden", ",\"due\":\"20231201T000000Z\",\"tags\":[\"shop\"]"));
	merge(p, START + 3 * DAY, JSON("work", ""));
	edit(p, "modify", START + 4 * DAY, UUID_A,
	     JSON("work", ",\"due\":\"20231201T000000Z\",\"priority\":\"H\""));
}

static void past_done(struct past *p)
{
	replica_close(&p->replica);
	folder_done(&p->folder);
}

#define PAST(name)                                                                                 \
	TS_CLEANUP(past_done) struct past name;                                                    \
	past_init(&name);                                                                          \
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;                                        \
	ok(&name, ts_txn_begin(name.replica.store, TS_READ, &t, &name.err))

static const struct moment later = {START + 10 * DAY, true};

static const struct walked {
	const char *uuids[2];
	const char *versions;
} walks[] = {
	{{NULL}, "6 5 4 3 2 1 "},
	{{UUID_A}, "6 5 4 3 1 "},
	{{UUID_B}, "2 "},
	{{UUID_B, UUID_A}, "6 5 4 3 2 1 "},
};

START_TEST(versions_come_newest_first_and_once)
{
	PAST(p);
	TS_BUF(got);
	TS_CLEANUP(ts_walk_done) struct ts_walk w;
	struct ts_uuid uuids[2];
	struct ts_uuids s = {.at = uuids};
	uint64_t number;
	while (s.count < 2 && walks[_i].uuids[s.count] != NULL) {
		uuids[s.count] = uuid_of(walks[_i].uuids[s.count]);
		s.count++;
	}
	ok(&p, ts_walk_begin(t, p.replica.user, s.count > 0 ? &s : NULL, &w, &p.err));
	while (ts_walk_next(&w, &number, &p.err) == TS_OK) {
		ts_buf_printf(&got, "%llu ", (unsigned long long)number);
	}
	ck_assert_slice(ts_buf_slice(&got), walks[_i].versions);
}
END_TEST

static const struct told {
	uint64_t version;
	const char *words; /* of its changes and conflicts, a '|' behind each */
} told[] = {
	{2, "description: Sleep|entry: 2023-11-14|status: pending|"},
	{3, "due: 2023-12-01|project: home -> garden|"},
	{4, "project: home -> work|-shop|"},
	{5, "project: garden -> work|-shop|"
	    "project: kept work, lost garden (concurrent edit)|"},
	{6, "priority: H|"},
};

START_TEST(a_step_tells_what_changed)
{
	PAST(p);
	TS_ARENA(a);
	TS_BUF(got);
	struct ts_step s;
	ok(&p, ts_step_read(t, p.replica.user, told[_i].version, &a, &s, &p.err));
	for (size_t i = 0; i < s.changes.count; i++) {
		(void)ts_change_words(&got, &s.changes.at[i]);
		ts_buf_add_char(&got, '|');
	}
	for (size_t i = 0; i < s.conflicts.count; i++) {
		ts_conflict_words(&got, &s.conflicts.at[i]);
		ts_buf_add_char(&got, '|');
	}
	ck_assert_slice(ts_buf_slice(&got), told[_i].words);
}
END_TEST

static const struct spotted {
	const char *word;
	int code;
	uint64_t version;
} spots[] = {
	{UUID_A, TS_OK, 6},
	{UUID_A "@3", TS_OK, 3},
	{UUID_A "@4", TS_OK, 4},
	{UUID_A "@-1", TS_OK, 5},
	{UUID_A "@-2", TS_OK, 3},
	{UUID_A "@-4", TS_OK, 0},
	{UUID_A "@-5", TS_ENOTFOUND, 0},
	{UUID_A "@0", TS_OK, 0},
	{UUID_A "@2", TS_ENOTFOUND, 0},
	{UUID_A "@7", TS_ENOTFOUND, 0},
	{UUID_A "@99999999999999999999", TS_EUSAGE, 0},
	{UUID_A "@2023-11-15", TS_OK, 1},
	{UUID_A "@2023-11-18", TS_OK, 5},
	{UUID_A "@2023-11-01", TS_OK, 0},
	{UUID_A "@now", TS_OK, 6},
	{UUID_A "@", TS_EUSAGE, 0},
	{UUID_A "@soonish", TS_EUSAGE, 0},
	{"1@3", TS_OK, 3},
	{"bbbbbbbb-0000", TS_OK, 2},
	{"@3", TS_OK, 3}, /* of the task named before: A */
	{"aaaaaaaa-0000-4000-8000-00000000000f", TS_ENOTFOUND, 0},
	{"77", TS_ENOTFOUND, 0},
};

START_TEST(a_word_means_a_version)
{
	PAST(p);
	const struct ts_uuid same = uuid_of(UUID_A);
	struct spot s;
	int code = spot_find(spots[_i].word, &same, &later, t, &p.replica, &s, &p.err);
	ck_assert_msg(code == spots[_i].code, "%s: %d %s", spots[_i].word, code, p.err.text);
	if (code == TS_OK) {
		ck_assert_uint_eq(s.version, spots[_i].version);
		ck_assert(s.said == (strchr(spots[_i].word, '@') != NULL));
	}
}
END_TEST

START_TEST(a_word_without_a_task_means_none)
{
	PAST(p);
	struct spot s;
	ck_assert_int_eq(spot_find("@3", NULL, &later, t, &p.replica, &s, &p.err), TS_EUSAGE);
}
END_TEST

static enum ts_loss_state first_state(struct past *p, bool all, size_t *ret_count)
{
	TS_ARENA(a);
	TS_CLEANUP(ts_losses_done) struct ts_losses l = {0};
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	ok(p, ts_txn_begin(p->replica.store, TS_READ, &t, &p->err));
	ok(p, ts_losses_find(t, p->replica.user, NULL, all, &a, &l, &p->err));
	*ret_count = l.count;
	if (l.count == 0) {
		return TS_LOSS_OPEN;
	}
	const struct ts_loss *loss = ts_loss_at(&l, 0);
	ck_assert_slice(loss->key, "project");
	ck_assert_slice(loss->kept.text, "work");
	ck_assert_slice(loss->lost.text, "garden");
	ck_assert_uint_eq(loss->merge, 5);
	ck_assert_uint_eq(loss->source, 3);
	return loss->state;
}

START_TEST(what_lost_is_listed_until_it_is_edited)
{
	PAST(p);
	size_t count;
	ck_assert_int_eq(first_state(&p, false, &count), TS_LOSS_OPEN);
	ck_assert_uint_eq(count, 1);
	edit(&p, "modify", START + 5 * DAY, UUID_A, JSON("attic", ""));
	(void)first_state(&p, false, &count);
	ck_assert_uint_eq(count, 0);
	ck_assert_int_eq(first_state(&p, true, &count), TS_LOSS_EDITED);
	edit(&p, "modify", START + 6 * DAY, UUID_A, JSON("garden", ""));
	ck_assert_int_eq(first_state(&p, true, &count), TS_LOSS_RESTORED);
	ck_assert_uint_eq(count, 1);
}
END_TEST

static const struct reverting {
	const char *word;
	const char *names[3];
	int code;
	const char *words; /* of the changes against the head */
} reverts[] = {
	{UUID_A, {NULL}, TS_OK, "priority: H -> (removed)|"},
	{UUID_A, {"project"}, TS_OK, "project: work -> garden|"},
	{UUID_A, {"due"}, TS_OK, "due: 2023-12-01 -> (removed)|"},
	{UUID_A, {"tags"}, TS_OK, "+shop|"},
	{UUID_A, {"+shop", "priority"}, TS_OK, "priority: H -> (removed)|+shop|"},
	{UUID_A, {"estimate"}, TS_EINVAL, NULL},
	{UUID_A "@3", {"project"}, TS_OK, "project: work -> garden|"},
	{UUID_A "@1", {"project"}, TS_OK, "project: work -> home|"},
	{UUID_A "@1",
	 {NULL},
	 TS_OK,
	 "due: 2023-12-01 -> (removed)|priority: H -> (removed)|project: work -> home|+shop|"},
	{UUID_A "@6", {NULL}, TS_OK, ""},
	{UUID_A "@0", {NULL}, TS_EINVAL, NULL},
	{UUID_A "@0", {"description"}, TS_EINVAL, NULL},
	{UUID_B, {NULL}, TS_EINVAL, NULL},
};

START_TEST(values_are_put_back)
{
	const struct reverting *row = &reverts[_i];
	PAST(p);
	TS_ARENA(a);
	TS_BUF(got);
	struct spot s;
	struct ts_task head, state;
	struct ts_difference d;
	size_t count = 0;
	while (row->names[count] != NULL) {
		count++;
	}
	ok(&p, spot_find(row->word, NULL, &later, t, &p.replica, &s, &p.err));
	int code = revert_plan(t, &p.replica, &s, row->names, count, &a, &state, &p.err);
	ck_assert_msg(code == row->code, "%d %s", code, p.err.text);
	if (code != TS_OK) {
		return;
	}
	ok(&p, replica_task(t, &p.replica, &s.task, &a, &head, NULL, &p.err));
	ok(&p, ts_task_difference(&head, &state, &a, &d, &p.err));
	for (size_t i = 0; i < d.count; i++) {
		(void)ts_change_words(&got, &d.at[i]);
		ts_buf_add_char(&got, '|');
	}
	ck_assert_slice(ts_buf_slice(&got), row->words);
}
END_TEST

/* The whole log of a small tree, as printed. */
START_TEST(the_log_is_drawn)
{
	static const char want[] = "* 6  2023-11-18 22:13  laptop  modify  1  Buy milk\n"
				   "|     priority: H\n"
				   "*   5  2023-11-17 22:13  home  sync  1  Buy milk\n"
				   "|\\      project: garden -> work\n"
				   "| |     -shop\n"
				   "| |     project: kept work, lost garden (concurrent edit)\n"
				   "| * 4  2023-11-17 22:13  home  sync  1  Buy milk\n"
				   "| |     project: home -> work\n"
				   "| |     -shop\n"
				   "* | 3  2023-11-16 22:13  laptop  modify  1  Buy milk\n"
				   "|/      due: 2023-12-01\n"
				   "|       project: home -> garden\n"
				   "| * 2  2023-11-15 22:13  laptop  add  2  Sleep\n"
				   "|       description: Sleep\n"
				   "|       entry: 2023-11-14\n"
				   "|       status: pending\n"
				   "* 1  2023-11-14 22:13  laptop  add  1  Buy milk\n"
				   "      description: Buy milk\n"
				   "      entry: 2023-11-14\n"
				   "      project: home\n"
				   "      status: pending\n"
				   "      +shop\n";
	PAST(p);
	TS_BUF(got);
	TS_CLEANUP(ts_graph_done) struct ts_graph g = {0};
	TS_CLEANUP(ts_walk_done) struct ts_walk w;
	uint64_t number;
	const struct ts_view v = {
		.to = &got, .user = p.replica.user, .txn = t, .width = 60, .now = later.now};
	ok(&p, ts_walk_begin(t, p.replica.user, NULL, &w, &p.err));
	while (ts_walk_next(&w, &number, &p.err) == TS_OK) {
		TS_ARENA(a);
		struct ts_step s;
		ok(&p, ts_step_read(t, p.replica.user, number, &a, &s, &p.err));
		ok(&p, ts_changelog_add(&v, &s, &g, &p.err));
	}
	ck_assert_slice(ts_buf_slice(&got), want);
}
END_TEST

UNIT_MAIN("history", {versions_come_newest_first_and_once, TS_COUNT_OF(walks)},
	  {a_step_tells_what_changed, TS_COUNT_OF(told)},
	  {a_word_means_a_version, TS_COUNT_OF(spots)}, {a_word_without_a_task_means_none, 0},
	  {what_lost_is_listed_until_it_is_edited, 0}, {values_are_put_back, TS_COUNT_OF(reverts)},
	  {the_log_is_drawn, 0})
