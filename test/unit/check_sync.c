/* SPDX-License-Identifier: MIT */
#include "common/tree/version.h"
#include "test/unit/store_fixture.h"

#include <jansson.h>

#define U "7f1c1f6e-0000-4000-8000-000000000001"

/* The cases of vectors/merge.json: base, branches, expected head. */
static json_t *vectors;

static void load_vectors(void)
{
	char path[512];
	const char *srcdir = getenv("srcdir");
	(void)snprintf(path, sizeof(path), "%s/test/vectors/merge.json",
		       srcdir != NULL ? srcdir : ".");
	json_error_t err;
	vectors = json_load_file(path, JSON_DECODE_INT_AS_REAL, &err);
	if (vectors == NULL) {
		(void)fprintf(stderr, "%s: %s\n", path, err.text);
		exit(EXIT_FAILURE);
	}
}

/* The states of one side as lines, behind the sync key. */
static void add_lines(struct ts_buf *b, const char *key, const json_t *states)
{
	size_t i;
	json_t *state;
	ts_buf_add_str(b, key);
	ts_buf_add_char(b, '\n');
	json_array_foreach(states, i, state)
	{
		char *line = json_dumps(state, JSON_REAL_PRECISION(15) | JSON_COMPACT);
		ts_buf_add_str(b, line);
		ts_buf_add_char(b, '\n');
		free(line);
	}
}

static void sync_states(struct fixture *f, const char *key, const json_t *states, struct got *g)
{
	TS_BUF(payload);
	add_lines(&payload, key, states);
	fixture_sync(f, ts_buf_slice(&payload), false, 2000000000, g);
}

/* The only task of the account, as somebody without a key gets it. */
static void assert_head(struct fixture *f, const json_t *want, const char *name)
{
	GOT(g);
	json_error_t err;
	fixture_sync(f, TS_SLICE(""), true, 2000000000, &g);
	json_t *head =
		json_loads(g.payload.data, JSON_DISABLE_EOF_CHECK | JSON_DECODE_INT_AS_REAL, &err);
	ck_assert_msg(json_equal(head, want), "%s: %s", name, g.payload.data);
	json_decref(head);
}

static void run_vector(const json_t *vector, bool client_first)
{
	FIXTURE(f);
	GOT(base);
	GOT(first);
	GOT(second);
	GOT(again);
	const json_t *server = json_object_get(vector, "server");
	const json_t *client = json_object_get(vector, "client");
	const char *name = json_string_value(json_object_get(vector, "name"));
	bool no_base = json_object_get(vector, "client_base") != NULL;
	sync_states(&f, "", json_object_get(vector, "base"), &base);
	const char *client_key = no_base ? "" : base.key;
	sync_states(&f, client_first ? client_key : base.key, client_first ? client : server,
		    &first);
	sync_states(&f, client_first ? base.key : client_key, client_first ? server : client,
		    &second);
	assert_head(&f, json_object_get(vector, "expect"), name);
	/* The same request once more changes nothing. */
	sync_states(&f, client_key, client, &again);
	ck_assert_msg(again.stored == 0, "%s: stored again", name);
	ck_assert_str_eq(again.key, second.key);
	sync_states(&f, base.key, server, &again);
	ck_assert_msg(again.stored == 0, "%s: stored again", name);
	assert_head(&f, json_object_get(vector, "expect"), name);
}

START_TEST(the_vectors_pass_whoever_syncs_first)
{
	const json_t *vector;
	size_t i;
	json_array_foreach(vectors, i, vector)
	{
		run_vector(vector, false);
		/* A client without a base has seen nothing of what it meets. */
		if (json_array_size(json_object_get(vector, "base")) > 0) {
			run_vector(vector, true);
		}
	}
}
END_TEST

static struct ts_slice line(struct ts_buf *b, const char *key, const char *project, int minute)
{
	ts_buf_clear(b);
	ts_buf_printf(b,
		      "%s\n{\"uuid\":\"" U "\",\"description\":\"d\",\"status\":\"pending\","
		      "\"project\":\"%s\",\"modified\":\"20260101T00%02d00Z\"}\n",
		      key, project, minute);
	return ts_buf_slice(b);
}

