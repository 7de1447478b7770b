/* SPDX-License-Identifier: MIT */
/* What is to be said of a task's version, and its line. */
#include "client/replica/edit.h"
#include "client/replica/pending_internal.h"
#include "common/task/task_json.h"
#include "common/tree/attrs.h"

/* True where a record that was read holds a value. */
static bool holds_value(const struct ts_version *v, struct ts_arena *a)
{
	struct ts_unpack u = {.rest = v->attrs};
	struct ts_attr attr;
	for (uint64_t n = ts_unpack_number(&u); n > 0; n--) {
		if (!ts_attr_unpack(&u, v->modified, a, &attr)) {
			return false;
		}
		if (attr.value.kind != TS_VALUE_NONE) {
			return true;
		}
	}
	return false;
}

/* True where nothing is left of the task in version `v`; mostly its own record tells. */
static int is_empty(const struct pending *p, const struct ts_version *v, bool *ret,
		    struct ts_error *err)
{
	TS_ARENA(a);
	struct ts_task task;
	*ret = false;
	if (holds_value(v, &a)) {
		return TS_OK;
	}
	int code = ts_version_task(p->txn, p->replica->user, v->number, &v->task, &a, &task, err);
	*ret = code == TS_OK && ts_task_is_empty(&task);
	return code;
}

/* An empty task is sent where the remote has it and its head is reached. */
static int wants_empty(const struct pending *p, uint64_t number, uint64_t head, bool *ret,
		       struct ts_error *err)
{
	struct ts_version v;
	uint64_t known;
	bool gone = true;
	*ret = false;
	if (number != head) {
		return TS_OK;
	}
	int code = pending_known(p->txn, p->replica, &p->point, p->remote, head, &known, err);
	if (code != TS_OK || known == 0) {
		return code;
	}
	code = ts_version_read(p->txn, p->replica->user, known, &v, err);
	if (code == TS_OK) {
		code = is_empty(p, &v, &gone, err);
	}
	*ret = !gone;
	return code;
}

/* True where the record alone doesn't tell that the version has other values than the one before
 * it: a merge may be what was merged, and what was received may have another time only. */
static bool may_be_no_news(const struct ts_version *v)
{
	struct ts_unpack u = {.rest = v->attrs};
	return v->merged != 0 || (v->whole && v->parent != 0) || ts_unpack_number(&u) == 0;
}

static int is_news(const struct pending *p, const struct ts_version *v, bool *ret,
		   struct ts_error *err)
{
	const struct pending_view w = pending_view(p);
	TS_ARENA(a);
	struct ts_task task, before;
	uint64_t back;
	*ret = true;
	if (!may_be_no_news(v)) {
		return TS_OK;
	}
	int code = pending_step_back(&w, v, &back, err);
	if (code == TS_OK) {
		code = ts_version_task(p->txn, w.user, v->number, &v->task, &a, &task, err);
	}
	if (code == TS_OK) {
		code = ts_version_task(p->txn, w.user, back, &v->task, &a, &before, err);
	}
	*ret = code == TS_OK && !ts_task_same_values(&task, &before);
	return code;
}

int pending_wants(const struct pending *p, const struct ts_version *v, uint64_t head, bool *ret,
		  struct ts_error *err)
{
	struct ts_version newest = *v;
	bool empty = false, gone = false;
	*ret = false;
	int code = is_empty(p, v, &empty, err);
	if (code == TS_OK && head != v->number) {
		code = ts_version_read(p->txn, p->replica->user, head, &newest, err);
		if (code == TS_OK) {
			code = is_empty(p, &newest, &gone, err);
		}
	}
	if (code != TS_OK || gone) {
		return code;
	}
	return empty ? wants_empty(p, v->number, head, ret, err) : is_news(p, v, ret, err);
}

/* In place of an empty task: what it was before, deleted. */
static int read_deleted(const struct pending *p, const struct ts_version *v, struct ts_arena *a,
			struct ts_task *ret, struct ts_error *err)
{
	const struct pending_view w = pending_view(p);
	struct ts_task before;
	uint64_t back;
	int code = pending_step_back(&w, v, &back, err);
	if (code == TS_OK) {
		code = ts_version_task(p->txn, w.user, back, &v->task, a, &before, err);
	}
	if (code == TS_OK && ts_task_deleted(&before, v->modified, a, ret) != TS_OK) {
		code = ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	return code;
}

int pending_add_line(const struct pending *p, uint64_t number, struct ts_arena *a,
		     struct ts_buf *to, struct ts_error *err)
{
	const uint32_t user = p->replica->user;
	struct ts_version v;
	struct ts_task task;
	ts_arena_reset(a);
	int code = ts_version_read(p->txn, user, number, &v, err);
	if (code == TS_OK) {
		code = ts_version_task(p->txn, user, number, &v.task, a, &task, err);
	}
	if (code == TS_OK && ts_task_is_empty(&task)) {
		code = read_deleted(p, &v, a, &task, err);
	}
	if (code != TS_OK) {
		return code;
	}
	ts_task_write(&task, a, to);
	ts_buf_add_char(to, '\n');
	return to->failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : TS_OK;
}
