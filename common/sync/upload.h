/* SPDX-License-Identifier: MIT */
/*
 * The payload of a `sync` request, read as it arrives: the sync key and the tasks, each checked
 * and kept in a spool in the engine's compact form, so that a message of any length takes bounded
 * memory. Lines that can't be a task are kept aside with the reason; they don't stop the others.
 *
 * Threads: one at a time; made and fed where the message arrives, read where it is stored.
 */
#pragma once

#include "common/base/error.h"
#include "common/base/slice.h"
#include "common/base/spool.h"
#include "common/base/uuid.h"
#include "common/store/store.h"
#include "common/task/task_json.h"

struct ts_upload;

/* `limits` and `budget` are borrowed and outlive the upload. */
int ts_upload_new(const struct ts_task_limits *limits, struct ts_spool_budget *budget,
		  struct ts_upload **ret) TS_MUST_CHECK;
void ts_upload_free(struct ts_upload *u); /* accepts NULL */
TS_DEFINE_CLEANUP(struct ts_upload, ts_upload_free)

/* Take the next bytes of the payload, cut anywhere. TS_EENCODING: not UTF-8, answer so. TS_ENOMEM,
 * TS_EFULL, TS_EIO. After a failure only ts_upload_free() is allowed. */
int ts_upload_feed(struct ts_upload *u, struct ts_slice data, struct ts_error *err) TS_MUST_CHECK;
/* The payload is complete: take its last line, which may lack a newline. Same codes. */
int ts_upload_end(struct ts_upload *u, struct ts_error *err) TS_MUST_CHECK;

/* True where the payload so far ends in the middle of a task, a key or a character: some clients
 * announce four bytes too few. */
bool ts_upload_cut_short(const struct ts_upload *u);

/* What came, valid after ts_upload_end(). */
size_t ts_upload_tasks(const struct ts_upload *u);   /* task states, good ones */
size_t ts_upload_rejects(const struct ts_upload *u); /* lines kept aside */
/* How many of those were beyond the limit. */
size_t ts_upload_beyond(const struct ts_upload *u, enum ts_task_limit limit);
bool ts_upload_has_key(const struct ts_upload *u); /* a sync key, whatever it looked like */
/* The payload's own sync key; false where it has none, or what stands there is no UUID. */
bool ts_upload_key(const struct ts_upload *u, struct ts_uuid *ret);

/* Where a task's state is in the spool. */
struct ts_upload_entry {
	struct ts_uuid task;
	uint64_t offset; /* [bytes] */
};

/* The places of all states (ts_upload_tasks() many), those of a task side by side in the order in
 * which they came. The caller frees *ret. TS_ENOMEM. */
int ts_upload_by_task(const struct ts_upload *u, struct ts_upload_entry **ret,
		      struct ts_error *err) TS_MUST_CHECK;
/* How many of the `count` entries are of the first one's task. */
size_t ts_upload_same_task(const struct ts_upload_entry *entries, size_t count);
/* Keep a state that did not come as a line. `repaired`: it isn't quite what was sent. */
int ts_upload_keep_state(struct ts_upload *u, const struct ts_task *task, bool repaired,
			 struct ts_error *err) TS_MUST_CHECK;
/* Keep a line that is no task, and why; only so many of one upload. */
int ts_upload_keep_reject(struct ts_upload *u, struct ts_slice line, const char *because,
			  struct ts_error *err) TS_MUST_CHECK;
/* Read the state at `offset` back. It lives in `a`. *ret_repaired (may be NULL): it isn't quite as
 * it came. TS_EIO, TS_ENOMEM, TS_EDAMAGED. */
int ts_upload_state(const struct ts_upload *u, uint64_t offset, struct ts_arena *a,
		    struct ts_task *ret, bool *ret_repaired, struct ts_error *err) TS_MUST_CHECK;
/* Put the lines that are no task into the user's quarantine, which keeps the `max` newest. */
int ts_upload_quarantine(const struct ts_upload *u, struct ts_txn *t, uint32_t user, int64_t now,
			 size_t max, struct ts_error *err) TS_MUST_CHECK;

/* Remember older sync keys that the client knows (header `history`), separated by blanks or commas;
 * of them and the payload's own key the newest one known counts. Words that are no UUID are passed
 * over. */
void ts_upload_history(struct ts_upload *u, struct ts_slice keys);
