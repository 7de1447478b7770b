/* SPDX-License-Identifier: MIT */
#include "server/command/exchange.h"

#include "common/net/dial.h"
#include "common/wire/message.h"

/* True once the message has all the bytes that it announces. */
static int is_whole(const struct ts_buf *b, uint64_t limit, bool *ret, struct ts_error *err)
{
	uint32_t length = b->len >= TS_MESSAGE_PREFIX ? ts_message_length(b->data) : UINT32_MAX;
	*ret = b->len >= length;
	if (b->len < TS_MESSAGE_PREFIX || (length >= TS_MESSAGE_PREFIX && length <= limit)) {
		return TS_OK;
	}
	return ts_fail(err, length < TS_MESSAGE_PREFIX ? TS_EMALF : TS_ETOOBIG,
		       "The answer says that it has %u bytes.", length);
}

static int receive(struct ts_dial *d, uint64_t limit, struct ts_buf *to, struct ts_error *err)
{
	enum { PIECE = 16384 };
	bool whole = false;
	int code = TS_OK;
	while (code == TS_OK && !whole) {
		size_t got = 0;
		char *at = ts_buf_reserve(to, PIECE);
		if (at == NULL) {
			return ts_fail(err, TS_ENOMEM, "Out of memory.");
		}
		code = ts_dial_receive(d, at, PIECE, &got, err);
		if (code == TS_OK && got == 0) {
			return ts_fail(err, TS_ECLOSED,
				       "The server closed the connection without an answer.");
		}
		to->len += got;
		code = code == TS_OK ? is_whole(to, limit, &whole, err) : code;
	}
	return code;
}

int exchange(struct ts_tls_creds *creds, const struct hostport *to, struct ts_slice message,
	     const struct exchange_limits *limits, struct ts_buf *ret, struct ts_error *err)
{
	TS_CLEANUP(ts_dial_close_p) struct ts_dial *d = NULL;
	const struct ts_dial_limits stages = {.connect = limits->whole,
					      .handshake = limits->idle,
					      .idle = limits->idle,
					      .answer = limits->idle,
					      .whole = limits->whole};
	int code = ts_dial_open(creds, to, &stages, -1, (struct ts_slice){NULL, 0}, &d, err);
	if (code == TS_OK) {
		code = ts_dial_send(d, message, err);
	}
	return code == TS_OK ? receive(d, limits->size, ret, err) : code;
}
