/* SPDX-License-Identifier: MIT */
/* Connections over a test's memory: no socket, no TLS, the real store behind them. */
#pragma once

#include "common/wire/message.h"
#include "folder.h"
#include "server/net/conn.h"
#include "unit.h"

#include <stdio.h>

/* The other end: what it sends, in which pieces, and what it got. */
struct wire {
	struct ts_buf in, out;
	struct ts_buf raw; /* what comes below TLS, before the handshake */
	size_t at, raw_at;
	size_t chunk;    /* [bytes] that may be read or written before it says "later"; 0: all */
	size_t now;      /* [bytes] of the chunk that are left */
	bool closes;     /* behind what it sends */
	bool deaf;       /* takes nothing of the answer */
	bool no_tls;     /* the handshake fails */
	bool silent_end; /* it never ends its side */
	bool freed;
	struct ts_tls_peer peer;
};

static inline size_t least(size_t a, size_t b, size_t c)
{
	size_t n = a < b ? a : b;
	return n < c ? n : c;
}

static inline ssize_t wire_peek(void *ctx, void *to, size_t len)
{
	struct wire *w = ctx;
	ck_assert_uint_gt(len, 0);
	size_t n = least(len, w->raw.len - w->raw_at, w->now);
	if (n == 0) {
		return w->raw_at == w->raw.len && w->closes && w->in.len == 0 ? 0 : TS_EAGAIN;
	}
	memcpy(to, w->raw.data + w->raw_at, n);
	return (ssize_t)n;
}

static inline int wire_skip(void *ctx, size_t len)
{
	struct wire *w = ctx;
	ck_assert_uint_le(len, w->now);
	w->raw_at += len;
	w->now -= len;
	return TS_OK;
}

static inline int wire_handshake(void *ctx, enum ts_wait *wait, struct ts_error *err)
{
	struct wire *w = ctx;
	if (w->no_tls) {
		return ts_fail(err, TS_ETLS, "This is no TLS.");
	}
	*wait = TS_WAIT_READ;
	return w->now == 0 ? TS_EAGAIN : TS_OK;
}

static inline ssize_t wire_recv(void *ctx, void *to, size_t len, enum ts_wait *wait,
				struct ts_error *err)
{
	struct wire *w = ctx;
	(void)err;
	ck_assert_uint_gt(len, 0);
	size_t n = least(len, w->in.len - w->at, w->now);
	if (n == 0) {
		*wait = TS_WAIT_READ;
		return w->at == w->in.len && w->closes ? 0 : TS_EAGAIN;
	}
	memcpy(to, w->in.data + w->at, n);
	w->at += n;
	w->now -= n;
	return (ssize_t)n;
}

static inline ssize_t wire_send(void *ctx, const void *from, size_t len, enum ts_wait *wait,
				struct ts_error *err)
{
	struct wire *w = ctx;
	(void)err;
	size_t n = w->deaf ? 0 : least(len, w->now, SIZE_MAX);
	if (n == 0) {
		*wait = TS_WAIT_WRITE;
		return TS_EAGAIN;
	}
	ts_buf_add(&w->out, from, n);
	w->now -= n;
	return (ssize_t)n;
}

static inline int wire_bye(void *ctx, enum ts_wait *wait)
{
	(void)ctx;
	(void)wait;
	return TS_OK;
}

static inline int wire_drain(void *ctx)
{
	struct wire *w = ctx;
	return w->silent_end ? TS_EAGAIN : TS_OK;
}

static inline void wire_peer(void *ctx, struct ts_tls_peer *ret)
{
	struct wire *w = ctx;
	*ret = w->peer;
}

static inline void wire_free(void *ctx)
{
	struct wire *w = ctx;
	w->freed = true;
}

static const struct transport_ops wire_ops = {
	.peek = wire_peek,
	.skip = wire_skip,
	.handshake = wire_handshake,
	.recv = wire_recv,
	.send = wire_send,
	.bye = wire_bye,
	.drain = wire_drain,
	.peer = wire_peer,
	.free = wire_free,
};

/* A server without sockets. */
struct bench {
	struct folder folder;
	struct ts_store *store;
	struct writer *writer;
	struct stats stats;
	struct policy *policy;
	struct hub hub;
	struct ts_user user;
	struct ts_uuid_text key;
	struct ts_post pump;
	struct caller from; /* who connects */
	struct conn *conn;
	struct wire *wire;
};

