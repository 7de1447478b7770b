/* SPDX-License-Identifier: MIT */
/* Connections over a test's memory: no socket, no TLS, the real store behind them. */
#include "common/wire/message.h"
#include "folder.h"
#include "server/net/conn.h"
#include "unit.h"

#include <stdio.h>

/* The other end: what it sends, in which pieces, and what it got. */
struct wire {
	struct ts_buf in, out;
	size_t at;
	size_t chunk;    /* [bytes] that may be read or written before it says "later"; 0: all */
	size_t now;      /* [bytes] of the chunk that are left */
	bool closes;     /* behind what it sends */
	bool deaf;       /* takes nothing of the answer */
	bool no_tls;     /* the handshake fails */
	bool silent_end; /* it never ends its side */
	bool freed;
	struct ts_tls_peer peer;
};

static int wire_handshake(void *ctx, enum ts_wait *wait, struct ts_error *err)
{
	struct wire *w = ctx;
	if (w->no_tls) {
		return ts_fail(err, TS_ETLS, "This is no TLS.");
	}
	*wait = TS_WAIT_READ;
	return w->now == 0 ? TS_EAGAIN : TS_OK;
}

static size_t least(size_t a, size_t b, size_t c)
{
	size_t n = a < b ? a : b;
	return n < c ? n : c;
}

static ssize_t wire_recv(void *ctx, void *to, size_t len, enum ts_wait *wait, struct ts_error *err)
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

static ssize_t wire_send(void *ctx, const void *from, size_t len, enum ts_wait *wait,
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

static int wire_bye(void *ctx, enum ts_wait *wait)
{
	(void)ctx;
	(void)wait;
	return TS_OK;
}

static int wire_drain(void *ctx)
{
	struct wire *w = ctx;
	return w->silent_end ? TS_EAGAIN : TS_OK;
}

static void wire_peer(void *ctx, struct ts_tls_peer *ret)
{
	struct wire *w = ctx;
	*ret = w->peer;
}

static void wire_free(void *ctx)
{
	struct wire *w = ctx;
	w->freed = true;
}

static const struct transport_ops wire_ops = {
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
	struct conn *conn;
	struct wire *wire;
};

static void no_done(struct settings *s)
{
	(void)s;
}

static char text_strict[] = "strict", text_none[] = "";

/* Times that no test waits for, unless it says so. */
static struct settings settings(const struct folder *f)
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

static void add_accounts(struct bench *b)
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

static void bench_begin(struct bench *b, const struct settings *s)
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
	hub_init(&b->hub);
	add_accounts(b);
}

static void bench_done(struct bench *b)
{
	ck_assert_uint_eq(b->hub.count, 0);
	ck_assert_uint_eq(waiters_count(b->hub.waiters), 0);
	ck_assert_uint_eq(b->policy->refs, 1);
	ck_assert_uint_eq(atomic_load(&b->policy->budget.usage->memory), 0);
	ts_loop_free(b->hub.loop);
	waiters_free(b->hub.waiters);
	policy_unref(b->policy);
	writer_free(b->writer);
	ts_store_close(b->store);
	folder_done(&b->folder);
}

#define BENCH(name)                                                                                \
	TS_CLEANUP(bench_done) struct bench name = {.folder = folder_new()};                       \
	struct settings name##_settings = settings(&name.folder)

static struct wire new_wire(size_t chunk)
{
	return (struct wire){.chunk = chunk, .peer = {.state = TS_PEER_VERIFIED}};
}

/* Let the wire give a piece more, again and again, until the connection is gone. */
static void on_pump(struct ts_post *p)
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

static void serve(struct bench *b, struct wire *w)
{
	b->wire = w;
	b->pump.run = on_pump;
	ck_assert_int_eq(conn_new(&b->hub, b->policy, (struct transport){&wire_ops, w}, -1,
				  "test:1", &b->conn, NULL),
			 TS_OK);
	ts_loop_post(b->hub.loop, &b->pump);
	ck_assert_int_eq(ts_loop_run(b->hub.loop, NULL), TS_OK);
	ck_assert(w->freed);
}

/* A message; `shortfall` bytes are not announced. */
static void add_message(struct wire *w, uint32_t shortfall, const char *text, size_t len)
{
	uint32_t total = (uint32_t)len + 4 - shortfall;
	for (int shift = 24; shift >= 0; shift -= 8) {
		ts_buf_add_char(&w->in, (char)(total >> shift & 0xff));
	}
	ts_buf_add(&w->in, text, len);
}

