/* SPDX-License-Identifier: MIT */
/* One task of an answer. */
#include "client/replica/apply_internal.h"

#include "client/replica/pending.h"

/* One task: versions and what they are. */
struct versions {
	struct ts_uuid uuid;
	uint64_t head_number, known_number, sent_number;
	struct ts_task head, known, sent; /* here, at the remote before, what it got */
	bool echo;                        /* apply_is_echo() */
};

static int out_of_memory(struct ts_error *err)
{
	return ts_fail(err, TS_ENOMEM, "Out of memory.");
}

static int read_task(struct work *w, uint64_t number, const struct ts_uuid *uuid,
		     struct ts_task *ret, struct ts_error *err)
{
	return ts_version_task(w->edit.txn, w->user, number, uuid, &w->arena, ret, err);
}

static int find_head(struct work *w, struct versions *v, struct ts_error *err)
{
	v->head_number = 0;
	int code = ts_head_get(w->edit.txn, w->user, &v->uuid, &v->head_number, err);
	return code == TS_ENOTFOUND ? TS_OK : code;
}

/* Which version the remote had, and which one it got. What is adopted stands on the head. */
static int find_versions(struct work *w, struct versions *v, struct ts_error *err)
{
	const struct replica *r = w->edit.replica;
	int code = find_head(w, v, err);
	v->known_number = v->sent_number = v->head_number;
	if (code != TS_OK || w->a->how == APPLY_ADOPT || v->head_number == 0) {
		return code;
	}
	code = pending_known(w->edit.txn, r, &w->before, w->a->remote, v->head_number,
			     &v->known_number, err);
	if (code == TS_OK) {
		code = pending_known(w->edit.txn, r, &w->after, w->a->remote, v->head_number,
				     &v->sent_number, err);
	}
	return code;
}

static int read_versions(struct work *w, struct versions *v, struct ts_error *err)
{
	int code = read_task(w, v->sent_number, &v->uuid, &v->sent, err);
	v->head = v->known = v->sent;
	if (code == TS_OK && v->head_number != v->sent_number) {
		code = read_task(w, v->head_number, &v->uuid, &v->head, err);
	}
	if (code == TS_OK && v->known_number != v->sent_number) {
		code = read_task(w, v->known_number, &v->uuid, &v->known, err);
	}
	return code;
}

int apply_tell(struct work *w, const struct ts_task *before, const struct ts_task *after,
	       struct ts_error *err)
{
	const struct arrival arrival = {before, after};
	if (ts_task_same_values(before, after)) {
		return TS_OK;
	}
	w->a->tasks++;
	return w->a->each != NULL ? w->a->each(&arrival, w->a->arg, err) : TS_OK;
}

/* What others made of the version that the remote had: that, with the values of `received` which
 * are not those that were sent. */
static int others_state(struct work *w, const struct versions *v, const struct ts_task *received,
			struct ts_task *ret, struct ts_error *err)
{
	*ret = *received;
	ret->attrs = ts_arena_array(&w->arena, received->count + 1, sizeof(*ret->attrs));
	for (size_t i = 0; ret->attrs != NULL && i < received->count; i++) {
		const struct ts_attr *attr = &received->attrs[i];
		ret->attrs[i] = *attr;
		if (ts_value_same(attr->value, ts_task_value(&v->sent, attr->key))) {
			ret->attrs[i].value = ts_task_value(&v->known, attr->key);
		}
	}
	return ret->attrs != NULL ? TS_OK : out_of_memory(err);
}

/* Store others' changes as a version of their own. *ret_number: 0 where there are none. */
static int write_others(struct work *w, const struct versions *v, const struct ts_task *received,
			uint64_t *ret_number, struct ts_error *err)
{
	struct ts_task state, task;
	size_t changed;
	*ret_number = 0;
	int code = others_state(w, v, received, &state, err);
	if (code != TS_OK) {
		return code;
	}
	if (ts_task_succeed(&v->known, &state, w->a->now, &w->arena, &task, &changed) != TS_OK) {
		return out_of_memory(err);
	}
	if (changed == 0) {
		return TS_OK;
	}
	struct ts_new_version new = {
		.parent = v->known_number, .side = true, .before = &v->known, .task = &task};
	code = edit_put_version(&w->edit, &new, v->head_number, err);
	*ret_number = new.number;
	return code;
}

