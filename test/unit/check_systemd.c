/* SPDX-License-Identifier: MIT */
#include "common/base/systemd.h"
#include "folder.h"
#include "unit.h"

#include <config.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#ifdef HAVE_SYSTEMD
static const bool built_in = true;
#else
static const bool built_in = false;
#endif

/* Somebody who wants to know: a datagram socket in the folder, named to the process. */
static int manager_new(const struct folder *f)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct folder_path path = folder_at(f, "notify");
	const void *p = &a;
	ck_assert_uint_lt(strlen(path.text), sizeof(a.sun_path));
	(void)strcpy(a.sun_path, path.text);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, p, sizeof(a)), 0);
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", path.text, 1), 0);
	return fd;
}

static bool ready_plain(void)
{
	return ts_systemd_ready(NULL);
}

static bool ready_serving(void)
{
	return ts_systemd_ready("Serving.");
}

static bool stopping(void)
{
	return ts_systemd_stopping("Bye.");
}

static bool status(void)
{
	return ts_systemd_status("100 % of it.");
}

static bool busy(void)
{
	return ts_systemd_busy(45000);
}

static const struct {
	bool (*tell)(void);
	const char *text;
} words[] = {
	{ready_plain, "READY=1"},
	{ready_serving, "READY=1\nSTATUS=Serving."},
	{stopping, "STOPPING=1\nSTATUS=Bye."},
	{status, "STATUS=100 % of it."},
	{busy, "EXTEND_TIMEOUT_USEC=45000000"},
	{ts_systemd_alive, "WATCHDOG=1"},
};

START_TEST(tells_the_manager)
{
	FOLDER(f);
	TS_AUTOCLOSE int manager = manager_new(&f);
	char got[200] = "";
	ck_assert(words[_i].tell() == built_in);
	ssize_t n = recv(manager, got, sizeof(got) - 1, 0);
	ck_assert(built_in == (n > 0));
	ck_assert_str_eq(got, built_in ? words[_i].text : "");
	ck_assert_int_eq(unsetenv("NOTIFY_SOCKET"), 0);
}
END_TEST

START_TEST(a_reload_says_when)
{
	FOLDER(f);
	TS_AUTOCLOSE int manager = manager_new(&f);
	char got[200] = "";
	long long usec = 0;
	ck_assert(ts_systemd_reloading("Reading.") == built_in);
	if (built_in) {
		ck_assert_int_gt(recv(manager, got, sizeof(got) - 1, 0), 0);
		ck_assert_int_eq(sscanf(got, "RELOADING=1\nMONOTONIC_USEC=%lld", &usec), 1);
		ck_assert_int_gt(usec, 0);
		ck_assert_ptr_nonnull(strstr(got, "\nSTATUS=Reading."));
	}
	ck_assert_int_eq(unsetenv("NOTIFY_SOCKET"), 0);
}
END_TEST

START_TEST(nobody_to_tell)
{
	ck_assert_int_eq(unsetenv("NOTIFY_SOCKET"), 0);
	ck_assert(!words[_i].tell());
}
END_TEST

static const struct {
	const char *usec, *pid; /* NULL: not set; "-": this process */
	uint64_t want;
} watchdogs[] = {
	{NULL, NULL, 0},     {"3000000", NULL, 3000}, {"3000000", "-", 3000},
	{"3000000", "1", 0}, {"10", "-", 1},          {"never", "-", 0},
};

START_TEST(watchdog_interval)
{
	char own[20];
	(void)snprintf(own, sizeof(own), "%ld", (long)getpid());
	const char *pid = watchdogs[_i].pid;
	ck_assert_int_eq(unsetenv("WATCHDOG_USEC") | unsetenv("WATCHDOG_PID"), 0);
	if (watchdogs[_i].usec != NULL) {
		ck_assert_int_eq(setenv("WATCHDOG_USEC", watchdogs[_i].usec, 1), 0);
	}
	if (pid != NULL) {
		ck_assert_int_eq(setenv("WATCHDOG_PID", strcmp(pid, "-") == 0 ? own : pid, 1), 0);
	}
	ck_assert_uint_eq(ts_systemd_watchdog(), built_in ? watchdogs[_i].want : 0);
	ck_assert_int_eq(unsetenv("WATCHDOG_USEC") | unsetenv("WATCHDOG_PID"), 0);
}
END_TEST

/* What a process sees that was started with `passed` sockets: its exit code says what is wrong. */
static int look_at_sockets(int passed)
{
	struct ts_systemd_socket got[TS_SYSTEMD_SOCKETS];
	char text[20], names[200] = "web";
	for (int i = 0; i < passed; i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		if (fd != 3 + i && dup2(fd, 3 + i) < 0) {
			return 1;
		}
		(void)strcat(names, i > 0 ? ":etc" : "");
	}
	(void)snprintf(text, sizeof(text), "%ld", (long)getpid());
	(void)setenv("LISTEN_PID", text, 1);
	(void)snprintf(text, sizeof(text), "%d", passed);
	(void)setenv("LISTEN_FDS", text, 1);
	(void)setenv("LISTEN_FDNAMES", names, 1);
	size_t want = passed < TS_SYSTEMD_SOCKETS ? (size_t)passed : TS_SYSTEMD_SOCKETS;
	if (ts_systemd_sockets(got) != (built_in ? want : 0)) {
		return 2;
	}
	for (int i = 0; built_in && i < passed; i++) {
		bool kept = i < TS_SYSTEMD_SOCKETS;
		if ((fcntl(3 + i, F_GETFD) >= 0) != kept || (kept && got[i].fd != 3 + i)) {
			return 3;
		}
	}
	if (built_in && passed > 0 && strcmp(got[0].name, "web") != 0) {
		return 4;
	}
	return ts_systemd_sockets(got) == 0 ? 0 : 5;
}

static const int passes[] = {0, 1, 2, TS_SYSTEMD_SOCKETS, TS_SYSTEMD_SOCKETS + 1};

START_TEST(sockets_are_fetched_once)
{
	pid_t pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		_exit(look_at_sockets(passes[_i]));
	}
	int end;
	ck_assert_int_eq(waitpid(pid, &end, 0), pid);
	ck_assert_msg(WIFEXITED(end) && WEXITSTATUS(end) == 0, "the process ended with %d", end);
}
END_TEST

START_TEST(the_journal_takes_it_or_says_why)
{
	struct ts_journal_field fields[TS_JOURNAL_FIELDS + 1] = {
		{"MESSAGE", TS_SLICE("a unit test of taskd")},
		{"PRIORITY", TS_SLICE("7")},
		{"TASKD_TEST", TS_SLICE("two\nlines")},
	};
	if (!built_in) {
		ck_assert(!ts_journal_there());
		ck_assert_int_eq(ts_journal_send(fields, 3), ENOSYS);
		return;
	}
	ck_assert_int_eq(ts_journal_send(fields, TS_COUNT_OF(fields)), E2BIG);
	if (ts_journal_there()) {
		ck_assert_int_eq(ts_journal_send(fields, 3), 0);
	}
}
END_TEST

UNIT_MAIN("systemd", {tells_the_manager, TS_COUNT_OF(words)}, {a_reload_says_when, 0},
	  {nobody_to_tell, TS_COUNT_OF(words)}, {watchdog_interval, TS_COUNT_OF(watchdogs)},
	  {sockets_are_fetched_once, TS_COUNT_OF(passes)}, {the_journal_takes_it_or_says_why, 0})
