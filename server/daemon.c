/* SPDX-License-Identifier: MIT */
#include "server/daemon.h"

#include "common/base/attr.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>

/* The other process writes one structure, or ends without a word. */
static int wait_report(int fd, struct ts_error *err)
{
	struct ts_error report;
	ssize_t n;
	do {
		n = read(fd, &report, sizeof(report));
	} while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof(report)) {
		return ts_fail(err, TS_EIO, "The server ended before it was ready.");
	}
	return report.code == TS_OK ? TS_OK : ts_fail(err, report.code, "%s", report.text);
}

/* A process that leads a session could get a terminal again, so its child goes on. */
static void leave_session(void)
{
	if (setsid() < 0) {
		_exit(1);
	}
	pid_t pid = fork();
	if (pid != 0) {
		_exit(pid > 0 ? 0 : 1);
	}
}

int daemon_begin(struct daemon *d, bool *ret_foreground, struct ts_error *err)
{
	int ends[2];
	*ret_foreground = true;
	(void)fflush(NULL); /* what is buffered would be printed by both */
	if (pipe2(ends, O_CLOEXEC) != 0) {
		return ts_fail_errno(err, errno, "Can't go into the background");
	}
	TS_AUTOCLOSE int from = ends[0];
	TS_AUTOCLOSE int to = ends[1];
	pid_t pid = fork();
	if (pid < 0) {
		return ts_fail_errno(err, errno, "Can't go into the background");
	}
	if (pid == 0) {
		leave_session();
		d->report = to;
		to = -1;
		*ret_foreground = false;
		return TS_OK;
	}
	(void)close(to);
	to = -1;
	(void)waitpid(pid, NULL, 0);
	return wait_report(from, err);
}

void daemon_report(struct daemon *d, const struct ts_error *err)
{
	static const struct ts_error success = {0};
	if (d->report < 0) {
		return;
	}
	ssize_t n = write(d->report, err != NULL ? err : &success, sizeof(success));
	(void)n; /* nobody waits for it any more */
	(void)close(d->report);
	d->report = -1;
	TS_AUTOCLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++) {
		(void)dup2(null, fd);
	}
}
