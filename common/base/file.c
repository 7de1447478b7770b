/* SPDX-License-Identifier: MIT */
#include "common/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <sys/stat.h>

int ts_file_read(const char *path, size_t max, struct ts_buf *to, struct ts_error *err)
{
	TS_AUTOCLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		return ts_fail_errno(err, errno, "%s can't be read", path);
	}
	enum { PIECE = 16384 };
	for (size_t before = to->len;;) {
		char *at = ts_buf_reserve(to, PIECE);
		if (at == NULL) {
			return ts_fail(err, TS_ENOMEM, "%s doesn't fit in memory.", path);
		}
		ssize_t n = read(fd, at, PIECE);
		if (n < 0 && errno != EINTR) {
			return ts_fail_errno(err, errno, "%s can't be read", path);
		}
		to->len += n > 0 ? (size_t)n : 0;
		to->data[to->len] = '\0';
		if (n == 0) {
			return TS_OK;
		}
		if (to->len - before > max) {
			return ts_fail(err, TS_ETOOBIG, "%s has more than %zu bytes.", path, max);
		}
	}
}

int ts_file_write_all(int fd, struct ts_slice data)
{
	while (data.len > 0) {
		ssize_t n = write(fd, data.data, data.len);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			return -1;
		}
		data = ts_slice_skip(data, (size_t)n);
	}
	return 0;
}

/* The data under a name of its own beside `path`, not yet in its place. */
static int write_beside(char *temporary, struct ts_slice data, mode_t mode)
{
	TS_AUTOCLOSE int fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0) {
		temporary[0] = '\0';
		return -1;
	}
	return fchmod(fd, mode) < 0 || ts_file_write_all(fd, data) < 0 || fsync(fd) < 0 ? -1 : 0;
}

int ts_file_sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash == NULL || slash == path ? 1 : (size_t)(slash - path);
	TS_AUTOFREE char *dir = strndup(slash == NULL ? "." : path, len);
	if (dir == NULL) {
		return -1;
	}
	TS_AUTOCLOSE int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fsync(fd) < 0 ? -1 : 0;
}

static int put_in_place(const char *temporary, const char *path, enum ts_file_how how)
{
	int rc = how == TS_FILE_REPLACE ? rename(temporary, path) : link(temporary, path);
	if (rc < 0 || ts_file_sync_folder(path) == 0) {
		return rc;
	}
	int failure = errno;
	if (how == TS_FILE_NEW) {
		(void)unlink(path);
	}
	errno = failure;
	return -1;
}

int ts_file_write(const char *path, struct ts_slice data, mode_t mode, enum ts_file_how how,
		  struct ts_error *err)
{
	TS_AUTOFREE char *temporary = NULL;
	if (asprintf(&temporary, "%s.XXXXXX", path) < 0) {
		temporary = NULL;
		return ts_fail(err, TS_ENOMEM, "There is no memory to write %s.", path);
	}
	int rc = write_beside(temporary, data, mode);
	if (rc == 0) {
		rc = put_in_place(temporary, path, how);
	}
	int number = errno;
	if (temporary[0] != '\0') {
		(void)unlink(temporary);
	}
	return rc == 0 ? TS_OK : ts_fail_errno(err, number, "%s can't be written", path);
}

/* One directory whose parent is there. */
static int make_one(const char *path, mode_t mode, bool *made, struct ts_error *err)
{
	*made = mkdir(path, mode) == 0;
	if (*made) {
		return TS_OK;
	}
	struct stat st;
	int number = errno;
	if (number == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		return TS_OK;
	}
	return ts_fail_errno(err, number, "The directory %s can't be made", path);
}

int ts_dir_make(const char *path, mode_t mode, bool *ret_made, struct ts_error *err)
{
	TS_AUTOFREE char *part = strdup(path);
	if (part == NULL) {
		return ts_fail(err, TS_ENOMEM, "There is no memory for the path %s.", path);
	}
	bool made = false;
	char *from = part + (part[0] == '/');
	for (char *at = strchr(from, '/'); at != NULL; at = strchr(at + 1, '/')) {
		*at = '\0';
		int rc = make_one(part, mode, &made, err);
		if (rc != TS_OK) {
			return rc;
		}
		*at = '/';
	}
	int rc = make_one(part, mode, &made, err);
	if (rc == TS_OK && ret_made != NULL) {
		*ret_made = made;
	}
	return rc;
}

int ts_dir_remove(const char *path, struct ts_error *err)
{
	char *const roots[] = {(char *)path, NULL};
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT, NULL);
	int failure = walk == NULL ? errno : 0;
	for (FTSENT *e = walk != NULL ? fts_read(walk) : NULL; e != NULL; e = fts_read(walk)) {
		bool again = e->fts_info == FTS_D; /* it comes once more, empty */
		if (!again && remove(e->fts_accpath) != 0 && errno != ENOENT) {
			failure = errno;
		}
	}
	if (walk != NULL) {
		(void)fts_close(walk);
	}
	return failure == 0 || failure == ENOENT
		       ? TS_OK
		       : ts_fail_errno(err, failure, "The directory %s can't be removed", path);
}
