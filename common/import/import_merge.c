/* SPDX-License-Identifier: MIT */
#include "common/import/import.h"
#include "common/sync/branch.h"

#include <stdlib.h>

struct merging {
	const struct ts_import_into *into;
	struct ts_branch branch;
	struct ts_import_counts *counts;
};

static int head_of(struct merging *m, const struct ts_uuid *uuid, uint64_t *ret,
		   struct ts_error *err)
{
	const struct ts_append *append = &m->branch.append;
	int code = ts_head_get(append->txn, append->user, uuid, ret, err);
	if (code == TS_ENOTFOUND) {
		*ret = 0;
		return TS_OK;
	}
	return code;
}

static int merge_task(struct merging *m, const struct ts_upload_entry *states, size_t count,
		      struct ts_error *err)
{
	uint64_t before, after;
	struct ts_import_counts *c = m->counts;
	int code = head_of(m, &states->task, &before, err);
	if (code == TS_OK) {
		code = ts_branch_store(&m->branch, states, count, err);
	}
	if (code == TS_OK) {
		code = head_of(m, &states->task, &after, err);
	}
	if (code != TS_OK) {
		return code;
	}
	*(before == 0 ? &c->added : after != before ? &c->changed : &c->same) += 1;
	return after != before && m->into->stored != NULL
		       ? m->into->stored(&states->task, m->into->arg, err)
		       : TS_OK;
}

static int merge_all(struct merging *m, const struct ts_upload *states, struct ts_error *err)
{
	TS_AUTOFREE struct ts_upload_entry *entries = NULL;
	const size_t count = ts_upload_tasks(states);
	int code = ts_upload_by_task(states, &entries, err);
	for (size_t i = 0, n; i < count && code == TS_OK; i += n) {
		n = ts_upload_same_task(&entries[i], count - i);
		code = merge_task(m, &entries[i], n, err);
	}
	return code;
}

int ts_import_merge(struct ts_import *i, const struct ts_import_into *into,
		    struct ts_import_counts *ret, struct ts_error *err)
{
	TS_CLEANUP(ts_sync_done)
	struct ts_sync sync = {.user = into->append->user,
			       .device = into->device,
			       .now = i->now,
			       .init = true,
			       .upload = i->states};
	struct merging m = {
		.into = into,
		.branch = {.txn = into->append->txn, .sync = &sync, .append = *into->append},
		.counts = ret,
	};
	*ret = (struct ts_import_counts){.refused = i->refusals};
	int code = merge_all(&m, i->states, err);
	*into->append = m.branch.append;
	ts_branch_done(&m.branch);
	return code;
}
