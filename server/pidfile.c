/* SPDX-License-Identifier: MIT */
#include "server/pidfile.h"

#include "common/base/file.h"

#include <errno.h>
#include <signal.h>

pid_t pidfile_alive(const char *path)
{
	TS_BUF(text);
	if (ts_file_read(path, 64, &text, NULL) != TS_OK || text.len == 0) {
		return 0;
	}
	long pid = strtol(text.data, NULL, 10);
	bool alive = pid > 0 && pid <= INT32_MAX && (kill((pid_t)pid, 0) == 0 || errno == EPERM);
	return alive ? (pid_t)pid : 0;
}
