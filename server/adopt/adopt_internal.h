/* SPDX-License-Identifier: MIT */
/* What the files of an adoption share. */
#pragma once

#include "common/cli/progress.h"
#include "common/store/store.h"
#include "server/adopt/adopt.h"
#include "server/adopt/adopt_report.h"
#include "server/adopt/old_dir.h"

#include <sys/types.h>

struct adoption {
	const struct adopt_request *request;
	struct ts_spool_usage usage;
	struct ts_spool_budget budget;
	struct report report;
	struct ts_progress progress; /* counts bytes of all tx.data */

	/* The place (adopt_place.c). */
	char *old;                  /* absolute */
	bool same;                  /* the new directory is the old one */
	bool made_data;             /* the new directory was made by this run */
	bool config_placed, placed; /* the configuration, the store has got its name */
	char *place;                /* the temporary folder; NULL: none yet */
	int lock;                   /* on the new directory, -1: none */
	uid_t uid; /* whose the result is: the old directory's owner where this is root */
	gid_t gid;

	struct ts_buf config;   /* the new configuration */
	bool config_kept;       /* the old one is right as it is */
	struct ts_store *store; /* in the place */
	struct ts_txn *txn;     /* that writes; NULL between two */
	uint64_t uncommitted;   /* versions in it */
};

/* adopt_place.c */

/* Look at both directories, and make the temporary place. */
int adopt_place_make(struct adoption *a, struct ts_error *err) TS_MUST_CHECK;
/* Give everything its name. The store's is the last one: it makes the adoption true. */
int adopt_place_finish(struct adoption *a, struct ts_error *err) TS_MUST_CHECK;
/* Take away what is temporary. */
void adopt_place_clear(struct adoption *a);

/* adopt_check.c */

/* TS_EBUSY where the old server seems to run and neither `dry` nor `force` says that it may. */
int adopt_check_running(struct adoption *a, struct ts_error *err) TS_MUST_CHECK;
/* May whom the result belongs to do this with that file (R_OK, W_OK)? */
bool adopt_may(const struct adoption *a, const char *path, int mode);

/* old_config.c: read the old configuration, make a->config. */
int adopt_config(struct adoption *a, struct ts_error *err) TS_MUST_CHECK;
/* The path of the old configuration: of one that an earlier run has put aside, that one. */
char *adopt_old_config(const struct adoption *a);
/* Has an earlier run in the same directory gone as far as the new configuration? */
bool adopt_is_second_run(const struct adoption *a);

/* adopt_accounts.c: every organization and user, with their histories. */
int adopt_accounts(struct adoption *a, struct ts_error *err) TS_MUST_CHECK;
/* [bytes] of all histories; what can't be read counts nothing. */
uint64_t adopt_size(const struct adoption *a);

/* Begin a write transaction unless one is open. */
int adopt_begin(struct adoption *a, struct ts_error *err) TS_MUST_CHECK;
int adopt_commit(struct adoption *a, struct ts_error *err) TS_MUST_CHECK;

/* adopt_history.c: the history at `path`, shown as `shown`, into the user's account. */
int adopt_history(struct adoption *a, const struct ts_user *user, const char *path,
		  const char *shown, struct ts_error *err) TS_MUST_CHECK;
/* When the first task of that file was changed; 0: it can't be told. [s since 1970] */
int64_t adopt_history_begin(const char *path);
