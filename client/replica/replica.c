/* SPDX-License-Identifier: MIT */
#include "client/replica/replica.h"

#include "common/base/date.h"
#include "common/base/file.h"
#include "common/history/history.h"
#include "common/tree/version.h"

#include <stdio.h>

/* The one account in a replica's store. */
#define ORG  TS_SLICE("replica")
#define USER TS_SLICE("me")

static int no_replica(const char *dir, struct ts_error *err)
{
	return ts_fail(err, TS_ENOTFOUND,
		       "There is no replica in %s yet: the first 'taskc add', 'taskc import' or "
		       "'taskc sync' makes one.",
		       dir);
}

static int find_user(struct ts_txn *t, uint32_t *ret, struct ts_error *err)
{
	struct ts_org org;
	struct ts_user user;
	int code = ts_org_get(t, ORG, &org, err);
	if (code == TS_OK) {
		code = ts_user_get(t, &org, USER, &user, err);
	}
	if (code == TS_OK) {
		*ret = user.id;
	}
	return code;
}

/* Another process may have been here first. */
static int make_user(struct ts_store *s, uint32_t *ret, struct ts_error *err)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	struct ts_org org;
	struct ts_user user;
	int code = ts_txn_begin(s, TS_WRITE, &t, err);
	if (code == TS_OK) {
		code = find_user(t, ret, err);
	}
	if (code != TS_ENOTFOUND) {
		return code;
	}
	const int64_t now = ts_date_now();
	code = ts_org_add(t, ORG, now, err);
	if (code == TS_OK) {
		code = ts_org_get(t, ORG, &org, err);
	}
	if (code == TS_OK) {
		code = ts_user_add(t, &org, USER, now, &user, err);
	}
	if (code == TS_OK) {
		code = ts_txn_commit(TS_TAKE(t), err);
	}
	*ret = user.id;
	return code;
}

/* Opening what is there takes no writer's lock. */
static int open_store(const char *dir, bool create, struct ts_store **ret, struct ts_error *err)
{
	int code = ts_store_open(dir, false, ret, err);
	if (create && code == TS_ENOTFOUND) {
		code = ts_dir_make(dir, 0700, NULL, err);
		return code == TS_OK ? ts_store_open(dir, true, ret, err) : code;
	}
	return code == TS_ENOTFOUND ? no_replica(dir, err) : code;
}

static int open_user(struct ts_store *s, const char *dir, bool create, uint32_t *ret,
		     struct ts_error *err)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	int code = ts_txn_begin(s, TS_READ, &t, err);
	if (code == TS_OK) {
		code = find_user(t, ret, err);
	}
	if (code != TS_ENOTFOUND) {
		return code;
	}
	ts_txn_abort(TS_TAKE(t));
	return create ? make_user(s, ret, err) : no_replica(dir, err);
}

int replica_open(const char *dir, bool create, const char *device, struct replica *ret,
		 struct ts_error *err)
{
	TS_CLEANUP(ts_store_close_p) struct ts_store *s = NULL;
	struct replica r = {0};
	int code = open_store(dir, create, &s, err);
	if (code == TS_OK) {
		code = open_user(s, dir, create, &r.user, err);
	}
	if (code != TS_OK) {
		return code;
	}
	(void)snprintf(r.device, sizeof(r.device), "%s", device);
	r.store = TS_TAKE(s);
	*ret = r;
	return TS_OK;
}

void replica_close(struct replica *r)
{
	ts_store_close(r->store);
	*r = (struct replica){0};
}

int replica_task(struct ts_txn *t, const struct replica *r, const struct ts_uuid *uuid,
		 struct ts_arena *a, struct ts_task *ret, uint64_t *ret_head, struct ts_error *err)
{
	return ts_head_task(t, r->user, uuid, a, ret, ret_head, err);
}

/* A walk over all tasks. */
struct walk {
	struct ts_txn *txn;
	const struct replica *replica;
	int (*each)(const struct replica_entry *e, void *arg, struct ts_error *err);
	void *arg;
	struct ts_arena arena; /* of the task in work */
};

static int visit(const struct ts_uuid *uuid, uint64_t head, void *arg, struct ts_error *err)
{
	struct walk *w = arg;
	struct replica_entry e = {.head = head};
	ts_arena_reset(&w->arena);
	int code = ts_version_task(w->txn, w->replica->user, head, uuid, &w->arena, &e.task, err);
	if (code != TS_OK || ts_task_is_empty(&e.task)) {
		return code;
	}
	code = ts_number_of(w->txn, w->replica->user, uuid, &e.number, err);
	if (code != TS_OK && code != TS_ENOTFOUND) {
		return code;
	}
	return w->each(&e, w->arg, err);
}

int replica_each(struct ts_txn *t, const struct replica *r,
		 int (*each)(const struct replica_entry *e, void *arg, struct ts_error *err),
		 void *arg, struct ts_error *err)
{
	struct walk w = {.txn = t, .replica = r, .each = each, .arg = arg};
	int code = ts_head_each(t, r->user, visit, &w, err);
	ts_arena_done(&w.arena);
	return code;
}
