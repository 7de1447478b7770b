/* SPDX-License-Identifier: MIT */
#include "client/history/history.h"

#include "client/replica/edit.h"

#include <stdlib.h>

/* Add the tasks of a transaction's versions that have conflicts. */
static int find_conflicts(struct ts_txn *t, const struct replica *r, uint64_t first, uint64_t last,
			  struct ts_buf *tasks, struct ts_error *err)
{
	struct ts_version v;
	int code = TS_OK;
	for (uint64_t n = first; code == TS_OK && n <= last; n++) {
		code = ts_version_read(t, r->user, n, &v, err);
		if (code == TS_OK && v.conflicts.len > 0) {
			ts_buf_add(tasks, &v.task, sizeof(v.task));
		}
	}
	return code == TS_OK && tasks->failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : code;
}

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ts_uuid));
}

/* Each once. */
static struct ts_uuids select_tasks(struct ts_buf *tasks)
{
	struct ts_uuid *at = (struct ts_uuid *)(void *)tasks->data;
	const size_t all = tasks->len / sizeof(*at);
	size_t count = 0;
	if (all > 0) {
		qsort(at, all, sizeof(*at), by_bytes);
	}
	for (size_t i = 0; i < all; i++) {
		if (count == 0 || !ts_uuid_eq(&at[count - 1], &at[i])) {
			at[count++] = at[i];
		}
	}
	return (struct ts_uuids){at, count};
}

int losses_count(struct ts_txn *t, const struct replica *r, size_t *ret, struct ts_error *err)
{
	TS_BUF(tasks);
	TS_ARENA(a);
	TS_CLEANUP(ts_losses_done) struct ts_losses open = {0};
	struct ts_transaction tr;
	uint64_t newest;
	*ret = 0;
	int code = ts_version_newest(t, r->user, &newest, err);
	for (uint64_t n = 1; code == TS_OK && n <= newest; n = tr.last + 1) {
		code = ts_transaction_of(t, r->user, n, &tr, err);
		if (code == TS_OK && (tr.received || strcmp(tr.what, EDIT_MERGE) == 0)) {
			code = find_conflicts(t, r, n, tr.last, &tasks, err);
		}
	}
	const struct ts_uuids selection = select_tasks(&tasks);
	if (code == TS_OK && selection.count > 0) {
		code = ts_losses_find(t, r->user, &selection, false, &a, &open, err);
	}
	*ret = code == TS_OK ? open.count : 0;
	return code;
}
