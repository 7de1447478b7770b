/* SPDX-License-Identifier: MIT */
/* A folder of a test's own, removed at the end of its scope. */
#pragma once

#include "common/base/attr.h"

#include <ftw.h>
#include <stdio.h>
#include <string.h>

struct folder {
	char path[256];
};

struct folder_path {
	char text[512];
};

static inline struct folder folder_new(void)
{
	struct folder f;
	const char *top = getenv("TMPDIR");
	(void)snprintf(f.path, sizeof(f.path), "%s/taskd-check-XXXXXX", top != NULL ? top : "/tmp");
	if (mkdtemp(f.path) == NULL) {
		perror(f.path);
		abort();
	}
	return f;
}

static inline int folder_unlink(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static inline void folder_done(struct folder *f)
{
	(void)nftw(f->path, folder_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path of a file in it. */
static inline struct folder_path folder_at(const struct folder *f, const char *name)
{
	struct folder_path p;
	(void)snprintf(p.text, sizeof(p.text), "%s/%s", f->path, name);
	return p;
}

#define FOLDER(name) TS_CLEANUP(folder_done) struct folder name = folder_new()
