/* SPDX-License-Identifier: MIT */
#include "server/history/held.h"

#include "server/command/command.h"

enum {
	MEMORY = 8 << 20, /* [bytes]; what is beyond goes to a temporary file */
	PIECE = 1 << 16   /* [bytes] printed at a time */
};

int held_begin(struct held *h, struct ts_error *err)
{
	const char *dir = getenv("TMPDIR");
	h->budget = (struct ts_spool_budget){
		.usage = &h->usage,
		.dir = dir != NULL && dir[0] != '\0' ? dir : "/var/tmp",
		.each = MEMORY,
		.total = MEMORY,
	};
	return ts_spool_new(&h->budget, &h->spool) == TS_OK
		       ? TS_OK
		       : ts_fail(err, TS_ENOMEM, "Out of memory.");
}

int held_add(struct held *h, struct ts_buf *text, struct ts_error *err)
{
	if (text->failed) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	int code = ts_spool_add(h->spool, ts_buf_slice(text), err);
	ts_buf_clear(text);
	return code;
}

int held_print(struct held *h, struct ts_error *err)
{
	TS_BUF(piece);
	size_t got = PIECE;
	int code = TS_OK;
	for (uint64_t at = 0; code == TS_OK && got == PIECE; at += got) {
		char *to = ts_buf_reserve(&piece, PIECE);
		if (to == NULL) {
			return ts_fail(err, TS_ENOMEM, "Out of memory.");
		}
		code = ts_spool_read(h->spool, at, to, PIECE, &got, err);
		if (code == TS_OK) {
			piece.len += got;
			code = command_print(&piece, err);
		}
	}
	return code;
}

void held_done(struct held *h)
{
	ts_spool_free(h->spool);
	h->spool = NULL;
}
