/* SPDX-License-Identifier: MIT */
#include "common/task/merge.h"

#include "common/task/shown.h"

/* Two tasks side by side: each step is a key of either, with its attribute in each or NULL. */
struct pair {
	const struct ts_task *left, *right;
	size_t i, j;
	const struct ts_attr *l, *r;
};

static bool next_pair(struct pair *p)
{
	const struct ts_attr *l = p->i < p->left->count ? &p->left->attrs[p->i] : NULL;
	const struct ts_attr *r = p->j < p->right->count ? &p->right->attrs[p->j] : NULL;
	int c = l == NULL ? 1 : r == NULL ? -1 : ts_slice_cmp(l->key, r->key);
	p->l = c <= 0 ? l : NULL;
	p->r = c >= 0 ? r : NULL;
	p->i += p->l != NULL;
	p->j += p->r != NULL;
	return p->l != NULL || p->r != NULL;
}

static int new_task(const struct ts_task *like, size_t capacity, struct ts_arena *a,
		    struct ts_task *ret)
{
	*ret = (struct ts_task){.uuid = like->uuid};
	ret->attrs = ts_arena_array(a, capacity, sizeof(*ret->attrs));
	return ret->attrs != NULL ? TS_OK : TS_ENOMEM;
}

/* The stamp of a change made at `m` by somebody who had seen `before`. */
static struct ts_stamp change_stamp(const struct ts_attr *before, int64_t m)
{
	if (before == NULL || m > before->stamp.t) {
		return (struct ts_stamp){m, 0};
	}
	return (struct ts_stamp){before->stamp.t, before->stamp.n + 1};
}

int ts_task_succeed(const struct ts_task *parent, const struct ts_task *state, int64_t now,
		    struct ts_arena *a, struct ts_task *ret, size_t *ret_changed)
{
	static const struct ts_value removed = {TS_VALUE_NONE, {"", 0}};
	struct pair p = {.left = parent, .right = state};
	const int64_t m = ts_task_time(state, now);
	int code = new_task(state, parent->count + state->count + 1, a, ret);
	if (code != TS_OK) {
		return code;
	}
	ret->has_modified = state->has_modified;
	ret->modified = state->modified;
	*ret_changed = 0;
	while (next_pair(&p)) {
		struct ts_value before = p.l != NULL ? p.l->value : removed;
		struct ts_value after = p.r != NULL ? p.r->value : removed;
		bool unseen = p.r == NULL && !ts_task_shows(parent, p.l);
		if (unseen || ts_value_same(before, after)) {
			if (p.l != NULL) {
				ret->attrs[ret->count++] = *p.l;
			}
			continue;
		}
		ret->attrs[ret->count++] = (struct ts_attr){
			.key = p.l != NULL ? p.l->key : p.r->key,
			.value = after,
			.stamp = change_stamp(p.l, m),
		};
		*ret_changed += 1;
	}
	return TS_OK;
}

/* Order of two attributes of one key: the later stamp; a value before a tombstone; the greater
 * value by bytes. A key that was never there is before everything. */
static int attr_cmp(const struct ts_attr *a, const struct ts_attr *b)
{
	if (a == NULL || b == NULL) {
		return (a != NULL) - (b != NULL);
	}
	int c = ts_stamp_cmp(a->stamp, b->stamp);
	if (c == 0) {
		c = (a->value.kind != TS_VALUE_NONE) - (b->value.kind != TS_VALUE_NONE);
	}
	if (c == 0) {
		c = ts_slice_cmp(a->value.text, b->value.text);
	}
	return c != 0 ? c : (a->value.kind > b->value.kind) - (a->value.kind < b->value.kind);
}

static bool changed_since(const struct ts_attr *attr, const struct ts_attr *seen)
{
	return seen == NULL || ts_stamp_cmp(attr->stamp, seen->stamp) != 0;
}

static bool in_conflict(const struct ts_task *seen, const struct ts_attr *a,
			const struct ts_attr *b)
{
	if (a == NULL || b == NULL || ts_value_same(a->value, b->value)) {
		return false;
	}
	const struct ts_attr *before = ts_task_find(seen, a->key);
	return changed_since(a, before) && changed_since(b, before);
}

static void add_conflict(struct ts_conflicts *to, const struct ts_attr *kept,
			 const struct ts_attr *lost)
{
	to->at[to->count++] = (struct ts_conflict){kept->key, kept->value, lost->value};
}

static void merge_modified(const struct ts_task *a, const struct ts_task *b, struct ts_task *ret)
{
	int64_t x = ts_task_time(a, 0), y = ts_task_time(b, 0);
	ret->modified = x > y ? x : y;
	ret->has_modified = a->has_modified || b->has_modified || ret->modified > 0;
}

int ts_task_merge(const struct ts_task *seen, const struct ts_task *a, const struct ts_task *b,
		  struct ts_arena *arena, struct ts_task *ret, struct ts_conflicts *ret_conflicts)
{
	struct pair p = {.left = a, .right = b};
	size_t most = a->count + b->count + 1;
	int code = new_task(a, most, arena, ret);
	*ret_conflicts = (struct ts_conflicts){
		.at = ts_arena_array(arena, most, sizeof(struct ts_conflict)),
	};
	if (code != TS_OK || ret_conflicts->at == NULL) {
		return TS_ENOMEM;
	}
	while (next_pair(&p)) {
		bool left = attr_cmp(p.l, p.r) >= 0;
		const struct ts_attr *kept = left ? p.l : p.r, *lost = left ? p.r : p.l;
		ret->attrs[ret->count++] = *kept;
		if (in_conflict(seen, kept, lost)) {
			add_conflict(ret_conflicts, kept, lost);
		}
	}
	merge_modified(a, b, ret);
	return TS_OK;
}

bool ts_task_includes(const struct ts_task *newer, const struct ts_task *older)
{
	struct pair p = {.left = newer, .right = older};
	while (next_pair(&p)) {
		if (attr_cmp(p.l, p.r) < 0) {
			return false;
		}
	}
	return true;
}

bool ts_task_identical(const struct ts_task *a, const struct ts_task *b)
{
	struct pair p = {.left = a, .right = b};
	if (a->has_modified != b->has_modified || a->modified != b->modified) {
		return false;
	}
	while (next_pair(&p)) {
		if (p.l == NULL || p.r == NULL || attr_cmp(p.l, p.r) != 0) {
			return false;
		}
	}
	return true;
}
