/* SPDX-License-Identifier: MIT */
/*
 * Taking tasks from files into the replica. First everything is read and checked, into a spool;
 * then all of it is stored in one transaction.
 */
#pragma once

#include "client/replica/replica.h"
#include "common/base/spool.h"

enum import_how {
	IMPORT_REPLACE, /* a task that is here already becomes what the file says */
	IMPORT_MERGE    /* of each attribute, the newer one stays */
};

/* What was no task: where, and half a sentence that fits behind "because". Borrowed. */
struct refusal {
	const char *file;
	size_t line;
	const char *because;
};

struct import;

/* `memory` [bytes]: what is beyond that goes to a temporary file. `refused` is called for each
 * record that is no task; may be NULL. */
int import_new(int64_t now, size_t memory, void (*refused)(const struct refusal *r, void *arg),
	       void *arg, struct import **ret, struct ts_error *err) TS_MUST_CHECK;
void import_free(struct import *i); /* accepts NULL */
TS_DEFINE_CLEANUP(struct import, import_free)

/* Read all of a file; `name` is for people. TS_EIO, TS_EFULL, TS_ENOMEM. */
int import_read(struct import *i, int fd, const char *name, struct ts_error *err) TS_MUST_CHECK;

struct import_counts {
	size_t added, changed, same; /* tasks */
	size_t refused;              /* records */
};
/* `dry`: only count. */
int import_store(struct import *i, struct replica *r, enum import_how how, bool dry,
		 struct import_counts *ret, struct ts_error *err) TS_MUST_CHECK;
