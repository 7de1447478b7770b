/* SPDX-License-Identifier: MIT */
#include "common/sync/branch.h"

#include <stdlib.h>

/* A version that the branch adds. */
struct step {
	struct ts_task task;
	const struct ts_task *before;
	struct step *next;
};

/* One task while its branch is made. */
struct work {
	struct ts_branch *b;
	struct ts_uuid uuid;
	uint64_t head_number; /* 0: none */
	struct ts_task head, base;
	uint64_t known_number; /* the branch's last version that is stored, at first its base */
	const struct ts_task *known;  /* its task */
	const struct ts_task *tip;    /* the branch's last one */
	struct step *steps, **end;    /* to be stored, oldest first */
	struct ts_task sent;          /* the last state, as the client has it */
	bool repaired;                /* which it isn't, quite */
	const struct ts_task *result; /* the head's task afterwards */
};

void ts_branch_done(struct ts_branch *b)
{
	ts_arena_done(&b->arena);
}

static int out_of_memory(struct ts_error *err)
{
	return ts_fail(err, TS_ENOMEM, "Out of memory.");
}

static int add_number(struct ts_numbers *list, uint64_t number, struct ts_error *err)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity == 0 ? 16 : list->capacity * 2;
		uint64_t *at = reallocarray(list->at, capacity, sizeof(*at));
		if (at == NULL) {
			return out_of_memory(err);
		}
		list->at = at;
		list->capacity = capacity;
	}
	list->at[list->count++] = number;
	return TS_OK;
}

/* Find and read the head of the main line, and the version of it that the client had edited. */
static int load(struct work *w, struct ts_error *err)
{
	struct ts_branch *b = w->b;
	const uint32_t user = b->sync->user;
	int code = ts_head_get(b->txn, user, &w->uuid, &w->head_number, err);
	if (code == TS_ENOTFOUND) {
		w->head_number = 0;
		code = TS_OK;
	}
	if (code == TS_OK) {
		code = ts_version_at(b->txn, user, w->head_number, b->sync->since, &w->known_number,
				     err);
	}
	if (code == TS_OK) {
		code = ts_version_task(b->txn, user, w->head_number, &w->uuid, &b->arena, &w->head,
				       err);
	}
	if (code == TS_OK) {
		code = ts_version_task(b->txn, user, w->known_number, &w->uuid, &b->arena, &w->base,
				       err);
	}
	w->known = w->tip = &w->base;
	w->result = &w->head;
	return code;
}

/* Is version `number` the child of the last known one that has the same values as `task`? */
static int is_same_child(struct work *w, const struct ts_version *v, const struct ts_task *task,
			 bool *ret, struct ts_error *err)
{
	struct ts_task there;
	*ret = false;
	if (v->parent != w->known_number || v->merged != 0) {
		return TS_OK;
	}
	int code = ts_version_task(w->b->txn, w->b->sync->user, v->number, &w->uuid, &w->b->arena,
				   &there, err);
	*ret = code == TS_OK && ts_task_same(&there, task);
	return code;
}

/* Look through a branch from its tip back, as long as its versions are younger than the last known
 * one. *ret_found stays 0 where there is none. */
static int search_side(struct work *w, uint64_t number, const struct ts_task *task,
		       uint64_t *ret_found, struct ts_error *err)
{
	struct ts_version v;
	bool same = false;
	while (number > w->known_number && *ret_found == 0) {
		int code = ts_version_read(w->b->txn, w->b->sync->user, number, &v, err);
		if (code == TS_OK) {
			code = is_same_child(w, &v, task, &same, err);
		}
		if (code != TS_OK) {
			return code;
		}
		*ret_found = same ? number : 0;
		number = v.side ? v.parent : 0;
	}
	return TS_OK;
}

/* The version that `task` is, if the client sent it before; every version is reachable from the
 * head, over the main line and the branches that were merged into it. */
static int search(struct work *w, const struct ts_task *task, uint64_t *ret_found,
		  struct ts_error *err)
{
	struct ts_version v;
	bool same = false;
	uint64_t number = w->head_number;
	*ret_found = 0;
	while (number > w->known_number && *ret_found == 0) {
		int code = ts_version_read(w->b->txn, w->b->sync->user, number, &v, err);
		if (code == TS_OK) {
			code = is_same_child(w, &v, task, &same, err);
		}
		if (code == TS_OK && !same && v.merged != 0) {
			code = search_side(w, v.merged, task, ret_found, err);
		}
		if (code != TS_OK) {
			return code;
		}
		*ret_found = same ? number : *ret_found;
		number = v.parent;
	}
	return TS_OK;
}

static int add_step(struct work *w, const struct ts_task *task, struct ts_error *err)
{
	struct step *s = ts_arena_alloc(&w->b->arena, sizeof(*s));
	if (s == NULL) {
		return out_of_memory(err);
	}
	*s = (struct step){.task = *task, .before = w->tip};
	*w->end = s;
	w->end = &s->next;
	w->tip = &s->task;
	return TS_OK;
}

