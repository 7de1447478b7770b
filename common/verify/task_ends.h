/* SPDX-License-Identifier: MIT */
/* The newest main-line version of each task of one user, while its versions are read. */
#pragma once

#include "common/base/uuid.h"
#include "common/store/store.h"

struct task_end {
	struct ts_uuid task;
	uint64_t number; /* 0: there is none yet */
	uint64_t depth, chain;
	/* What it jumps to, and what that jumps to; 0: nothing. */
	uint64_t jump, jump_depth, second, second_depth;
	bool lost; /* its jumps can't be followed, because of a fault that was told */
	bool head; /* the table of heads has it */
};

/* An open hash, at most three quarters full. */
struct task_ends {
	struct task_end *at;
	bool *used;
	size_t size, count;
};

void task_ends_done(struct task_ends *t);
/* The task's entry; NULL: it has none, or with `add` no memory. */
struct task_end *task_ends_find(struct task_ends *t, const struct ts_uuid *task, bool add);
