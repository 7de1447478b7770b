/* SPDX-License-Identifier: MIT */
#include "client/sync/exchange.h"

#include "client/sync/receive.h"
#include "client/sync/session.h"
#include "client/sync/trouble.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/wire/message.h"
#include "config.h"

#include <stdio.h>

enum { PIECE = 64 << 10 }; /* [bytes] sent at once */

/* What all requests need */

static int begin(struct exchange *x, struct ts_error *err)
{
	const struct sync *s = x->sync;
	int code = remote_address(s->remote, &x->to, err);
	if (code == TS_OK) {
		code = trouble_find(s, err);
	}
	if (code == TS_OK) {
		code = remote_secret(s->remote, s->cancel_fd, &x->secret, err);
	}
	if (code == TS_OK) {
		code = remote_creds(s->remote, &x->creds, err);
	}
	if (code == TS_OK) {
		code = ts_dir_make(s->place->state, 0700, NULL, err);
	}
	return code == TS_OK && s->remote->resume ? session_bind(s->remote, &x->binding, err)
						  : code;
}

int exchange_begin(struct sync *s, struct exchange *ret, struct ts_error *err)
{
	const struct settings *set = s->settings;
	*ret = (struct exchange){
		.sync = s,
		.limits = {.connect = set->timeout_connect,
			   .handshake = set->timeout_handshake,
			   .idle = set->timeout_idle,
			   .answer = set->timeout_answer,
			   .whole = set->timeout_sync,
			   .begun = ts_clock_ms()},
	};
	ret->budget = (struct ts_spool_budget){.usage = &ret->usage,
					       .dir = s->place->state,
					       .each = set->memory,
					       .total = SIZE_MAX / 2};
	int code = begin(ret, err);
	if (code != TS_OK) {
		exchange_done(ret);
	}
	return code;
}

void exchange_done(struct exchange *x)
{
	struct sync *s = x->sync;
	if (!s->keep) {
		ts_dial_close(TS_TAKE(s->dial));
	}
	if (x->secret.data != NULL) {
		explicit_bzero(x->secret.data, x->secret.cap);
	}
	ts_buf_done(&x->secret);
	ts_tls_creds_unref(TS_TAKE(x->creds));
}

/* The connection */

static int connect_to(struct exchange *x, struct ts_error *err)
{
	struct sync *s = x->sync;
	TS_CLEANUP(session_wipe) struct ts_buf session = {0};
	progress_show(s->progress, PROGRESS_CONNECTING, 0, 0, 0, 0);
	if (s->remote->resume) {
		session_load(s, &x->binding, &session);
	}
	int code = ts_dial_open(x->creds, &x->to, &x->limits, s->cancel_fd, ts_buf_slice(&session),
				&s->dial, err);
	s->resumed = code == TS_OK && ts_tls_resumed(ts_dial_tls(s->dial));
	return code;
}

/* Sending */

static void add_headers(const struct exchange *x, const struct request *q, struct ts_buf *to)
{
	const struct remote *r = x->sync->remote;
	ts_message_begin(to);
	ts_message_header(to, "type", ts_slice_of(q->type));
	ts_message_header(to, "protocol", TS_SLICE("v1"));
	ts_message_header(to, "client", TS_SLICE("taskc " PACKAGE_VERSION));
	ts_message_header(to, "org", ts_slice_of(r->org));
	ts_message_header(to, "user", ts_slice_of(r->user));
	ts_message_header(to, "key", ts_buf_slice(&x->secret));
	ts_message_header(to, "subtype", ts_slice_of(q->init ? "init" : NULL));
	ts_message_header(to, "unknown-key", ts_slice_of(q->refuse ? "refuse" : NULL));
	ts_message_header(to, "history", ts_slice_of(q->history));
	if (q->wait > 0) {
		ts_message_headerf(to, "timeout", "%llu", (unsigned long long)(q->wait / 1000));
	}
	ts_message_header(to, "connection", TS_SLICE("keep"));
}

static int add_beginning(const struct exchange *x, const struct request *q, struct ts_buf *to,
			 struct ts_error *err)
{
	const size_t key = q->key != NULL ? TS_UUID_TEXT + 1 : 0;
	const struct remote *r = x->sync->remote;
	/* The secret is not to be moved. */
	(void)ts_buf_reserve(to, 4096 + x->secret.len + strlen(r->org) + strlen(r->user) +
					 strlen(q->history));
	add_headers(x, q, to);
	int code = ts_message_finish(to, key + (q->body != NULL ? ts_spool_size(q->body) : 0), err);
	if (code == TS_OK && q->key != NULL) {
		ts_buf_add_str(to, ts_uuid_text(q->key).text);
		ts_buf_add_char(to, '\n');
	}
	return code == TS_OK && to->failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : code;
}

static void show_sent(const struct exchange *x, const struct request *q, uint64_t sent)
{
	const uint64_t size = ts_spool_size(q->body);
	const uint64_t tasks = (uint64_t)((double)q->tasks * (double)sent / (double)size);
	const bool all = q->tasks == q->tasks_total;
	progress_show(x->sync->progress, PROGRESS_UPLOADING, q->tasks_before + tasks,
		      q->tasks_total, x->sync->bytes_out,
		      all ? x->sync->bytes_out + size - sent : 0);
}

