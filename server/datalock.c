/* SPDX-License-Identifier: MIT */
#include "server/datalock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

int datalock_take(const char *dir, int *ret_fd, struct ts_error *err)
{
	TS_AUTOCLOSE int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		return ts_fail_errno(err, errno, "Can't open '%s'", dir);
	}
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		return errno == EWOULDBLOCK
			       ? ts_fail(err, TS_EBUSY, "Another server runs on '%s' already.", dir)
			       : ts_fail_errno(err, errno, "Can't lock '%s'", dir);
	}
	*ret_fd = fd;
	fd = -1;
	return TS_OK;
}

bool datalock_taken(const char *dir)
{
	TS_AUTOCLOSE int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}
