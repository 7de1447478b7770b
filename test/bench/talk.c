// SPDX-License-Identifier: MIT
// A request and its answer, over a new connection, a resumed session, or the same connection.
#include "test/bench/load.h"

#include "common/wire/message.h"

enum { PIECE = 65536 };

void load_hang_up(struct client *c)
{
	ts_dial_close(TS_TAKE(c->dial));
}

static int connect_to(struct client *c, struct ts_error *err)
{
	const struct load *load = c->load;
	const uint64_t ms = load->limits.whole;
	const struct ts_dial_limits limits = {
		.connect = ms, .handshake = ms, .idle = ms, .answer = ms};
	int r = ts_dial_open(load->creds, &load->server, &limits, -1, ts_buf_slice(&c->session),
			     &c->dial, err);
	if (r == TS_OK) {
		c->resumed += ts_tls_resumed(ts_dial_tls(c->dial)) ? 1 : 0;
	}
	return r;
}

static bool is_whole(const struct ts_buf *answer)
{
	return answer->len >= TS_MESSAGE_PREFIX && answer->len >= ts_message_length(answer->data);
}

static int receive(struct client *c, struct ts_buf *answer, struct ts_error *err)
{
	int r = TS_OK;
	while (r == TS_OK && !is_whole(answer)) {
		size_t got = 0;
		char *to = ts_buf_reserve(answer, PIECE);
		r = to != NULL ? ts_dial_receive(c->dial, to, PIECE, &got, err)
			       : ts_fail(err, TS_ENOMEM, "Out of memory.");
		answer->len += got;
		if (r == TS_OK && got == 0) {
			r = ts_fail(err, TS_ECLOSED, "The answer ends too soon.");
		}
	}
	return r;
}

static bool is_kept(const struct ts_buf *answer)
{
	static const struct ts_slice mark = TS_SLICE("\nconnection: keep\n");
	return memmem(answer->data, answer->len, mark.data, mark.len) != NULL;
}

int load_talk(struct client *c, struct ts_slice request, struct ts_buf *answer,
	      struct ts_error *err)
{
	const struct load *load = c->load;
	if (load->how == LOAD_FULL) {
		return exchange(load->creds, &load->server, request, &load->limits, answer, err);
	}
	c->kept += c->dial != NULL ? 1 : 0;
	int r = c->dial != NULL ? TS_OK : connect_to(c, err);
	if (r == TS_OK) {
		r = ts_dial_send(c->dial, request, err);
	}
	if (r == TS_OK) {
		r = receive(c, answer, err);
	}
	if (r == TS_OK && load->how == LOAD_RESUME) {
		ts_buf_clear(&c->session);
		(void)!ts_tls_session(ts_dial_tls(c->dial), &c->session, NULL);
	}
	if (r != TS_OK || load->how != LOAD_KEEP || !is_kept(answer)) {
		load_hang_up(c);
	}
	return r;
}
