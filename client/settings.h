/* SPDX-License-Identifier: MIT */
/* The settings of taskc.conf: one table, read by the program and made into the manual page. Those
 * of a remote are in client/remote/remote.h. */
#pragma once

#include "common/conf/conf.h"

struct settings {
	char *device;    /* this machine's name in the history; "": its host name */
	char *remote;    /* the remote to sync with where none is named; "": the only one */
	char *color;     /* auto, always, never */
	char *editor;    /* for `edit`; "": $VISUAL, $EDITOR, vi */
	char *columns;   /* of `list` */
	char *sort;      /* of `list` */
	char *weekstart; /* monday, sunday */
	uint64_t width;  /* of output that is no terminal */
	uint64_t timeout_connect, timeout_handshake, timeout_answer, timeout_idle,
		timeout_sync;                         /* [ms] */
	uint64_t retry_count, retry_delay, retry_max; /* [ms] */
	uint64_t cert_ahead;   /* how long before its end a certificate is renewed [ms] */
	uint64_t batch;        /* [bytes] sent in one request */
	uint64_t answer_max;   /* [bytes] of an answer */
	uint64_t memory;       /* [bytes] of an answer or request held in memory */
	uint64_t history;      /* sync keys sent along */
	uint64_t hook_timeout; /* [ms] */
	uint64_t watch_quiet, watch_interval, watch_wait; /* [ms] */
};

extern const struct ts_conf_item settings_items[];
extern const size_t settings_count;

int settings_init(struct settings *s, struct ts_error *err) TS_MUST_CHECK;
/* Read the file at `path`, if there is one. TS_EINVAL names file and line, also for an unknown
 * name. */
int settings_read(struct settings *s, const char *path, struct ts_error *err) TS_MUST_CHECK;
/* NAME=VALUE, from --set. */
int settings_override(struct settings *s, const char *assignment,
		      struct ts_error *err) TS_MUST_CHECK;
void settings_done(struct settings *s);
