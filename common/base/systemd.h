/* SPDX-License-Identifier: MIT */
/*
 * What systemd offers a service: sockets that it opened, a word about how the service is, a
 * watchdog, and its journal. Built without libsystemd, or started by somebody else, every call
 * does nothing and says so.
 */
#pragma once

#include "common/base/attr.h"
#include "common/base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum { TS_SYSTEMD_SOCKETS = 32 };

struct ts_systemd_socket {
	int fd;        /* the caller's from now on */
	char name[64]; /* FileDescriptorName=; "unknown" where the unit names none */
};

/* The sockets passed to this process, at most TS_SYSTEMD_SOCKETS; further ones are closed. Each can
 * be fetched once: the next call, and every child, finds none. */
size_t ts_systemd_sockets(struct ts_systemd_socket to[static TS_SYSTEMD_SOCKETS]);

/*
 * Tell whoever started this process; any thread. False: nobody wants to know, or there is no
 * libsystemd. `status` is the sentence that `systemctl status` shows; NULL leaves it as it is.
 */
bool ts_systemd_ready(const char *status);     /* it serves, for the first time or again */
bool ts_systemd_reloading(const char *status); /* until ts_systemd_ready() */
bool ts_systemd_stopping(const char *status);
bool ts_systemd_status(const char *status);
bool ts_systemd_alive(void);       /* to be told at least once each watchdog interval */
bool ts_systemd_busy(uint64_t ms); /* starting or stopping may take that much longer */

/* [ms] within which ts_systemd_alive() has to be told; 0: nobody waits for it. */
uint64_t ts_systemd_watchdog(void);

/* One field of an entry of the journal. */
struct ts_journal_field {
	const char *name; /* capitals, digits and _, not at the beginning: "MESSAGE" */
	struct ts_slice value;
};

/* Is there a journal that takes entries? False without libsystemd. */
bool ts_journal_there(void);
/* Send an entry; any thread. At most TS_JOURNAL_FIELDS, MESSAGE and PRIORITY (a number, as text)
 * among them. 0, or an errno: ENOSYS without libsystemd, E2BIG. */
enum { TS_JOURNAL_FIELDS = 64 };
int ts_journal_send(const struct ts_journal_field *fields, size_t count) TS_MUST_CHECK;