/* The client had sent this state already: go on from the version that it became. */
static int step_to_known(struct work *w, uint64_t number, const struct ts_task *task,
			 struct ts_error *err)
{
	struct ts_task *known = ts_arena_alloc(&w->b->arena, sizeof(*known));
	if (known == NULL) {
		return out_of_memory(err);
	}
	*known = *task;
	w->known = w->tip = known;
	w->known_number = number;
	return TS_OK;
}

/* What the head does not include was never merged into it, so it was never stored. A state without
 * any date has the stamps of its arrival, which say nothing. */
static bool may_be_known(const struct work *w, const struct ts_task *next)
{
	return w->steps == NULL && w->head_number != w->known_number &&
	       (ts_task_time(&w->sent, -1) < 0 || ts_task_includes(&w->head, next));
}

/* Put one state on the branch. */
static int add_state(struct work *w, uint64_t offset, struct ts_error *err)
{
	struct ts_branch *b = w->b;
	struct ts_task next;
	size_t changed;
	uint64_t found = 0;
	int code = ts_upload_state(b->sync->upload, offset, &b->arena, &w->sent, &w->repaired, err);
	if (code != TS_OK) {
		return code;
	}
	if (ts_task_succeed(w->tip, &w->sent, b->sync->now, &b->arena, &next, &changed) != TS_OK) {
		return out_of_memory(err);
	}
	if (changed == 0) {
		return TS_OK;
	}
	if (may_be_known(w, &next)) {
		code = search(w, &next, &found, err);
	}
	if (code != TS_OK) {
		return code;
	}
	return found != 0 ? step_to_known(w, found, &next, err) : add_step(w, &next, err);
}

static int write_version(struct work *w, struct ts_new_version *v, struct ts_error *err)
{
	uint64_t bytes;
	v->number = w->b->next;
	int code = ts_version_write(w->b->txn, w->b->sync->user, v, &bytes, err);
	if (code == TS_OK) {
		w->b->next++;
		w->b->bytes += bytes;
	}
	return code;
}

/* Store the branch's new versions, on the main line or beside it. */
static int write_steps(struct work *w, bool side, uint64_t *ret_tip, struct ts_error *err)
{
	uint64_t parent = w->known_number;
	for (const struct step *s = w->steps; s != NULL; s = s->next) {
		struct ts_new_version v = {
			.parent = parent, .side = side, .before = s->before, .task = &s->task};
		int code = write_version(w, &v, err);
		if (code != TS_OK) {
			return code;
		}
		parent = v.number;
	}
	*ret_tip = parent;
	return TS_OK;
}

static int set_head(struct work *w, uint64_t number, const struct ts_task *task,
		    struct ts_error *err)
{
	w->b->new_tasks += w->head_number == 0;
	w->head_number = number;
	w->result = task;
	return ts_head_put(w->b->txn, w->b->sync->user, &w->uuid, number, err);
}

static int extend(struct work *w, struct ts_error *err)
{
	uint64_t tip;
	int code = write_steps(w, false, &tip, err);
	return code == TS_OK ? set_head(w, tip, w->tip, err) : code;
}

/* Merge the branch into the main line. A branch that brings nothing, not even a value that loses,
 * leaves no trace: somebody else has made the same edits already. */
static int merge(struct work *w, struct ts_error *err)
{
	struct ts_conflicts conflicts;
	struct ts_task *merged = ts_arena_alloc(&w->b->arena, sizeof(*merged));
	struct ts_new_version v = {.parent = w->head_number, .before = &w->head};
	if (merged == NULL ||
	    ts_task_merge(w->known, &w->head, w->tip, &w->b->arena, merged, &conflicts) != TS_OK) {
		return out_of_memory(err);
	}
	if (conflicts.count == 0 && ts_task_identical(merged, &w->head)) {
		return TS_OK;
	}
	v.task = merged;
	v.conflicts = &conflicts;
	int code = write_steps(w, true, &v.merged, err);
	if (code == TS_OK) {
		code = write_version(w, &v, err);
	}
	if (code != TS_OK) {
		return code;
	}
	w->b->sync->merges++;
	w->b->sync->conflicts += conflicts.count;
	return set_head(w, v.number, merged, err);
}

int ts_branch_store(struct ts_branch *b, const struct ts_upload_entry *states, size_t count,
		    struct ts_error *err)
{
	ts_arena_reset(&b->arena);
	struct work w = {.b = b, .uuid = states[0].task};
	w.end = &w.steps;
	int code = load(&w, err);
	for (size_t i = 0; i < count && code == TS_OK; i++) {
		code = add_state(&w, states[i].offset, err);
	}
	if (code == TS_OK && w.steps != NULL) {
		code = w.head_number == w.known_number ? extend(&w, err) : merge(&w, err);
	}
	if (code != TS_OK || w.head_number == 0) {
		return code;
	}
	bool exact = !w.repaired && ts_task_same(w.result, &w.sent);
	return add_number(exact ? &b->sync->known : &b->sync->differs, w.head_number, err);
}
