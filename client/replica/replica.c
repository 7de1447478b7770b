/* SPDX-License-Identifier: MIT */
#include "client/replica/replica.h"

#include "common/base/date.h"
#include "common/base/file.h"
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
	uint64_t head = 0;
	int code = ts_head_get(t, r->user, uuid, &head, err);
	if (code != TS_OK && code != TS_ENOTFOUND) {
		return code;
	}
	if (ret_head != NULL) {
		*ret_head = head;
	}
	return ts_version_task(t, r->user, head, uuid, a, ret, err);
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
	if (code != TS_OK || replica_is_empty(&e.task)) {
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

static const struct ts_value no_value = {TS_VALUE_NONE, {"", 0}};

struct ts_value task_value(const struct ts_task *task, struct ts_slice key)
{
	const struct ts_attr *attr = ts_task_find(task, key);
	return attr != NULL && attr->value.kind != TS_VALUE_NONE ? attr->value : no_value;
}

struct ts_slice task_text(const struct ts_task *task, const char *key)
{
	return task_value(task, ts_slice_of(key)).text;
}

bool replica_is_open(const struct ts_task *task)
{
	const struct ts_slice status = task_text(task, "status");
	return status.len > 0 && !ts_slice_eq(status, TS_SLICE("completed")) &&
	       !ts_slice_eq(status, TS_SLICE("deleted"));
}

bool replica_is_empty(const struct ts_task *task)
{
	for (size_t i = 0; i < task->count; i++) {
		if (task->attrs[i].value.kind != TS_VALUE_NONE) {
			return false;
		}
	}
	return true;
}

bool task_same_values(const struct ts_task *a, const struct ts_task *b)
{
	struct ts_task copy = *a;
	copy.has_modified = b->has_modified;
	copy.modified = b->modified;
	return ts_task_same(&copy, b);
}

int task_emptied(const struct ts_task *task, int64_t when, struct ts_arena *a, struct ts_task *ret)
{
	*ret = *task;
	ret->has_modified = true;
	ret->modified = when;
	ret->attrs = ts_arena_array(a, task->count + 1, sizeof(*ret->attrs));
	for (size_t i = 0; ret->attrs != NULL && i < task->count; i++) {
		ret->attrs[i] = (struct ts_attr){.key = task->attrs[i].key, .value = no_value};
	}
	return ret->attrs != NULL ? TS_OK : TS_ENOMEM;
}

int task_deleted(const struct ts_task *task, int64_t when, struct ts_arena *a, struct ts_task *ret)
{
	const struct ts_date_text date = ts_date_text(when);
	const struct ts_value end = {TS_VALUE_STRING, ts_arena_copy(a, ts_slice_of(date.text))};
	const struct ts_value status = {TS_VALUE_STRING, TS_SLICE("deleted")};
	*ret = *task;
	ret->has_modified = true;
	ret->modified = when;
	ret->attrs = ts_arena_array(a, task->count + 2, sizeof(*ret->attrs));
	if (ret->attrs == NULL || end.text.data == NULL) {
		return TS_ENOMEM;
	}
	/* Of a key that stands twice the later one counts. */
	if (task->count > 0) {
		memcpy(ret->attrs, task->attrs, task->count * sizeof(*ret->attrs));
	}
	ret->attrs[ret->count++] = (struct ts_attr){.key = TS_SLICE("end"), .value = end};
	ret->attrs[ret->count++] = (struct ts_attr){.key = TS_SLICE("status"), .value = status};
	ts_task_sort(ret);
	return TS_OK;
}
