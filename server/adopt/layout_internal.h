/* SPDX-License-Identifier: MIT */
/* What the files that write Taskserver's layout share. */
#pragma once

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "server/adopt/layout_write.h"

/* A file that is written in pieces. */
struct layout_file {
	char *path;
	int fd;
	struct ts_buf text; /* not written yet */
};
#define LAYOUT_FILE(name) TS_CLEANUP(layout_close) struct layout_file name = {.fd = -1}

/* Make a folder. Root gives it, as each file, to whom that other one belongs. */
int layout_folder(const char *path, const char *like, struct ts_error *err) TS_MUST_CHECK;
int layout_open(const char *folder, const char *name, struct layout_file *ret,
		struct ts_error *err) TS_MUST_CHECK;
/* Write what has been collected if it is much. */
int layout_flow(struct layout_file *f, struct ts_error *err) TS_MUST_CHECK;
/* Write everything, to the disk. */
int layout_end(struct layout_file *f, struct ts_error *err) TS_MUST_CHECK;
void layout_close(struct layout_file *f);

/* The settings of ours that Taskserver knows (layout_config.c). */
int layout_config(const char *folder, const struct layout_request *r,
		  struct ts_error *err) TS_MUST_CHECK;
/* A user's tx.data (layout_history.c). */
int layout_history(struct ts_txn *t, const struct ts_user *user, const char *folder,
		   struct layout_counts *counts, struct ts_error *err) TS_MUST_CHECK;
