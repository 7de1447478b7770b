/* SPDX-License-Identifier: MIT */
#include "client/sync/receive.h"

#include "common/base/utf8.h"
#include "common/wire/message.h"

#include <stdio.h>
#include <strings.h>

enum {
	PIECE = 64 << 10,       /* [bytes] received at once */
	TEXT_MAX = 1 << 20,     /* [bytes] of a payload that is text */
	HEADERS_MAX = 256 << 10 /* [bytes] */
};

/* An answer comes from a server that we trust, more or less: only what could exhaust the stack is
 * limited. */
static const struct ts_task_limits limits = {.depth = 100};

struct receiver {
	struct exchange *x;
	struct answer *answer;
	struct ts_buf head; /* length, headers, and what came behind them */
	uint64_t length;    /* [bytes] of the message; 0: not known yet */
	uint64_t got;       /* [bytes] */
	struct ts_error *err;
};

static int closed(const struct receiver *r)
{
	const struct hostport *to = &r->x->to;
	return r->got == 0
		       ? ts_fail(r->err, TS_ECLOSED,
				 "%s port %s closed the connection without an answer. Perhaps it "
				 "doesn't accept this machine's certificate; its log says more.",
				 to->host, to->port)
		       : ts_fail(r->err, TS_ECLOSED,
				 "%s port %s closed the connection in the middle of its answer.",
				 to->host, to->port);
}

/* Receive up to `size` bytes. */
static int receive(struct receiver *r, char *to, size_t size, size_t *ret_got)
{
	struct sync *s = r->x->sync;
	int code = ts_dial_receive(s->dial, to, size, ret_got, r->err);
	if (code == TS_OK && *ret_got == 0) {
		return closed(r);
	}
	if (code == TS_OK) {
		r->got += *ret_got;
		s->bytes_in += *ret_got;
		progress_show(s->progress, PROGRESS_DOWNLOADING, 0, 0, r->got, r->length);
	}
	return code;
}

static int check_length(struct receiver *r)
{
	const uint64_t most = r->x->sync->settings->answer_max;
	r->length = ts_message_length(r->head.data);
	if (r->length > most) {
		return ts_fail(r->err, TS_EREFUSED,
			       "The answer of %s has %llu bytes; the setting `answer.max` allows "
			       "%llu.",
			       r->x->to.host, (unsigned long long)r->length,
			       (unsigned long long)most);
	}
	return r->length > TS_MESSAGE_PREFIX
		       ? TS_OK
		       : ts_fail(r->err, TS_EREFUSED,
				 "%s answers with something else than a message.", r->x->to.host);
}

/* Where the headers end in r->head; 0: not there yet. */
static int find_end(struct receiver *r, size_t *ret)
{
	*ret = 0;
	if (r->head.len < TS_MESSAGE_PREFIX) {
		return TS_OK;
	}
	int code = r->length == 0 ? check_length(r) : TS_OK;
	if (code != TS_OK) {
		return code;
	}
	size_t end = ts_headers_end(ts_slice_skip(ts_buf_slice(&r->head), TS_MESSAGE_PREFIX));
	*ret = end > 0 ? end + TS_MESSAGE_PREFIX : 0;
	if (*ret > r->length || (end == 0 && (r->got >= r->length || r->got > HEADERS_MAX))) {
		return ts_fail(r->err, TS_EREFUSED, "The answer of %s has no end of headers.",
			       r->x->to.host);
	}
	return TS_OK;
}

static int receive_head(struct receiver *r, size_t *ret_end)
{
	size_t got = 0;
	int code = TS_OK;
	*ret_end = 0;
	while (code == TS_OK && *ret_end == 0) {
		char *at = ts_buf_reserve(&r->head, PIECE);
		if (at == NULL) {
			return ts_fail(r->err, TS_ENOMEM, "Out of memory.");
		}
		code = receive(r, at, PIECE, &got);
		if (code == TS_OK) {
			r->head.len += got;
			code = find_end(r, ret_end);
		}
	}
	return code;
}

/* Text of the server's, to be shown. */
static void keep_text(const struct ts_headers *h, const char *name, char *to, size_t size)
{
	struct ts_slice text = ts_utf8_beginning(ts_headers_get(h, name), size - 1);
	(void)snprintf(to, size, "%.*s", TS_SLICE_ARGS(text));
	ts_utf8_make_harmless(to);
}

