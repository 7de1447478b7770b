/* SPDX-License-Identifier: MIT */
#include "common/base/file.h"
#include "test/unit/replica_fixture.h"
#include "test/unit/store_fixture.h"

/*
 * Replicas and servers, at random: edits of everybody, also while a sync runs; answers that are
 * lost; requests that arrive twice; requests cut into several; clocks that are wrong; a server that
 * comes back with an older copy of its store; a second server, with one replica that knows both. In
 * the end all have the same, and nothing is lost.
 */
enum { SEEDS = 240, REPLICAS = 4, SERVERS = 2, STEPS = 70, TASKS = 6 };

static const char *const remotes[SERVERS] = {"home", "work"};

struct world {
	uint64_t random;
	unsigned seed;
	int64_t now;
	struct fixture servers[SERVERS];
	unsigned server_count;
	struct folder copy; /* of the first server's store */
	bool copied, restored;
	struct rep reps[REPLICAS];
	unsigned count;
	int64_t skew[REPLICAS];
	unsigned counter;
	char own[REPLICAS][TASKS][40]; /* what only this replica ever set there */
	char log[16000];
};

static unsigned dice(struct world *w, unsigned sides)
{
	w->random = w->random * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(w->random >> 33) % sides;
}

static void note(struct world *w, const char *what, unsigned replica, unsigned more)
{
	size_t n = strlen(w->log);
	(void)snprintf(w->log + n, sizeof(w->log) - n, " %s%u:%u", what, replica, more);
}

#define world_ok(w, condition, ...)                                                                \
	do {                                                                                       \
		char text_[800];                                                                   \
		(void)snprintf(text_, sizeof(text_), __VA_ARGS__);                                 \
		ck_assert_msg(condition, "seed %u: %s\n%s", (w)->seed, text_, (w)->log);           \
	} while (0)

/* The value of one key in a task's words. */
static void value_in(const struct words *words, const char *key, char *to, size_t size)
{
	struct ts_slice rest = ts_slice_of(words->text);
	to[0] = '\0';
	while (rest.data != NULL) {
		struct ts_slice value = ts_slice_cut(&rest, ' '), name = ts_slice_cut(&value, '=');
		if (ts_slice_eq(name, ts_slice_of(key))) {
			(void)snprintf(to, size, "%.*s", TS_SLICE_ARGS(value));
		}
	}
}

static void own_key(unsigned i, char *to, size_t size)
{
	(void)snprintf(to, size, "own%u", i);
}

/* Remember what a replica's own attributes are now. */
static void remember(struct world *w, unsigned i)
{
	char key[20];
	own_key(i, key, sizeof(key));
	for (unsigned task = 0; task < TASKS; task++) {
		const struct words words = rep_words(&w->reps[i], task);
		value_in(&words, key, w->own[i][task], sizeof(w->own[i][task]));
		if (words.text[0] == '\0') {
			w->own[i][task][0] = '?';
		}
	}
}

static void edit(struct world *w, unsigned i)
{
	char words[200];
	const unsigned task = dice(w, TASKS), kind = dice(w, 8), count = ++w->counter;
	struct rep *r = &w->reps[i];
	const struct words had = rep_words(r, task);
	int n = snprintf(words, sizeof(words), "%s", had.text[0] == '\0' ? ADD : "");
	char *to = words + n;
	const size_t size = sizeof(words) - (size_t)n;
	if (kind < 3) {
		(void)snprintf(to, size, "own%u=v%u", i, count);
	} else if (kind < 5) {
		(void)snprintf(to, size, "project=p%u", count);
	} else if (kind == 5) {
		(void)snprintf(to, size, "project= own%u=v%u", i, count);
	} else if (kind == 6) {
		(void)snprintf(to, size, "tag_t%u=x", dice(w, 3));
	} else {
		(void)snprintf(to, size, "tag_t%u= shared=s%u", dice(w, 3), count);
	}
	note(w, "edit", i, task);
	rep_edit(r, task, w->now++ + w->skew[i], words);
	remember(w, i);
}

static void undo(struct world *w, unsigned i)
{
	struct rep *r = &w->reps[i];
	struct undone u = {0};
	int code = edit_undo(&r->r, w->now++ + w->skew[i], &u, &r->err);
	world_ok(w, code == TS_OK || code == TS_ENOTFOUND, "%s", r->err.text);
	note(w, "undo", i, (unsigned)u.tasks);
	remember(w, i);
}

