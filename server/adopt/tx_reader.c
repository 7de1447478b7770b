/* SPDX-License-Identifier: MIT */
#include "server/adopt/tx_reader.h"

#include "server/adopt/tx_cut.h"

enum { BUFFER_KEPT = 1 << 20 }; /* [bytes] of a buffer between two lines */

void tx_reader_done(struct tx_reader *r)
{
	ts_buf_done(&r->part);
	ts_buf_done(&r->clean);
}

static int out_of_memory(struct ts_error *err)
{
	return ts_fail(err, TS_ENOMEM, "Out of memory.");
}

/* Empty a buffer, and let go of what only a large line needed. */
static void shrink(struct ts_buf *b)
{
	if (b->cap > BUFFER_KEPT) {
		ts_buf_done(b);
	}
	ts_buf_clear(b);
}

static int emit(struct tx_reader *r, const struct tx_found *f, struct ts_error *err)
{
	struct tx_piece *p = &r->piece;
	p->kind = f->kind;
	p->text = f->text;
	p->key = f->key;
	p->fault = f->fault;
	int code = r->each(p, r->arg, err);
	p->marks = 0;
	return code;
}

static int cut_line(struct tx_reader *r, struct ts_slice line, struct ts_error *err)
{
	struct tx_found found = tx_cut(&line);
	r->piece.marks |= line.len > 0 ? TX_GLUED : 0u;
	int code = emit(r, &found, err);
	while (line.len > 0 && code == TS_OK) {
		found = tx_cut(&line);
		code = emit(r, &found, err);
	}
	return code;
}

static int take_line(struct tx_reader *r, struct ts_slice line, struct ts_error *err)
{
	const bool too_long = r->too_long;
	r->line++;
	r->too_long = false;
	r->piece.line = r->line;
	r->piece.marks = 0;
	if (r->line == 1 && ts_slice_starts(line, TS_SLICE("\xEF\xBB\xBF"))) {
		line = ts_slice_skip(line, 3);
		r->piece.marks |= TX_BOM;
	}
	shrink(&r->clean);
	r->piece.marks |= tx_clean(&line, &r->clean);
	if (r->clean.failed) {
		return out_of_memory(err);
	}
	if (too_long) {
		const struct tx_found junk = {
			.kind = TX_JUNK, .text = line, .fault = "the line is too long for a task"};
		return emit(r, &junk, err);
	}
	return cut_line(r, line, err);
}

/* Keep the beginning of an unfinished line. */
static int keep_part(struct tx_reader *r, struct ts_slice part, struct ts_error *err)
{
	const size_t room = TX_LINE_MAX - r->part.len;
	if (part.len > room) {
		r->too_long = true;
		part.len = room;
	}
	ts_buf_add_slice(&r->part, part);
	return r->part.failed ? out_of_memory(err) : TS_OK;
}

int tx_reader_feed(struct tx_reader *r, struct ts_slice data, struct ts_error *err)
{
	while (data.len > 0) {
		const char *end = memchr(data.data, '\n', data.len);
		const struct ts_slice part = {data.data,
					      end != NULL ? (size_t)(end - data.data) : data.len};
		const bool whole = end != NULL && r->part.len == 0 && part.len <= TX_LINE_MAX;
		int code = whole ? take_line(r, part, err) : keep_part(r, part, err);
		if (code == TS_OK && end != NULL && !whole) {
			code = take_line(r, ts_buf_slice(&r->part), err);
			shrink(&r->part);
		}
		if (code != TS_OK) {
			return code;
		}
		data = ts_slice_skip(data, part.len + (end != NULL ? 1 : 0));
	}
	return TS_OK;
}

int tx_reader_end(struct tx_reader *r, struct ts_error *err)
{
	if (r->part.len == 0) {
		return TS_OK;
	}
	r->piece.unfinished = true;
	return take_line(r, ts_buf_slice(&r->part), err);
}
