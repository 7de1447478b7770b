/* SPDX-License-Identifier: MIT */
/* Small files, whole: certificates, keys, bundles; and the folders that they are in. */
#pragma once

#include "common/base/buf.h"
#include "common/base/error.h"

#include <sys/types.h>

/* Append the file's bytes to `to`. TS_ENOTFOUND, TS_EIO, TS_ENOMEM; TS_ETOOBIG beyond `max`. */
int ts_file_read(const char *path, size_t max, struct ts_buf *to,
		 struct ts_error *err) TS_MUST_CHECK;

enum ts_file_how {
	TS_FILE_NEW,    /* TS_EEXIST, and nothing is touched, where there is one already */
	TS_FILE_REPLACE /* take the place of what is there */
};

/* Write a file of that mode: complete and on disk, or not there at all. TS_EFULL, TS_EIO. */
int ts_file_write(const char *path, struct ts_slice data, mode_t mode, enum ts_file_how how,
		  struct ts_error *err) TS_MUST_CHECK;

/* All of it, however the system cuts it. 0, or -1 with errno. */
int ts_file_write_all(int fd, struct ts_slice data) TS_MUST_CHECK;

/* A file that was made or renamed is on disk when the folder that it is in is. 0, or -1 with
 * errno. */
int ts_file_sync_folder(const char *path) TS_MUST_CHECK;

/* Make a directory, and those above it as far as they are missing, each with that mode.
 * *ret_made (may be NULL): false where it was there. */
int ts_dir_make(const char *path, mode_t mode, bool *ret_made, struct ts_error *err) TS_MUST_CHECK;

/* Remove a directory with everything in it; no link is followed. TS_OK also where there is none. */
int ts_dir_remove(const char *path, struct ts_error *err) TS_MUST_CHECK;
