/* SPDX-License-Identifier: MIT */
/* What stands on a terminal, which is a pseudo terminal here. */
#include "client/sync/progress.h"
#include "test/unit/unit.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>

struct terminal {
	int master, slave;
	char seen[8192];
	size_t len;
};

static void terminal_open(struct terminal *t, unsigned short columns)
{
	struct termios raw;
	const struct winsize size = {.ws_row = 24, .ws_col = columns};
	*t = (struct terminal){.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
	ck_assert_int_ge(t->master, 0);
	ck_assert_int_eq(grantpt(t->master), 0);
	ck_assert_int_eq(unlockpt(t->master), 0);
	t->slave = open(ptsname(t->master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	ck_assert_int_ge(t->slave, 0);
	ck_assert_int_eq(tcgetattr(t->slave, &raw), 0);
	cfmakeraw(&raw);
	ck_assert_int_eq(tcsetattr(t->slave, TCSANOW, &raw), 0);
	ck_assert_int_eq(ioctl(t->slave, TIOCSWINSZ, &size), 0);
}

static void terminal_close(struct terminal *t)
{
	(void)close(t->master);
	(void)close(t->slave);
}

/* Read what has come within `ms`. */
static void look(struct terminal *t, int ms)
{
	struct pollfd p = {.fd = t->master, .events = POLLIN};
	while (t->len < sizeof(t->seen) - 1 && poll(&p, 1, ms) > 0) {
		ssize_t n = read(t->master, t->seen + t->len, sizeof(t->seen) - 1 - t->len);
		if (n <= 0) {
			break;
		}
		t->len += (size_t)n;
		ms = 0;
	}
	t->seen[t->len] = '\0';
}

/* Wait, however long it takes, until `text` stands there. */
static void look_for(struct terminal *t, const char *text)
{
	while (strstr(t->seen, text) == NULL) {
		look(t, 1000);
		ck_assert_msg(t->len < sizeof(t->seen) - 1, "no '%s' in: %s", text, t->seen);
	}
}

#define CLEAR "\033[K"

static const struct {
	enum progress_stage stage;
	uint64_t tasks, tasks_total, bytes, bytes_total;
	unsigned short columns;
	const char *want;
} rows[] = {
	{PROGRESS_CONNECTING, 0, 0, 0, 0, 80, "\rConnecting\xE2\x80\xA6" CLEAR},
	{PROGRESS_WAITING, 1, 2, 3, 4, 80, "\rWaiting for the server\xE2\x80\xA6" CLEAR},
	{PROGRESS_UPLOADING, 12345, 100000, 3200000, 8100000, 80,
	 "\rUploading 12,345 of 100,000 tasks, 3.2 of 8.1 MB" CLEAR},
	{PROGRESS_UPLOADING, 1, 1, 100, 200, 80, "\rUploading 1 of 1 task, 100 of 200 bytes" CLEAR},
	{PROGRESS_UPLOADING, 5, 0, 1500, 0, 80, "\rUploading 5 tasks, 1.5 KB" CLEAR},
	{PROGRESS_UPLOADING, 12345, 100000, 3200000, 8100000, 20, "\rUploading 12,345 of" CLEAR},
	{PROGRESS_WAITING, 0, 0, 0, 0, 10, "\rWaiting f" CLEAR},
	{PROGRESS_DOWNLOADING, 0, 0, 0, 0, 80, "\rDownloading\xE2\x80\xA6" CLEAR},
	{PROGRESS_DOWNLOADING, 0, 0, 1000, 2500000000, 80, "\rDownloading 0.0 of 2.5 GB" CLEAR},
	{PROGRESS_APPLYING, 0, 1000000, 0, 0, 80, "\rApplying 1,000,000 tasks" CLEAR},
};

START_TEST(lines)
{
	TS_CLEANUP(terminal_close) struct terminal t;
	terminal_open(&t, rows[_i].columns);
	struct progress *p = progress_new(t.slave, 0);
	progress_show(p, rows[_i].stage, rows[_i].tasks, rows[_i].tasks_total, rows[_i].bytes,
		      rows[_i].bytes_total);
	look_for(&t, CLEAR);
	ck_assert_str_eq(t.seen, rows[_i].want);
	progress_free(p);
	look_for(&t, CLEAR "\r" CLEAR);
}
END_TEST

START_TEST(silent_while_it_is_short)
{
	TS_CLEANUP(terminal_close) struct terminal t;
	terminal_open(&t, 80);
	struct progress *p = progress_new(t.slave, 3600000);
	progress_show(p, PROGRESS_WAITING, 0, 0, 0, 0);
	progress_clear(p);
	progress_show(p, PROGRESS_APPLYING, 0, 0, 0, 0);
	progress_free(p);
	look(&t, 0);
	ck_assert_uint_eq(t.len, 0);
}
END_TEST

/* However often it is told, only some of it is written; and the last of it is. */
START_TEST(told_often)
{
	TS_CLEANUP(terminal_close) struct terminal t;
	terminal_open(&t, 80);
	struct progress *p = progress_new(t.slave, 0);
	for (uint64_t i = 1; i <= 100000; i++) {
		progress_show(p, PROGRESS_UPLOADING, i, 100000, 0, 0);
	}
	look_for(&t, "Uploading 100,000 of 100,000 tasks");
	progress_free(p);
}
END_TEST

static void stop_with_a_key(struct terminal *t)
{
	ck_assert_int_eq(tcflow(t->slave, TCOOFF), 0);
}

/* Its other end doesn't read; what fits then is less than a line. */
static void fill(struct terminal *t)
{
	char text[65536];
	TS_AUTOCLOSE int own = open(ptsname(t->master), O_WRONLY | O_NOCTTY | O_NONBLOCK);
	ck_assert_int_ge(own, 0);
	memset(text, 'x', sizeof(text));
	for (size_t size = sizeof(text); size > 0; size /= 2) {
		while (write(own, text, size) > 0) {
		}
	}
}

/* The same, but there is room for a part of a line. */
static void fill_almost(struct terminal *t)
{
	char text[300];
	fill(t);
	ck_assert_int_gt(read(t->master, text, sizeof(text)), 0);
}

/* Read on until `text` stands there, whatever stood there before it. */
static void go_on_to(struct terminal *t, const char *text)
{
	ck_assert_int_eq(tcflow(t->slave, TCOON), 0);
	for (look(t, 1000); strstr(t->seen, text) == NULL; look(t, 1000)) {
		const size_t keep = t->len < strlen(text) ? t->len : strlen(text);
		memmove(t->seen, t->seen + t->len - keep, keep);
		t->len = keep;
	}
}

static void (*const standstills[])(struct terminal *t) = {stop_with_a_key, fill, fill_almost};

/* Nobody waits for a terminal that stands still; once it goes on, the line is there again. */
START_TEST(a_terminal_that_stands_still)
{
	const struct timespec moment = {.tv_nsec = 300000000};
	TS_CLEANUP(terminal_close) struct terminal t;
	terminal_open(&t, 80);
	struct progress *p = progress_new(t.slave, 0), *other = progress_new(t.slave, 0);
	standstills[_i](&t);
	for (uint64_t i = 1; i <= 3; i++) {
		progress_show(p, PROGRESS_APPLYING, i, 3, 0, 0);
		progress_show(other, PROGRESS_APPLYING, i, 3, 0, 0);
		(void)nanosleep(&moment, NULL);
	}
	progress_free(other);
	progress_clear(p);
	progress_show(p, PROGRESS_WAITING, 0, 0, 0, 0);
	go_on_to(&t, "Waiting for the server");
	ck_assert_int_eq(fcntl(t.slave, F_GETFL) & O_NONBLOCK, 0);
	progress_free(p);
}
END_TEST

START_TEST(none_is_fine)
{
	progress_show(NULL, PROGRESS_WAITING, 0, 0, 0, 0);
	progress_clear(NULL);
	progress_free(NULL);
}
END_TEST

UNIT_MAIN("progress", {lines, TS_COUNT_OF(rows)}, {silent_while_it_is_short, 0}, {told_often, 0},
	  {a_terminal_that_stands_still, TS_COUNT_OF(standstills)}, {none_is_fine, 0})
