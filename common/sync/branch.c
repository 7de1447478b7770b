/* SPDX-License-Identifier: MIT */
#include "common/sync/branch.h"

#include <stdlib.h>

/* A client may send any number of states of one task: so many bytes of them are looked at before
 * they are stored and forgotten. */
enum { SLICE_BYTES = 8 << 20 };

/* A version that the branch adds. */
struct step {
	struct ts_task task;
	const struct ts_task *before;
	struct step *next;
};

/* A stored version and what it was made from. */
struct child {
	uint64_t parent, number;
};

/* One task while its branch is made. */
struct work {
	struct ts_branch *b;
	struct ts_uuid uuid;
	uint64_t head_number; /* 0: none */
	struct ts_task head;
	uint64_t known_number;     /* the branch's last version that is stored, first its base */
	struct ts_task known;      /* its task */
	const struct ts_task *tip; /* the branch's last one */
	struct step *steps, **end; /* to be stored, oldest first */
	struct child *children;    /* by parent: those stored since; NULL: not looked for yet */
	size_t child_count;
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

/* Read the head's task and that of the last known version; nothing else is in the arena. */
static int load_tasks(struct work *w, struct ts_error *err)
{
	struct ts_branch *b = w->b;
	const uint32_t user = b->sync->user;
	int code =
		ts_version_task(b->txn, user, w->head_number, &w->uuid, &b->arena, &w->head, err);
	if (code == TS_OK) {
		code = ts_version_task(b->txn, user, w->known_number, &w->uuid, &b->arena,
				       &w->known, err);
	}
	w->tip = &w->known;
	w->steps = NULL;
	w->end = &w->steps;
	w->children = NULL;
	w->result = &w->head;
	return code;
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
	return code == TS_OK ? load_tasks(w, err) : code;
}

/* Add to `to` (of struct child) the versions from `number` back along their first parents, those
 * with a greater number than `limit`. A merge stands behind the branch that was stored with it. */
static int list_line(struct work *w, uint64_t number, uint64_t limit, struct ts_buf *to,
		     struct ts_error *err)
{
	struct ts_version v;
	int code = TS_OK;
	while (number > limit && code == TS_OK) {
		code = ts_version_read(w->b->txn, w->b->sync->user, number, &v, err);
		if (code != TS_OK) {
			return code;
		}
		if (v.merged > v.parent) {
			code = list_line(w, v.merged, v.parent, to, err);
		} else if (v.merged == 0) {
			const struct child c = {v.parent, number};
			ts_buf_add(to, &c, sizeof(c));
		}
		number = v.parent;
	}
	return code;
}

static int by_parent(const void *a, const void *b)
{
	const struct child *x = a, *y = b;
	return x->parent != y->parent ? (x->parent > y->parent) - (x->parent < y->parent)
				      : (x->number > y->number) - (x->number < y->number);
}

/* List what was stored of this task since the last known version, once: every version is reachable
 * from the head, over the main line and the branches that were merged into it. */
static int list_children(struct work *w, struct ts_error *err)
{
	TS_BUF(list);
	if (w->children != NULL) {
		return TS_OK;
	}
	int code = list_line(w, w->head_number, w->known_number, &list, err);
	if (code != TS_OK) {
		return code;
	}
	struct ts_slice copy = ts_arena_copy(&w->b->arena, ts_buf_slice(&list));
	if (list.failed || copy.data == NULL) {
		return out_of_memory(err);
	}
	w->children = (struct child *)(uintptr_t)copy.data;
	w->child_count = copy.len / sizeof(*w->children);
	qsort(w->children, w->child_count, sizeof(*w->children), by_parent);
	return TS_OK;
}

static size_t first_child(const struct work *w, uint64_t parent)
{
	size_t low = 0, high = w->child_count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (w->children[mid].parent < parent) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	return low;
}

/* The version that `task` is, if the client sent it before: a child of the last known one with the
 * same values. *ret_number is 0 where there is none; *ret_task is that version's own. */
static int search(struct work *w, const struct ts_task *task, uint64_t *ret_number,
		  struct ts_task *ret_task, struct ts_error *err)
{
	int code = list_children(w, err);
	*ret_number = 0;
	for (size_t i = first_child(w, w->known_number);
	     code == TS_OK && i < w->child_count && w->children[i].parent == w->known_number; i++) {
		code = ts_version_task(w->b->txn, w->b->sync->user, w->children[i].number, &w->uuid,
				       &w->b->arena, ret_task, err);
		if (code == TS_OK && ts_task_same(ret_task, task)) {
			*ret_number = w->children[i].number;
			return TS_OK;
		}
	}
	return code;
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

/* What the head does not include was never merged into it, so it was never stored. A state without
 * any date has the stamps of its arrival, which say nothing. */
static bool may_be_known(const struct work *w, const struct ts_task *next)
{
	return w->steps == NULL && w->head_number != w->known_number &&
	       (ts_task_time(&w->sent, -1) < 0 || ts_task_includes(&w->head, next));
}

/* Put one state on the branch; one that was sent before is the version that it became then. */
static int add_state(struct work *w, uint64_t offset, struct ts_error *err)
{
	struct ts_branch *b = w->b;
	struct ts_task next, stored;
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
		code = search(w, &next, &found, &stored, err);
	}
	if (code == TS_OK && found != 0) {
		w->known = stored;
		w->known_number = found;
		return TS_OK;
	}
	return code == TS_OK ? add_step(w, &next, err) : code;
}

/* Store the branch's new versions, on the main line or beside it. */
static int write_steps(struct work *w, bool side, uint64_t *ret_tip, struct ts_error *err)
{
	uint64_t parent = w->known_number;
	for (const struct step *s = w->steps; s != NULL; s = s->next) {
		struct ts_new_version v = {
			.parent = parent, .side = side, .before = s->before, .task = &s->task};
		int code = ts_append_version(&w->b->append, &v, err);
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
	const bool is_new = w->head_number == 0;
	w->head_number = number;
	w->result = task;
	return ts_append_head(&w->b->append, &w->uuid, number, is_new, err);
}

static int extend(struct work *w, struct ts_error *err)
{
	uint64_t tip;
	int code = write_steps(w, false, &tip, err);
	if (code != TS_OK) {
		return code;
	}
	w->known_number = tip;
	return set_head(w, tip, w->tip, err);
}

/* Merge the branch into the main line. A branch that brings nothing, not even a value that loses,
 * leaves no trace (unless `keep`): somebody else has made the same edits already. */
static int merge(struct work *w, bool keep, struct ts_error *err)
{
	struct ts_conflicts conflicts;
	struct ts_task *merged = ts_arena_alloc(&w->b->arena, sizeof(*merged));
	struct ts_new_version v = {.parent = w->head_number, .before = &w->head};
	if (merged == NULL ||
	    ts_task_merge(&w->known, &w->head, w->tip, &w->b->arena, merged, &conflicts) != TS_OK) {
		return out_of_memory(err);
	}
	if (!keep && conflicts.count == 0 && ts_task_includes(&w->head, w->tip)) {
		return TS_OK;
	}
	v.task = merged;
	v.conflicts = &conflicts;
	int code = write_steps(w, true, &v.merged, err);
	if (code == TS_OK) {
		code = ts_append_version(&w->b->append, &v, err);
	}
	if (code != TS_OK) {
		return code;
	}
	w->known_number = v.merged;
	w->b->sync->merges++;
	w->b->sync->conflicts += conflicts.count;
	return set_head(w, v.number, merged, err);
}

/* Store the new versions of the branch. */
static int settle(struct work *w, bool keep, struct ts_error *err)
{
	if (w->steps == NULL) {
		return TS_OK;
	}
	return w->head_number == w->known_number ? extend(w, err) : merge(w, keep, err);
}

static int settle_slice(struct work *w, struct ts_error *err)
{
	int code = settle(w, true, err);
	ts_arena_reset(&w->b->arena);
	return code == TS_OK ? load_tasks(w, err) : code;
}

int ts_branch_store(struct ts_branch *b, const struct ts_upload_entry *states, size_t count,
		    struct ts_error *err)
{
	ts_arena_reset(&b->arena);
	struct work w = {.b = b, .uuid = states[0].task};
	int code = load(&w, err);
	for (size_t i = 0; i < count && code == TS_OK; i++) {
		if (b->arena.size > SLICE_BYTES) {
			code = settle_slice(&w, err);
		}
		if (code == TS_OK) {
			code = add_state(&w, states[i].offset, err);
		}
	}
	if (code == TS_OK) {
		code = settle(&w, false, err);
	}
	if (code != TS_OK || w.head_number == 0) {
		return code;
	}
	bool exact = !w.repaired && ts_task_same(w.result, &w.sent);
	return ts_numbers_add(exact ? &b->sync->known : &b->sync->differs, w.head_number, err);
}
