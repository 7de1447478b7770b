/* SPDX-License-Identifier: MIT */
/*
 * The log of a program: one line an event, as text (`time level event=NAME key=value …`), as a JSON
 * object, or as an entry of systemd's journal. Used by programs only; nothing below them logs. Any
 * thread.
 */
#pragma once

#include "common/base/buf.h"
#include "common/base/error.h"

#include <time.h>

enum ts_log_level {
	TS_LOG_ERROR = 3,
	TS_LOG_WARNING = 4,
	TS_LOG_NOTICE = 5, /* the program's own life: always wanted, and not alarming */
	TS_LOG_INFO = 6,
	TS_LOG_DEBUG = 7
};

enum ts_log_format { TS_LOG_TEXT, TS_LOG_JSON, TS_LOG_JOURNALD };

/* "text", "json", "journald"; TS_LOG_TEXT for another word. */
enum ts_log_format ts_log_format_parse(const char *word);

/* Write to `path` (appending), or to standard output for "-", what is at least as grave as
 * `level`; with TS_LOG_JOURNALD to the journal, and `path` is not used. May be called again: then
 * it reopens, as after a rotation. TS_EABSENT: there is no journal. TS_EIO… with a sentence, and
 * the log stays where it was. */
int ts_log_open(const char *path, enum ts_log_format format, enum ts_log_level level,
		struct ts_error *err) TS_MUST_CHECK;
void ts_log_close(void);
bool ts_log_wants(enum ts_log_level level);

/* One line for a person: `… message`. What can't be shown becomes a blank. */
void ts_log(enum ts_log_level level, const char *fmt, ...) TS_PRINTF(2, 3);

enum { TS_LOG_FIELDS = 48 };

struct ts_log_value {
	const char *key; /* a literal */
	size_t at, len;  /* in `values` */
	bool number;
};

/* One structured line: begin with the event's name, add fields, write. Keys are literals of small
 * letters, digits and '_'. */
struct ts_log_line {
	enum ts_log_level level;
	bool wanted;
	struct timespec time;
	const char *event; /* a literal; NULL: the only field is a message for a person */
	struct ts_buf values;
	size_t count; /* of the fields; more than TS_LOG_FIELDS are left out */
	struct ts_log_value fields[TS_LOG_FIELDS];
};
void ts_log_begin(struct ts_log_line *l, enum ts_log_level level, const char *event);
void ts_log_field(struct ts_log_line *l, const char *key, struct ts_slice value);
void ts_log_number(struct ts_log_line *l, const char *key, int64_t value);
/* [µs], told in milliseconds with one digit behind the point. */
void ts_log_ms(struct ts_log_line *l, const char *key, uint64_t us);
void ts_log_end(struct ts_log_line *l); /* writes and frees */

/* Append a line as text or as JSON, without its end. In text, values with blanks, quotes or what
 * can't be shown are quoted and escaped, and empty ones are `-`. */
void ts_log_text(const struct ts_log_line *l, struct ts_buf *to);
void ts_log_json(const struct ts_log_line *l, struct ts_buf *to);
/* The value of a field, borrowed; empty where there is none. */
struct ts_slice ts_log_get(const struct ts_log_line *l, const char *key);
const char *ts_log_level_name(enum ts_log_level level);

/* Also have `listen` see each line that is at least as grave as `level`, in the thread that writes
 * it; NULL ends that, but for calls that are under way. One listener a process. */
void ts_log_listen(enum ts_log_level level, void (*listen)(const struct ts_log_line *l));
