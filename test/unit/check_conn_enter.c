/* SPDX-License-Identifier: MIT */
/* Who comes in: PROXY headers, limits an address, answers that come late. */
#include "conn_fixture.h"
#include "server/net/conn_internal.h"

#include <sys/epoll.h>

#define V2 "\r\n\r\n\0\r\nQUIT\n"

static const struct {
	struct ts_slice raw;
	size_t header; /* [bytes] of it that are taken; 0: it is no header, and that's the end */
	const char *peer;
} proxied[] = {
	{TS_SLICE("PROXY TCP4 198.51.100.7 192.0.2.1 4660 1\r\nTLS"), 42, "198.51.100.7:4660"},
	{TS_SLICE("PROXY TCP6 2001:db8::7 ::1 4660 1\r\nTLS"), 35, "[2001:db8::7]:4660"},
	{TS_SLICE("PROXY UNKNOWN\r\nTLS"), 15, "192.0.2.1:1"},
	{TS_SLICE(V2 "\x21\x11\x00\x0c\xc6\x33\x64\x07\xc0\x00\x02\x01\x12\x34\x00\x01TLS"), 28,
	 "198.51.100.7:4660"},
	{TS_SLICE(V2 "\x20\x00\x00\x00TLS"), 16, "192.0.2.1:1"},
	{TS_SLICE("PROXY TCP4 198.51.100.7 192.0.2.1 4660\r\nTLS"), 0, NULL},
	{TS_SLICE("\x16\x03\x01\x00\xc8\x01"), 0, NULL},
	{TS_SLICE("PROXY TCP4 198.51.100.7"), 0, NULL},
	{TS_SLICE(""), 0, NULL},
};

/* Bytes behind the header are left where they are. */
static void one_proxied(int i, size_t chunk)
{
	BENCH(b);
	WIRE(w, chunk);
	bench_begin(&b, &b_settings);
	b.from.proxied = true;
	ts_buf_add_slice(&w.raw, proxied[i].raw);
	w.closes = true;
	if (proxied[i].header > 0) {
		add_request(&b, &w, 0, SYNC LOGIN "\n");
		connect_wire(&b, &w);
		w.now = proxied[i].header + 3;
		conn_ready(b.conn);
		ck_assert_int_eq(b.conn->state, CONN_HEADERS);
		ck_assert_str_eq(b.conn->peer, proxied[i].peer);
		until_freed(&b, &w);
		ck_assert_uint_eq(w.raw_at, proxied[i].header);
		ck_assert_int_eq(answer_code(&w), 201);
	} else {
		serve(&b, &w);
		ck_assert_uint_eq(w.out.len, 0);
	}
}

START_TEST(proxied_in_one_piece)
{
	one_proxied(_i, 0);
}
END_TEST

START_TEST(proxied_in_pieces)
{
	one_proxied(_i, 1);
	one_proxied(_i, 7);
}
END_TEST

START_TEST(a_header_that_never_ends)
{
	BENCH(b);
	WIRE(w, 0);
	b_settings.timeout_handshake = 20;
	bench_begin(&b, &b_settings);
	b.from.proxied = true;
	ts_buf_add_str(&w.raw, "PROXY ");
	serve(&b, &w);
	ck_assert_uint_eq(w.out.len, 0);
}
END_TEST

/* The one behind the proxy has the limits, and not the proxy. */
START_TEST(refused_behind_a_proxy)
{
	BENCH(b);
	WIRE(first, 0);
	WIRE(second, 0);
	WIRE(third, 0);
	b_settings.connection_address = 1;
	bench_begin(&b, &b_settings);
	b.from.proxied = true;
	const uint64_t before = limits_hits(LIMIT_CONNECTION_ADDRESS);
	struct wire *all[] = {&first, &second, &third};
	for (size_t i = 0; i < 3; i++) {
		ts_buf_add_str(&all[i]->raw, i < 2 ? "PROXY TCP4 198.51.100.7 192.0.2.1 1 1\r\n"
						   : "PROXY TCP4 198.51.100.8 192.0.2.1 1 1\r\n");
		connect_wire(&b, all[i]);
		all[i]->now = all[i]->raw.len;
		conn_ready(b.conn);
		ck_assert(all[i]->freed == (i == 1));
	}
	ck_assert_uint_eq(limits_hits(LIMIT_CONNECTION_ADDRESS), before + 1);
	ck_assert_uint_eq(admission_strangers(b.hub.admission), 2);
	hub_abandon(&b.hub);
}
END_TEST