/* The values that were sent and that came back otherwise. */
static int find_lost(struct work *w, const struct versions *v, const struct ts_task *received,
		     struct ts_conflicts *ret, struct ts_error *err)
{
	ret->count = 0;
	ret->at = ts_arena_array(&w->arena, received->count + 1, sizeof(*ret->at));
	for (size_t i = 0; ret->at != NULL && i < received->count; i++) {
		const struct ts_attr *kept = &received->attrs[i];
		const struct ts_value sent = ts_task_value(&v->sent, kept->key);
		if (!ts_value_same(sent, ts_task_value(&v->known, kept->key)) &&
		    !ts_value_same(sent, kept->value)) {
			ret->at[ret->count++] = (struct ts_conflict){kept->key, kept->value, sent};
		}
	}
	return ret->at != NULL ? TS_OK : out_of_memory(err);
}

/* Store what was received, as a child of what was sent: on the main line, or beside it. */
static int write_received(struct work *w, const struct versions *v, const struct ts_task *received,
			  struct ts_error *err)
{
	struct ts_conflicts lost = {0};
	struct ts_new_version new = {.parent = v->sent_number,
				     .side = v->head_number != v->sent_number || v->echo,
				     .before = &v->sent,
				     .task = received,
				     .conflicts = &lost};
	int code = TS_OK;
	if (v->known_number != v->sent_number && !v->echo) {
		code = find_lost(w, v, received, &lost, err);
		if (code == TS_OK) {
			code = write_others(w, v, received, &new.merged, err);
		}
	}
	if (code == TS_OK) {
		code = edit_put_version(&w->edit, &new, v->head_number, err);
	}
	if (code != TS_OK) {
		return code;
	}
	w->a->conflicts += lost.count;
	if (!new.side) {
		return apply_tell(w, &v->head, received, err);
	}
	const struct beside b = {v->uuid, new.number, v->sent_number, v->echo};
	ts_buf_add(&w->beside, &b, sizeof(b));
	return w->beside.failed ? out_of_memory(err) : TS_OK;
}

/*
 * A task may have been undone before it was known that the remote has it, because an answer was
 * lost. Then what comes is what was sent: *ret is that version, else 0.
 */
static int find_undone(struct work *w, const struct versions *v, const struct ts_task *state,
		       uint64_t *ret, struct ts_error *err)
{
	struct ts_version at = {.number = v->sent_number};
	struct ts_task task = v->sent;
	int code = TS_OK;
	*ret = 0;
	do {
		code = ts_version_read(w->edit.txn, w->user, at.number, &at, err);
		if (code == TS_OK) {
			code = read_task(w, at.parent, &v->uuid, &task, err);
		}
		if (code == TS_OK && ts_task_same(&task, state)) {
			*ret = at.parent;
			return TS_OK;
		}
		at.number = at.parent;
	} while (code == TS_OK && !ts_task_is_empty(&task));
	return code;
}

/* The remote has a task that was undone here: note that, and it will be told. */
static int stay_undone(struct work *w, struct versions *v, uint64_t number, struct ts_error *err)
{
	int code = read_task(w, number, &v->uuid, &v->sent, err);
	v->known = v->sent;
	v->known_number = v->sent_number = number;
	return code == TS_OK ? write_received(w, v, &v->sent, err) : code;
}

/* The values are the same: of two who made the same edit the remote may have taken the other's
 * time, or somebody changed something and back. In what was edited meanwhile it doesn't matter. */
static bool is_of_other_time(const struct versions *v, const struct ts_task *received)
{
	return v->head_number == v->sent_number && received->has_modified &&
	       !ts_task_same(&v->sent, received);
}

static int find_echo(struct work *w, struct versions *v, const struct ts_task *received,
		     struct ts_error *err)
{
	return v->head_number != 0 && v->head_number == v->sent_number && w->a->how == APPLY_ANSWER
		       ? apply_is_echo(w, v->head_number, &v->head, received, &v->echo, err)
		       : TS_OK;
}

