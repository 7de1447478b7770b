/* SPDX-License-Identifier: MIT */
/* A store in a folder of its own with one user, for tests above the store. */
#pragma once

#include "common/sync/sync.h"
#include "test/unit/folder.h"
#include "test/unit/unit.h"

struct fixture {
	struct folder folder;
	struct ts_spool_usage usage;
	struct ts_spool_budget budget;
	struct ts_store *store;
	struct ts_user user;
	struct ts_error err;
};

static inline struct ts_txn *fixture_begin(struct fixture *f, enum ts_access how)
{
	struct ts_txn *t = NULL;
	ck_assert_msg(ts_txn_begin(f->store, how, &t, &f->err) == TS_OK, "%s", f->err.text);
	return t;
}

static inline void fixture_commit(struct fixture *f, struct ts_txn *t)
{
	ck_assert_msg(ts_txn_commit(t, &f->err) == TS_OK, "%s", f->err.text);
}

static inline void fixture_init(struct fixture *f)
{
	struct ts_org org;
	*f = (struct fixture){.folder = folder_new()};
	f->budget = (struct ts_spool_budget){
		.usage = &f->usage, .dir = f->folder.path, .each = 1 << 16, .total = 1 << 20};
	ck_assert_msg(ts_store_open(f->folder.path, true, &f->store, &f->err) == TS_OK, "%s",
		      f->err.text);
	struct ts_txn *t = fixture_begin(f, TS_WRITE);
	ck_assert_int_eq(ts_org_add(t, TS_SLICE("Public"), 1, &f->err), TS_OK);
	ck_assert_int_eq(ts_org_get(t, TS_SLICE("Public"), &org, &f->err), TS_OK);
	ck_assert_int_eq(ts_user_add(t, &org, TS_SLICE("alice"), 1, &f->user, &f->err), TS_OK);
	fixture_commit(f, t);
}

static inline void fixture_done(struct fixture *f)
{
	ts_store_close(f->store);
	folder_done(&f->folder);
}

#define FIXTURE(name)                                                                              \
	TS_CLEANUP(fixture_done) struct fixture name;                                              \
	fixture_init(&name)

/* What a client got: the payload of an answer. */
struct got {
	struct ts_buf payload;
	char key[TS_UUID_TEXT + 1];
	size_t tasks, stored, merges, conflicts;
	bool changed, unknown_key;
	char note[300];
};

static inline void got_done(struct got *g)
{
	ts_buf_done(&g->payload);
}

#define GOT(name) TS_CLEANUP(got_done) struct got name = {0}

static inline void fixture_answer(struct fixture *f, const struct ts_sync *s, struct got *g)
{
	TS_CLEANUP(ts_answer_free_p) struct ts_answer *a = NULL;
	size_t size;
	int code = ts_answer_begin(f->store, s, &f->budget, &a, &f->err);
	while (code == TS_OK && (code = ts_answer_step(a, 1, &f->err)) == TS_EAGAIN) {
		code = TS_OK;
	}
	ck_assert_msg(code == TS_OK, "%s", f->err.text);
	g->tasks = ts_answer_tasks(a);
	g->changed = ts_answer_changed(a);
	size = ts_spool_size(ts_answer_payload(a));
	ts_buf_clear(&g->payload);
	char *to = ts_buf_reserve(&g->payload, size);
	ck_assert_int_eq(ts_spool_read(ts_answer_payload(a), 0, to, size, &size, &f->err), TS_OK);
	g->payload.len = size;
	g->payload.data[size] = '\0';
	memcpy(g->key, to + size - 1 - TS_UUID_TEXT, TS_UUID_TEXT);
}

/* One sync as a client sends it: the lines of `payload`, or with `init` a first upload. */
static inline void fixture_sync(struct fixture *f, struct ts_slice payload, bool init, int64_t now,
				struct got *g)
{
	static const struct ts_task_limits limits = {0};
	TS_CLEANUP(ts_upload_free_p) struct ts_upload *u = NULL;
	ck_assert_int_eq(ts_upload_new(&limits, &f->budget, &u), TS_OK);
	ck_assert_msg(ts_upload_feed(u, payload, &f->err) == TS_OK, "%s", f->err.text);
	ck_assert_msg(ts_upload_end(u, &f->err) == TS_OK, "%s", f->err.text);
	TS_CLEANUP(ts_sync_done)
	struct ts_sync s = {.user = f->user.id,
			    .device = "test",
			    .now = now,
			    .reject_max = 10,
			    .init = init,
			    .upload = u};
	struct ts_txn *t = fixture_begin(f, TS_WRITE);
	ck_assert_msg(ts_sync_store(t, &s, &f->err) == TS_OK, "%s", f->err.text);
	fixture_commit(f, t);
	g->stored = s.stored;
	g->merges = s.merges;
	g->conflicts = s.conflicts;
	g->unknown_key = s.unknown_key;
	memcpy(g->note, s.note, sizeof(g->note));
	fixture_answer(f, &s, g);
}
