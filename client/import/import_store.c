/* SPDX-License-Identifier: MIT */
#include "client/import/import.h"

#include "client/replica/edit.h"
#include "client/words/changes.h"

#include <stdlib.h>

/* The work of storing. */
struct storing {
	struct ts_import *import;
	struct edit edit;
	struct ts_import_counts *counts;
	struct ts_upload_entry *entries; /* in the order of the files */
	struct ts_arena arena;           /* of the state in work */
};

static void storing_done(struct storing *s)
{
	edit_abort(&s->edit);
	free(s->entries);
	ts_arena_done(&s->arena);
}

static int by_offset(const void *a, const void *b)
{
	const struct ts_upload_entry *x = a, *y = b;
	return (x->offset > y->offset) - (x->offset < y->offset);
}

static void count(struct storing *s, bool is_new, bool changed)
{
	struct ts_import_counts *c = s->counts;
	*(is_new ? &c->added : changed ? &c->changed : &c->same) += 1;
}

/* What a state lacks that every task has. One that differs from what is here was edited after it,
 * or now. */
static int complete(struct storing *s, const struct ts_task *head, struct ts_task *state,
		    struct ts_error *err)
{
	const struct ts_slice entry = ts_task_text(head, "entry");
	const int64_t now = s->import->now;
	if (!state->has_modified || (head->has_modified && state->modified <= head->modified)) {
		state->has_modified = true;
		state->modified = now;
	}
	if (task_has(state, "entry")) {
		return TS_OK;
	}
	const struct ts_value value = {TS_VALUE_STRING, entry};
	return entry.len > 0 ? task_set(state, &s->arena, TS_SLICE("entry"), value, err)
			     : task_set_date(state, &s->arena, "entry", state->modified, err);
}

/* The task becomes what the state says. */
static int replace(struct storing *s, const struct ts_upload_entry *at, struct ts_error *err)
{
	struct ts_task head, state;
	uint64_t number;
	bool changed = false;
	ts_arena_reset(&s->arena);
	int code = ts_upload_state(s->import->states, at->offset, &s->arena, &state, NULL, err);
	if (code == TS_OK) {
		code = replica_task(s->edit.txn, s->edit.replica, &at->task, &s->arena, &head,
				    &number, err);
	}
	if (code == TS_OK) {
		code = complete(s, &head, &state, err);
	}
	if (code == TS_OK) {
		code = edit_put(&s->edit, &state, &changed, err);
	}
	if (code == TS_OK) {
		count(s, number == 0, changed);
	}
	return code;
}

static int replace_all(struct storing *s, struct ts_error *err)
{
	const size_t entries = ts_upload_tasks(s->import->states);
	int code = ts_upload_by_task(s->import->states, &s->entries, err);
	if (code == TS_OK && entries > 0) {
		qsort(s->entries, entries, sizeof(*s->entries), by_offset);
	}
	for (size_t i = 0; i < entries && code == TS_OK; i++) {
		code = replace(s, &s->entries[i], err);
	}
	return code;
}

/* Open tasks have short numbers. */
static int give_number(const struct ts_uuid *uuid, void *arg, struct ts_error *err)
{
	struct storing *s = arg;
	struct ts_task task;
	struct edit *e = &s->edit;
	ts_arena_reset(&s->arena);
	int code = replica_task(e->txn, e->replica, uuid, &s->arena, &task, NULL, err);
	if (code != TS_OK) {
		return code;
	}
	return ts_task_is_open(&task) ? ts_number_give(e->txn, e->replica->user, uuid, err)
				      : ts_number_take(e->txn, e->replica->user, uuid, err);
}

static int merge_all(struct storing *s, struct ts_error *err)
{
	const struct ts_import_into into = {
		.append = &s->edit.append,
		.device = s->edit.replica->device,
		.stored = give_number,
		.arg = s,
	};
	int code = ts_import_merge(s->import, &into, s->counts, err);
	s->edit.changed |= ts_append_count(&s->edit.append) > 0;
	return code;
}

int import_store(struct ts_import *i, struct replica *r, enum import_how how, bool dry,
		 struct ts_import_counts *ret, struct ts_error *err)
{
	TS_CLEANUP(storing_done) struct storing s = {.import = i, .counts = ret};
	*ret = (struct ts_import_counts){.refused = i->refusals};
	int code = edit_begin(r, "import", i->now, &s.edit, err);
	if (code == TS_OK) {
		code = (how == IMPORT_MERGE ? merge_all : replace_all)(&s, err);
	}
	if (code != TS_OK || dry) {
		return code;
	}
	return edit_commit(&s.edit, NULL, err);
}
