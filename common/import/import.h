/* SPDX-License-Identifier: MIT */
/*
 * Taking tasks from files. First everything is read and checked, into a spool; then all of it is
 * stored in one transaction.
 */
#pragma once

#include "common/base/spool.h"
#include "common/sync/upload.h"
#include "common/tree/append.h"

/* What was no task: where, and half a sentence that fits behind "because". Borrowed. */
struct ts_import_refusal {
	const char *file;
	size_t line;
	const char *because;
};

struct ts_import {
	int64_t now; /* [s since 1970] */
	void (*refused)(const struct ts_import_refusal *r, void *arg);
	void *arg;
	bool keep_refused; /* for the quarantine; may be set by the caller */
	const char *file;  /* the one being read */
	size_t refusals;
	struct ts_spool_usage usage;
	struct ts_spool_budget budget;
	struct ts_upload *states; /* what was read */
	struct ts_arena arena;    /* of the record in work */
	struct ts_buf json;
};

/* `memory` [bytes]: what is beyond that goes to a temporary file. `refused` is called for each
 * record that is no task; may be NULL. */
int ts_import_new(int64_t now, size_t memory,
		  void (*refused)(const struct ts_import_refusal *r, void *arg), void *arg,
		  struct ts_import **ret, struct ts_error *err) TS_MUST_CHECK;
void ts_import_free(struct ts_import *i); /* accepts NULL */
TS_DEFINE_CLEANUP(struct ts_import, ts_import_free)

/* Read all of a file; `name` is for people. TS_EIO, TS_EFULL, TS_ENOMEM. */
int ts_import_read(struct ts_import *i, int fd, const char *name,
		   struct ts_error *err) TS_MUST_CHECK;
/* The same for the file of that name; "-" is standard input. */
int ts_import_read_file(struct ts_import *i, const char *name, struct ts_error *err) TS_MUST_CHECK;

struct ts_import_counts {
	size_t added, changed, same; /* tasks */
	size_t refused;              /* records */
};

/* How to merge what was read into a user's history. */
struct ts_import_into {
	struct ts_append *append;
	const char *device; /* borrowed */
	/* Called for each task whose head is another one now; may be NULL. */
	int (*stored)(const struct ts_uuid *task, void *arg, struct ts_error *err);
	void *arg;
};
/* Each task's states as a branch that knows nothing of what is there: of each attribute the newer
 * one stays. `refused` of the counts is set as well. */
int ts_import_merge(struct ts_import *i, const struct ts_import_into *into,
		    struct ts_import_counts *ret, struct ts_error *err) TS_MUST_CHECK;
