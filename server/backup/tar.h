/* SPDX-License-Identifier: MIT */
/*
 * Tar archives as a stream: nothing is ever sought, so a pipe will do at both ends. tar.c is the
 * one file that knows libarchive.
 */
#pragma once

#include "common/base/error.h"
#include "common/base/slice.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct tar_out;

/* Write an archive to `fd`, which stays the caller's. TS_ENOMEM. */
int tar_out_new(int fd, struct tar_out **ret, struct ts_error *err) TS_MUST_CHECK;
/* A regular file, whole. TS_EFULL, TS_EIO. */
int tar_out_add(struct tar_out *t, const char *name, mode_t mode, int64_t modified,
		struct ts_slice data, struct ts_error *err) TS_MUST_CHECK;
/* The archive's end. */
int tar_out_finish(struct tar_out *t, struct ts_error *err) TS_MUST_CHECK;
void tar_out_free(struct tar_out *t); /* accepts NULL; writes nothing */
TS_DEFINE_CLEANUP(struct tar_out, tar_out_free)

struct tar_in;

/* Read one from `fd`, which stays the caller's; what gzip, xz or zstd packed is unpacked. */
int tar_in_new(int fd, struct tar_in **ret, struct ts_error *err) TS_MUST_CHECK;

struct tar_entry {
	const char *name; /* borrowed until the next entry; whatever the archive says */
	mode_t mode;      /* of permissions */
	bool regular;     /* neither a folder nor a link nor a device */
};

/* TS_ENOTFOUND: that was the last one; TS_EMALF: no archive, or one that is cut off. */
int tar_in_next(struct tar_in *t, struct tar_entry *ret, struct ts_error *err) TS_MUST_CHECK;
/* The next bytes of the entry; *ret_got is 0 at its end. TS_EMALF, TS_EIO. */
int tar_in_read(struct tar_in *t, void *to, size_t len, size_t *ret_got,
		struct ts_error *err) TS_MUST_CHECK;
void tar_in_free(struct tar_in *t); /* accepts NULL */
TS_DEFINE_CLEANUP(struct tar_in, tar_in_free)
