/* SPDX-License-Identifier: MIT */
/*
 * Putting a back-up back: everything is unpacked into DIR/restore.new and checked there, against
 * its checksums and as a store that can be opened; only then it takes its place.
 */
#pragma once

#include "common/base/buf.h"
#include "common/store/store.h"

struct restore_wish {
	const char *data; /* an absolute path; made where it is missing */
	bool check;       /* look only: nothing is put anywhere */
	bool force;       /* what is there makes place: it is renamed to NAME.before-restore */
	bool store_only;  /* neither configuration nor certificates */
};

struct restored {
	char made[64];               /* when and by what, as the back-up says */
	struct ts_buf from;          /* the data directory that it was made of */
	size_t files;                /* but for the store */
	struct ts_store_stats store; /* what is in it */
};

/*
 * Read a back-up from `fd`. TS_EMALF: it is none, or not complete; TS_EDAMAGED: a checksum is
 * wrong, or the store can't be read; TS_EEXIST: a store or another file is there, and `force` is
 * not set; TS_EBUSY: a server runs on the directory; TS_EFULL, TS_EIO, TS_ENOMEM. On failure what
 * was there is there.
 */
int restore(const struct restore_wish *wish, int fd, struct restored *ret,
	    struct ts_error *err) TS_MUST_CHECK;
void restored_done(struct restored *r);
