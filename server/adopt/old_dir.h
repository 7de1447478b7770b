/* SPDX-License-Identifier: MIT */
/* What is where in Taskserver's data directory. */
#pragma once

#include "common/base/buf.h"
#include "common/base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct old_entry {
	char *name;
	bool folder;
};

struct old_list {
	struct old_entry *at; /* in order of names */
	size_t count;
};

/* What is in the folder at `path`, symbolic links followed. TS_ENOTFOUND, TS_EIO. */
int old_list(const char *path, struct old_list *ret, struct ts_error *err) TS_MUST_CHECK;
void old_list_done(struct old_list *l);

/* A folder in users/. */
struct old_user {
	char *folder;     /* its name: the user's key */
	char *name;       /* `user` in its config; NULL: there is none */
	int64_t created;  /* [s since 1970] when its config was written, 0: not known */
	const char *data; /* name of the file with the history; NULL: there is none */
	off_t size;       /* [bytes] of that file */
	bool suspended;
	bool unfinished; /* there is a tx.tmp.data, which Taskserver never finished */
};

struct old_users {
	struct old_user *at; /* those with more history first, then in order of keys */
	size_t count;
};

/* Each folder below `path` (…/users); none if that isn't there. TS_EIO, TS_ENOMEM. */
int old_users(const char *path, struct old_users *ret, struct ts_error *err) TS_MUST_CHECK;
void old_users_done(struct old_users *u);

/* Is there a file of that name? */
bool old_has(const char *folder, const char *name);
/* The first line of a small file, trimmed; "" if there is none. TS_EIO, TS_ENOMEM. */
int old_first_line(const char *folder, const char *name, struct ts_buf *to,
		   struct ts_error *err) TS_MUST_CHECK;
