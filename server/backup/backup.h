/* SPDX-License-Identifier: MIT */
/*
 * Back-ups: all of a server in one tar archive, written while it serves, and put back.
 *
 *	BACKUP			what this is: version, when it was made, of which directory
 *	config			the configuration
 *	pki/…			certificates, keys and lists in the data directory
 *	files/…			those that lie elsewhere in it
 *	store/tasks.mdb.000001	the store as of one moment, without what is free, cut into parts:
 *	…			a stream has no place for a length that isn't known beforehand
 *	SHA256SUMS		of all of these, as sha256sum(1) reads them; without it the archive
 *				is not complete
 *
 * So `tar x`, `sha256sum -c SHA256SUMS` and `cat store/tasks.mdb.* >tasks.mdb` are all that is
 *needed where there is no taskd. Bundles aren't in it, nor is the log.
 */
#pragma once

#include "common/base/buf.h"
#include "common/store/store.h"
#include "server/settings.h"

#define BACKUP_HEADER "taskd back-up, version 1"
#define BACKUP_FIRST  "BACKUP"
#define BACKUP_CONFIG "config"
#define BACKUP_PKI    "pki/"
#define BACKUP_FILES  "files/"
#define BACKUP_STORE  "store/"
#define BACKUP_SUMS   "SHA256SUMS"

/* Files of the data directory that belong into a back-up, but for the store. */
struct backup_files {
	struct ts_buf names;   /* in the archive, each with a NUL behind it */
	struct ts_buf outside; /* paths of certificates that lie elsewhere, a line each */
};

/* TS_EIO, TS_ENOMEM. */
int backup_files_find(const struct settings *s, const char *data, struct backup_files *ret,
		      struct ts_error *err) TS_MUST_CHECK;
void backup_files_done(struct backup_files *f);
/* The path below the data directory of what is `name` in the archive. */
const char *backup_path_of(const char *name);

struct backup_counts {
	size_t files;
	uint64_t bytes; /* of what is in it */
};

/* Write one to `fd`, a file or a pipe. `store` is the one in `data`, whatever a server does with
 * it meanwhile. TS_EFULL, TS_EIO, TS_ENOMEM; what was written then has no SHA256SUMS. */
int backup_write(const char *data, const struct backup_files *files, struct ts_store *store, int fd,
		 struct backup_counts *ret, struct ts_error *err) TS_MUST_CHECK;
