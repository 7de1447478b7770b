/* SPDX-License-Identifier: MIT */
#include "client/child.h"

#include "common/base/clock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

enum {
	GRACE = 2000, /* [ms] between TERM and KILL */
	ASK = 10      /* [ms] between two looks at a child */
};

/* Whatever we ignore or block is our own affair. */
static void set_attributes(const struct child *c, posix_spawnattr_t *a)
{
	short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
	sigset_t none, usual;
	(void)sigemptyset(&none);
	(void)sigemptyset(&usual);
	(void)sigaddset(&usual, SIGPIPE);
	(void)sigaddset(&usual, SIGINT);
	(void)sigaddset(&usual, SIGTERM);
	(void)sigaddset(&usual, SIGBUS);
	(void)sigaddset(&usual, SIGXFSZ);
	(void)posix_spawnattr_setsigmask(a, &none);
	(void)posix_spawnattr_setsigdefault(a, &usual);
	if (c->own_group) {
		flags |= POSIX_SPAWN_SETPGROUP;
		(void)posix_spawnattr_setpgroup(a, 0);
	}
	(void)posix_spawnattr_setflags(a, flags);
}

static int set_files(const struct child *c, posix_spawn_file_actions_t *f)
{
	int n = 0;
	if (c->in >= 0) {
		n = posix_spawn_file_actions_adddup2(f, c->in, STDIN_FILENO);
	}
	if (n == 0 && c->out >= 0) {
		n = posix_spawn_file_actions_adddup2(f, c->out, STDOUT_FILENO);
	}
	return n;
}

static int spawn(struct child *c)
{
	posix_spawnattr_t attributes;
	posix_spawn_file_actions_t files;
	if (posix_spawnattr_init(&attributes) != 0) {
		return ENOMEM;
	}
	if (posix_spawn_file_actions_init(&files) != 0) {
		(void)posix_spawnattr_destroy(&attributes);
		return ENOMEM;
	}
	set_attributes(c, &attributes);
	int n = set_files(c, &files);
	if (n == 0) {
		n = posix_spawnp(&c->pid, c->argv[0], &files, &attributes,
				 (char *const *)(uintptr_t)c->argv,
				 c->env != NULL ? c->env : environ);
	}
	(void)posix_spawn_file_actions_destroy(&files);
	(void)posix_spawnattr_destroy(&attributes);
	return n;
}

static void send_signal(const struct child *c, int number)
{
	(void)kill(c->own_group ? -c->pid : c->pid, number);
}

static int reap(struct child *c)
{
	int status = 0;
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR) {
	}
	ts_close_p(&c->fd);
	c->fd = -1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int child_start(struct child *c, struct ts_error *err)
{
	int n = spawn(c);
	if (n != 0) {
		return ts_fail(err, TS_EIO, "Could not start %s: %s.", c->argv[0], strerror(n));
	}
	c->fd = pidfd_open(c->pid, 0);
	return TS_OK;
}

/* Also where somebody has arranged that nobody has to wait for children. */
static bool has_ended(const struct child *c)
{
	siginfo_t info = {0};
	int n = waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT);
	return n == 0 ? info.si_pid != 0 : errno == ECHILD;
}

/* TS_OK: it has ended. Where the system has no descriptors of processes, it is asked often. */
static int wait_end(const struct child *c, uint64_t timeout, int cancel_fd)
{
	struct pollfd p[2] = {{.fd = c->fd, .events = POLLIN}, {.fd = cancel_fd, .events = POLLIN}};
	const uint64_t end = ts_clock_ms() + timeout;
	const uint64_t longest = c->fd >= 0 ? INT32_MAX : ASK;
	for (uint64_t now = ts_clock_ms(); now < end; now = ts_clock_ms()) {
		uint64_t left = end - now;
		int n = poll(p, 2, (int)(left < longest ? left : longest));
		if (has_ended(c)) {
			return TS_OK;
		}
		if (n > 0 && p[1].revents != 0) {
			return TS_ECANCELED;
		}
	}
	return TS_ETIMEOUT;
}

int child_wait(struct child *c, uint64_t timeout, int cancel_fd, int *ret_status,
	       struct ts_error *err)
{
	int code = wait_end(c, timeout, cancel_fd);
	if (code == TS_OK) {
		*ret_status = reap(c);
		return TS_OK;
	}
	send_signal(c, SIGTERM);
	if (wait_end(c, GRACE, -1) != TS_OK || c->own_group) {
		send_signal(c, SIGKILL); /* perhaps only what it had started is left */
	}
	(void)reap(c);
	return code == TS_ECANCELED
		       ? ts_fail(err, code, "Stopped.")
		       : ts_fail(err, code, "%s took longer than %.4g seconds and was ended.",
				 c->argv[0], (double)timeout / 1000);
}
