/* SPDX-License-Identifier: MIT */
#include "server/adopt/layout_internal.h"

#include "common/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { PIECE = 256 << 10 };

/* Root gives the file to whom `like` belongs. */
static bool give(int fd, const char *like)
{
	struct stat st;
	return geteuid() != 0 || (stat(like, &st) == 0 && fchown(fd, st.st_uid, st.st_gid) == 0);
}

int layout_folder(const char *path, const char *like, struct ts_error *err)
{
	TS_AUTOCLOSE int fd =
		mkdir(path, 0700) == 0 ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	return fd >= 0 && give(fd, like)
		       ? TS_OK
		       : ts_fail_errno(err, errno, "Can't make the folder '%.200s'", path);
}

int layout_open(const char *folder, const char *name, struct layout_file *ret, struct ts_error *err)
{
	if (asprintf(&ret->path, "%s/%s", folder, name) < 0) {
		ret->path = NULL;
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	ret->fd = open(ret->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return ret->fd >= 0 && give(ret->fd, folder)
		       ? TS_OK
		       : ts_fail_errno(err, errno, "Can't make the file '%.200s'", ret->path);
}

static int write_out(struct layout_file *f, struct ts_error *err)
{
	if (f->text.failed) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	if (ts_file_write_all(f->fd, ts_buf_slice(&f->text)) != 0) {
		return ts_fail_errno(err, errno, "Can't write '%.200s'", f->path);
	}
	ts_buf_clear(&f->text);
	return TS_OK;
}

int layout_flow(struct layout_file *f, struct ts_error *err)
{
	return f->text.failed || f->text.len >= PIECE ? write_out(f, err) : TS_OK;
}

int layout_end(struct layout_file *f, struct ts_error *err)
{
	int code = write_out(f, err);
	if (code == TS_OK && fsync(f->fd) != 0) {
		code = ts_fail_errno(err, errno, "Can't write '%.200s'", f->path);
	}
	return code;
}

void layout_close(struct layout_file *f)
{
	if (f->fd >= 0) {
		(void)close(f->fd);
	}
	free(f->path);
	ts_buf_done(&f->text);
}
