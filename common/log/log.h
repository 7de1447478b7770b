/* SPDX-License-Identifier: MIT */
/*
 * The log of a program: one line an event, `time level event key=value …`. Used by programs only;
 * nothing below them logs. Any thread.
 */
#pragma once

#include "common/base/buf.h"
#include "common/base/error.h"

enum ts_log_level {
	TS_LOG_ERROR = 3,
	TS_LOG_WARNING = 4,
	TS_LOG_NOTICE = 5, /* the program's own life: always wanted, and not alarming */
	TS_LOG_INFO = 6,
	TS_LOG_DEBUG = 7
};

/* Write to `path` (appending), or to standard output for "-", what is at least as grave as
 * `level`. May be called again: then it reopens, as after a rotation. TS_EIO… with a sentence, and
 * the log stays where it was. */
int ts_log_open(const char *path, enum ts_log_level level, struct ts_error *err) TS_MUST_CHECK;
void ts_log_close(void);
bool ts_log_wants(enum ts_log_level level);

/* One line for a person: `… message`. What can't be shown becomes a blank. */
void ts_log(enum ts_log_level level, const char *fmt, ...) TS_PRINTF(2, 3);

/* One structured line: begin with the event's name, add fields, write. */
struct ts_log_line {
	enum ts_log_level level;
	struct ts_buf text;
};
void ts_log_begin(struct ts_log_line *l, enum ts_log_level level, const char *event);
/* Values with blanks, quotes or what can't be shown are quoted and escaped; empty ones are `-`. */
void ts_log_field(struct ts_log_line *l, const char *key, struct ts_slice value);
void ts_log_fieldf(struct ts_log_line *l, const char *key, const char *fmt, ...) TS_PRINTF(3, 4);
void ts_log_end(struct ts_log_line *l); /* writes and frees */
