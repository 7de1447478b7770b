/* SPDX-License-Identifier: MIT */
/* The listening sockets, shared by all loops. */
#pragma once

#include "server/settings.h"

#include <netinet/in.h>
#include <sys/socket.h>

enum { LISTENER_MAX = 16, ADDRESS_TEXT = INET6_ADDRSTRLEN + 20 };

struct listener {
	struct {
		int fd;
		char address[ADDRESS_TEXT]; /* without brackets */
		unsigned port;
	} at[LISTENER_MAX];
	size_t count;
	bool passed; /* opened by whoever started this process, and theirs when it ends */
};

/* Listen on the sockets that systemd has passed, or else on every address that `server` and
 * `family` of the settings mean; port 0 becomes one free port for all of them. TS_EINVAL, TS_EIO
 * with a sentence; nothing is open then. */
int listener_open(const struct settings *s, struct listener *ret,
		  struct ts_error *err) TS_MUST_CHECK;
/* Take no more connections, from now on: whoever tries is refused, or, at passed sockets, waits for
 * the next server. The sockets stay open, because loops still watch them. */
void listener_shut(struct listener *l);
void listener_close(struct listener *l);

/* "127.0.0.1:1234" or "[::1]:1234" */
void address_text(const struct sockaddr *sa, char to[static ADDRESS_TEXT]);
