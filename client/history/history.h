/* SPDX-License-Identifier: MIT */
/*
 * The replica's past: versions with what each changed, walked from the newest back; and the
 * version that a word such as `3@17` means. Prints nothing.
 */
#pragma once

#include "client/replica/replica.h"
#include "client/words/filter.h"
#include "common/base/buf.h"
#include "common/tree/version.h"

/* A key whose value differs; NONE where it isn't there. */
struct change {
	struct ts_slice key;
	struct ts_value from, to;
};

struct difference {
	struct change *at; /* in order of keys */
	size_t count;
};

/* What makes `to` of `from`; borrows from both, lives in `a`. TS_OK or TS_ENOMEM. */
int history_difference(const struct ts_task *from, const struct ts_task *to, struct ts_arena *a,
		       struct difference *ret, struct ts_error *err) TS_MUST_CHECK;

/* A version and what it changed. */
struct step {
	struct ts_version version;
	struct ts_transaction made; /* when, by whom, with what */
	struct ts_task before, after;
	struct difference changes;     /* since its parent */
	struct ts_conflicts conflicts; /* of a merge */
};

/* Lives in `a`. */
int history_step(struct ts_txn *t, const struct replica *r, uint64_t number, struct ts_arena *a,
		 struct step *ret, struct ts_error *err) TS_MUST_CHECK;
/* The value of the key, NONE where there is none. */
struct ts_value history_value(const struct ts_task *task, struct ts_slice key);
/* The newest version at `head` or before it on the main line that was made at `date` or before; 0:
 * none. */
int history_at_date(struct ts_txn *t, const struct replica *r, uint64_t head, int64_t date,
		    uint64_t *ret, struct ts_error *err) TS_MUST_CHECK;
/* The task's short number; 0: it has none. */
int history_number(struct ts_txn *t, const struct replica *r, const struct ts_uuid *task,
		   uint64_t *ret, struct ts_error *err) TS_MUST_CHECK;

/* Versions, newest first, those beside the main line as well. */
struct walk {
	struct ts_txn *txn;
	const struct replica *replica;
	uint64_t next;       /* of all tasks: the version above the next one */
	bool all;            /* of all tasks */
	struct ts_buf heap;  /* uint64_t[], of some tasks: versions to visit, the newest on top */
	struct ts_buf heads; /* uint64_t[], task by task: heads to begin from, the newest last */
};

/* `tasks` NULL: of all. Ends with walk_done(), also where it failed. */
int walk_begin(struct ts_txn *t, const struct replica *r, const struct selection *tasks,
	       struct walk *ret, struct ts_error *err) TS_MUST_CHECK;
/* The same, but task by task, the one that changed last first. */
int walk_begin_by_task(struct ts_txn *t, const struct replica *r, const struct selection *tasks,
		       struct walk *ret, struct ts_error *err) TS_MUST_CHECK;
/* TS_ENOTFOUND: that was all. */
int walk_next(struct walk *w, uint64_t *ret, struct ts_error *err) TS_MUST_CHECK;
void walk_done(struct walk *w);

/*
 * TASK[@VERSION]: a task as filter.h has it, or any task's whole uuid; a version's number, how many
 * versions back on the main line (@-1), or a date, whose last state is meant (@yesterday).
 */
struct spot {
	struct ts_uuid task;
	uint64_t head;
	uint64_t version; /* the head, where none was said; 0: before the first one */
	bool said;        /* a version was said */
};

/* What words about versions are read with. */
struct moment {
	int64_t now;
	bool monday; /* weeks begin on Monday */
};

/* `same`: the task of a word that begins with '@', or NULL. TS_EUSAGE, TS_ENOTFOUND. */
int spot_find(const char *word, const struct ts_uuid *same, const struct moment *m,
	      struct ts_txn *t, const struct replica *r, struct spot *ret,
	      struct ts_error *err) TS_MUST_CHECK;
/* The version that `version` (what stands behind the '@') says, of the spot's task. */
int spot_at(struct spot *s, const char *version, const struct moment *m, struct ts_txn *t,
	    const struct replica *r, struct ts_error *err) TS_MUST_CHECK;

/* A value that lost against a concurrent edit. */
enum loss_state {
	LOSS_OPEN,     /* what was kept is still there */
	LOSS_RESTORED, /* the lost value is the current one */
	LOSS_EDITED    /* neither is: somebody changed it since */
};

struct loss {
	uint64_t merge;  /* the version that records it */
	uint64_t source; /* a version that has the lost value */
	int64_t time;    /* [s since 1970] of the merge's transaction */
	struct ts_uuid task;
	struct ts_slice key;
	struct ts_value kept, lost;
	enum loss_state state;
};

struct losses {
	struct ts_buf at; /* struct loss[], newest first */
	size_t count;
};

/* Those of the tasks, NULL: of all; only the open ones, or `all`. They live in `a`. Free *ret with
 * losses_done(), also where it failed. */
int losses_find(struct ts_txn *t, const struct replica *r, const struct selection *tasks, bool all,
		struct ts_arena *a, struct losses *ret, struct ts_error *err) TS_MUST_CHECK;
void losses_done(struct losses *l);
/* How many are open. Looks only at versions that came with syncs. */
int losses_count(struct ts_txn *t, const struct replica *r, size_t *ret,
		 struct ts_error *err) TS_MUST_CHECK;

static inline const struct loss *loss_at(const struct losses *l, size_t i)
{
	return (const struct loss *)(const void *)l->at.data + i;
}

/*
 * The task's head with the named attributes, or all without names, as the spot's version has them.
 * Where the spot says no version: the value that lost in the newest conflict on the attribute, or
 * else the one before its last change; without names, the state before the last change. *ret lives
 * in `a`; its `modified` is the head's. TS_EINVAL: there is nothing earlier.
 */
int revert_plan(struct ts_txn *t, const struct replica *r, const struct spot *spot,
		const char *const *names, size_t count, struct ts_arena *a, struct ts_task *ret,
		struct ts_error *err) TS_MUST_CHECK;