/* `%` in `text` stands for the key. */
static void add_request(struct bench *b, struct wire *w, uint32_t shortfall, const char *text)
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

static struct ts_headers answer_headers(const struct wire *w, struct ts_slice *payload)
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

static int answer_code(const struct wire *w)
{
	struct ts_slice payload;
	struct ts_headers h = answer_headers(w, &payload);
	struct ts_slice code = ts_headers_get(&h, "code");
	ck_assert_slice(ts_headers_get(&h, "client"), "taskd 2.0.0");
	int n = (code.data[0] - '0') * 100 + (code.data[1] - '0') * 10 + code.data[2] - '0';
	ck_assert_slice(ts_headers_get(&h, "status"), ts_status_text(n));
	return n;
}

static void wire_done(struct wire *w)
{
	ts_buf_done(&w->in);
	ts_buf_done(&w->out);
}

#define WIRE(name, chunk) TS_CLEANUP(wire_done) struct wire name = new_wire(chunk)

#define LOGIN "org: Org\nuser: Jo Smith\nkey: %\n"
#define SYNC  "type: sync\nprotocol: v1\nclient: test\n"
#define TASK                                                                                       \
	"{\"description\":\"d\",\"entry\":\"20260101T000000Z\",\"status\":\"pending\","            \
	"\"uuid\":\"11111111-1111-4111-8111-111111111111\"}"
#define ZEROS "00000000-0000-4000-8000-000000000000"

static const struct {
	const char *request;
	int code;
	uint32_t shortfall;
	const char *says; /* in `messages` */
} rows[] = {
	{SYNC LOGIN "\n", 201, 0, NULL},
	{SYNC LOGIN "\n\n\n", 201, 0, NULL},
	{SYNC LOGIN "\n" TASK "\n\n\n", 200, 0, NULL},
	{SYNC LOGIN "\n" TASK, 200, 0, NULL},
	{SYNC LOGIN "\n" TASK "\n", 200, 4, NULL},
	{SYNC LOGIN "\n" TASK, 200, 4, NULL},
	{SYNC LOGIN "subtype: init\n\n" TASK "\n", 200, 0, NULL},
	{SYNC LOGIN "\n" ZEROS "\n", 200, 0, "Client sync key not found."},
	{SYNC LOGIN "\n" ZEROS "\n" TASK "\n", 200, 0, "Client sync key not found."},
	{SYNC LOGIN "\nno task\n" TASK "\n", 200, 0, NULL},
	{"KEY: %\nUser: Jo Smith\nORG: Org\nprotocol: v1\ntype: sync\n\n", 201, 0, NULL},
	{"type: statistics\nprotocol: v1\n" LOGIN "\nnull", 200, 0, NULL},
	{"type: statistics\nprotocol: v1\n" LOGIN "\n", 200, 4, NULL},
	{"type: statistics\nprotocol: v1\norg:\nuser:\nkey:\n\nnull", 430, 0, NULL},
	{"type: sync\nprotocol: v1\n\n", 430, 0, NULL},
	{SYNC "org: Org\nuser: Jo Smith\nkey: " ZEROS "\n\n" TASK "\n", 430, 0, NULL},
	{SYNC "org: Org\nuser: Nobody\nkey: %\n\n", 430, 0, NULL},
	{SYNC "org: Nowhere\nuser: Jo Smith\nkey: %\n\n", 430, 0, NULL},
	{SYNC "org: ../Org\nuser: Jo Smith\nkey: %\n\n", 430, 0, NULL},
	{SYNC "org: Org\nuser: Jo Smith\nkey: %x\n\n", 430, 0, NULL},
	{SYNC "org: Org\nuser: Susp\nkey: %\n\n", 431, 0, NULL},
	{SYNC "org: Org\nuser: Susp\nkey: " ZEROS "\n\n", 430, 0, NULL},
	{SYNC "org: Gone\nuser: u\nkey: %\n\n", 301, 0, NULL},
	{"type: dance\nprotocol: v1\n" LOGIN "\n", 500, 0, "'dance'"},
	{"protocol: v1\n" LOGIN "\n", 500, 0, NULL},
	{"type: sync\nprotocol: v2\n" LOGIN "\n", 500, 0, "v1"},
	{"type: sync\n" LOGIN "\n", 500, 0, "v1"},
	{"type sync\nprotocol: v1\n" LOGIN "\n", 400, 0, NULL},
	{SYNC LOGIN, 400, 0, NULL},
	{"", 400, 0, NULL},
	{SYNC "x: \xff\n" LOGIN "\n", 401, 0, NULL},
	{SYNC LOGIN "\n{\"description\":\"\xff\"}\n", 401, 0, NULL},
};