static int send_body(struct exchange *x, const struct request *q, struct ts_error *err)
{
	TS_AUTOFREE char *piece = malloc(PIECE);
	const uint64_t size = q->body != NULL ? ts_spool_size(q->body) : 0;
	size_t got = 0;
	int code = piece != NULL ? TS_OK : ts_fail(err, TS_ENOMEM, "Out of memory.");
	for (uint64_t at = 0; code == TS_OK && at < size; at += got) {
		show_sent(x, q, at);
		code = ts_spool_read(q->body, at, piece, PIECE, &got, err);
		if (code == TS_OK) {
			code = ts_dial_send(x->sync->dial, (struct ts_slice){piece, got}, err);
			x->sync->bytes_out += got;
		}
	}
	return code;
}

static int send_request(struct exchange *x, const struct request *q, struct ts_error *err)
{
	TS_CLEANUP(session_wipe) struct ts_buf beginning = {0};
	int code = add_beginning(x, q, &beginning, err);
	if (code == TS_OK) {
		code = ts_dial_send(x->sync->dial, ts_buf_slice(&beginning), err);
		x->sync->bytes_out += beginning.len;
	}
	return code == TS_OK ? send_body(x, q, err) : code;
}

/* Both */

/* A server that closes while it is being sent to may have said why before. */
static int send_and_receive(struct exchange *x, const struct request *q, struct answer *ret,
			    struct ts_error *err)
{
	struct ts_error late = {0};
	struct sync *s = x->sync;
	int sent = send_request(x, q, err);
	if (sent != TS_OK && sent != TS_ECONNECT) {
		return sent;
	}
	progress_show(s->progress, PROGRESS_WAITING, 0, 0, 0, 0);
	ts_dial_patience(s->dial, x->limits.answer + q->wait);
	ret->as_text = q->text;
	int code = receive_answer(x, ret, sent == TS_OK ? err : &late);
	return sent == TS_OK || (code == TS_OK && ret->code >= 300) ? code : sent;
}

static int talk(struct exchange *x, const struct request *q, struct answer *ret,
		struct ts_error *err)
{
	struct sync *s = x->sync;
	const bool fresh = s->dial == NULL;
	struct ts_dial_limits limits = x->limits;
	limits.whole += limits.whole > 0 ? q->wait : 0;
	int code = fresh ? connect_to(x, err) : TS_OK;
	if (code == TS_OK) {
		ts_dial_renew(s->dial, s->cancel_fd, &limits);
		code = send_and_receive(x, q, ret, err);
	}
	if (code == TS_OK && fresh && s->remote->resume) {
		session_save(s, &x->binding);
	}
	if (code != TS_OK || !ret->kept) {
		ts_dial_close(TS_TAKE(s->dial));
	}
	return code;
}

int exchange_run(struct exchange *x, const struct request *q, struct answer *ret,
		 struct ts_error *err)
{
	const bool reused = x->sync->dial != NULL;
	*ret = (struct answer){0};
	x->sync->code = 0;
	int code = talk(x, q, ret, err);
	if (reused && (code == TS_ECONNECT || code == TS_ECLOSED || code == TS_ETLS)) {
		/* The server grew tired of a connection that was kept. */
		answer_done(ret);
		code = talk(x, q, ret, err);
	}
	if (code != TS_OK) {
		answer_done(ret);
	}
	return code;
}

void answer_done(struct answer *a)
{
	ts_upload_free(a->payload);
	ts_buf_done(&a->text);
	*a = (struct answer){0};
}

/* What an answer means */

static const struct {
	int from, to, code;
	const char *hint; /* what to do about it, "" */
} meanings[] = {
	{200, 201, TS_OK, ""},
	{301, 301, TS_EREFUSED, ""},
	{302, 302, TS_ECONNECT, " Try again later."},
	{400, 401, TS_EREFUSED, ""},
	{420, 421, TS_ECONNECT, " Try again later."},
	{430, 430, TS_EREFUSED,
	 " Organization, user name, key or certificate are not what the server knows; `taskc "
	 "doctor` "
	 "helps to find out."},
	{431, 432, TS_EREFUSED, " Ask whoever runs the server."},
};

static int refuse(const struct exchange *x, const struct answer *a, int code, const char *hint,
		  struct ts_error *err)
{
	const char *said = x->sync->messages;
	return ts_fail(err, code, "%s refused: %s (%d).%s%.200s%s", x->to.host,
		       a->status[0] != '\0' ? a->status : ts_status_text(a->code), a->code,
		       said[0] != '\0' ? " " : "", said, said[0] != '\0' ? "" : hint);
}

int answer_judge(const struct exchange *x, const struct answer *a, struct ts_error *err)
{
	if (a->code == 301) {
		return ts_fail(err, TS_EREFUSED,
			       "The account has moved to %.200s: set `server` to that in %.100s/"
			       "remote.conf.",
			       a->info[0] != '\0' ? a->info : "another server",
			       x->sync->remote->folder);
	}
	for (size_t i = 0; i < TS_COUNT_OF(meanings); i++) {
		if (a->code >= meanings[i].from && a->code <= meanings[i].to) {
			return meanings[i].code == TS_OK
				       ? TS_OK
				       : refuse(x, a, meanings[i].code, meanings[i].hint, err);
		}
	}
	return refuse(x, a, TS_EREFUSED, "", err);
}
