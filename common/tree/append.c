/* SPDX-License-Identifier: MIT */
#include "common/tree/append.h"

#include <stdio.h>

int ts_append_begin(struct ts_txn *t, uint32_t user, struct ts_append *ret, struct ts_error *err)
{
	*ret = (struct ts_append){.txn = t, .user = user};
	int code = ts_transaction_newest(t, user, &ret->newest, err);
	ret->next = ret->newest.last + 1;
	return code;
}

int ts_append_version(struct ts_append *a, struct ts_new_version *v, struct ts_error *err)
{
	uint64_t bytes;
	v->number = a->next;
	int code = ts_version_write(a->txn, a->user, v, &bytes, err);
	if (code == TS_OK) {
		a->next++;
		a->bytes += bytes;
	}
	return code;
}

int ts_append_head(struct ts_append *a, const struct ts_uuid *task, uint64_t number, bool is_new,
		   struct ts_error *err)
{
	a->new_tasks += is_new;
	return ts_head_put(a->txn, a->user, task, number, err);
}

int ts_append_close(struct ts_append *a, const struct ts_append_by *by, struct ts_error *err)
{
	if (ts_append_count(a) == 0) {
		return TS_OK;
	}
	struct ts_transaction tr = {
		.last = a->next - 1,
		.key = by->key != NULL ? *by->key : ts_uuid_random(),
		.time = by->now,
		.tasks = a->newest.tasks + a->new_tasks,
		.bytes = a->newest.bytes + a->bytes,
		.received = by->received,
	};
	(void)snprintf(tr.device, sizeof(tr.device), "%s", by->device);
	(void)snprintf(tr.what, sizeof(tr.what), "%s", by->what);
	int code = ts_transaction_add(a->txn, a->user, &tr, err);
	if (code == TS_OK) {
		a->newest = tr;
		a->new_tasks = a->bytes = 0;
	}
	return code;
}