static void one_row(int i, size_t chunk)
{
	BENCH(b);
	WIRE(w, chunk);
	struct ts_slice payload;
	bench_begin(&b, &b_settings);
	add_request(&b, &w, rows[i].shortfall, rows[i].request);
	serve(&b, &w);
	ck_assert_int_eq(answer_code(&w), rows[i].code);
	struct ts_headers h = answer_headers(&w, &payload);
	struct ts_slice messages = ts_headers_get(&h, "messages");
	if (rows[i].says != NULL) {
		ck_assert_ptr_nonnull(
			memmem(messages.data, messages.len, rows[i].says, strlen(rows[i].says)));
	}
	ck_assert(messages.len == 0 ||
		  memmem(messages.data, messages.len, b.key.text, TS_UUID_TEXT) == NULL);
}

START_TEST(requests_in_one_piece)
{
	one_row(_i, 0);
}
END_TEST

/* Bytes that a client forgot to announce are only taken where they are there already. */
START_TEST(requests_byte_by_byte)
{
	if (rows[_i].shortfall == 0) {
		one_row(_i, 1);
	}
}
END_TEST

START_TEST(requests_in_small_pieces)
{
	if (rows[_i].shortfall == 0) {
		one_row(_i, 7);
	}
}
END_TEST

static const char *const two_replies[] = {SYNC LOGIN "\n", SYNC LOGIN "\n" TASK "\n"};

/* One request a connection: a second one behind it is not looked at. */
START_TEST(pipelined)
{
	BENCH(b);
	WIRE(w, 0);
	bench_begin(&b, &b_settings);
	add_request(&b, &w, 0, two_replies[_i]);
	add_request(&b, &w, 0, two_replies[0]);
	serve(&b, &w);
	ck_assert_int_eq(answer_code(&w), _i == 0 ? 201 : 200);
}
END_TEST

START_TEST(the_answer_is_the_task_and_the_key)
{
	BENCH(b);
	WIRE(push, 0);
	WIRE(pull, 0);
	struct ts_slice payload;
	bench_begin(&b, &b_settings);
	add_request(&b, &push, 0, SYNC LOGIN "\n" TASK "\n");
	serve(&b, &push);
	(void)answer_headers(&push, &payload);
	ck_assert_uint_eq(payload.len, TS_UUID_TEXT + 1);
	add_request(&b, &pull, 0, SYNC LOGIN "\n");
	serve(&b, &pull);
	ck_assert_int_eq(answer_code(&pull), 200);
	(void)answer_headers(&pull, &payload);
	struct ts_slice line = ts_slice_cut(&payload, '\n');
	ck_assert_ptr_nonnull(memmem(line.data, line.len, "11111111-1111", 13));
	ck_assert_uint_eq(ts_slice_cut(&payload, '\n').len, TS_UUID_TEXT);
	ck_assert_uint_eq(payload.len, 0);
}
END_TEST

/* A peer that nobody believes learns why. */
START_TEST(peers)
{
	static const struct {
		enum ts_peer_state state;
		const char *reason, *trust;
		int code;
		const char *says;
	} cases[] = {
		{TS_PEER_VERIFIED, "", "strict", 201, NULL},
		{TS_PEER_NONE, "", "strict", 430, "certificate"},
		{TS_PEER_UNTRUSTED, "It expired.", "strict", 430, "It expired."},
		{TS_PEER_NONE, "", "allow all", 201, NULL},
		{TS_PEER_UNTRUSTED, "It expired.", "allow all", 201, NULL},
	};
	for (size_t i = 0; i < TS_COUNT_OF(cases); i++) {
		BENCH(b);
		WIRE(w, 0);
		char trust[16];
		struct ts_slice payload;
		(void)snprintf(trust, sizeof(trust), "%s", cases[i].trust);
		b_settings.trust = trust;
		bench_begin(&b, &b_settings);
		w.peer.state = cases[i].state;
		(void)snprintf(w.peer.reason, sizeof(w.peer.reason), "%s", cases[i].reason);
		add_request(&b, &w, 0, SYNC LOGIN "\n");
		serve(&b, &w);
		ck_assert_int_eq(answer_code(&w), cases[i].code);
		struct ts_headers h = answer_headers(&w, &payload);
		struct ts_slice says = ts_headers_get(&h, "messages");
		ck_assert(cases[i].says == NULL || memmem(says.data, says.len, cases[i].says,
							  strlen(cases[i].says)) != NULL);
	}
}
END_TEST

