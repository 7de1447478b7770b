/* SPDX-License-Identifier: MIT */
#include "client/sync/state_file.h"

#include "common/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

int state_path(const struct place *p, const char *name, const char *what, struct ts_buf *to,
	       struct ts_error *err)
{
	int code = place_path(to, err, p->state, name, NULL);
	ts_buf_add_char(to, '.');
	ts_buf_add_str(to, what);
	return code == TS_OK && to->failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : code;
}

/* One name for all, so that nothing is left where a process is killed in between. Two that write at
 * once may spoil it: what it is for can do without it. */
static int write_beside(const char *path, const char *beside, struct ts_slice data,
			struct ts_error *err)
{
	int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) {
		return ts_fail_errno(err, errno, "Could not write %s", path);
	}
	int number = ts_file_write_all(fd, data) != 0 ? errno : 0;
	if (close(fd) != 0 && number == 0) {
		number = errno;
	}
	if (number == 0 && rename(beside, path) != 0) {
		number = errno;
	}
	if (number != 0) {
		(void)unlink(beside);
	}
	return number == 0 ? TS_OK : ts_fail_errno(err, number, "Could not write %s", path);
}

int state_write(const char *path, struct ts_slice data, struct ts_error *err)
{
	TS_AUTOFREE char *beside = NULL;
	TS_AUTOFREE char *folder = strdup(path);
	if (folder == NULL || asprintf(&beside, "%s.new", path) < 0) {
		beside = NULL;
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	char *slash = strrchr(folder, '/');
	int code = TS_OK;
	if (slash != NULL && slash > folder) {
		*slash = '\0';
		code = ts_dir_make(folder, 0700, NULL, err);
	}
	return code == TS_OK ? write_beside(path, beside, data, err) : code;
}
