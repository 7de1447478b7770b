/* SPDX-License-Identifier: MIT */
#include "common/compact/compact.h"

#include "common/compact/plan.h"
#include "common/tree/record.h"

#include <string.h>

enum {
	BATCH = 5000, /* versions changed in one transaction, … */
	LOOK = 50000  /* … or looked at: others wait for it to end */
};

struct work {
	const struct ts_compact *how;
	struct ts_compacted *sums;
	struct ts_txn *txn;
	struct plan plan;
	struct ts_arena arena;    /* of the version in work */
	struct ts_buf record;     /* … */
	uint64_t changed, looked; /* versions, in this transaction */
	uint64_t removed, added;  /* [bytes] in this transaction */
	uint64_t done, total;     /* tasks */
};

/* The record of a version that stays, as the plan wants it. Borrows from `w`. */
static int make_record(struct work *w, const struct plan_node *n, struct ts_slice *ret,
		       struct ts_error *err)
{
	TS_BUF(attrs);
	struct ts_version v;
	struct ts_task task;
	int code = ts_version_read(w->txn, w->how->user, n->number, &v, err);
	if (code == TS_OK && n->attrs) {
		ts_arena_reset(&w->arena);
		code = ts_version_task(w->txn, w->how->user, n->number, &v.task, &w->arena, &task,
				       err);
	}
	if (code != TS_OK) {
		return code;
	}
	if (n->attrs) {
		ts_record_pack_attrs(&task, NULL, &attrs);
		v.attrs = ts_buf_slice(&attrs);
		v.whole = true;
	}
	v.parent = n->new_parent;
	v.merged = n->new_merged;
	v.jump = n->new_jump;
	v.depth = n->new_depth;
	v.chain = n->new_chain;
	ts_buf_clear(&w->record);
	ts_record_pack(&v, &w->record);
	*ret = ts_buf_slice(&w->record);
	return attrs.failed || w->record.failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : TS_OK;
}

/* Write a version again. What it is made from is older, and still as it was. */
static int rewrite(struct work *w, const struct plan_node *n, struct ts_error *err)
{
	struct ts_slice record;
	int code = make_record(w, n, &record, err);
	if (code != TS_OK) {
		return code;
	}
	w->changed++;
	w->removed += n->size;
	w->added += record.len;
	w->sums->rewritten++;
	return w->how->dry_run ? TS_OK
			       : ts_version_put(w->txn, w->how->user, n->number, record, err);
}

static int drop(struct work *w, const struct plan_node *n, struct ts_error *err)
{
	w->changed++;
	w->removed += n->size;
	return w->how->dry_run ? TS_OK : ts_version_remove(w->txn, w->how->user, n->number, err);
}

/* The newest versions first: those before them can be read until their turn comes. */
static int carry_out(struct work *w, struct ts_error *err)
{
	const struct plan_node *nodes = plan_nodes(&w->plan);
	int code = TS_OK;
	w->sums->tasks++;
	for (size_t i = plan_count(&w->plan); i-- > 0 && code == TS_OK;) {
		if (!nodes[i].keep) {
			code = drop(w, &nodes[i], err);
		} else if (nodes[i].rewrite) {
			code = rewrite(w, &nodes[i], err);
		}
	}
	return code;
}

static int compact_task(struct work *w, uint64_t head, struct ts_error *err)
{
	int code = plan_read(w->txn, w->how->user, head, &w->plan, err);
	if (code != TS_OK) {
		return code;
	}
	const struct plan_node *nodes = plan_nodes(&w->plan);
	const size_t count = plan_count(&w->plan);
	plan_make(&w->plan, w->how->cutoff);
	for (size_t i = 0; i < count; i++) {
		w->sums->bytes_before += nodes[i].size;
	}
	w->looked += count;
	w->sums->versions_before += count;
	w->sums->versions_after += count - w->plan.dropped;
	return w->plan.dropped > 0 ? carry_out(w, err) : TS_OK;
}

/* The account's size, by which quotas go, and how far back its past is complete. */
static int keep_books(struct work *w, struct ts_error *err)
{
	struct ts_transaction newest;
	if (w->changed == 0) {
		return TS_OK;
	}
	int code = ts_transaction_newest(w->txn, w->how->user, &newest, err);
	if (code == TS_OK) {
		newest.bytes = newest.bytes + w->added - w->removed;
		code = ts_transaction_update(w->txn, w->how->user, &newest, err);
	}
	return code == TS_OK ? ts_horizon_raise(w->txn, w->how->user, w->how->cutoff, err) : code;
}

/* The one behind it; false: there is none. */
static bool advance(struct ts_uuid *u)
{
	for (size_t i = sizeof(u->bytes); i-- > 0;) {
		if (++u->bytes[i] != 0) {
			return true;
		}
	}
	return false;
}

/* Tasks from *next on, until enough versions are changed; TS_ENOTFOUND: that were all. */
static int compact_some(struct work *w, struct ts_uuid *next, struct ts_error *err)
{
	const uint64_t batch = w->how->batch > 0 ? w->how->batch : BATCH;
	uint64_t head;
	int code = TS_OK;
	while (code == TS_OK && w->changed < batch && w->looked < LOOK) {
		code = ts_head_next(w->txn, w->how->user, next, &head, err);
		if (code == TS_OK) {
			code = compact_task(w, head, err);
		}
		if (code == TS_OK && w->how->progress != NULL) {
			w->how->progress(++w->done, w->total, w->how->arg);
		}
		if (code == TS_OK && !advance(next)) {
			code = TS_ENOTFOUND;
		}
	}
	return code;
}

/* One transaction. TS_ENOTFOUND: it was the last one. */
static int compact_batch(struct work *w, struct ts_uuid *next, struct ts_error *err)
{
	const bool dry = w->how->dry_run;
	struct ts_transaction newest;
	int code = ts_txn_begin(w->how->store, dry ? TS_READ : TS_WRITE, &w->txn, err);
	if (code != TS_OK) {
		return code;
	}
	w->changed = w->looked = w->removed = w->added = 0;
	code = ts_transaction_newest(w->txn, w->how->user, &newest, err);
	if (code == TS_ENOTFOUND) {
		return code; /* the user was removed meanwhile */
	}
	w->total = newest.tasks;
	if (code == TS_OK) {
		code = compact_some(w, next, err);
	}
	w->sums->bytes_after += w->added - w->removed;
	if (dry || (code != TS_OK && code != TS_ENOTFOUND)) {
		return code;
	}
	int end = keep_books(w, err);
	if (end == TS_OK) {
		end = ts_txn_commit(TS_TAKE(w->txn), err);
	}
	return end == TS_OK ? code : end;
}

int ts_compact_user(const struct ts_compact *how, struct ts_compacted *ret, struct ts_error *err)
{
	struct work w = {.how = how, .sums = ret};
	struct ts_uuid next = {{0}};
	*ret = (struct ts_compacted){0};
	int code;
	do {
		code = compact_batch(&w, &next, err);
		ts_txn_abort(TS_TAKE(w.txn));
	} while (code == TS_OK);
	ret->bytes_after += ret->bytes_before;
	plan_done(&w.plan);
	ts_arena_done(&w.arena);
	ts_buf_done(&w.record);
	return code == TS_ENOTFOUND ? TS_OK : code;
}
