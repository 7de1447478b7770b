/* SPDX-License-Identifier: MIT */
/* A back-up unpacked into a folder, its checksums compared. */
#pragma once

#include "common/base/buf.h"
#include "common/base/error.h"

struct unpacked {
	struct ts_buf header; /* BACKUP, as it is in the archive */
	struct ts_buf names;  /* of the files but for the store's, each with a NUL behind it */
	size_t files;
};

/* Unpack the back-up from `fd` into the folder `to`, which is empty: each file at its name below
 * it, and the store's parts together in one file. Codes as restore(). */
int unpack(int fd, const char *to, struct unpacked *ret, struct ts_error *err) TS_MUST_CHECK;
void unpacked_done(struct unpacked *u);
