/* SPDX-License-Identifier: MIT */
/*
 * What a watch is woken by, behind one descriptor: signals, files that change, the machine that
 * wakes up. One descriptor, so that it can stand in for cancel_fd of whatever waits for a server:
 * no thread is needed, and nothing that happens meanwhile is missed.
 */
#pragma once

#include "common/base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct events {
	int any;    /* readable when there is something for events_read() */
	int stop;   /* readable from when a TERM or INT came; nobody reads it */
	int hup;    /* signalfd */
	int files;  /* inotify */
	int folder; /* its watch */
	int clock;  /* timerfd that ends when the clock is set or the machine wakes up */
};

struct events_seen {
	bool stop;   /* end */
	bool reload; /* read the configuration anew */
	bool files;  /* something in the folder was changed */
	bool woke;   /* the clock was set, or the machine was asleep */
};

/* Blocks TERM, INT and HUP in this thread; call it before there is another. */
int events_open(struct events *ret, struct ts_error *err) TS_MUST_CHECK;
/* From now on the files in `folder` count, instead of those before. */
int events_watch(struct events *e, const char *folder, struct ts_error *err) TS_MUST_CHECK;
void events_close(struct events *e);
/* What has happened since the last call; waits for it until `until` [ms] (by ts_clock_ms();
 * UINT64_MAX: however long). */
struct events_seen events_read(const struct events *e, uint64_t until);