static int read_code(struct ts_slice text)
{
	int code = 0;
	if (text.len != 3) {
		return 0;
	}
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9') {
			return 0;
		}
		code = code * 10 + (text.data[i] - '0');
	}
	return code;
}

static int read_headers(struct receiver *r, struct ts_slice block)
{
	struct ts_headers h;
	struct answer *a = r->answer;
	struct sync *s = r->x->sync;
	if (ts_headers_parse(block, &h, NULL) != TS_OK) {
		return ts_fail(r->err, TS_EREFUSED, "The headers of %s's answer can't be read.",
			       r->x->to.host);
	}
	a->code = s->code = read_code(ts_headers_get(&h, "code"));
	a->has_since = ts_uuid_parse(ts_headers_get(&h, "since"), &a->since);
	const struct ts_slice kept = ts_headers_get(&h, "connection");
	a->kept = kept.len == 4 && strncasecmp(kept.data, "keep", 4) == 0;
	keep_text(&h, "status", a->status, sizeof(a->status));
	keep_text(&h, "info", a->info, sizeof(a->info));
	keep_text(&h, "messages", s->messages, sizeof(s->messages));
	return a->code != 0 ? TS_OK
			    : ts_fail(r->err, TS_EREFUSED, "The answer of %s has no code.",
				      r->x->to.host);
}

/* What isn't text is the server's fault, not this machine's. */
static int judge_text(const struct receiver *r, int code)
{
	return code == TS_EENCODING ? ts_fail(r->err, TS_EREFUSED, "The answer of %s is not UTF-8.",
					      r->x->to.host)
				    : code;
}

static int add_text(struct receiver *r, struct ts_slice data)
{
	struct ts_buf *to = &r->answer->text;
	if (r->answer->code >= 300) {
		return TS_OK;
	}
	if (to->len + data.len > TEXT_MAX) {
		return ts_fail(r->err, TS_EREFUSED, "The answer of %s is too long.", r->x->to.host);
	}
	ts_buf_add_slice(to, data);
	return to->failed ? ts_fail(r->err, TS_ENOMEM, "Out of memory.") : TS_OK;
}

/* The payload: of a success into the upload, else nowhere. */
static int feed(struct receiver *r, struct ts_slice data)
{
	struct ts_upload *to = r->answer->payload;
	if (r->answer->as_text) {
		return add_text(r, data);
	}
	return to != NULL && data.len > 0 ? judge_text(r, ts_upload_feed(to, data, r->err)) : TS_OK;
}

static int receive_payload(struct receiver *r)
{
	TS_AUTOFREE char *piece = malloc(PIECE);
	int code = piece != NULL ? TS_OK : ts_fail(r->err, TS_ENOMEM, "Out of memory.");
	while (code == TS_OK && r->got < r->length) {
		uint64_t left = r->length - r->got;
		size_t got = 0;
		code = receive(r, piece, left < PIECE ? (size_t)left : PIECE, &got);
		if (code == TS_OK) {
			code = feed(r, (struct ts_slice){piece, got});
		}
	}
	return code;
}

static int receive_all(struct receiver *r)
{
	size_t end;
	int code = receive_head(r, &end);
	if (code != TS_OK) {
		return code;
	}
	struct ts_slice head = {r->head.data,
				r->head.len < r->length ? r->head.len : (size_t)r->length};
	code = read_headers(
		r, (struct ts_slice){head.data + TS_MESSAGE_PREFIX, end - TS_MESSAGE_PREFIX});
	if (code == TS_OK && r->answer->code < 300 && !r->answer->as_text &&
	    ts_upload_new(&limits, &r->x->budget, &r->answer->payload) != TS_OK) {
		code = ts_fail(r->err, TS_ENOMEM, "Out of memory.");
	}
	if (code == TS_OK) {
		code = feed(r, ts_slice_skip(head, end));
	}
	if (code == TS_OK) {
		code = receive_payload(r);
	}
	return code == TS_OK && r->answer->payload != NULL
		       ? judge_text(r, ts_upload_end(r->answer->payload, r->err))
		       : code;
}

int receive_answer(struct exchange *x, struct answer *ret, struct ts_error *err)
{
	struct receiver r = {.x = x, .answer = ret, .err = err};
	int code = receive_all(&r);
	ret->kept = ret->kept && r.got == r.length;
	ts_buf_done(&r.head);
	return code;
}
