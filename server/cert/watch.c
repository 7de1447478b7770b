/* SPDX-License-Identifier: MIT */
#include "server/cert/watch.h"

#include <string.h>
#include <sys/stat.h>

static int64_t nanoseconds(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

static struct cert_file look(const char *path)
{
	struct stat st;
	if (path[0] == '\0' || stat(path, &st) != 0) {
		return (struct cert_file){0};
	}
	return (struct cert_file){
		.device = st.st_dev,
		.inode = st.st_ino,
		.size = (uint64_t)st.st_size,
		.modified = nanoseconds(&st.st_mtim),
		.changed = nanoseconds(&st.st_ctim),
	};
}

void cert_files_look(const struct settings *s, struct cert_files *ret)
{
	const char *const paths[CERT_FILES] = {s->server_cert, s->server_key, s->ca_cert,
					       s->server_crl};
	for (size_t i = 0; i < CERT_FILES; i++) {
		ret->at[i] = look(paths[i]);
	}
}

static bool same_file(const struct cert_file *a, const struct cert_file *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->modified == b->modified && a->changed == b->changed;
}

bool cert_files_same(const struct cert_files *a, const struct cert_files *b)
{
	for (size_t i = 0; i < CERT_FILES; i++) {
		if (!same_file(&a->at[i], &b->at[i])) {
			return false;
		}
	}
	return true;
}