static inline void no_done(struct settings *s)
{
	(void)s;
}

static char text_strict[] = "strict", text_none[] = "";

/* Times that no test waits for, unless it says so. */
static inline struct settings settings(const struct folder *f)
{
	static struct folder_path data;
	data = folder_at(f, ".");
	return (struct settings){
		.trust = text_strict,
		.ciphers = text_none,
		.data = data.text,
		.request_limit = 20000,
		.header_limit = 2000,
		.connection_memory = 1 << 20,
		.memory_limit = 1 << 24,
		.storage_queue = 100,
		.quarantine_limit = 10,
		.timeout_handshake = 600000,
		.timeout_header = 600000,
		.timeout_idle = 600000,
		.timeout_request = 600000,
		.timeout_close = 600000,
		.connection_limit = 100,
		.keep_timeout = 600000,
		.keep_requests = 100,
		.wait_max = 600000,
		.wait_connections = 100,
		.wait_user = 100,
	};
}

static inline void add_accounts(struct bench *b)
{
	struct ts_txn *t;
	struct ts_org org;
	struct ts_user other;
	ck_assert_int_eq(ts_txn_begin(b->store, TS_WRITE, &t, NULL), TS_OK);
	ck_assert_int_eq(ts_org_add(t, TS_SLICE("Org"), 1, NULL), TS_OK);
	ck_assert_int_eq(ts_org_get(t, TS_SLICE("Org"), &org, NULL), TS_OK);
	ck_assert_int_eq(ts_user_add(t, &org, TS_SLICE("Jo Smith"), 1, &b->user, NULL), TS_OK);
	ck_assert_int_eq(ts_user_add(t, &org, TS_SLICE("Susp"), 1, &other, NULL), TS_OK);
	other.suspended = true;
	other.key = b->user.key;
	ck_assert_int_eq(ts_user_update(t, &other, NULL), TS_OK);
	ck_assert_int_eq(ts_org_add(t, TS_SLICE("Gone"), 1, NULL), TS_OK);
	ck_assert_int_eq(ts_org_get(t, TS_SLICE("Gone"), &org, NULL), TS_OK);
	(void)snprintf(org.redirect, sizeof(org.redirect), "new.example:53589");
	ck_assert_int_eq(ts_org_update(t, &org, NULL), TS_OK);
	ck_assert_int_eq(ts_user_add(t, &org, TS_SLICE("u"), 1, &other, NULL), TS_OK);
	other.key = b->user.key;
	ck_assert_int_eq(ts_user_update(t, &other, NULL), TS_OK);
	ck_assert_int_eq(ts_txn_commit(t, NULL), TS_OK);
	b->key = ts_uuid_text(&b->user.key);
}

static inline void bench_begin(struct bench *b, const struct settings *s)
{
	ck_assert_int_eq(ts_store_open(b->folder.path, true, &b->store, NULL), TS_OK);
	ck_assert_int_eq(writer_new(b->store, &b->writer, NULL), TS_OK);
	ck_assert_int_eq(policy_plain(s, no_done, &b->policy, NULL), TS_OK);
	stats_init(&b->stats);
	b->hub.store = b->store;
	b->hub.writer = b->writer;
	b->hub.stats = &b->stats;
	ck_assert_int_eq(waiters_new(ts_store_serial(b->store), &b->hub.waiters, NULL), TS_OK);
	ck_assert_int_eq(ts_loop_new(&b->hub.loop, NULL), TS_OK);
	ck_assert_int_eq(admission_new(&b->hub.admission, NULL), TS_OK);
	hub_init(&b->hub);
	ck_assert(ts_address_parse(TS_SLICE("192.0.2.1"), &b->from.address));
	b->from.address.port = 1;
	add_accounts(b);
}

static inline void bench_done(struct bench *b)
{
	ck_assert_uint_eq(b->hub.count, 0);
	ck_assert_uint_eq(waiters_count(b->hub.waiters), 0);
	ck_assert_uint_eq(admission_strangers(b->hub.admission), 0);
	ck_assert_uint_eq(b->policy->refs, 1);
	ck_assert_uint_eq(atomic_load(&b->policy->budget.usage->memory), 0);
	ts_loop_free(b->hub.loop);
	waiters_free(b->hub.waiters);
	admission_free(b->hub.admission);
	policy_unref(b->policy);
	writer_free(b->writer);
	ts_store_close(b->store);
	folder_done(&b->folder);
}