/* Replicas and servers make a tree: in a ring an old value could run after a new one for ever, as
 * nothing on the wire says how old it is. */
static bool knows(const struct world *w, unsigned i, unsigned server)
{
	return w->server_count == 1 || i == 0 || i % SERVERS == server;
}

static bool server_knows(struct fixture *f, const struct ts_uuid *key)
{
	struct ts_transaction tr;
	struct ts_txn *t = fixture_begin(f, TS_READ);
	int code = ts_transaction_by_key(t, f->user.id, key, &tr, &f->err);
	ts_txn_abort(t);
	return code == TS_OK;
}

static void some_edits(struct world *w, unsigned i, unsigned sides)
{
	while (dice(w, sides) == 0) {
		if (dice(w, 5) == 0) {
			undo(w, i);
		} else {
			edit(w, i);
		}
	}
}

/* One request and what becomes of it. True where the replica has nothing more to send. */
static bool sync_once(struct world *w, unsigned i, unsigned server, bool calm)
{
	GOT(got);
	REQUEST(q);
	struct rep *r = &w->reps[i];
	struct fixture *f = &w->servers[server];
	uint64_t back = 0;
	while (rep_base(r, remotes[server], back, &q) && !server_knows(f, &q.base.key)) {
		back++;
	}
	const bool cut = !calm && dice(w, 3) == 0;
	rep_request(r, remotes[server], cut ? 1 + dice(w, 3) : SIZE_MAX, &q);
	note(w, "sync", i, (unsigned)q.states);
	if (!calm) {
		some_edits(w, i, 3);
	}
	fixture_sync(f, ts_buf_slice(&q.payload), !q.has_base, w->now++, &got);
	if (!calm && dice(w, 6) == 0) {
		note(w, "again", i, 0);
		fixture_sync(f, ts_buf_slice(&q.payload), !q.has_base, w->now++, &got);
	}
	if (!calm) {
		some_edits(w, i, 3);
	}
	if (!calm && dice(w, 6) == 0) {
		note(w, "lost", i, 0);
		return false;
	}
	rep_apply(r, remotes[server], &q, ts_buf_slice(&got.payload), w->now++ + w->skew[i]);
	return q.whole && rep_pending(r, remotes[server]) == 0;
}

static void copy_file(const struct folder *from, const struct folder *to)
{
	TS_BUF(data);
	const struct folder_path a = folder_at(from, "tasks.mdb"), b = folder_at(to, "tasks.mdb");
	ck_assert_int_eq(ts_file_read(a.text, SIZE_MAX, &data, NULL), TS_OK);
	ck_assert_int_eq(ts_file_write(b.text, ts_buf_slice(&data), 0600, TS_FILE_REPLACE, NULL),
			 TS_OK);
}

/* Once everybody had something in common with the server, a copy is taken, and later restored. */
static void backup(struct world *w)
{
	for (unsigned i = 0; i < w->count; i++) {
		REQUEST(q);
		if (!knows(w, i, 0)) {
			continue;
		}
		if (!rep_base(&w->reps[i], remotes[0], 0, &q) ||
		    !server_knows(&w->servers[0], &q.base.key)) {
			return;
		}
	}
	note(w, "backup", 0, 0);
	copy_file(&w->servers[0].folder, &w->copy);
	w->copied = true;
}

static void restore(struct world *w)
{
	if (!w->copied) {
		return;
	}
	note(w, "restore", 0, 0);
	struct fixture *f = &w->servers[0];
	ts_store_close(f->store);
	copy_file(&w->copy, &f->folder);
	ck_assert_int_eq(ts_store_open(f->folder.path, true, &f->store, &f->err), TS_OK);
	w->copied = false;
	w->restored = true;
}

static void step(struct world *w)
{
	const unsigned i = dice(w, w->count), kind = dice(w, 40);
	if (kind < 16) {
		edit(w, i);
	} else if (kind < 18) {
		undo(w, i);
	} else if (kind < 37) {
		const unsigned server = dice(w, w->server_count);
		(void)(knows(w, i, server) && sync_once(w, i, server, false));
	} else if (kind < 39) {
		backup(w);
	} else {
		restore(w);
	}
}

