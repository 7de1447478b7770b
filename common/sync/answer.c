/* SPDX-License-Identifier: MIT */
#include "common/sync/sync.h"
#include "common/task/task_json.h"
#include "common/tree/version.h"

#include <stdlib.h>

struct ts_answer {
	const struct ts_sync *sync;
	struct ts_txn *txn; /* NULL once the answer is complete */
	struct ts_transaction newest;
	uint64_t next;  /* version to be looked at */
	size_t differs; /* of sync->differs, looked at */
	size_t tasks;
	bool changed;
	struct ts_spool *payload;
	struct ts_arena arena; /* of the task in work */
	struct ts_buf line;
};

void ts_answer_free(struct ts_answer *a)
{
	if (a == NULL) {
		return;
	}
	ts_txn_abort(a->txn);
	ts_spool_free(a->payload);
	ts_arena_done(&a->arena);
	ts_buf_done(&a->line);
	free(a);
}

int ts_answer_begin(struct ts_store *store, const struct ts_sync *s, struct ts_spool_budget *budget,
		    struct ts_answer **ret, struct ts_error *err)
{
	TS_CLEANUP(ts_answer_free_p) struct ts_answer *a = calloc(1, sizeof(*a));
	if (a == NULL || ts_spool_new(budget, &a->payload) != TS_OK) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	a->sync = s;
	a->next = s->since + 1;
	int code = ts_txn_begin(store, TS_READ, &a->txn, err);
	if (code == TS_OK) {
		code = ts_transaction_newest(a->txn, s->user, &a->newest, err);
	}
	if (code != TS_OK) {
		return code;
	}
	a->changed = a->newest.last > s->since;
	*ret = TS_TAKE(a);
	return TS_OK;
}

static int send_line(struct ts_answer *a, struct ts_error *err)
{
	ts_buf_add_char(&a->line, '\n');
	int code = a->line.failed ? ts_fail(err, TS_ENOMEM, "Out of memory.")
				  : ts_spool_add(a->payload, ts_buf_slice(&a->line), err);
	ts_buf_clear(&a->line);
	return code;
}

static int send_head(struct ts_answer *a, uint64_t number, const struct ts_uuid *uuid,
		     struct ts_error *err)
{
	struct ts_task task;
	ts_arena_reset(&a->arena);
	int code = ts_version_task(a->txn, a->sync->user, number, uuid, &a->arena, &task, err);
	if (code != TS_OK) {
		return code;
	}
	ts_task_write(&task, &a->arena, &a->line);
	a->tasks++;
	return send_line(a, err);
}

/* Send version `number` if it is the head of its task, so that each changed task is sent once. */
static int consider(struct ts_answer *a, const struct ts_version *v, struct ts_error *err)
{
	uint64_t head;
	if (v->side) {
		return TS_OK;
	}
	int code = ts_head_get(a->txn, a->sync->user, &v->task, &head, err);
	if (code != TS_OK || head != v->number || ts_numbers_hold(&a->sync->known, v->number)) {
		return code;
	}
	return send_head(a, v->number, &v->task, err);
}

/* Heads of before the branch point that the client has otherwise. One that was replaced since is
 * sent as its task's new head. */
static int send_differing(struct ts_answer *a, struct ts_error *err)
{
	const struct ts_numbers *list = &a->sync->differs;
	struct ts_version v;
	uint64_t head;
	int code = TS_OK;
	for (; a->differs < list->count && code == TS_OK; a->differs++) {
		uint64_t number = list->at[a->differs];
		if (number > a->sync->since) {
			continue;
		}
		code = ts_version_read(a->txn, a->sync->user, number, &v, err);
		if (code == TS_OK) {
			code = ts_head_get(a->txn, a->sync->user, &v.task, &head, err);
		}
		if (code == TS_OK && head == number) {
			code = send_head(a, number, &v.task, err);
		}
	}
	return code;
}

static int finish(struct ts_answer *a, struct ts_error *err)
{
	int code = send_differing(a, err);
	if (code != TS_OK) {
		return code;
	}
	const struct ts_uuid_text key = ts_uuid_text(&a->newest.key);
	ts_buf_add_str(&a->line, key.text);
	code = send_line(a, err);
	ts_txn_abort(TS_TAKE(a->txn));
	return code;
}

int ts_answer_step(struct ts_answer *a, size_t versions, struct ts_error *err)
{
	struct ts_version v;
	struct ts_slice record;
	uint64_t number;
	int code = TS_OK;
	for (; versions > 0 && code == TS_OK && a->next <= a->newest.last; versions--) {
		code = ts_version_next(a->txn, a->sync->user, a->next, &number, &record, err);
		if (code == TS_OK) {
			code = ts_version_parse(number, record, &v, err);
		}
		if (code == TS_OK) {
			code = consider(a, &v, err);
			a->next = number + 1;
		}
	}
	if (code == TS_ENOTFOUND) {
		return ts_fail(err, TS_EDAMAGED, "The store is damaged: a version is missing.");
	}
	if (code != TS_OK) {
		return code;
	}
	return a->next <= a->newest.last ? TS_EAGAIN : finish(a, err);
}

size_t ts_answer_tasks(const struct ts_answer *a)
{
	return a->tasks;
}

bool ts_answer_changed(const struct ts_answer *a)
{
	return a->changed;
}

const struct ts_spool *ts_answer_payload(const struct ts_answer *a)
{
	return a->payload;
}