#define BENCH(name)                                                                                \
	TS_CLEANUP(bench_done) struct bench name = {.folder = folder_new()};                       \
	struct settings name##_settings = settings(&name.folder)

static inline struct wire new_wire(size_t chunk)
{
	return (struct wire){.chunk = chunk, .peer = {.state = TS_PEER_VERIFIED}};
}

/* Let the wire give a piece more, again and again, until the connection is gone. */
static inline void on_pump(struct ts_post *p)
{
	struct bench *b = TS_OWNER(p, struct bench, pump);
	struct wire *w = b->wire;
	w->now = w->chunk == 0 ? SIZE_MAX : w->chunk;
	if (!w->freed) {
		conn_ready(b->conn);
	}
	if (w->freed) {
		ts_loop_stop(b->hub.loop);
	} else {
		ts_loop_post(b->hub.loop, p);
	}
}

static inline void connect_wire(struct bench *b, struct wire *w)
{
	ck_assert_int_eq(conn_new(&b->hub, b->policy, (struct transport){&wire_ops, w}, -1,
				  &b->from, &b->conn, NULL),
			 TS_OK);
}

static inline void until_freed(struct bench *b, struct wire *w)
{
	b->wire = w;
	b->pump.run = on_pump;
	ts_loop_post(b->hub.loop, &b->pump);
	ck_assert_int_eq(ts_loop_run(b->hub.loop, NULL), TS_OK);
	ck_assert(w->freed);
}

static inline void serve(struct bench *b, struct wire *w)
{
	connect_wire(b, w);
	until_freed(b, w);
}

/* A message; `shortfall` bytes are not announced. */
static inline void add_message(struct wire *w, uint32_t shortfall, const char *text, size_t len)
{
	uint32_t total = (uint32_t)len + 4 - shortfall;
	for (int shift = 24; shift >= 0; shift -= 8) {
		ts_buf_add_char(&w->in, (char)(total >> shift & 0xff));
	}
	ts_buf_add(&w->in, text, len);
}

/* `%` in `text` stands for the key. */
static inline void add_request(struct bench *b, struct wire *w, uint32_t shortfall,
			       const char *text)
{
	TS_BUF(m);
	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '%') {
			ts_buf_add_str(&m, b->key.text);
		} else {
			ts_buf_add_char(&m, *p);
		}
	}
	add_message(w, shortfall, m.data, m.len);
}

static inline struct ts_headers answer_headers(const struct wire *w, struct ts_slice *payload)
{
	struct ts_headers h;
	ck_assert_uint_gt(w->out.len, 4);
	ck_assert_uint_eq(ts_message_length(w->out.data), w->out.len);
	struct ts_slice all = ts_slice_skip(ts_buf_slice(&w->out), 4);
	size_t end = ts_headers_end(all);
	ck_assert_uint_gt(end, 0);
	ck_assert_int_eq(ts_headers_parse(all, &h, NULL), TS_OK);
	for (size_t i = 0; i < h.count; i++) {
		ck_assert_uint_gt(h.at[i].value.len, 0);
	}
	*payload = ts_slice_skip(all, end);
	return h;
}

static inline int answer_code(const struct wire *w)
{
	struct ts_slice payload;
	struct ts_headers h = answer_headers(w, &payload);
	struct ts_slice code = ts_headers_get(&h, "code");
	ck_assert_slice(ts_headers_get(&h, "client"), "taskd 2.0.0");
	int n = (code.data[0] - '0') * 100 + (code.data[1] - '0') * 10 + code.data[2] - '0';
	ck_assert_slice(ts_headers_get(&h, "status"), ts_status_text(n));
	return n;
}

static inline void wire_done(struct wire *w)
{
	ts_buf_done(&w->in);
	ts_buf_done(&w->out);
	ts_buf_done(&w->raw);
}

#define WIRE(name, chunk) TS_CLEANUP(wire_done) struct wire name = new_wire(chunk)

#define LOGIN "org: Org\nuser: Jo Smith\nkey: %\n"
#define SYNC  "type: sync\nprotocol: v1\nclient: test\n"
#define TASK                                                                                       \
	"{\"description\":\"d\",\"entry\":\"20260101T000000Z\",\"status\":\"pending\","            \
	"\"uuid\":\"11111111-1111-4111-8111-111111111111\"}"
#define ZEROS "00000000-0000-4000-8000-000000000000"
