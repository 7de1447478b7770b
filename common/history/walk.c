/* SPDX-License-Identifier: MIT */
/* Versions from the newest back: of all tasks simply by number, of some by their parents. */
#include "common/history/history.h"

#include <stdlib.h>

static uint64_t *at(struct ts_walk *w, size_t i)
{
	return (uint64_t *)(void *)w->heap.data + i;
}

static size_t count(const struct ts_buf *numbers)
{
	return numbers->len / sizeof(uint64_t);
}

static size_t count_of(const struct ts_walk *w)
{
	return count(&w->heap);
}

static void swap(struct ts_walk *w, size_t i, size_t j)
{
	uint64_t number = *at(w, i);
	*at(w, i) = *at(w, j);
	*at(w, j) = number;
}

static void push(struct ts_walk *w, uint64_t number)
{
	size_t i = count_of(w);
	if (number > 0) {
		ts_buf_add(&w->heap, &number, sizeof(number));
	}
	if (number == 0 || w->heap.failed) {
		return;
	}
	for (; i > 0 && *at(w, i) > *at(w, (i - 1) / 2); i = (i - 1) / 2) {
		swap(w, i, (i - 1) / 2);
	}
}

static uint64_t pop(struct ts_walk *w)
{
	uint64_t top = *at(w, 0);
	swap(w, 0, count_of(w) - 1);
	w->heap.len -= sizeof(uint64_t);
	for (size_t i = 0, child; (child = 2 * i + 1) < count_of(w); i = child) {
		if (child + 1 < count_of(w) && *at(w, child + 1) > *at(w, child)) {
			child++;
		}
		if (*at(w, i) >= *at(w, child)) {
			break;
		}
		swap(w, i, child);
	}
	return top;
}

int ts_walk_begin(struct ts_txn *t, uint32_t user, const struct ts_uuids *tasks,
		  struct ts_walk *ret, struct ts_error *err)
{
	*ret = (struct ts_walk){.txn = t, .user = user, .all = tasks == NULL};
	if (tasks == NULL) {
		int code = ts_version_newest(t, user, &ret->next, err);
		ret->next++;
		return code;
	}
	for (size_t i = 0; i < tasks->count; i++) {
		uint64_t head;
		int code = ts_head_get(t, user, &tasks->at[i], &head, err);
		if (code != TS_OK) {
			return code;
		}
		push(ret, head);
	}
	return ret->heap.failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : TS_OK;
}

static int add_head(const struct ts_uuid *task, uint64_t number, void *arg, struct ts_error *err)
{
	struct ts_walk *w = arg;
	(void)task;
	(void)err;
	ts_buf_add(&w->heads, &number, sizeof(number));
	return TS_OK;
}

static int by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

int ts_walk_by_task(struct ts_txn *t, uint32_t user, const struct ts_uuids *tasks,
		    struct ts_walk *ret, struct ts_error *err)
{
	int code = TS_OK;
	*ret = (struct ts_walk){.txn = t, .user = user};
	if (tasks == NULL) {
		code = ts_head_each(t, user, add_head, ret, err);
	}
	for (size_t i = 0; tasks != NULL && i < tasks->count && code == TS_OK; i++) {
		uint64_t head;
		code = ts_head_get(t, user, &tasks->at[i], &head, err);
		if (code == TS_OK) {
			code = add_head(&tasks->at[i], head, ret, err);
		}
	}
	if (code == TS_OK && ret->heads.failed) {
		code = ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	if (code == TS_OK && ret->heads.len > 0) {
		qsort(ret->heads.data, count(&ret->heads), sizeof(uint64_t), by_number);
	}
	return code;
}

/* The next task, where one is through. */
static bool has_next(struct ts_walk *w)
{
	if (count_of(w) == 0 && count(&w->heads) > 0) {
		uint64_t head;
		w->heads.len -= sizeof(head);
		memcpy(&head, w->heads.data + w->heads.len, sizeof(head));
		push(w, head);
	}
	return count_of(w) > 0;
}

/* A merge's parents may lead to the same version: it is visited once. */
static int next_of_some(struct ts_walk *w, uint64_t *ret, struct ts_error *err)
{
	struct ts_version v;
	*ret = pop(w);
	while (count_of(w) > 0 && *at(w, 0) == *ret) {
		(void)pop(w);
	}
	int code = ts_version_read(w->txn, w->user, *ret, &v, err);
	if (code == TS_OK) {
		push(w, v.parent);
		push(w, v.merged);
	}
	return code == TS_OK && w->heap.failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : code;
}

/* Numbers are missing where the history was compacted. */
static int next_of_all(struct ts_walk *w, uint64_t *ret, struct ts_error *err)
{
	struct ts_slice record;
	int code = TS_ENOTFOUND;
	while (code == TS_ENOTFOUND && w->next > 1) {
		*ret = --w->next;
		code = ts_version_get(w->txn, w->user, *ret, &record, err);
	}
	return code;
}

int ts_walk_next(struct ts_walk *w, uint64_t *ret, struct ts_error *err)
{
	if (w->all) {
		return next_of_all(w, ret, err);
	}
	return has_next(w) ? next_of_some(w, ret, err) : TS_ENOTFOUND;
}

void ts_walk_done(struct ts_walk *w)
{
	ts_buf_done(&w->heap);
	ts_buf_done(&w->heads);
}
