/* SPDX-License-Identifier: MIT */
#include "client/replica/apply_internal.h"

#include <stdio.h>
#include <stdlib.h>

enum { REJECTS_KEPT = 100 }; /* lines that were no task */

static void work_done(struct work *w)
{
	edit_abort(&w->edit);
	free(w->entries);
	ts_buf_done(&w->beside);
	ts_arena_done(&w->arena);
}

static int take_tasks(struct work *w, struct ts_error *err)
{
	int code = TS_OK;
	for (size_t i = 0; i < w->count && code == TS_OK;) {
		i += ts_upload_same_task(w->entries + i, w->count - i);
		code = apply_take(w, &w->entries[i - 1], err);
	}
	return code;
}

static int by_task(const void *uuid, const void *entry)
{
	const struct ts_upload_entry *e = entry;
	return memcmp(uuid, e->task.bytes, sizeof(e->task.bytes));
}

/* A task that the remote doesn't have: nothing of it stays. */
static int remove_task(const struct ts_uuid *uuid, uint64_t head, void *arg, struct ts_error *err)
{
	struct work *w = arg;
	struct ts_task before, state, task;
	size_t changed;
	if (bsearch(uuid->bytes, w->entries, w->count, sizeof(*w->entries), by_task) != NULL) {
		return TS_OK;
	}
	ts_arena_reset(&w->arena);
	int code = ts_version_task(w->edit.txn, w->user, head, uuid, &w->arena, &before, err);
	if (code != TS_OK || ts_task_is_empty(&before)) {
		return code;
	}
	if (ts_task_emptied(&before, w->a->now, &w->arena, &state) != TS_OK ||
	    ts_task_succeed(&before, &state, w->a->now, &w->arena, &task, &changed) != TS_OK) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	struct ts_new_version new = {.parent = head, .before = &before, .task = &task};
	code = edit_put_version(&w->edit, &new, head, err);
	return code == TS_OK ? apply_tell(w, &before, &task, err) : code;
}

static int merge_all(struct work *w, struct ts_error *err)
{
	const struct beside *list = (const void *)w->beside.data;
	const size_t count = w->beside.len / sizeof(*list);
	int code = TS_OK;
	for (size_t i = 0; i < count && code == TS_OK; i++) {
		code = apply_merge(w, &list[i], err);
	}
	return code;
}

/* Two transactions of the history: what came, and what was made of it. */
static int write_all(struct work *w, struct ts_error *err)
{
	int code = take_tasks(w, err);
	if (code == TS_OK && w->a->how == APPLY_ADOPT) {
		code = ts_head_each(w->edit.txn, w->user, remove_task, w, err);
	}
	if (code == TS_OK) {
		code = edit_close(&w->edit, w->a->remote, err);
	}
	(void)snprintf(w->edit.what, sizeof(w->edit.what), "%s", EDIT_MERGE);
	if (code == TS_OK) {
		code = merge_all(w, err);
	}
	return code == TS_OK ? edit_close(&w->edit, NULL, err) : code;
}

static bool same_point(const struct ts_sync_point *a, const struct ts_sync_point *b)
{
	return ts_uuid_eq(&a->key, &b->key) && a->sent == b->sent && a->last == b->last;
}

/* `before` is the newest version of before. A remote that stood on an older point than the newest
 * lost what it had sent since. */
static int add_point(struct work *w, uint64_t before, const struct ts_uuid *key,
		     struct ts_error *err)
{
	const struct apply *a = w->a;
	const uint64_t last = w->edit.append.next - 1;
	struct ts_sync_point newest = {0}, point = {.key = *key,
						    .sent = w->after.sent,
						    .last = last,
						    .lost = w->before.lost,
						    .time = a->now};
	int code = ts_sync_point_get(w->edit.txn, w->user, a->remote, 0, &newest, err);
	if (code != TS_OK && code != TS_ENOTFOUND) {
		return code;
	}
	if (a->how == APPLY_ADOPT) {
		point.sent = last;
	}
	if (code == TS_OK && !same_point(&newest, &w->before)) {
		point.lost = before;
	}
	if (code == TS_OK && same_point(&newest, &point)) {
		return TS_OK;
	}
	w->edit.changed = true;
	return ts_sync_point_add(w->edit.txn, w->user, a->remote, &point, err);
}

static int begin(struct work *w, struct replica *r, struct ts_error *err)
{
	struct apply *a = w->a;
	a->tasks = a->conflicts = a->merges = 0;
	a->rejected = ts_upload_rejects(a->received);
	w->user = r->user;
	w->count = ts_upload_tasks(a->received);
	if (a->base != NULL) {
		w->before = *a->base;
	}
	w->after = w->before;
	w->after.sent = a->sent > w->before.sent ? a->sent : w->before.sent;
	int code = ts_upload_by_task(a->received, &w->entries, err);
	return code == TS_OK ? edit_begin(r, "sync", a->now, &w->edit, err) : code;
}

int apply_run(struct replica *r, struct apply *a, struct ts_error *err)
{
	TS_CLEANUP(work_done) struct work w = {.a = a};
	struct ts_uuid key;
	if (!ts_upload_key(a->received, &key)) {
		return ts_fail(err, TS_EMALF, "The answer has no sync key.");
	}
	int code = begin(&w, r, err);
	if (code != TS_OK) {
		return code;
	}
	const uint64_t before = w.edit.append.newest.last;
	code = write_all(&w, err);
	if (code == TS_OK && a->rejected > 0) {
		w.edit.changed = true;
		code = ts_upload_quarantine(a->received, w.edit.txn, w.user, a->now, REJECTS_KEPT,
					    err);
	}
	if (code == TS_OK) {
		code = add_point(&w, before, &key, err);
	}
	return code == TS_OK ? edit_commit(&w.edit, NULL, err) : code;
}
