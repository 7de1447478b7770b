/* SPDX-License-Identifier: MIT */
#include "common/verify/task_ends.h"

#include "common/base/attr.h"

void task_ends_done(struct task_ends *t)
{
	free(t->at);
	free(t->used);
	*t = (struct task_ends){0};
}

static size_t first_place(const struct task_ends *t, const struct ts_uuid *task)
{
	uint64_t a, b;
	memcpy(&a, task->bytes, sizeof(a));
	memcpy(&b, task->bytes + sizeof(a), sizeof(b));
	a = (a ^ (b >> 29) ^ (b << 35)) * 0x9E3779B97F4A7C15ULL;
	return (size_t)(a >> 20) & (t->size - 1);
}

/* Where the task is, or where it would stand. */
static size_t place(const struct task_ends *t, const struct ts_uuid *task)
{
	size_t i = first_place(t, task);
	while (t->used[i] && !ts_uuid_eq(&t->at[i].task, task)) {
		i = (i + 1) & (t->size - 1);
	}
	return i;
}

static bool grow(struct task_ends *t)
{
	const size_t size = t->size > 0 ? t->size * 2 : 64;
	struct task_ends larger = {.at = calloc(size, sizeof(*larger.at)),
				   .used = calloc(size, sizeof(*larger.used)),
				   .size = size,
				   .count = t->count};
	if (larger.at == NULL || larger.used == NULL) {
		task_ends_done(&larger);
		return false;
	}
	for (size_t i = 0; i < t->size; i++) {
		if (t->used[i]) {
			const size_t to = place(&larger, &t->at[i].task);
			larger.at[to] = t->at[i];
			larger.used[to] = true;
		}
	}
	task_ends_done(t);
	*t = larger;
	return true;
}

struct task_end *task_ends_find(struct task_ends *t, const struct ts_uuid *task, bool add)
{
	if (add && t->count >= t->size / 4 * 3 && !grow(t)) {
		return NULL;
	}
	if (t->size == 0) {
		return NULL;
	}
	const size_t i = place(t, task);
	if (!t->used[i] && !add) {
		return NULL;
	}
	if (!t->used[i]) {
		t->at[i] = (struct task_end){.task = *task};
		t->used[i] = true;
		t->count++;
	}
	return &t->at[i];
}
