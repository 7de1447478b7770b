/* SPDX-License-Identifier: MIT */
/* Where the log goes, and who wants what of it. */
#include "common/log/log.h"

#include "common/log/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

enum { NOBODY = -1, USUAL_BYTES = 1000 };

/* A reopened log replaces the file behind this number, so that writers need no lock. */
static atomic_int log_fd = -1;
static atomic_int log_format = TS_LOG_TEXT;
static atomic_int log_level = NOBODY;
static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;

static atomic_int listener_level = NOBODY;
static void (*_Atomic listener)(const struct ts_log_line *l);

enum ts_log_format ts_log_format_parse(const char *word)
{
	return strcmp(word, "json") == 0       ? TS_LOG_JSON
	       : strcmp(word, "journald") == 0 ? TS_LOG_JOURNALD
					       : TS_LOG_TEXT;
}

/* To open a pipe that nobody reads is a failure; it would wait for a reader otherwise. */
static int open_target(const char *path)
{
	if (strcmp(path, "-") == 0) {
		return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	}
	int fd =
		open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
	if (fd >= 0 && fcntl(fd, F_SETFL, O_APPEND) < 0) {
		ts_close_p(&fd);
	}
	return fd;
}

static int replace(int fd)
{
	int old = atomic_load(&log_fd);
	if (old < 0) {
		atomic_store(&log_fd, fd);
		return 0;
	}
	int rc = dup3(fd, old, O_CLOEXEC) < 0 ? errno : 0;
	(void)close(fd);
	return rc;
}

int ts_log_open(const char *path, enum ts_log_format format, enum ts_log_level level,
		struct ts_error *err)
{
	if (format == TS_LOG_JOURNALD) {
		if (!ts_log_journal_there()) {
			return ts_fail(err, TS_EABSENT,
				       "There is no journal here to log to (log.format).");
		}
		path = "/dev/null";
	}
	int fd = open_target(path);
	if (fd < 0) {
		return ts_fail_errno(err, errno, "Can't open the log '%s'", path);
	}
	(void)pthread_mutex_lock(&opening);
	int failure = replace(fd);
	if (failure == 0) {
		atomic_store(&log_format, (int)format);
		atomic_store(&log_level, (int)level);
	}
	(void)pthread_mutex_unlock(&opening);
	return failure == 0 ? TS_OK : ts_fail_errno(err, failure, "Can't open the log '%s'", path);
}

void ts_log_close(void)
{
	atomic_store(&log_level, NOBODY);
	int fd = atomic_exchange(&log_fd, -1);
	ts_close_p(&fd);
}

static bool file_wants(enum ts_log_level level)
{
	return (int)level <= atomic_load_explicit(&log_level, memory_order_relaxed);
}

static bool listener_wants(enum ts_log_level level)
{
	return (int)level <= atomic_load_explicit(&listener_level, memory_order_relaxed);
}

bool ts_log_wants(enum ts_log_level level)
{
	return file_wants(level) || listener_wants(level);
}

void ts_log_listen(enum ts_log_level level, void (*listen)(const struct ts_log_line *l))
{
	atomic_store(&listener, listen);
	atomic_store(&listener_level, listen != NULL ? (int)level : NOBODY);
}

/* One write a line: with O_APPEND the lines of many threads and processes stay whole. */
static void write_line(struct ts_buf *b)
{
	ts_buf_add_char(b, '\n');
	int fd = atomic_load(&log_fd);
	if (b->failed || fd < 0) {
		return;
	}
	size_t at = 0;
	while (at < b->len) {
		ssize_t n = write(fd, b->data + at, b->len - at);
		if (n < 0 && errno != EINTR) {
			return; /* there is nobody to tell */
		}
		at += n > 0 ? (size_t)n : 0;
	}
}

static void tell_log(const struct ts_log_line *l)
{
	TS_BUF(line);
	(void)ts_buf_reserve(&line, USUAL_BYTES);
	switch (atomic_load(&log_format)) {
	case TS_LOG_JOURNALD:
		ts_log_journal(l);
		return;
	case TS_LOG_JSON:
		ts_log_json(l, &line);
		break;
	default:
		ts_log_text(l, &line);
	}
	write_line(&line);
}

void ts_log_emit(const struct ts_log_line *l)
{
	void (*listen)(const struct ts_log_line *) = atomic_load(&listener);
	if (l->values.failed) {
		return; /* out of memory, and nothing to say it with */
	}
	if (file_wants(l->level)) {
		tell_log(l);
	}
	if (listen != NULL && listener_wants(l->level)) {
		listen(l);
	}
}

void ts_log(enum ts_log_level level, const char *fmt, ...)
{
	struct ts_log_line l;
	ts_log_begin(&l, level, NULL);
	if (!l.wanted) {
		return;
	}
	char text[1000];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	ts_log_field(&l, "message", ts_slice_of(text));
	ts_log_end(&l);
}