int apply_take(struct work *w, const struct ts_upload_entry *entry, struct ts_error *err)
{
	struct versions v = {.uuid = entry->task};
	struct ts_task state, received;
	size_t changed;
	uint64_t undone = 0;
	ts_arena_reset(&w->arena);
	int code = ts_upload_state(w->a->received, entry->offset, &w->arena, &state, NULL, err);
	if (code == TS_OK) {
		code = find_versions(w, &v, err);
	}
	if (code == TS_OK) {
		code = read_versions(w, &v, err);
	}
	if (code == TS_OK && v.sent_number != 0 && ts_task_is_empty(&v.sent) &&
	    w->a->how == APPLY_ANSWER) {
		code = find_undone(w, &v, &state, &undone, err);
	}
	if (code == TS_OK && undone != 0) {
		return stay_undone(w, &v, undone, err);
	}
	if (code == TS_OK &&
	    ts_task_succeed(&v.sent, &state, w->a->now, &w->arena, &received, &changed) != TS_OK) {
		code = out_of_memory(err);
	}
	if (code == TS_OK && changed > 0) {
		code = find_echo(w, &v, &received, err);
	}
	return code == TS_OK && (changed > 0 || is_of_other_time(&v, &received))
		       ? write_received(w, &v, &received, err)
		       : code;
}

/* How many of the lost values are those of `ours`. */
static size_t count_lost(const struct ts_conflicts *conflicts, const struct ts_task *ours)
{
	size_t count = 0;
	for (size_t i = 0; i < conflicts->count; i++) {
		const struct ts_conflict *c = &conflicts->at[i];
		count += ts_value_same(c->lost, ts_task_value(ours, c->key));
	}
	return count;
}

/* What `head` and `received` make together. What others did to a task that was undone here while
 * the sync ran isn't undone: the task is there again. */
static int merge_tasks(struct work *w, const struct beside *b, const struct ts_task *sent,
		       const struct ts_task *head, const struct ts_task *received,
		       struct ts_task *ret, struct ts_conflicts *ret_conflicts)
{
	size_t changed;
	*ret_conflicts = (struct ts_conflicts){0};
	if (b->echo) {
		return ts_task_succeed(received, head, w->a->now, &w->arena, ret, &changed);
	}
	if (ts_task_is_empty(head) && !ts_task_same_values(sent, received)) {
		return ts_task_succeed(head, received, w->a->now, &w->arena, ret, &changed);
	}
	int code = ts_task_merge(sent, head, received, &w->arena, ret, ret_conflicts);
	/* Where nothing of ours is left, the task is the remote's. */
	if (code == TS_OK && ts_task_same_values(ret, received)) {
		ret->has_modified = received->has_modified;
		ret->modified = received->modified;
	}
	return code;
}

int apply_merge(struct work *w, const struct beside *b, struct ts_error *err)
{
	struct ts_task sent, head, received, merged;
	struct ts_conflicts conflicts;
	struct ts_new_version new = {
		.merged = b->received, .before = &head, .task = &merged, .conflicts = &conflicts};
	ts_arena_reset(&w->arena);
	int code = ts_head_get(w->edit.txn, w->user, &b->task, &new.parent, err);
	if (code == TS_OK) {
		code = read_task(w, new.parent, &b->task, &head, err);
	}
	if (code == TS_OK) {
		code = read_task(w, b->received, &b->task, &received, err);
	}
	if (code == TS_OK) {
		code = read_task(w, b->sent, &b->task, &sent, err);
	}
	if (code == TS_OK &&
	    merge_tasks(w, b, &sent, &head, &received, &merged, &conflicts) != TS_OK) {
		code = out_of_memory(err);
	}
	if (code != TS_OK) {
		return code;
	}
	w->a->merges += !b->echo;
	w->a->conflicts += count_lost(&conflicts, &head);
	code = edit_put_version(&w->edit, &new, new.parent, err);
	return code == TS_OK ? apply_tell(w, &head, &merged, err) : code;
}