/* Over a limit: the rest is thrown away, the answer comes all the same. */
START_TEST(too_long)
{
	static const struct {
		const char *head;
		size_t head_len, payload_len; /* [bytes] of filling behind them */
		int code;
	} cases[] = {
		{SYNC LOGIN, 0, 30000, 504},
		{SYNC "org: Org\nuser: Jo Smith\nkey: " ZEROS "\n", 0, 30000, 430},
		{SYNC LOGIN "x: ", 3000, 0, 400},
		{SYNC LOGIN "x: ", 3000, 30000, 400},
		{SYNC LOGIN "x: ", 1000, 100, 200},
	};
	for (size_t i = 0; i < TS_COUNT_OF(cases); i++) {
		for (size_t chunk = 0; chunk < 1000; chunk += 333) {
			BENCH(b);
			WIRE(w, chunk);
			TS_BUF(text);
			bench_begin(&b, &b_settings);
			ts_buf_add_str(&text, cases[i].head);
			for (size_t k = 0; k < cases[i].head_len; k++) {
				ts_buf_add_char(&text, 'x');
			}
			ts_buf_add_str(&text, cases[i].head_len > 0 ? "\n\n" : "\n");
			for (size_t k = 0; k < cases[i].payload_len; k++) {
				ts_buf_add_char(&text, k % 100 == 99 ? '\n' : 'y');
			}
			add_request(&b, &w, 0, text.data);
			serve(&b, &w);
			ck_assert_int_eq(answer_code(&w), cases[i].code);
			ck_assert_uint_eq(w.at, w.in.len);
		}
	}
}
END_TEST

START_TEST(impossible_lengths)
{
	for (char length = 0; length < 4; length++) {
		BENCH(b);
		WIRE(w, 0);
		bench_begin(&b, &b_settings);
		ts_buf_add(&w.in, "\0\0\0", 3);
		ts_buf_add_char(&w.in, length);
		serve(&b, &w);
		ck_assert_int_eq(answer_code(&w), 400);
	}
}
END_TEST

/* A peer that goes at any byte of its request gets nothing, and leaves nothing. */
START_TEST(peers_that_leave)
{
	BENCH(b);
	WIRE(whole, 0);
	bench_begin(&b, &b_settings);
	add_request(&b, &whole, 0, SYNC LOGIN "\n" TASK "\n");
	for (size_t n = 0; n < whole.in.len; n++) {
		WIRE(w, 0);
		w.closes = true;
		ts_buf_add(&w.in, whole.in.data, n);
		serve(&b, &w);
		ck_assert_uint_eq(w.out.len, 0);
	}
	WIRE(pull, 0);
	add_request(&b, &pull, 0, SYNC LOGIN "\n");
	serve(&b, &pull);
	ck_assert_int_eq(answer_code(&pull), 201);
}
END_TEST

START_TEST(no_tls)
{
	BENCH(b);
	WIRE(w, 0);
	bench_begin(&b, &b_settings);
	w.no_tls = true;
	serve(&b, &w);
	ck_assert_uint_eq(w.out.len, 0);
}
END_TEST

/* Whoever stalls is left when the state's time is over, with an answer where one can be given. */
static const struct {
	size_t sent; /* [bytes] of the request before the stall */
	bool deaf, silent_end;
	int code; /* 0: no answer */
} stalls[] = {
	{0, false, false, 0},     {2, false, false, 400},     {20, false, false, 400},
	{200, false, false, 400}, {SIZE_MAX, true, false, 0}, {SIZE_MAX, false, true, 200},
};

