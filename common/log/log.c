/* SPDX-License-Identifier: MIT */
#include "common/log/log.h"

#include "common/base/attr.h"
#include "common/base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

/* A reopened log replaces the file behind this number, so that writers need no lock. */
static atomic_int log_fd = -1;
static atomic_int log_level = TS_LOG_INFO;
static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;

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

int ts_log_open(const char *path, enum ts_log_level level, struct ts_error *err)
{
	int fd = open_target(path);
	if (fd < 0) {
		return ts_fail_errno(err, errno, "Can't open the log '%s'", path);
	}
	(void)pthread_mutex_lock(&opening);
	int failure = replace(fd);
	if (failure == 0) {
		atomic_store(&log_level, (int)level);
	}
	(void)pthread_mutex_unlock(&opening);
	return failure == 0 ? TS_OK : ts_fail_errno(err, failure, "Can't open the log '%s'", path);
}

void ts_log_close(void)
{
	int fd = atomic_exchange(&log_fd, -1);
	ts_close_p(&fd);
}

bool ts_log_wants(enum ts_log_level level)
{
	return atomic_load(&log_fd) >= 0 && (int)level <= atomic_load(&log_level);
}

static const char *level_name(enum ts_log_level level)
{
	static const char *const names[] = {
		[TS_LOG_ERROR] = "error", [TS_LOG_WARNING] = "warning", [TS_LOG_NOTICE] = "notice",
		[TS_LOG_INFO] = "info",   [TS_LOG_DEBUG] = "debug",
	};
	const char *name = (size_t)level < TS_COUNT_OF(names) ? names[level] : NULL;
	return name != NULL ? name : "info";
}

static void add_stamp(struct ts_buf *b, enum ts_log_level level)
{
	struct timespec now;
	struct tm tm;
	char text[32];
	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (gmtime_r(&now.tv_sec, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm) == 0) {
		text[0] = '\0';
	}
	ts_buf_printf(b, "%s.%03ldZ %s ", text, now.tv_nsec / 1000000, level_name(level));
}

/* One write a line: with O_APPEND the lines of many threads and processes stay whole. */
static void emit(struct ts_buf *b)
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

/* `s` with a blank in the place of what can't be shown. */
static void add_blanked(struct ts_buf *b, struct ts_slice s)
{
	while (s.len > 0) {
		bool shown;
		struct ts_slice c = ts_utf8_cut(&s, &shown);
		ts_buf_add_slice(b, shown ? c : TS_SLICE(" "));
	}
}

void ts_log(enum ts_log_level level, const char *fmt, ...)
{
	if (!ts_log_wants(level)) {
		return;
	}
	char text[1000];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	TS_BUF(line);
	add_stamp(&line, level);
	add_blanked(&line, ts_slice_of(text));
	emit(&line);
}

void ts_log_begin(struct ts_log_line *l, enum ts_log_level level, const char *event)
{
	*l = (struct ts_log_line){.level = level};
	if (ts_log_wants(level)) {
		add_stamp(&l->text, level);
		ts_buf_add_str(&l->text, "event=");
		ts_buf_add_str(&l->text, event);
	}
}

static bool is_plain(struct ts_slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (strchr(" \"\\=", s.data[i]) != NULL) {
			return false;
		}
	}
	return ts_utf8_printable(s);
}

static void add_quoted(struct ts_buf *b, struct ts_slice s)
{
	ts_buf_add_char(b, '"');
	while (s.len > 0) {
		bool shown;
		struct ts_slice c = ts_utf8_cut(&s, &shown);
		if (shown) {
			ts_buf_add_str(b, c.data[0] == '"' || c.data[0] == '\\' ? "\\" : "");
			ts_buf_add_slice(b, c);
		}
		for (size_t i = 0; i < c.len && !shown; i++) {
			ts_buf_printf(b, "\\x%02x", (unsigned char)c.data[i]);
		}
	}
	ts_buf_add_char(b, '"');
}

void ts_log_field(struct ts_log_line *l, const char *key, struct ts_slice value)
{
	if (l->text.len == 0) {
		return; /* nobody wants the line */
	}
	ts_buf_add_char(&l->text, ' ');
	ts_buf_add_str(&l->text, key);
	ts_buf_add_char(&l->text, '=');
	if (value.len == 0) {
		ts_buf_add_char(&l->text, '-');
	} else if (is_plain(value)) {
		ts_buf_add_slice(&l->text, value);
	} else {
		add_quoted(&l->text, value);
	}
}

void ts_log_fieldf(struct ts_log_line *l, const char *key, const char *fmt, ...)
{
	if (l->text.len == 0) {
		return;
	}
	char text[500];
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (n >= 0) {
		size_t len = (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1;
		ts_log_field(l, key, (struct ts_slice){text, len});
	}
}

void ts_log_end(struct ts_log_line *l)
{
	if (l->text.len > 0) {
		emit(&l->text);
	}
	ts_buf_done(&l->text);
}
