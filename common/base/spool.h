/* SPDX-License-Identifier: MIT */
/*
 * Bytes that are written once and then read: kept in memory while they are few, in an unlinked
 * temporary file beyond that. This is how a message of any length passes through bounded memory.
 */
#pragma once

#include "common/base/error.h"
#include "common/base/slice.h"

#include <stdatomic.h>
#include <stdint.h>

/* What all spools of a process hold together. */
struct ts_spool_usage {
	atomic_size_t memory;        /* [bytes] */
	atomic_uint_least64_t files; /* [bytes] */
	/* Told when somebody gets none of it: of the memory, or of the files. Any thread; may be
	 * NULL. */
	void (*refused)(bool memory);
};

/* What they may hold. Owned by the caller, as is `usage`; both outlive every spool made with them.
 * Several budgets may share one usage, such as those before and after a change of the settings. */
struct ts_spool_budget {
	struct ts_spool_usage *usage;
	const char *dir; /* where temporary files are made; borrowed */
	size_t each;     /* [bytes] one spool may hold in memory */
	size_t total;    /* [bytes] all of them together may hold in memory */
	uint64_t disk;   /* [bytes] all of them together may hold in files; 0: no limit */
};

/* Take `more` bytes of memory out of the total, for something beside a spool; false: they are not
 * to be had now. Give them back with ts_budget_give(). Any thread. */
bool ts_budget_take(struct ts_spool_budget *budget, size_t more) TS_MUST_CHECK;
/* What was not to be had can't be done without: TS_EBUSY with a sentence. */
int ts_budget_refuse(struct ts_spool_budget *budget, bool memory, struct ts_error *err);
void ts_budget_give(struct ts_spool_budget *budget, size_t bytes);

struct ts_spool;

/* TS_OK or TS_ENOMEM. */
int ts_spool_new(struct ts_spool_budget *budget, struct ts_spool **ret) TS_MUST_CHECK;
/* Accepts NULL. */
void ts_spool_free(struct ts_spool *s);
TS_DEFINE_CLEANUP(struct ts_spool, ts_spool_free)

/* Append. TS_EBUSY: the budget's files are full, try again later; TS_ENOMEM, TS_EFULL, TS_EIO. The
 * spool is then incomplete; free it. */
int ts_spool_add(struct ts_spool *s, struct ts_slice data, struct ts_error *err) TS_MUST_CHECK;
/* [bytes] appended so far. */
uint64_t ts_spool_size(const struct ts_spool *s);
/* Copy up to `len` bytes from `offset` on; *ret_got is smaller only at the end. TS_OK or TS_EIO. */
int ts_spool_read(const struct ts_spool *s, uint64_t offset, void *to, size_t len, size_t *ret_got,
		  struct ts_error *err) TS_MUST_CHECK;
