/* SPDX-License-Identifier: MIT */
/* Whether the server knows the account: it is asked for its statistics, which any user may see. */
#include "client/setup/doctor_internal.h"

#include "common/wire/message.h"
#include "config.h"

enum { ANSWER_MAX = 1 << 20 }; /* [bytes] */

static int send_request(struct doctor *d, struct ts_error *err)
{
	TS_BUF(secret);
	TS_BUF(b);
	int rc = remote_secret(&d->remote, -1, &secret, err);
	if (rc != TS_OK) {
		return rc;
	}
	(void)ts_buf_reserve(&b, 4096); /* the secret is not to be moved */
	ts_message_begin(&b);
	ts_message_header(&b, "type", TS_SLICE("statistics"));
	ts_message_header(&b, "protocol", TS_SLICE("v1"));
	ts_message_header(&b, "client", TS_SLICE("taskc " PACKAGE_VERSION));
	ts_message_header(&b, "org", ts_slice_of(d->remote.org));
	ts_message_header(&b, "user", ts_slice_of(d->remote.user));
	ts_message_header(&b, "key", ts_buf_slice(&secret));
	rc = ts_message_finish(&b, 0, err);
	if (rc == TS_OK) {
		rc = ts_dial_send(d->dial, ts_buf_slice(&b), err);
	}
	if (b.data != NULL) {
		explicit_bzero(b.data, b.cap);
	}
	explicit_bzero(secret.data, secret.cap);
	return rc;
}

static bool is_whole(const struct ts_buf *b)
{
	return b->len >= TS_MESSAGE_PREFIX && b->len >= ts_message_length(b->data);
}

static int receive(struct doctor *d, struct ts_buf *to, struct ts_error *err)
{
	size_t got = 1;
	while (got > 0 && !is_whole(to) && to->len < ANSWER_MAX) {
		enum { PIECE = 16384 };
		char *at = ts_buf_reserve(to, PIECE);
		if (at == NULL) {
			return ts_fail(err, TS_ENOMEM, "Out of memory.");
		}
		int rc = ts_dial_receive(d->dial, at, PIECE, &got, err);
		if (rc != TS_OK) {
			return rc;
		}
		to->len += got;
	}
	return is_whole(to) ? TS_OK
			    : ts_fail(err, TS_ECLOSED,
				      "The server closed the connection without an answer.");
}

/* What to do about an answer's code. */
static const struct {
	int code;
	const char *text, *advice;
} refusals[] = {
	{301, "The account has moved to another server.",
	 "ask whoever runs the server for a bundle of the new one"},
	{302, "The server is too busy to answer.", "try again later"},
	{420, "The server can't take requests now.", "tell whoever runs it; its log says more"},
	{421, "The server is shutting down.", "try again later"},
	{430, "The server does not let this account in.",
	 "compare org, user and secret in remote.conf with `taskd user bundle` on the server, or "
	 "apply a new bundle with `taskc setup FILE --replace`"},
	{431, "The account is suspended.",
	 "ask whoever runs the server; `taskd resume` there lets it in again"},
};

static void tell_refusal(struct doctor *d, int code, const struct ts_headers *h)
{
	struct ts_slice messages = ts_headers_get(h, "messages"), info = ts_headers_get(h, "info");
	const char *text = "The server refuses.", *advice = "its log says more";
	for (size_t i = 0; i < TS_COUNT_OF(refusals); i++) {
		text = refusals[i].code == code ? refusals[i].text : text;
		advice = refusals[i].code == code ? refusals[i].advice : advice;
	}
	ts_checkup_fail(&d->checkup, TS_EREFUSED, advice, "%s It answers: %d %s%s%.*s%s%.*s", text,
			code, ts_status_text(code), messages.len > 0 ? ". " : "",
			(int)(messages.len < 400 ? messages.len : 400), messages.data,
			info.len > 0 ? ", " : "", (int)(info.len < 300 ? info.len : 300),
			info.data);
}

static int parse(const struct ts_buf *b, struct ts_headers *ret, int *ret_code,
		 struct ts_error *err)
{
	struct ts_slice text = ts_slice_skip(ts_buf_slice(b), TS_MESSAGE_PREFIX);
	size_t end = ts_headers_end(text);
	int rc = end > 0 ? ts_headers_parse((struct ts_slice){text.data, end}, ret, err)
			 : ts_fail(err, TS_EMALF, "The answer has no end of its headers.");
	if (rc != TS_OK) {
		return rc;
	}
	struct ts_slice code = ts_headers_get(ret, "code");
	struct ts_slice digits = ts_slice_cut_digits(&code);
	*ret_code = digits.len == 3 ? (digits.data[0] - '0') * 100 + (digits.data[1] - '0') * 10 +
					      (digits.data[2] - '0')
				    : 0;
	return *ret_code > 0 ? TS_OK : ts_fail(err, TS_EMALF, "The answer has no code.");
}

static void judge(struct doctor *d, const struct ts_headers *h, int code)
{
	struct ts_slice server = ts_headers_get(h, "client");
	struct ts_slice messages = ts_headers_get(h, "messages");
	if (code != 200) {
		tell_refusal(d, code, h);
		return;
	}
	ts_checkup_ok(&d->checkup, "The server%s%.*s%s lets %s/%s in.", server.len > 0 ? " (" : "",
		      (int)(server.len < 80 ? server.len : 80), server.data,
		      server.len > 0 ? ")" : "", d->remote.org, d->remote.user);
	if (messages.len > 0) {
		ts_checkup_warn(&d->checkup, "", "The server says: %.*s",
				(int)(messages.len < 400 ? messages.len : 400), messages.data);
	}
}

void doctor_account(struct ts_checkup *c)
{
	struct doctor *d = TS_OWNER(c, struct doctor, checkup);
	TS_BUF(answer);
	struct ts_headers headers;
	struct ts_error err = {0};
	int code = 0;
	int rc = send_request(d, &err);
	if (rc == TS_OK) {
		rc = receive(d, &answer, &err);
	}
	if (rc == TS_OK) {
		rc = parse(&answer, &headers, &code, &err);
	}
	if (rc != TS_OK) {
		ts_checkup_fail(
			&d->checkup, rc == TS_EMALF ? TS_EREFUSED : rc,
			"it may not accept this machine's certificate, or be no taskd: its log "
			"says more",
			"%s", err.text);
		return;
	}
	judge(d, &headers, code);
}