START_TEST(stalling_peers)
{
	BENCH(b);
	WIRE(whole, 0);
	WIRE(w, 0);
	b_settings.timeout_header = b_settings.timeout_idle = b_settings.timeout_close = 20;
	bench_begin(&b, &b_settings);
	add_request(&b, &whole, 0, SYNC LOGIN "\n" TASK "\n");
	size_t n = stalls[_i].sent;
	ts_buf_add(&w.in, whole.in.data, n < whole.in.len ? n : whole.in.len);
	w.deaf = stalls[_i].deaf;
	w.silent_end = stalls[_i].silent_end;
	serve(&b, &w);
	if (stalls[_i].code == 0) {
		ck_assert_uint_eq(w.out.len, 0);
	} else {
		ck_assert_int_eq(answer_code(&w), stalls[_i].code);
	}
}
END_TEST

/* Bytes keep a payload's deadline away, but not the one for the whole request. */
START_TEST(tricklers)
{
	BENCH(b);
	WIRE(w, 1);
	b_settings.timeout_request = 20;
	b_settings.request_limit = 0;
	bench_begin(&b, &b_settings);
	add_request(&b, &w, 0, SYNC LOGIN "\n" TASK "\n");
	w.in.data[0] = 0x7f; /* 2 GiB are announced */
	serve(&b, &w);
	ck_assert_int_eq(answer_code(&w), 400);
}
END_TEST

START_TEST(strangers_make_room)
{
	BENCH(b);
	WIRE(first, 0);
	WIRE(second, 0);
	bench_begin(&b, &b_settings);
	ck_assert(!hub_make_room(&b.hub));
	struct transport io[] = {{&wire_ops, &first}, {&wire_ops, &second}};
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(conn_new(&b.hub, b.policy, io[i], -1, "t", &b.conn, NULL), TS_OK);
	}
	ck_assert_uint_eq(b.hub.count, 2);
	ck_assert(hub_make_room(&b.hub));
	ck_assert(first.freed && !second.freed);
	ck_assert(hub_make_room(&b.hub));
	ck_assert(!hub_make_room(&b.hub));
}
END_TEST

/* The answers behind one another, their codes, and whether each says that it is kept. */
static size_t answers(const struct wire *w, int *codes, bool *kept, size_t most)
{
	struct ts_slice rest = ts_buf_slice(&w->out);
	size_t n = 0;
	for (; rest.len > 0 && n < most; n++) {
		struct ts_headers h;
		size_t len = ts_message_length(rest.data);
		ck_assert_uint_le(len, rest.len);
		struct ts_slice one = {rest.data + 4, len - 4};
		one.len = ts_headers_end(one);
		ck_assert_int_eq(ts_headers_parse(one, &h, NULL), TS_OK);
		codes[n] = atoi(ts_headers_get(&h, "code").data);
		kept[n] = ts_slice_eq(ts_headers_get(&h, "connection"), TS_SLICE("keep"));
		rest = ts_slice_skip(rest, len);
	}
	return n;
}

#define KEEP "connection: keep\n"

static const struct {
	const char *requests[3];
	uint32_t shortfall; /* of the first */
	int codes[3];
	size_t kept; /* of the answers, from the first on */
} rows_kept[] = {
	{{SYNC LOGIN KEEP "\n", SYNC LOGIN KEEP "\n" TASK "\n", SYNC LOGIN "\n"},
	 0,
	 {201, 200, 200},
	 2},
	{{SYNC LOGIN KEEP "\n" TASK, SYNC LOGIN KEEP "\n",
	  "type: statistics\nprotocol: v1\n" LOGIN "\n"},
	 0,
	 {200, 200, 200},
	 2},
	{{SYNC LOGIN KEEP "\nhalf a key", SYNC LOGIN KEEP "\n", SYNC LOGIN KEEP "\n"},
	 0,
	 {200, 201, 201},
	 3},
	{{"type: sync\nprotocol: v2\n" LOGIN KEEP "\nx", SYNC LOGIN KEEP "\n", SYNC LOGIN "\n"},
	 0,
	 {500, 201, 201},
	 2},
	{{SYNC LOGIN "\n", SYNC LOGIN "\n", SYNC LOGIN "\n"}, 0, {201}, 0},
	{{SYNC KEEP "\n", SYNC LOGIN "\n", SYNC LOGIN "\n"}, 0, {430}, 0},
	{{SYNC LOGIN KEEP "\n", SYNC LOGIN "\n", SYNC LOGIN "\n"}, 2, {201}, 0},
	{{"type: wait\nprotocol: v1\n" LOGIN KEEP "\n", SYNC LOGIN KEEP "\n", SYNC LOGIN "\n"},
	 0,
	 {200, 201, 201},
	 2},
	{{"type: wait\ntimeout: x\nprotocol: v1\n" LOGIN KEEP "\n", SYNC LOGIN KEEP "\n",
	  SYNC LOGIN "\n"},
	 0,
	 {501, 201, 201},
	 2},
};

