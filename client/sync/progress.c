/* SPDX-License-Identifier: MIT */
#include "client/sync/progress.h"

#include "common/base/buf.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>

enum {
	PAUSE = 100, /* [ms] between two lines */
	WIDTH = 80   /* where the terminal doesn't say */
};

/* What is to be told; a thread of its own tells it, because a sync often waits in one place. */
struct progress {
	int fd;  /* borrowed */
	int own; /* the same terminal, opened again; -1: it can't be */
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t wake;
	bool ended, fresh; /* fresh: told anew since the line was written */
	bool shown;        /* the line stands there */
	enum progress_stage stage;
	uint64_t tasks, tasks_total, bytes, bytes_total;
	uint64_t quiet; /* [ms] */
};

/* A description of its own, because others that write to the terminal want to wait for it. */
static int open_again(int fd)
{
	char path[40];
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

/* False where the terminal doesn't take all of it now: nobody waits for one that was stopped with
 * Ctrl-S, or whose other end doesn't read. */
static bool put(const struct progress *p, struct ts_slice text)
{
	struct pollfd at = {.fd = p->own >= 0 ? p->own : p->fd, .events = POLLOUT};
	return poll(&at, 1, 0) == 1 && (at.revents & POLLOUT) != 0 &&
	       write(at.fd, text.data, text.len) == (ssize_t)text.len;
}

/* A number with commas. */
static void add_number(struct ts_buf *to, uint64_t n)
{
	if (n >= 1000) {
		add_number(to, n / 1000);
		ts_buf_printf(to, ",%03u", (unsigned)(n % 1000));
	} else {
		ts_buf_printf(to, "%u", (unsigned)n);
	}
}

/* "3.2 of 8.1 MB"; `total` 0: not known. */
static void add_bytes(struct ts_buf *to, uint64_t n, uint64_t total)
{
	static const struct {
		uint64_t size;
		const char *name;
	} units[] = {{1000000000, "GB"}, {1000000, "MB"}, {1000, "KB"}, {1, "bytes"}};
	const uint64_t largest = n > total ? n : total;
	size_t i = 0;
	while (units[i].size > 1 && largest < units[i].size) {
		i++;
	}
	const int places = units[i].size > 1 ? 1 : 0;
	ts_buf_printf(to, "%.*f", places, (double)n / (double)units[i].size);
	if (total > 0) {
		ts_buf_printf(to, " of %.*f", places, (double)total / (double)units[i].size);
	}
	ts_buf_printf(to, " %s", units[i].name);
}

static void add_tasks(struct ts_buf *to, uint64_t n, uint64_t total)
{
	add_number(to, n);
	if (total > 0) {
		ts_buf_add_str(to, " of ");
		add_number(to, total);
	}
	ts_buf_add_str(to, (total > 0 ? total : n) == 1 ? " task" : " tasks");
}

static const struct {
	const char *verb;
	bool numbers;
} stages[PROGRESS_STAGES] = {
	[PROGRESS_CONNECTING] = {"Connecting", false},
	[PROGRESS_UPLOADING] = {"Uploading", true},
	[PROGRESS_WAITING] = {"Waiting for the server", false},
	[PROGRESS_DOWNLOADING] = {"Downloading", true},
	[PROGRESS_APPLYING] = {"Applying", true},
};

static void describe(struct ts_buf *to, enum progress_stage stage, uint64_t tasks,
		     uint64_t tasks_total, uint64_t bytes, uint64_t bytes_total)
{
	const bool any_tasks = tasks > 0 || tasks_total > 0;
	const bool any_bytes = bytes > 0 || bytes_total > 0;
	ts_buf_add_str(to, stages[stage].verb);
	if (!stages[stage].numbers || (!any_tasks && !any_bytes)) {
		ts_buf_add_str(to, "\xE2\x80\xA6");
		return;
	}
	ts_buf_add_char(to, ' ');
	if (any_tasks && (tasks > 0 || any_bytes)) {
		add_tasks(to, tasks, tasks_total);
	} else if (any_tasks) {
		add_tasks(to, tasks_total, 0);
	}
	ts_buf_add_str(to, any_tasks && any_bytes ? ", " : "");
	if (any_bytes) {
		add_bytes(to, bytes, bytes_total);
	}
}

static size_t columns(const struct progress *p)
{
	struct winsize w = {0};
	return ioctl(p->fd, TIOCGWINSZ, &w) == 0 && w.ws_col > 0 ? w.ws_col : WIDTH;
}

/* Cut to the terminal's width, but for its last column, behind which some begin a new line. Each
 * character is one column wide here. */
static struct ts_slice cut(struct ts_slice text, size_t width)
{
	size_t i = 0;
	for (size_t used = 0; i < text.len; i++) {
		used += ((unsigned char)text.data[i] & 0xC0) != 0x80;
		if (used >= width) {
			break;
		}
	}
	return (struct ts_slice){text.data, i};
}

static void draw(struct progress *p)
{
	TS_BUF(text);
	TS_BUF(line);
	describe(&text, p->stage, p->tasks, p->tasks_total, p->bytes, p->bytes_total);
	ts_buf_add_char(&line, '\r');
	ts_buf_add_slice(&line, cut(ts_buf_slice(&text), columns(p)));
	ts_buf_add_str(&line, "\033[K");
	if (!text.failed && !line.failed) {
		p->fresh = !put(p, ts_buf_slice(&line));
		p->shown = true;
	}
}

static void wipe(struct progress *p)
{
	if (p->shown) {
		(void)put(p, TS_SLICE("\r\033[K"));
	}
	p->shown = p->fresh = false;
}

/* Wait for so long, or for the end. */
static void wait_locked(struct progress *p, uint64_t ms)
{
	struct timespec until;
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(ms / 1000);
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	while (!p->ended &&
	       pthread_cond_clockwait(&p->wake, &p->lock, CLOCK_MONOTONIC, &until) == 0) {
	}
}

static void *thread_main(void *arg)
{
	struct progress *p = arg;
	(void)pthread_mutex_lock(&p->lock);
	for (wait_locked(p, p->quiet); !p->ended; wait_locked(p, PAUSE)) {
		if (p->fresh) {
			draw(p);
		}
	}
	(void)pthread_mutex_unlock(&p->lock);
	return NULL;
}

struct progress *progress_new(int fd, uint64_t quiet)
{
	sigset_t all, before;
	struct progress *p = calloc(1, sizeof(*p));
	if (p == NULL) {
		return NULL;
	}
	*p = (struct progress){.fd = fd, .own = open_again(fd), .quiet = quiet};
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_cond_init(&p->wake, NULL);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &before);
	int number = pthread_create(&p->thread, NULL, thread_main, p);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (number != 0) {
		ts_close_p(&p->own);
		free(p);
		return NULL;
	}
	return p;
}

void progress_free(struct progress *p)
{
	if (p == NULL) {
		return;
	}
	(void)pthread_mutex_lock(&p->lock);
	p->ended = true;
	wipe(p);
	(void)pthread_cond_signal(&p->wake);
	(void)pthread_mutex_unlock(&p->lock);
	(void)pthread_join(p->thread, NULL);
	(void)pthread_cond_destroy(&p->wake);
	(void)pthread_mutex_destroy(&p->lock);
	ts_close_p(&p->own);
	free(p);
}

void progress_clear(struct progress *p)
{
	if (p != NULL) {
		(void)pthread_mutex_lock(&p->lock);
		wipe(p);
		(void)pthread_mutex_unlock(&p->lock);
	}
}

void progress_show(struct progress *p, enum progress_stage stage, uint64_t tasks,
		   uint64_t tasks_total, uint64_t bytes, uint64_t bytes_total)
{
	if (p == NULL) {
		return;
	}
	(void)pthread_mutex_lock(&p->lock);
	p->stage = stage;
	p->tasks = tasks;
	p->tasks_total = tasks_total;
	p->bytes = bytes;
	p->bytes_total = bytes_total;
	p->fresh = true;
	(void)pthread_mutex_unlock(&p->lock);
}
