/* SPDX-License-Identifier: MIT */
/*
 * Taskserver's tx.data, read as it comes: task JSON and sync keys, a line each, in bounded memory.
 *
 * Full disks, power failures and editors leave their marks in such files. A line is first made
 * clean: without byte order mark, carriage return and NUL bytes, and UTF-8. Then it is cut into
 * pieces, of which there is more than one where a line's end got lost: what is whole again behind
 * the damage, a task or a sync key, is a piece of its own. Knows no store and no task.
 */
#pragma once

#include "common/base/buf.h"
#include "common/base/error.h"
#include "common/base/utf8.h"
#include "common/base/uuid.h"

enum tx_kind {
	TX_NOTHING, /* blank */
	TX_KEY,
	TX_TASK, /* a whole JSON object, which may be no task */
	TX_JUNK  /* neither: `fault` says why */
};

/* What a line was cleaned of. */
enum tx_mark {
	TX_BOM = 1 << 0,
	TX_CRLF = 1 << 1,
	TX_NUL = 1 << 2,
	TX_UTF8 = 1 << 3,  /* bytes that are no UTF-8 became U+FFFD */
	TX_GLUED = 1 << 4, /* the line has several pieces */
};

struct tx_piece {
	enum tx_kind kind;
	struct ts_slice text; /* cleaned; borrowed until the call returns */
	struct ts_uuid key;   /* of TX_KEY */
	const char *fault;    /* of TX_JUNK: half a sentence that fits behind "because" */
	uint64_t line;        /* from 1 */
	unsigned marks;       /* of its line, with the line's first piece */
	bool unfinished;      /* the file ends without a newline behind it */
};

enum { TX_LINE_MAX = 64 << 20 }; /* [bytes] */

struct tx_reader {
	/* Set by the caller, the rest zero. */
	int (*each)(const struct tx_piece *piece, void *arg, struct ts_error *err);
	void *arg;
	/* Its own. */
	struct ts_buf part, clean; /* an unfinished line; a line that had to be cleaned */
	bool too_long;             /* the unfinished line's rest is not kept */
	uint64_t line;
	struct tx_piece piece;
};

void tx_reader_done(struct tx_reader *r);
/* Take the next bytes, cut anywhere. What `each` returns, if not TS_OK, or TS_ENOMEM. */
int tx_reader_feed(struct tx_reader *r, struct ts_slice data, struct ts_error *err) TS_MUST_CHECK;
/* The file's end. */
int tx_reader_end(struct tx_reader *r, struct ts_error *err) TS_MUST_CHECK;
