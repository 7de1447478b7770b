/* SPDX-License-Identifier: MIT */
/* A history as Taskserver has it: task lines, and a sync key behind those of each transaction. */
#include "common/task/task_json.h"
#include "common/tree/version.h"
#include "server/adopt/layout_internal.h"

/* A sync key beside a transaction's own. */
struct other_key {
	uint64_t last;
	struct ts_uuid key;
};

struct history {
	struct ts_txn *txn;
	uint32_t user;
	struct layout_counts *counts;
	struct layout_file file;
	struct ts_buf others;  /* of struct other_key, by `last` */
	size_t other;          /* the next one to be written */
	struct ts_arena arena; /* of the task in work */
	struct ts_error *err;
};

static void history_done(struct history *h)
{
	layout_close(&h->file);
	ts_buf_done(&h->others);
	ts_arena_done(&h->arena);
}

static int add_other(const struct ts_uuid *key, uint64_t last, void *arg)
{
	struct history *h = arg;
	const struct other_key other = {last, *key};
	struct ts_transaction tr;
	int code = ts_transaction_of(h->txn, h->user, last, &tr, h->err);
	if (code == TS_OK && !ts_uuid_eq(&tr.key, key)) {
		ts_buf_add(&h->others, &other, sizeof(other));
	}
	return h->others.failed ? ts_fail(h->err, TS_ENOMEM, "Out of memory.") : code;
}

static int by_last(const void *a, const void *b)
{
	const struct other_key *x = a, *y = b;
	return (x->last > y->last) - (x->last < y->last);
}

static int list_others(struct history *h, struct ts_error *err)
{
	int code = ts_sync_key_each(h->txn, h->user, add_other, h, err);
	const size_t count = h->others.len / sizeof(struct other_key);
	if (count > 1) {
		qsort(h->others.data, count, sizeof(struct other_key), by_last);
	}
	return code;
}

static void write_key(struct history *h, const struct ts_uuid *key)
{
	ts_buf_add_str(&h->file.text, ts_uuid_text(key).text);
	ts_buf_add_char(&h->file.text, '\n');
	h->counts->keys++;
}

static int write_keys(struct history *h, const struct ts_transaction *tr, struct ts_error *err)
{
	const struct other_key *others = (const void *)h->others.data;
	const size_t count = h->others.len / sizeof(*others);
	write_key(h, &tr->key);
	for (; h->other < count && others[h->other].last <= tr->last; h->other++) {
		write_key(h, &others[h->other].key);
	}
	return layout_flow(&h->file, err);
}

/* What stands beside the main line reached it by a merge, which is on it. */
static int write_state(struct history *h, const struct ts_version *v, struct ts_error *err)
{
	struct ts_task task;
	if (v->side) {
		return TS_OK;
	}
	ts_arena_reset(&h->arena);
	int code = ts_version_task(h->txn, h->user, v->number, &v->task, &h->arena, &task, err);
	if (code != TS_OK || ts_task_find(&task, TS_SLICE("description")) == NULL) {
		return code;
	}
	ts_task_write(&task, &h->arena, &h->file.text);
	ts_buf_add_char(&h->file.text, '\n');
	h->counts->states++;
	return layout_flow(&h->file, err);
}

/* The versions from *next to the transaction's last one. */
static int write_states(struct history *h, const struct ts_transaction *tr, uint64_t *next,
			struct ts_error *err)
{
	struct ts_version v;
	struct ts_slice record;
	uint64_t number;
	while (*next <= tr->last) {
		int code = ts_version_next(h->txn, h->user, *next, &number, &record, err);
		if (code == TS_ENOTFOUND || (code == TS_OK && number > tr->last)) {
			break;
		}
		if (code == TS_OK) {
			code = ts_version_parse(number, record, &v, err);
		}
		if (code == TS_OK) {
			code = write_state(h, &v, err);
		}
		if (code != TS_OK) {
			return code;
		}
		*next = number + 1;
	}
	*next = tr->last + 1;
	return TS_OK;
}

static int write_transactions(struct history *h, struct ts_error *err)
{
	struct ts_transaction tr, newest;
	uint64_t next = 0;
	int code = ts_transaction_newest(h->txn, h->user, &newest, err);
	while (code == TS_OK && next <= newest.last) {
		code = ts_transaction_of(h->txn, h->user, next, &tr, err);
		if (code == TS_OK) {
			code = write_states(h, &tr, &next, err);
		}
		if (code == TS_OK) {
			code = write_keys(h, &tr, err);
		}
	}
	return code;
}

static int count_reject(const struct ts_reject *r, void *arg)
{
	struct layout_counts *counts = arg;
	(void)r;
	counts->rejects++;
	return TS_OK;
}

int layout_history(struct ts_txn *t, const struct ts_user *user, const char *folder,
		   struct layout_counts *counts, struct ts_error *err)
{
	TS_CLEANUP(history_done)
	struct history h = {
		.txn = t, .user = user->id, .counts = counts, .file.fd = -1, .err = err};
	int code = layout_open(folder, "tx.data", &h.file, err);
	if (code == TS_OK) {
		code = list_others(&h, err);
	}
	if (code == TS_OK) {
		code = write_transactions(&h, err);
	}
	if (code == TS_OK) {
		code = ts_reject_each(t, user->id, count_reject, counts, err);
	}
	return code == TS_OK ? layout_end(&h.file, err) : code;
}
