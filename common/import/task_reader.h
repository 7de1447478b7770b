/* SPDX-License-Identifier: MIT */
/*
 * Cuts what people have tasks in into records, as the bytes come, in bounded memory: JSON objects,
 * one behind the other or in an array, on one line or on many (`task export`, the data of taskd,
 * backlog.data), and the lines of Taskwarrior's own files (pending.data, completed.data).
 *
 * What can't be a record is one with a fault; the next one is found again.
 */
#pragma once

#include "common/base/buf.h"
#include "common/base/error.h"

enum { TS_TASK_RECORD_MAX = 16 << 20 }; /* [bytes] */

struct ts_task_record {
	struct ts_slice text; /* borrowed for the call */
	bool is_line;         /* [name:"value" …]; else JSON, with blanks for newlines */
	size_t line;          /* where it begins, from 1 */
	const char *fault;    /* why it is no record, fits behind "because"; NULL: it is one */
};

struct ts_task_reader {
	/* Set by the caller. Anything else than TS_OK from it ends the reading. */
	int (*each)(const struct ts_task_record *record, void *arg, struct ts_error *err);
	void *arg;

	int state;
	struct ts_buf text;
	bool too_long, in_string, escaped, at_margin;
	size_t depth;
	size_t line, column; /* of the next byte, from 0 */
	size_t begin;        /* the line where the record began */
};

/* TS_ENOMEM, and what `each` returns. */
int ts_task_reader_feed(struct ts_task_reader *r, struct ts_slice bytes,
			struct ts_error *err) TS_MUST_CHECK;
/* That was all. */
int ts_task_reader_end(struct ts_task_reader *r, struct ts_error *err) TS_MUST_CHECK;
void ts_task_reader_done(struct ts_task_reader *r);