START_TEST(a_client_is_not_sent_what_it_has_just_sent)
{
	FIXTURE(f);
	GOT(g);
	TS_BUF(b);
	fixture_sync(&f, line(&b, "", "one", 1), true, 1, &g);
	ck_assert_uint_eq(g.stored, 1);
	ck_assert_uint_eq(g.tasks, 0);
	ck_assert(g.changed);
	ck_assert_uint_eq(g.payload.len, TS_UUID_TEXT + 1);
	/* … but whoever has it otherwise is. */
	fixture_sync(&f, line(&b, g.key, "one", 2), false, 1, &g);
	ck_assert_uint_eq(g.stored, 0);
	ck_assert_uint_eq(g.tasks, 1);
	ck_assert(!g.changed);
}
END_TEST

/* What the merge in version `number` says of the one value that lost. */
static void assert_conflict(struct fixture *f, uint64_t number, const char *key, const char *kept,
			    const char *lost)
{
	TS_ARENA(a);
	struct ts_version v;
	struct ts_conflicts conflicts;
	struct ts_txn *t = fixture_begin(f, TS_READ);
	ck_assert_int_eq(ts_version_read(t, f->user.id, number, &v, &f->err), TS_OK);
	ck_assert_uint_eq(v.merged, number - 1);
	ck_assert_int_eq(ts_version_conflicts(t, f->user.id, &v, &a, &conflicts, &f->err), TS_OK);
	ck_assert_uint_eq(conflicts.count, 1);
	ck_assert_slice(conflicts.at[0].key, key);
	ck_assert_slice(conflicts.at[0].kept.text, kept);
	ck_assert_slice(conflicts.at[0].lost.text, lost);
	ts_txn_abort(t);
}

START_TEST(a_losing_edit_is_kept_as_a_conflict)
{
	FIXTURE(f);
	GOT(base);
	GOT(g);
	TS_BUF(b);
	fixture_sync(&f, line(&b, "", "one", 1), true, 1, &base);
	fixture_sync(&f, line(&b, base.key, "later", 9), false, 1, &g);
	fixture_sync(&f, line(&b, base.key, "earlier", 5), false, 1, &g);
	ck_assert_uint_eq(g.stored, 2);
	ck_assert_uint_eq(g.merges, 1);
	ck_assert_uint_eq(g.conflicts, 1);
	ck_assert_ptr_nonnull(strstr(g.payload.data, "\"later\""));
	assert_conflict(&f, 4, "project", "later", "earlier");
	fixture_sync(&f, line(&b, base.key, "earlier", 5), false, 1, &g);
	ck_assert_uint_eq(g.stored, 0);
}
END_TEST

START_TEST(an_edit_that_others_made_already_leaves_no_version)
{
	FIXTURE(f);
	GOT(base);
	GOT(g);
	TS_BUF(b);
	fixture_sync(&f, line(&b, "", "one", 1), true, 1, &base);
	fixture_sync(&f, line(&b, base.key, "two", 9), false, 1, &g);
	fixture_sync(&f, line(&b, base.key, "two", 5), false, 1, &g);
	ck_assert_uint_eq(g.stored, 0);
	ck_assert_uint_eq(g.tasks, 1);
}
END_TEST

/* The answer to the first try was lost, and then the client edited again. */
START_TEST(a_lost_answer_and_another_edit)
{
	FIXTURE(f);
	GOT(base);
	GOT(g);
	TS_BUF(first);
	TS_BUF(both);
	fixture_sync(&f, line(&first, "", "one", 1), true, 1, &base);
	fixture_sync(&f, line(&first, base.key, "other", 4), false, 1, &g);
	fixture_sync(&f, line(&first, base.key, "two", 5), false, 1, &g);
	ck_assert_uint_eq(g.stored, 2);
	(void)line(&first, base.key, "two", 5);
	(void)line(&both, "", "three", 6);
	ts_buf_add_slice(&first, ts_buf_slice(&both));
	fixture_sync(&f, ts_buf_slice(&first), false, 1, &g);
	ck_assert_uint_eq(g.stored, 2);
	ck_assert_ptr_nonnull(strstr(first.data, "three"));
	fixture_sync(&f, TS_SLICE(""), true, 1, &g);
	ck_assert_ptr_nonnull(strstr(g.payload.data, "\"three\""));
}
END_TEST

START_TEST(an_undated_task_is_stored_once)
{
	FIXTURE(f);
	GOT(g);
	const struct ts_slice payload = TS_SLICE("{\"uuid\":\"" U "\",\"description\":\"d\"}\n");
	for (int64_t now = 1; now < 5; now++) {
		fixture_sync(&f, payload, true, now, &g);
		ck_assert_uint_eq(g.stored, now == 1 ? 1 : 0);
		ck_assert_uint_eq(g.tasks, 1);
	}
}
END_TEST

