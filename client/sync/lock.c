/* SPDX-License-Identifier: MIT */
#include "client/sync/lock.h"

#include "common/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

int lock_take(const struct place *p, int *ret_fd, struct ts_error *err)
{
	TS_BUF(path);
	int code = ts_dir_make(p->state, 0700, NULL, err);
	if (code == TS_OK) {
		code = place_path(&path, err, p->state, "sync.lock", NULL);
	}
	if (code != TS_OK) {
		return code;
	}
	TS_AUTOCLOSE int fd = open(path.data, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		return ts_fail_errno(err, errno, "Could not open %s", path.data);
	}
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		return errno == EWOULDBLOCK
			       ? ts_fail(err, TS_ELOCKED,
					 "Another taskc is syncing this replica just now.")
			       : ts_fail_errno(err, errno, "Could not lock %s", path.data);
	}
	*ret_fd = fd;
	fd = -1;
	return TS_OK;
}
