/* SPDX-License-Identifier: MIT */
/* A request and its answer, and peers that are slow, odd or gone. */
#include "conn_fixture.h"

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
	connect_wire(&b, &first);
	connect_wire(&b, &second);
	ck_assert_uint_eq(b.hub.count, 2);
	ck_assert(hub_make_room(&b.hub));
	ck_assert(first.freed && !second.freed);
	ck_assert(hub_make_room(&b.hub));
	ck_assert(!hub_make_room(&b.hub));
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
	connect_wire(&b, &silent);
	connect_wire(&b, &begun);
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
	  {stopping, 0})
