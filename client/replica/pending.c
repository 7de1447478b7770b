/* SPDX-License-Identifier: MIT */
#include "client/replica/pending.h"

#include "client/replica/edit.h"
#include "common/task/task_json.h"
#include "common/tree/attrs.h"

/* What a remote knows, and where to look. */
struct view {
	struct ts_txn *txn;
	uint32_t user;
	const char *remote;
	const struct ts_sync_point *point;
};

static struct view view_of(const struct pending *p)
{
	return (struct view){p->txn, p->replica->user, p->remote, &p->point};
}

/* The transaction which a version belongs to; in the middle of an edit it may have none yet. */
static int transaction_of(const struct view *w, uint64_t number, struct ts_transaction *ret,
			  struct ts_error *err)
{
	int code = ts_transaction_of(w->txn, w->user, number, ret, err);
	if (code == TS_ENOTFOUND) {
		*ret = (struct ts_transaction){.last = number};
		return TS_OK;
	}
	return code;
}

static bool came_from(const struct view *w, const struct ts_transaction *tr)
{
	return tr->received && tr->last <= w->point->last && tr->last > w->point->lost &&
	       strncmp(tr->device, w->remote, TS_DEVICE_MAX) == 0;
}

/* The version before `v` on its way to the remote, which may have sent what was merged. */
static int step_back(const struct view *w, const struct ts_version *v, uint64_t *ret,
		     struct ts_error *err)
{
	struct ts_transaction tr = {0};
	int code = v->merged != 0 ? transaction_of(w, v->merged, &tr, err) : TS_OK;
	*ret = came_from(w, &tr) ? v->merged : v->parent;
	return code;
}

int pending_known(struct ts_txn *t, const struct replica *r, const struct ts_sync_point *point,
		  const char *remote, uint64_t head, uint64_t *ret, struct ts_error *err)
{
	const struct view w = {t, r->user, remote, point};
	const uint64_t limit = point->sent > point->last ? point->sent : point->last;
	struct ts_transaction tr;
	struct ts_version v;
	int code = ts_version_at(t, r->user, head, limit, ret, err);
	while (code == TS_OK && *ret > point->sent) {
		code = transaction_of(&w, *ret, &tr, err);
		if (code == TS_OK && came_from(&w, &tr)) {
			return TS_OK;
		}
		if (code == TS_OK) {
			code = ts_version_read(t, r->user, *ret, &v, err);
		}
		if (code == TS_OK) {
			code = step_back(&w, &v, ret, err);
		}
	}
	return code;
}

/* Look for merges with what the remote sent, made here at once with its arrival. */
static int find_merges(struct pending *p, struct ts_error *err)
{
	const struct view w = view_of(p);
	struct ts_transaction tr;
	bool came = false;
	int code = TS_OK;
	for (uint64_t n = p->at + 1; n <= p->end && code == TS_OK; n = tr.last + 1) {
		code = transaction_of(&w, n, &tr, err);
		if (code == TS_OK && came && strcmp(tr.what, EDIT_MERGE) == 0) {
			code = ts_numbers_add(&p->merges, tr.last, err);
		}
		came = code == TS_OK && came_from(&w, &tr);
	}
	return code;
}

int pending_begin(struct ts_txn *t, const struct replica *r, const char *remote,
		  const struct ts_sync_point *point, struct pending *ret, struct ts_error *err)
{
	*ret = (struct pending){.txn = t, .replica = r, .remote = remote};
	if (point != NULL) {
		ret->point = *point;
	}
	ret->at = ret->checked = ret->point.sent;
	int code = ts_version_newest(t, r->user, &ret->end, err);
	return code == TS_OK ? find_merges(ret, err) : code;
}

void pending_done(struct pending *p)
{
	ts_numbers_done(&p->merges);
}

/* True where `v` is on its task's way to the remote, behind what this one has: on the main line,
 * and not before a merge with what came from there. */
