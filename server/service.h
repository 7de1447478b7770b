/* SPDX-License-Identifier: MIT */
/*
 * The server as a service of systemd: what it is told about the server, and the watchdog. All in
 * the main thread. Started by anybody else, nothing happens.
 */
#pragma once

#include "server/chores.h"
#include "server/server.h"

struct service {
	struct server *server;
	bool stuck; /* a thread didn't answer the last time, and the log says so */
	char said[400];
};

void service_ready(struct service *s); /* it serves, or serves again after a reload */
void service_reloading(void);
/* It finishes what it has begun, which takes at most `most` [ms]. */
void service_stopping(uint64_t most);

/* Feeds the watchdog, but only while every thread gets on with its work. */
struct chore service_watchdog(struct service *s);
/* Keeps the sentence that `systemctl status` shows up to date. */
struct chore service_status(struct service *s);