static void one_kept(int i, size_t chunk)
{
	BENCH(b);
	WIRE(w, chunk);
	int codes[4];
	bool kept[4];
	size_t want = 0;
	bench_begin(&b, &b_settings);
	for (size_t k = 0; k < 3; k++) {
		add_request(&b, &w, k == 0 ? rows_kept[i].shortfall : 0, rows_kept[i].requests[k]);
		want += rows_kept[i].codes[k] != 0 ? 1 : 0;
	}
	w.closes = true;
	serve(&b, &w);
	ck_assert_uint_eq(answers(&w, codes, kept, TS_COUNT_OF(codes)), want);
	for (size_t k = 0; k < want; k++) {
		ck_assert_int_eq(codes[k], rows_kept[i].codes[k]);
		ck_assert(kept[k] == (k < rows_kept[i].kept));
	}
}

START_TEST(kept_in_one_piece)
{
	one_kept(_i, 0);
}
END_TEST

START_TEST(kept_in_pieces)
{
	if (rows_kept[_i].shortfall == 0) {
		one_kept(_i, 1);
		one_kept(_i, 7);
	}
}
END_TEST

/* The newest key of the account. */
static struct ts_uuid_text newest_key(struct bench *b)
{
	struct ts_txn *t;
	struct ts_transaction tr;
	ck_assert_int_eq(ts_txn_begin(b->store, TS_READ, &t, NULL), TS_OK);
	ck_assert_int_eq(ts_transaction_newest(t, b->user.id, &tr, NULL), TS_OK);
	ts_txn_abort(t);
	return ts_uuid_text(&tr.key);
}

/* Somebody who is parked. */
static void park(struct bench *b, struct wire *w, const char *timeout)
{
	TS_BUF(text);
	struct ts_uuid_text key = newest_key(b);
	ts_buf_add_str(&text, "type: wait\nprotocol: v1\n" LOGIN);
	ts_buf_printf(&text, "timeout: %s\n\n%s\n", timeout, key.text);
	add_request(b, w, 0, text.data);
	w->now = SIZE_MAX;
	ck_assert_int_eq(conn_new(&b->hub, b->policy, (struct transport){&wire_ops, w}, -1, "t",
				  &b->conn, NULL),
			 TS_OK);
	conn_ready(b->conn);
	ck_assert_uint_eq(waiters_count(b->hub.waiters), 1);
	ck_assert_uint_eq(w->out.len, 0);
	ck_assert_uint_eq(atomic_load(&b->policy->budget.usage->memory), 0);
}

static void until_freed(struct bench *b, struct wire *w)
{
	b->wire = w;
	b->pump.run = on_pump;
	ts_loop_post(b->hub.loop, &b->pump);
	ck_assert_int_eq(ts_loop_run(b->hub.loop, NULL), TS_OK);
}

enum { BY_TIME, BY_COMMIT, BY_STOP, BY_BYTES, BY_REMOVAL, BY_REMOVAL_SEEN_LATE, WAKES };

static void remove_user(struct bench *b)
{
	struct ts_txn *t;
	ck_assert_int_eq(ts_txn_begin(b->store, TS_WRITE, &t, NULL), TS_OK);
	ck_assert_int_eq(ts_user_remove(t, &b->user, NULL), TS_OK);
	ck_assert_int_eq(ts_txn_commit(t, NULL), TS_OK);
}