static struct words server_words(struct fixture *f, unsigned task)
{
	TS_ARENA(a);
	struct ts_txn *t = fixture_begin(f, TS_READ);
	const struct ts_uuid uuid = uuid_of(task);
	struct ts_task state = {.count = 0};
	uint64_t head;
	if (ts_head_get(t, f->user.id, &uuid, &head, &f->err) == TS_OK) {
		ck_assert_int_eq(ts_version_task(t, f->user.id, head, &uuid, &a, &state, &f->err),
				 TS_OK);
	}
	const struct words words = words_of(&state);
	ts_txn_abort(t);
	return words;
}

/* Everybody syncs with everybody until nobody has anything to say. */
static void rest(struct world *w)
{
	bool quiet = false;
	for (unsigned round = 0; round < 10 && !quiet; round++) {
		quiet = true;
		for (unsigned n = 0; n < w->count * w->server_count; n++) {
			const unsigned i = n % w->count, server = n / w->count;
			if (!knows(w, i, server)) {
				continue;
			}
			const bool sent = sync_once(w, i, server, true);
			quiet &= sent && w->reps[i].applied.tasks == 0;
		}
	}
	world_ok(w, quiet, "it never ends");
}

/* What was undone before anybody else had it may be nowhere, or deleted elsewhere. */
static bool same(const struct words *have, const struct words *want)
{
	return strcmp(have->text, want->text) == 0 ||
	       (have->text[0] == '\0' && strstr(want->text, "status=deleted") != NULL);
}

static void compare_task(struct world *w, unsigned i, unsigned task)
{
	char key[20], value[40];
	const struct words have = rep_words(&w->reps[i], task);
	for (unsigned n = 0; n < w->server_count; n++) {
		const struct words want = server_words(&w->servers[n], task);
		world_ok(w, same(&have, &want), "task %u of %u: '%.200s', at '%s' '%.200s'", task,
			 i, have.text, remotes[n], want.text);
	}
	own_key(i, key, sizeof(key));
	value_in(&have, key, value, sizeof(value));
	/* A state has one time on the wire. What a server lost and gets again from others, or from
	 * another server, may look newer than it is. */
	const bool known = w->own[i][task][0] != '?' && !w->restored && w->server_count == 1;
	world_ok(w, !known || strcmp(value, w->own[i][task]) == 0,
		 "task %u of %u: own value '%s', last set to '%s'", task, i, value,
		 w->own[i][task]);
}

static void world_init(struct world *w, unsigned seed)
{
	*w = (struct world){.seed = seed,
			    .random = seed * 2654435761u + 1,
			    .now = 1700000000,
			    .copy = folder_new()};
	w->server_count = 1 + (seed % 4 == 3);
	w->count = 2 + dice(w, REPLICAS - 1);
	for (unsigned i = 0; i < w->server_count; i++) {
		fixture_init(&w->servers[i]);
	}
	for (unsigned i = 0; i < w->count; i++) {
		rep_init(&w->reps[i]);
		w->skew[i] = seed % 3 == 0 ? (int64_t)dice(w, 100) - 50 : 0;
	}
}

static void world_done(struct world *w)
{
	for (unsigned i = 0; i < w->count; i++) {
		rep_done(&w->reps[i]);
	}
	for (unsigned i = 0; i < w->server_count; i++) {
		fixture_done(&w->servers[i]);
	}
	folder_done(&w->copy);
}

START_TEST(all_end_with_the_same)
{
	TS_CLEANUP(world_done) struct world w;
	world_init(&w, (unsigned)_i);
	for (unsigned n = 0; n < STEPS; n++) {
		step(&w);
	}
	rest(&w);
	for (unsigned n = 0; n < w.count * TASKS; n++) {
		compare_task(&w, n / TASKS, n % TASKS);
	}
}
END_TEST

/* Thousands of commits: in memory, unless somebody says where. */
int main(void)
{
	const struct unit_case cases[] = {{all_end_with_the_same, SEEDS}};
	if (access("/dev/shm", W_OK) == 0) {
		(void)setenv("TMPDIR", "/dev/shm", 0);
	}
	return unit_run("replicas", cases, TS_COUNT_OF(cases));
}
