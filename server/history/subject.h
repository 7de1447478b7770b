/* SPDX-License-Identifier: MIT */
/*
 * An account's past and its tasks, as `taskd history`, `revert`, `export` and `import` show and
 * change them: the account that a command is about, the tasks and the time that words mean.
 */
#pragma once

#include "common/base/arena.h"
#include "common/show/view.h"
#include "server/command/command.h"

/* The device of the transactions that an operator's commands make. */
#define SUBJECT_DEVICE "taskd"

struct subject {
	struct ts_store *store;
	struct ts_txn *txn;     /* NULL between subject_end() and subject_begin() */
	const char *org, *name; /* as on the command line */
	struct ts_user user;
	int64_t now; /* [s since 1970] when the transaction was begun */
	struct ts_arena arena;
};

/* Open the store and find the account, by name or key. TS_ENOTFOUND with a sentence. */
int subject_open(struct command_line *cl, const char *org, const char *user, enum ts_access how,
		 struct subject *ret, struct ts_error *err) TS_MUST_CHECK;
void subject_done(struct subject *s); /* a zeroed one too */
/* Begin a transaction, in place of the one there was: it sees what others have written since.
 * TS_ENOTFOUND: the account is gone. */
int subject_begin(struct subject *s, enum ts_access how, struct ts_error *err) TS_MUST_CHECK;

/* What people call devices: their names, or a certificate's first digits where it is not known.
 * Set in `view`, borrowing from the subject. `whole`: digits are not cut. */
int subject_name_devices(struct subject *s, bool whole, struct ts_view *view,
			 struct ts_error *err) TS_MUST_CHECK;

/*
 * The tasks that words mean: a uuid, its beginning of SUBJECT_DIGITS characters or more, or what
 * stands in the description of one task only. They live in the subject's arena. TS_ENOTFOUND,
 * TS_EINVAL with a sentence.
 */
enum { SUBJECT_DIGITS = 8 };
int subject_tasks(struct subject *s, char *const *words, size_t count, struct ts_uuids *ret,
		  struct ts_error *err) TS_MUST_CHECK;

/* A time that has been: a date as date_words.h has it, the last time that it was 18:30, or "2 days
 * ago". TS_EINVAL with a sentence. [s since 1970] */
int subject_time(const struct subject *s, const char *words, int64_t *ret,
		 struct ts_error *err) TS_MUST_CHECK;