/* The first look comes while so many read that nobody else can; the second one makes up for it. */
static void look_in_vain(struct bench *b)
{
	enum { READERS_MAX = 1 << 15 };
	static struct ts_txn *readers[READERS_MAX];
	size_t n = 0;
	while (n < READERS_MAX && ts_txn_begin(b->store, TS_READ, &readers[n], NULL) == TS_OK) {
		n++;
	}
	ck_assert_uint_lt(n, READERS_MAX);
	b->hub.look.on_time(&b->hub.look);
	ck_assert_uint_eq(waiters_count(b->hub.waiters), 1);
	while (n > 0) {
		ts_txn_abort(readers[--n]);
	}
	b->hub.look.on_time(&b->hub.look);
	ck_assert_uint_eq(waiters_count(b->hub.waiters), 0);
}

static void wake(struct bench *b, struct wire *w, int how)
{
	if (how == BY_COMMIT) {
		waiters_wake(b->hub.waiters, b->user.id, 1);
	} else if (how == BY_STOP) {
		hub_stop(&b->hub);
	} else if (how == BY_BYTES) {
		ts_buf_add_str(&w->in, "something");
	} else if (how == BY_REMOVAL) {
		remove_user(b);
	} else if (how == BY_REMOVAL_SEEN_LATE) {
		remove_user(b);
		look_in_vain(b);
	}
}

START_TEST(who_waits_is_woken)
{
	static const int codes[WAKES] = {201, 201, 421, 201, 430, 430};
	BENCH(b);
	WIRE(w, 0);
	bench_begin(&b, &b_settings);
	park(&b, &w, _i == BY_TIME ? "0" : "600");
	wake(&b, &w, _i);
	until_freed(&b, &w);
	ck_assert_int_eq(answer_code(&w), codes[_i]);
}
END_TEST

START_TEST(who_waits_may_leave)
{
	BENCH(b);
	WIRE(w, 0);
	bench_begin(&b, &b_settings);
	park(&b, &w, "600");
	if (_i == 0) {
		w.closes = true;
		conn_ready(b.conn);
		ck_assert(w.freed);
	} else {
		waiters_wake(b.hub.waiters, b.user.id, 1); /* its post is under way */
		hub_abandon(&b.hub);
		ck_assert(!w.freed);
		until_freed(&b, &w);
	}
	ck_assert_uint_eq(w.out.len, 0);
}
END_TEST

static int emptied;

static void on_empty(struct hub *h)
{
	(void)h;
	emptied++;
}

/* A stop closes who has said nothing; who has begun is told, or finished with. */
START_TEST(stopping)
{
	BENCH(b);
	WIRE(silent, 0);
	WIRE(begun, 10);
	bench_begin(&b, &b_settings);
	emptied = 0;
	b.hub.on_empty = on_empty;
	add_request(&b, &begun, 0, SYNC LOGIN "\n");
	ck_assert_int_eq(conn_new(&b.hub, b.policy, (struct transport){&wire_ops, &silent}, -1, "t",
				  &b.conn, NULL),
			 TS_OK);
	ck_assert_int_eq(conn_new(&b.hub, b.policy, (struct transport){&wire_ops, &begun}, -1, "t",
				  &b.conn, NULL),
			 TS_OK);
	begun.now = 10;
	conn_ready(b.conn);
	hub_stop(&b.hub);
	ck_assert(silent.freed && !begun.freed);
	ck_assert_int_eq(emptied, 0);
	begun.now = SIZE_MAX;
	conn_ready(b.conn);
	ck_assert(begun.freed);
	ck_assert_int_eq(emptied, 1);
	ck_assert_int_eq(answer_code(&begun), 421);
}
END_TEST

UNIT_MAIN("conn", {requests_in_one_piece, TS_COUNT_OF(rows)},
	  {requests_byte_by_byte, TS_COUNT_OF(rows)}, {requests_in_small_pieces, TS_COUNT_OF(rows)},
	  {pipelined, 2}, {the_answer_is_the_task_and_the_key, 0}, {peers, 0}, {too_long, 0},
	  {impossible_lengths, 0}, {peers_that_leave, 0}, {no_tls, 0},
	  {stalling_peers, TS_COUNT_OF(stalls)}, {tricklers, 0}, {strangers_make_room, 0},
	  {stopping, 0}, {kept_in_one_piece, TS_COUNT_OF(rows_kept)},
	  {kept_in_pieces, TS_COUNT_OF(rows_kept)}, {who_waits_is_woken, WAKES},
	  {who_waits_may_leave, 2})