/* The answer to a state without a date was lost; meanwhile somebody made a later edit. */
START_TEST(an_undated_resend_takes_nothing_back)
{
	FIXTURE(f);
	GOT(base);
	GOT(g);
	TS_BUF(undated);
	TS_BUF(b);
	ts_buf_add_str(&undated,
		       "{\"uuid\":\"" U "\",\"description\":\"d\",\"project\":\"old\"}\n");
	fixture_sync(&f, ts_buf_slice(&undated), false, 100, &base);
	ts_buf_printf(&b,
		      "%s\n{\"uuid\":\"" U "\",\"description\":\"d\",\"project\":\"new\","
		      "\"status\":\"pending\",\"modified\":\"150\"}\n",
		      base.key);
	fixture_sync(&f, ts_buf_slice(&b), false, 150, &g);
	ts_buf_add_str(&undated, "{\"uuid\":\"" U "\",\"description\":\"other\","
				 "\"project\":\"old\"}\n");
	fixture_sync(&f, ts_buf_slice(&undated), false, 200, &g);
	ck_assert_ptr_nonnull(strstr(g.payload.data, "\"description\":\"other\""));
	ck_assert_ptr_nonnull(strstr(g.payload.data, "\"project\":\"new\""));
}
END_TEST

/* More states of one task than are looked at together, on the main line and beside it, sent twice.
 * Every second one sets the project back, so that each is a version. */
static void add_states(struct ts_buf *b, const char *note, int count)
{
	char filler[2048];
	memset(filler, 'x', sizeof(filler) - 1);
	filler[sizeof(filler) - 1] = '\0';
	for (int i = 0; i < count; i++) {
		ts_buf_printf(b,
			      "{\"uuid\":\"" U "\",\"description\":\"d\",\"status\":\"pending\","
			      "\"note\":\"%s %d\",\"filler\":\"%s\",\"modified\":\"%d\"}\n",
			      note, i, filler, 1767225600 + i);
	}
}

START_TEST(any_number_of_states_of_one_task)
{
	FIXTURE(f);
	GOT(base);
	GOT(g);
	TS_BUF(b);
	enum { STATES = 4000 };
	add_states(&b, "main", STATES);
	fixture_sync(&f, ts_buf_slice(&b), false, 1, &base);
	ck_assert_uint_eq(base.stored, STATES);
	fixture_sync(&f, ts_buf_slice(&b), false, 1, &g);
	ck_assert_uint_eq(g.stored, 0);
	ts_buf_clear(&b);
	add_states(&b, "side", STATES);
	fixture_sync(&f, ts_buf_slice(&b), false, 1, &g);
	ck_assert_uint_ge(g.stored, STATES + 1);
	ck_assert_uint_ge(g.merges, 1);
	fixture_sync(&f, ts_buf_slice(&b), false, 1, &g);
	ck_assert_uint_eq(g.stored, 0);
	fixture_sync(&f, TS_SLICE(""), false, 1, &g);
	ck_assert_ptr_nonnull(strstr(g.payload.data, "\"note\":\"side 3999\""));
}
END_TEST

/* A client that was never shown the recurrence of a task without a due date can't have removed it.
 */
START_TEST(what_is_not_shown_is_not_removed)
{
	FIXTURE(f);
	GOT(base);
	GOT(g);
	TS_BUF(b);
	fixture_sync(&f,
		     TS_SLICE("{\"uuid\":\"" U "\",\"description\":\"d\",\"recur\":\"weekly\","
			      "\"status\":\"pending\",\"modified\":\"1767225600\"}\n"),
		     false, 1, &base);
	ck_assert_ptr_null(strstr(base.payload.data, "recur"));
	ts_buf_printf(&b,
		      "%s\n{\"uuid\":\"" U "\",\"description\":\"other\",\"status\":\"pending\","
		      "\"modified\":\"1767225700\"}\n"
		      "{\"uuid\":\"" U "\",\"description\":\"other\",\"status\":\"pending\","
		      "\"due\":\"20260202T000000Z\",\"modified\":\"1767225800\"}\n",
		      base.key);
	fixture_sync(&f, ts_buf_slice(&b), false, 1, &g);
	ck_assert_ptr_nonnull(strstr(g.payload.data, "\"recur\":\"weekly\""));
}
END_TEST

