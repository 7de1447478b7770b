/* SPDX-License-Identifier: MIT */
#include "client/history/history.h"

#include "common/show/spell.h"
#include "common/task/task_key.h"

/* A revert in work: `head` and what of it is to be another. */
struct plan {
	struct ts_txn *txn;
	const struct replica *replica;
	const struct spot *spot;
	struct ts_arena *arena;
	struct ts_task head;
	struct ts_task result; /* attributes of the head, then those put back; unsorted */
	size_t room;
};

/* True where `name` means the key: an attribute, what is below it, a set, or one +tag. What was
 * completed has both a status and an end. */
static bool means(const char *name, struct ts_slice key)
{
	TS_BUF(spelled);
	struct ts_slice word = ts_slice_of(name);
	if (name[0] == '+' || name[0] == '-') {
		return ts_slice_starts(key, TS_KEY_TAG) &&
		       ts_slice_eq(ts_key_element(key, TS_KEY_TAG), ts_slice_skip(word, 1));
	}
	if (ts_slice_eq(key, TS_SLICE("end")) && strcmp(name, "status") == 0) {
		return true;
	}
	ts_spell_attribute(&spelled, key);
	struct ts_slice attribute = ts_buf_slice(&spelled);
	return ts_slice_starts(attribute, word) &&
	       (attribute.len == word.len || attribute.data[word.len] == '.');
}

static int no_memory(struct ts_error *err)
{
	return ts_fail(err, TS_ENOMEM, "Out of memory.");
}

static int plan_new(struct plan *p, struct ts_error *err)
{
	int code = ts_version_task(p->txn, p->replica->user, p->spot->head, &p->spot->task,
				   p->arena, &p->head, err);
	p->result = p->head;
	p->room = p->head.count;
	return code;
}

/* Put a value back; of two for the same key the later one counts. */
static int put(struct plan *p, struct ts_slice key, struct ts_value value, struct ts_error *err)
{
	if (p->result.count == p->room || p->result.attrs == p->head.attrs) {
		size_t room = 2 * p->room + 8;
		struct ts_attr *more = ts_arena_array(p->arena, room, sizeof(*more));
		if (more == NULL) {
			return no_memory(err);
		}
		if (p->result.count > 0) {
			memcpy(more, p->result.attrs, p->result.count * sizeof(*more));
		}
		p->result.attrs = more;
		p->room = room;
	}
	p->result.attrs[p->result.count++] = (struct ts_attr){.key = key, .value = value};
	return TS_OK;
}

/* What `name` means (NULL: everything) as `version` has it. *ret_found: anything was meant. */
static int put_version(struct plan *p, uint64_t version, const char *name, bool *ret_found,
		       struct ts_error *err)
{
	struct ts_task task;
	struct ts_difference d = {0};
	int code = ts_version_task(p->txn, p->replica->user, version, &p->spot->task, p->arena,
				   &task, err);
	if (code == TS_OK) {
		code = ts_task_difference(&p->head, &task, p->arena, &d, err);
	}
	for (size_t i = 0; code == TS_OK && i < d.count; i++) {
		if (name == NULL || means(name, d.at[i].key)) {
			code = put(p, d.at[i].key, d.at[i].to, err);
			*ret_found = true;
		}
	}
	return code;
}

/* The values that lost in the newest conflict on `name`. */
static int put_lost(struct plan *p, const char *name, const struct ts_losses *l, bool *ret_found,
		    struct ts_error *err)
{
	uint64_t merge = 0;
	for (size_t i = 0; i < l->count; i++) {
		const struct ts_loss *loss = ts_loss_at(l, i);
		if (loss->state == TS_LOSS_RESTORED || !means(name, loss->key) ||
		    (merge != 0 && loss->merge != merge)) {
			continue;
		}
		int code = put(p, loss->key, loss->lost, err);
		if (code != TS_OK) {
			return code;
		}
		merge = loss->merge;
		*ret_found = true;
	}
	return TS_OK;
}

/* As the attribute was before its last change on the main line. */
static int put_before(struct plan *p, const char *name, bool *ret_found, struct ts_error *err)
{
	struct ts_step s;
	int code = TS_OK;
	for (uint64_t at = p->spot->head; code == TS_OK && at > 0; at = s.version.parent) {
		code = ts_step_read(p->txn, p->replica->user, at, p->arena, &s, err);
		for (size_t i = 0; code == TS_OK && i < s.changes.count; i++) {
			if (means(name, s.changes.at[i].key)) {
				return put_version(p, s.version.parent, name, ret_found, err);
			}
		}
	}
	return code;
}

static int put_name(struct plan *p, const char *name, const struct ts_losses *l,
		    struct ts_error *err)
{
	bool found = false;
	if (p->spot->said) {
		return put_version(p, p->spot->version, name, &found, err);
	}
	int code = put_lost(p, name, l, &found, err);
	if (code == TS_OK && !found) {
		code = put_before(p, name, &found, err);
	}
	return code == TS_OK && !found
		       ? ts_fail(err, TS_EINVAL, "'%.100s' of this task was never another.", name)
		       : code;
}

static int put_names(struct plan *p, const char *const *names, size_t count, struct ts_error *err)
{
	TS_CLEANUP(ts_losses_done) struct ts_losses l = {0};
	struct ts_uuid task = p->spot->task;
	const struct ts_uuids one = {&task, 1};
	int code = p->spot->said ? TS_OK
				 : ts_losses_find(p->txn, p->replica->user, &one, true, p->arena,
						  &l, err);
	for (size_t i = 0; code == TS_OK && i < count; i++) {
		code = put_name(p, names[i], &l, err);
	}
	return code;
}

/* Everything, as the version said has it, or the one before the head. */
static int put_all(struct plan *p, struct ts_error *err)
{
	struct ts_version head;
	uint64_t version = p->spot->version;
	bool found = false;
	if (!p->spot->said) {
		int code = ts_version_read(p->txn, p->replica->user, p->spot->head, &head, err);
		if (code != TS_OK) {
			return code;
		}
		version = head.parent;
	}
	return put_version(p, version, NULL, &found, err);
}

/* Sorted, without what is no more; and still a task. */
static int finish(struct plan *p, struct ts_error *err)
{
	size_t n = 0;
	ts_task_sort(&p->result);
	for (size_t i = 0; i < p->result.count; i++) {
		if (p->result.attrs[i].value.kind != TS_VALUE_NONE) {
			p->result.attrs[n++] = p->result.attrs[i];
		}
	}
	p->result.count = n;
	if (ts_task_text(&p->result, "description").len == 0 ||
	    ts_task_text(&p->result, "status").len == 0) {
		return ts_fail(err, TS_EINVAL,
			       "The task was not there then; `taskc delete` deletes it.");
	}
	return TS_OK;
}

int revert_plan(struct ts_txn *t, const struct replica *r, const struct spot *spot,
		const char *const *names, size_t count, struct ts_arena *a, struct ts_task *ret,
		struct ts_error *err)
{
	struct plan p = {.txn = t, .replica = r, .spot = spot, .arena = a};
	int code = plan_new(&p, err);
	if (code == TS_OK) {
		code = count > 0 ? put_names(&p, names, count, err) : put_all(&p, err);
	}
	if (code == TS_OK && p.result.attrs == p.head.attrs) {
		*ret = p.head;
		return TS_OK;
	}
	code = code == TS_OK ? finish(&p, err) : code;
	*ret = p.result;
	return code;
}
