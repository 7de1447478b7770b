/* SPDX-License-Identifier: MIT */
#include "common/history/past.h"

#include "common/base/date.h"

/* Clocks are set back now and then, so the times of transactions need not ascend. */
int ts_past_at(struct ts_txn *t, uint32_t user, int64_t date, struct ts_transaction *ret,
	       struct ts_error *err)
{
	struct ts_transaction tr;
	uint64_t newest, number = 0;
	bool found = false;
	int code = ts_version_newest(t, user, &newest, err);
	for (; code == TS_OK && number <= newest; number = tr.last + 1) {
		code = ts_transaction_of(t, user, number, &tr, err);
		if (code == TS_OK && (tr.time <= date || number == 0)) {
			*ret = tr;
			found |= tr.time <= date;
		}
	}
	return code == TS_OK && !found ? TS_ENOTFOUND : code;
}

int ts_past_before(struct ts_txn *t, uint32_t user, uint64_t number, struct ts_transaction *ret,
		   struct ts_error *err)
{
	struct ts_transaction tr;
	uint64_t newest;
	int code = ts_version_newest(t, user, &newest, err);
	if (code == TS_OK && (number == 0 || number > newest)) {
		return TS_ENOTFOUND;
	}
	if (code == TS_OK) {
		code = ts_transaction_of(t, user, 0, &tr, err);
	}
	while (code == TS_OK && tr.last < number) {
		*ret = tr;
		code = ts_transaction_of(t, user, tr.last + 1, &tr, err);
	}
	return code;
}

int ts_past_check(struct ts_txn *t, uint32_t user, const struct ts_transaction *tr,
		  struct ts_error *err)
{
	struct ts_transaction first;
	uint64_t horizon;
	int code = ts_horizon_get(t, user, &horizon, err);
	if (code != TS_OK || tr->last >= horizon) {
		return code;
	}
	code = ts_transaction_of(t, user, horizon, &first, err);
	return code == TS_OK ? ts_fail(err, TS_EOLD,
				       "The history of that time was compacted; it is whole from "
				       "%s on, behind version %llu.",
				       ts_date_text(first.time).text, (unsigned long long)horizon)
			     : code;
}

struct reverting {
	const struct ts_past *past;
	struct ts_txn *txn;
	uint32_t user;
	struct ts_past_counts *counts;
	struct ts_arena arena; /* of the task in work */
};

static bool is_deleted(const struct ts_task *task)
{
	return ts_slice_eq(ts_task_text(task, "status"), TS_SLICE("deleted"));
}

/* The state that makes the task what it was in version `number`, 0: before there was one. */
static int past_state(struct reverting *r, const struct ts_task *head, uint64_t number,
		      struct ts_task *ret, struct ts_error *err)
{
	if (number > 0) {
		int code =
			ts_version_task(r->txn, r->user, number, &head->uuid, &r->arena, ret, err);
		ret->has_modified = true;
		ret->modified = r->past->now;
		return code;
	}
	if (is_deleted(head) || ts_task_is_empty(head)) {
		*ret = *head;
		return TS_OK;
	}
	return ts_task_deleted(head, r->past->now, &r->arena, ret) == TS_OK
		       ? TS_OK
		       : ts_fail(err, TS_ENOMEM, "Out of memory.");
}

static enum ts_past_what what_of(const struct ts_revision *r, uint64_t number)
{
	if (r->changed == 0) {
		return TS_PAST_SAME;
	}
	return number == 0                                     ? TS_PAST_DELETED
	       : is_deleted(&r->head) && !is_deleted(&r->next) ? TS_PAST_RETURNED
							       : TS_PAST_CHANGED;
}

static void count(struct ts_past_counts *c, enum ts_past_what what)
{
	size_t *const counts[] = {[TS_PAST_SAME] = &c->same,
				  [TS_PAST_CHANGED] = &c->changed,
				  [TS_PAST_RETURNED] = &c->returned,
				  [TS_PAST_DELETED] = &c->deleted};
	++*counts[what];
}

static int settle(struct reverting *r, const struct ts_past_task *task, struct ts_error *err)
{
	const struct ts_past *p = r->past;
	int code = TS_OK;
	count(r->counts, task->what);
	if (task->what == TS_PAST_SAME) {
		return TS_OK;
	}
	if (p->append != NULL) {
		code = ts_append_revision(p->append, &task->revision, err);
	}
	return code == TS_OK && p->each != NULL ? p->each(task, p->arg, err) : code;
}

static int revert_task(const struct ts_uuid *uuid, uint64_t head, void *arg, struct ts_error *err)
{
	struct reverting *r = arg;
	struct ts_past_task task;
	struct ts_task now, state;
	uint64_t number;
	ts_arena_reset(&r->arena);
	int code = ts_version_at(r->txn, r->user, head, r->past->limit, &number, err);
	if (code != TS_OK || number == head) {
		r->counts->same++;
		return code;
	}
	code = ts_version_task(r->txn, r->user, head, uuid, &r->arena, &now, err);
	if (code == TS_OK) {
		code = past_state(r, &now, number, &state, err);
	}
	if (code == TS_OK) {
		code = ts_revise(r->txn, r->user, &state, r->past->now, &r->arena, &task.revision,
				 err);
	}
	if (code != TS_OK) {
		return code;
	}
	task.what = what_of(&task.revision, number);
	return settle(r, &task, err);
}

static int revert_some(struct reverting *r, const struct ts_uuids *tasks, struct ts_error *err)
{
	int code = TS_OK;
	for (size_t i = 0; code == TS_OK && i < tasks->count; i++) {
		uint64_t head;
		code = ts_head_get(r->txn, r->user, &tasks->at[i], &head, err);
		if (code == TS_OK) {
			code = revert_task(&tasks->at[i], head, r, err);
		}
	}
	return code;
}

int ts_past_revert(const struct ts_past *p, struct ts_txn *t, uint32_t user,
		   struct ts_past_counts *ret, struct ts_error *err)
{
	struct reverting r = {.past = p, .txn = t, .user = user, .counts = ret};
	*ret = (struct ts_past_counts){0};
	int code = p->tasks != NULL ? revert_some(&r, p->tasks, err)
				    : ts_head_each(t, user, revert_task, &r, err);
	ts_arena_done(&r.arena);
	return code;
}