START_TEST(bad_lines_are_kept_aside_and_told)
{
	FIXTURE(f);
	GOT(g);
	TS_BUF(b);
	(void)line(&b, "", "one", 1);
	ts_buf_add_str(&b, "{\"uuid\":\"7f1c1f6e-0000-4000-8000-000000000002\"}\n{broken\n");
	fixture_sync(&f, ts_buf_slice(&b), true, 1, &g);
	ck_assert_uint_eq(g.stored, 1);
	ck_assert_ptr_nonnull(strstr(g.note, "Task 7f1c1f6e was not stored, because it has no "
					     "description."));
	ck_assert_ptr_nonnull(strstr(g.note, "(And 1 more.)"));
}
END_TEST

START_TEST(unknown_keys_and_histories)
{
	FIXTURE(f);
	GOT(g);
	GOT(old);
	TS_BUF(b);
	fixture_sync(&f, line(&b, "", "one", 1), true, 1, &old);
	fixture_sync(&f, TS_SLICE("00000000-0000-4000-8000-000000000000\n"), false, 1, &g);
	ck_assert(g.unknown_key);
	ck_assert_uint_eq(g.tasks, 1);
	fixture_sync(&f, TS_SLICE("not a key\n"), false, 1, &g);
	ck_assert(g.unknown_key);
	fixture_sync(&f, TS_SLICE(""), false, 1, &g);
	ck_assert(!g.unknown_key);
}
END_TEST

/* What a request with this key and history is told, if it wants to hear of an unknown key. */
static int find_or_refuse(struct fixture *f, const char *key, const char *history, bool init,
			  struct ts_sync *s)
{
	static const struct ts_task_limits limits = {0};
	TS_CLEANUP(ts_upload_free_p) struct ts_upload *u = NULL;
	ck_assert_int_eq(ts_upload_new(&limits, &f->budget, &u), TS_OK);
	ts_upload_history(u, ts_slice_of(history));
	ck_assert_int_eq(ts_upload_feed(u, ts_slice_of(key), &f->err), TS_OK);
	ck_assert_int_eq(ts_upload_end(u, &f->err), TS_OK);
	*s = (struct ts_sync){.user = f->user.id, .init = init, .refuse = true, .upload = u};
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = fixture_begin(f, TS_READ);
	return ts_sync_find(t, s, &f->err);
}

START_TEST(an_unknown_key_is_refused_where_wanted)
{
	FIXTURE(f);
	GOT(old);
	GOT(new);
	TS_BUF(b);
	fixture_sync(&f, line(&b, "", "one", 1), true, 1, &old);
	fixture_sync(&f, line(&b, old.key, "two", 2), false, 1, &new);
	const struct {
		const char *key, *history;
		bool init;
		int code;
		const char *newest; /* NULL: none is known */
	} rows[] = {
		{"", "", false, TS_OK, NULL},         {"", old.key, false, TS_OK, old.key},
		{old.key, "", false, TS_OK, old.key}, {old.key, new.key, false, TS_OK, new.key},
		{U, "", false, TS_EHISTORY, NULL},    {"no key", "", false, TS_EHISTORY, NULL},
		{U, U, false, TS_EHISTORY, NULL},     {U, old.key, false, TS_EHISTORY, old.key},
		{U, "", true, TS_OK, NULL},
	};
	for (size_t i = 0; i < TS_COUNT_OF(rows); i++) {
		struct ts_sync s;
		int code = find_or_refuse(&f, rows[i].key, rows[i].history, rows[i].init, &s);
		ck_assert_msg(code == rows[i].code, "row %zu: %d", i, code);
		if (rows[i].newest != NULL) {
			ck_assert(!s.unknown_key);
			ck_assert_str_eq(ts_uuid_text(&s.newest).text, rows[i].newest);
		}
	}
}
END_TEST

int main(void)
{
	load_vectors();
	const struct unit_case all[] = {
		{the_vectors_pass_whoever_syncs_first, 0},
		{a_client_is_not_sent_what_it_has_just_sent, 0},
		{a_losing_edit_is_kept_as_a_conflict, 0},
		{an_edit_that_others_made_already_leaves_no_version, 0},
		{a_lost_answer_and_another_edit, 0},
		{an_undated_task_is_stored_once, 0},
		{an_undated_resend_takes_nothing_back, 0},
		{any_number_of_states_of_one_task, 0},
		{what_is_not_shown_is_not_removed, 0},
		{bad_lines_are_kept_aside_and_told, 0},
		{unknown_keys_and_histories, 0},
		{an_unknown_key_is_refused_where_wanted, 0},
	};
	int ret = unit_run("sync", all, TS_COUNT_OF(all));
	json_decref(vectors);
	return ret;
}
