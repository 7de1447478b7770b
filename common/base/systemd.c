/* SPDX-License-Identifier: MIT */
#include "common/base/systemd.h"

#include <config.h>

#ifdef HAVE_SYSTEMD

#define SD_JOURNAL_SUPPRESS_LOCATION /* the line that sends is not the one that has news */
#include "common/base/buf.h"

#include <errno.h>
#include <stdio.h>
#include <sys/uio.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>
#include <time.h>

/* Sockets */

static void free_names(char **names)
{
	for (char **p = names; p != NULL && *p != NULL; p++) {
		free(*p);
	}
	free(names);
}

size_t ts_systemd_sockets(struct ts_systemd_socket to[static TS_SYSTEMD_SOCKETS])
{
	char **names = NULL;
	size_t count = 0;
	int passed = sd_listen_fds_with_names(1, &names);
	for (int i = 0; i < passed; i++) {
		int fd = SD_LISTEN_FDS_START + i;
		if (count == TS_SYSTEMD_SOCKETS) {
			(void)close(fd);
			continue;
		}
		to[count].fd = fd;
		(void)snprintf(to[count].name, sizeof(to[count].name), "%s", names[i]);
		count++;
	}
	free_names(names);
	return count;
}

/* Words to whoever started this process */

static bool tell(const char *state, const char *status)
{
	bool more = status != NULL;
	return sd_notifyf(0, "%s%s%s%s", state, state[0] != '\0' && more ? "\n" : "",
			  more ? "STATUS=" : "", more ? status : "") > 0;
}

bool ts_systemd_ready(const char *status)
{
	return tell("READY=1", status);
}

bool ts_systemd_reloading(const char *status)
{
	struct timespec now;
	char state[64];
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	(void)snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%lld",
		       (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	return tell(state, status);
}

bool ts_systemd_stopping(const char *status)
{
	return tell("STOPPING=1", status);
}

bool ts_systemd_status(const char *status)
{
	return tell("", status);
}

bool ts_systemd_alive(void)
{
	return tell("WATCHDOG=1", NULL);
}

bool ts_systemd_busy(uint64_t ms)
{
	return sd_notifyf(0, "EXTEND_TIMEOUT_USEC=%llu", (unsigned long long)ms * 1000) > 0;
}

uint64_t ts_systemd_watchdog(void)
{
	uint64_t usec = 0;
	if (sd_watchdog_enabled(0, &usec) <= 0) {
		return 0;
	}
	return usec < 1000 ? 1 : usec / 1000;
}

/* The journal */

bool ts_journal_there(void)
{
	return access("/run/systemd/journal/socket", W_OK) == 0;
}

int ts_journal_send(const struct ts_journal_field *fields, size_t count)
{
	TS_BUF(text);
	struct iovec iov[TS_JOURNAL_FIELDS];
	if (count > TS_JOURNAL_FIELDS) {
		return E2BIG;
	}
	for (size_t i = 0; i < count; i++) {
		ts_buf_add_str(&text, fields[i].name);
		ts_buf_add_char(&text, '=');
		ts_buf_add_slice(&text, fields[i].value);
		iov[i].iov_len = strlen(fields[i].name) + 1 + fields[i].value.len;
	}
	if (text.failed) {
		return ENOMEM;
	}
	char *at = text.data; /* it moves no more */
	for (size_t i = 0; i < count; i++) {
		iov[i].iov_base = at;
		at += iov[i].iov_len;
	}
	return -sd_journal_sendv(iov, (int)count);
}

#else

#include <errno.h>

size_t ts_systemd_sockets(struct ts_systemd_socket to[static TS_SYSTEMD_SOCKETS])
{
	(void)to;
	return 0;
}

bool ts_systemd_ready(const char *status)
{
	(void)status;
	return false;
}

bool ts_systemd_reloading(const char *status)
{
	(void)status;
	return false;
}

bool ts_systemd_stopping(const char *status)
{
	(void)status;
	return false;
}

bool ts_systemd_status(const char *status)
{
	(void)status;
	return false;
}

bool ts_systemd_alive(void)
{
	return false;
}

bool ts_systemd_busy(uint64_t ms)
{
	(void)ms;
	return false;
}

uint64_t ts_systemd_watchdog(void)
{
	return 0;
}

bool ts_journal_there(void)
{
	return false;
}

int ts_journal_send(const struct ts_journal_field *fields, size_t count)
{
	(void)fields;
	(void)count;
	return ENOSYS;
}

#endif