#define WRONG "org: Org\nuser: Jo Smith\nkey: " ZEROS "\n"

/* Connects as `b.from`, whose visitor is made here. */
static void come_in(struct bench *b, struct wire *w)
{
	ck_assert(hub_admits(&b->hub, b->policy, &b->from.address, &b->from.visitor));
	connect_wire(b, w);
	w->now = SIZE_MAX;
	conn_ready(b->conn);
}

static void fail_at_once(struct bench *b)
{
	WIRE(w, 0);
	add_request(b, &w, 0, SYNC WRONG "\n");
	come_in(b, &w);
	ck_assert(w.freed);
	ck_assert_int_eq(answer_code(&w), 430);
}

/* One failure is answered at once; the next one is parked, and a log-in that is in order is not. */
START_TEST(failed_logins_wait)
{
	BENCH(b);
	WIRE(late, 0);
	WIRE(right, 0);
	b_settings.connection_address = 2;
	b_settings.login_failures = 1;
	b_settings.login_delay = b_settings.login_delay_max = 600000;
	bench_begin(&b, &b_settings);
	const uint64_t before = limits_hits(LIMIT_LOGIN_FAILURES);
	fail_at_once(&b);
	add_request(&b, &late, 0, SYNC WRONG "\n" TASK "\n");
	come_in(&b, &late);
	struct conn *parked = b.conn;
	ck_assert(!late.freed);
	ck_assert_int_eq(parked->state, CONN_DELAY);
	ck_assert_uint_eq(late.out.len, 0);
	ck_assert_uint_eq(limits_hits(LIMIT_LOGIN_FAILURES), before + 1);
	conn_ready(parked);
	ck_assert_int_eq(parked->state, CONN_DELAY);
	add_request(&b, &right, 0, SYNC LOGIN "\n");
	come_in(&b, &right);
	ck_assert(right.freed);
	ck_assert_int_eq(answer_code(&right), 201);
	if (_i == 0) { /* the time is over */
		parked->timer.on_time(&parked->timer);
	} else if (_i < 3) { /* the server stops; a stranger, or one who had shown who it is */
		conn_move(parked, _i == 1 ? &b.hub.strangers : &b.hub.known);
		hub_stop(&b.hub);
	} else { /* the other end goes away */
		parked->watch.on_ready(&parked->watch, EPOLLRDHUP);
	}
	ck_assert(late.freed);
	if (_i < 3) {
		ck_assert_int_eq(answer_code(&late), 430);
	} else {
		ck_assert_uint_eq(late.out.len, 0);
	}
}
END_TEST

/* Whose message is still coming when the server stops doesn't wait behind it either. */
START_TEST(a_stopping_server_delays_nothing)
{
	BENCH(b);
	WIRE(w, 0);
	b_settings.login_failures = 1;
	b_settings.login_delay = b_settings.login_delay_max = 600000;
	bench_begin(&b, &b_settings);
	fail_at_once(&b);
	add_request(&b, &w, 0, SYNC WRONG "\n" TASK "\n");
	w.in.len -= 5;
	come_in(&b, &w);
	struct conn *c = b.conn;
	ck_assert_int_eq(c->state, CONN_DISCARD);
	hub_stop(&b.hub);
	w.in.len += 5;
	conn_ready(c);
	ck_assert(w.freed);
	ck_assert_int_eq(answer_code(&w), 430);
}
END_TEST

/* What a stranger sends behind a refusal is thrown away for a while, not for an hour. */
START_TEST(a_strangers_message_is_not_read_for_ever)
{
	BENCH(b);
	WIRE(w, 1);
	b_settings.request_limit = 0;
	b_settings.timeout_idle = 150;
	bench_begin(&b, &b_settings);
	add_request(&b, &w, 0, SYNC WRONG "\n" TASK "\n");
	for (int i = 0; i < 3000000; i++) {
		ts_buf_add_char(&w.in, 'x');
	}
	w.in.data[0] = 0x7f; /* 2 GiB are announced, and come a byte at a time */
	serve(&b, &w);
	ck_assert_uint_lt(w.at, w.in.len);
	ck_assert_int_eq(answer_code(&w), 430);
}
END_TEST

UNIT_MAIN("conn_enter", {proxied_in_one_piece, TS_COUNT_OF(proxied)},
	  {proxied_in_pieces, TS_COUNT_OF(proxied)}, {a_header_that_never_ends, 0},
	  {refused_behind_a_proxy, 0}, {failed_logins_wait, 4},
	  {a_stopping_server_delays_nothing, 0}, {a_strangers_message_is_not_read_for_ever, 0})
