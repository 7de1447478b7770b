/* SPDX-License-Identifier: MIT */
/* Whether the files of the certificates have changed since they were read. */
#pragma once

#include "server/settings.h"

#include <sys/types.h>

enum { CERT_FILES = 4 }; /* certificate, key, authority, revocation list */

/* What a file is told by; all zero where there is none. */
struct cert_file {
	uint64_t device, inode, size;
	int64_t modified, changed; /* [ns] */
};

struct cert_files {
	struct cert_file at[CERT_FILES];
};

/* Look at the files that `s` names. Look first, then read: what changes meanwhile is seen next. */
void cert_files_look(const struct settings *s, struct cert_files *ret);
bool cert_files_same(const struct cert_files *a, const struct cert_files *b);
