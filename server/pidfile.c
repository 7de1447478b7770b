/* SPDX-License-Identifier: MIT */
#include "server/pidfile.h"

#include "common/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>

/* The number in the file; 0 where there is none. */
static pid_t read_pid(const char *path)
{
	TS_BUF(text);
	if (ts_file_read(path, 64, &text, NULL) != TS_OK || text.len == 0) {
		return 0;
	}
	long pid = strtol(text.data, NULL, 10);
	return pid > 0 && pid <= INT32_MAX ? (pid_t)pid : 0;
}

int pidfile_write(const char *path, struct ts_error *err)
{
	if (path[0] == '\0') {
		return TS_OK;
	}
	TS_AUTOCLOSE int fd = open(
		path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
	if (fd < 0 && errno == ELOOP) {
		return ts_fail(err, TS_EINVAL, "Can't write '%s': a pid.file is no symbolic link.",
			       path);
	}
	if (fd < 0 || dprintf(fd, "%ld\n", (long)getpid()) < 0) {
		return ts_fail_errno(err, errno, "Can't write '%s'", path);
	}
	return TS_OK;
}

void pidfile_remove(const char *path)
{
	if (path[0] != '\0' && read_pid(path) == getpid()) {
		(void)unlink(path);
	}
}

pid_t pidfile_alive(const char *path)
{
	pid_t pid = read_pid(path);
	return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM) ? pid : 0;
}