static int is_on_way(const struct pending *p, const struct ts_version *v, uint64_t head, bool *ret,
		     struct ts_error *err)
{
	const struct view w = view_of(p);
	struct ts_version at;
	uint64_t number, back;
	int code = TS_OK;
	*ret = !v->side;
	for (size_t i = p->merges.count; *ret && i > 0 && p->merges.at[i - 1] >= v->number; i--) {
		code = ts_version_at(p->txn, w.user, head, p->merges.at[i - 1], &number, err);
		if (code == TS_OK) {
			code = ts_version_read(p->txn, w.user, number, &at, err);
		}
		if (code == TS_OK) {
			code = step_back(&w, &at, &back, err);
		}
		if (code != TS_OK) {
			return code;
		}
		*ret = back == at.parent || number == v->number;
	}
	return code;
}

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
	*ret = code == TS_OK && replica_is_empty(&task);
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
	const struct view w = view_of(p);
	TS_ARENA(a);
	struct ts_task task, before;
	uint64_t back;
	*ret = true;
	if (!may_be_no_news(v)) {
		return TS_OK;
	}
	int code = step_back(&w, v, &back, err);
	if (code == TS_OK) {
		code = ts_version_task(p->txn, w.user, v->number, &v->task, &a, &task, err);
	}
	if (code == TS_OK) {
		code = ts_version_task(p->txn, w.user, back, &v->task, &a, &before, err);
	}
	*ret = code == TS_OK && !task_same_values(&task, &before);
	return code;
}

/* What is to be said of a version whose task has a state to be sent, or has none. */
static int wants_state(const struct pending *p, const struct ts_version *v, uint64_t head,
		       bool *ret, struct ts_error *err)
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

static int wants(const struct pending *p, const struct ts_version *v, bool *ret,
		 struct ts_error *err)
{
	const uint32_t user = p->replica->user;
	uint64_t head;
	*ret = false;
	int code = ts_head_get(p->txn, user, &v->task, &head, err);
	if (code == TS_ENOTFOUND) {
		return ts_fail(err, TS_EDAMAGED, "The store is damaged: a task is missing.");
	}
	if (code == TS_OK && head > p->end) {
		code = ts_version_at(p->txn, user, head, p->end, &head, err);
	}
	if (code == TS_OK) {
		code = is_on_way(p, v, head, ret, err);
	}
	return code == TS_OK && *ret ? wants_state(p, v, head, ret, err) : code;
}

/* Go to the next version that may be pending, beyond what came from the remote itself. */
static int advance(struct pending *p, struct ts_version *ret, struct ts_error *err)
{
	const struct view w = view_of(p);
	struct ts_transaction tr;
	struct ts_slice record;
	uint64_t number;
	while (p->at < p->end && p->at >= p->checked) {
		int code = transaction_of(&w, p->at + 1, &tr, err);
		if (code != TS_OK) {
			return code;
		}
		p->checked = tr.last;
		if (came_from(&w, &tr)) {
			p->at = tr.last;
		}
	}
	if (p->at >= p->end) {
		return TS_ENOTFOUND;
	}
	int code = ts_version_next(p->txn, w.user, p->at + 1, &number, &record, err);
	if (code != TS_OK) {
		return code;
	}
	p->at = number;
	return ts_version_parse(number, record, ret, err);
}

int pending_next(struct pending *p, uint64_t *ret, struct ts_error *err)
{
	struct ts_version v;
	bool wanted = false;
	int code = TS_OK;
	while (code == TS_OK && !wanted) {
		code = advance(p, &v, err);
		if (code == TS_OK) {
			code = wants(p, &v, &wanted, err);
		}
	}
	if (code == TS_OK) {
		*ret = v.number;
	}
	return code;
}

/* In place of an empty task: what it was before, deleted. */
static int read_deleted(const struct pending *p, const struct ts_version *v, struct ts_arena *a,
			struct ts_task *ret, struct ts_error *err)
{
	const struct view w = view_of(p);
	struct ts_task before;
	uint64_t back;
	int code = step_back(&w, v, &back, err);
	if (code == TS_OK) {
		code = ts_version_task(p->txn, w.user, back, &v->task, a, &before, err);
	}
	if (code == TS_OK && task_deleted(&before, v->modified, a, ret) != TS_OK) {
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
	if (code == TS_OK && replica_is_empty(&task)) {
		code = read_deleted(p, &v, a, &task, err);
	}
	if (code != TS_OK) {
		return code;
	}
	ts_task_write(&task, a, to);
	ts_buf_add_char(to, '\n');
	return to->failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : TS_OK;
}

int pending_count(struct ts_txn *t, const struct replica *r, const char *remote,
		  const struct ts_sync_point *point, size_t most, size_t *ret, struct ts_error *err)
{
	TS_CLEANUP(pending_done) struct pending p = {0};
	uint64_t number;
	size_t count = 0;
	int code = pending_begin(t, r, remote, point, &p, err);
	while (code == TS_OK && count < most) {
		code = pending_next(&p, &number, err);
		count += code == TS_OK;
	}
	if (code != TS_OK && code != TS_ENOTFOUND) {
		return code;
	}
	*ret = count;
	return TS_OK;
}
