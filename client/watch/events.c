/* SPDX-License-Identifier: MIT */
#include "client/watch/events.h"

#include "common/base/clock.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

/* A descriptor that is readable when one of the two signals came, which do nothing else any more.
 */
static int open_signals(int one, int other)
{
	sigset_t set;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, one);
	(void)sigaddset(&set, other);
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* A time that is never reached; the kernel ends it when the clock jumps. */
static void arm_clock(int fd)
{
	const struct itimerspec never = {.it_value = {.tv_sec = (time_t)1 << 33}};
	(void)timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL);
}

static bool add_to_any(const struct events *e, int fd)
{
	struct epoll_event event = {.events = EPOLLIN};
	return fd >= 0 && epoll_ctl(e->any, EPOLL_CTL_ADD, fd, &event) == 0;
}

int events_open(struct events *ret, struct ts_error *err)
{
	*ret = (struct events){
		.any = epoll_create1(EPOLL_CLOEXEC),
		.stop = open_signals(SIGTERM, SIGINT),
		.hup = open_signals(SIGHUP, SIGHUP),
		.files = inotify_init1(IN_CLOEXEC | IN_NONBLOCK),
		.folder = -1,
		.clock = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK),
	};
	if (ret->any < 0 || !add_to_any(ret, ret->stop) || !add_to_any(ret, ret->hup) ||
	    !add_to_any(ret, ret->files) || !add_to_any(ret, ret->clock)) {
		int number = errno;
		events_close(ret);
		return ts_fail_errno(err, number, "Can't watch for signals and files");
	}
	arm_clock(ret->clock);
	return TS_OK;
}

int events_watch(struct events *e, const char *folder, struct ts_error *err)
{
	if (e->folder >= 0) {
		(void)inotify_rm_watch(e->files, e->folder);
	}
	e->folder = inotify_add_watch(e->files, folder, IN_MODIFY | IN_MOVED_TO | IN_ONLYDIR);
	return e->folder >= 0 ? TS_OK : ts_fail_errno(err, errno, "Can't watch %s", folder);
}

void events_close(struct events *e)
{
	int *const all[] = {&e->any, &e->stop, &e->hup, &e->files, &e->clock};
	for (size_t i = 0; i < TS_COUNT_OF(all); i++) {
		ts_close_p(all[i]);
		*all[i] = -1;
	}
}

/* Read all that is there; false where there is nothing. */
static bool drain(int fd)
{
	_Alignas(struct inotify_event) char bytes[4096];
	bool some = false;
	while (read(fd, bytes, sizeof(bytes)) > 0) {
		some = true;
	}
	return some;
}

static bool readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	return poll(&p, 1, 0) > 0;
}

static bool clock_jumped(int fd)
{
	uint64_t ends;
	if (read(fd, &ends, sizeof(ends)) >= 0 || errno != ECANCELED) {
		return false;
	}
	arm_clock(fd);
	return true;
}

static void wait_until(int fd, uint64_t until)
{
	const uint64_t now = ts_clock_ms();
	const uint64_t left = until > now ? until - now : 0;
	struct pollfd p = {.fd = fd, .events = POLLIN};
	(void)poll(&p, 1, until == UINT64_MAX ? -1 : left > INT_MAX ? INT_MAX : (int)left);
}

struct events_seen events_read(const struct events *e, uint64_t until)
{
	wait_until(e->any, until);
	return (struct events_seen){
		.stop = readable(e->stop),
		.reload = drain(e->hup),
		.files = drain(e->files),
		.woke = clock_jumped(e->clock),
	};
}
