/* SPDX-License-Identifier: MIT */
/* Connections that wait for news. */
#include "conn_fixture.h"

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
	connect_wire(b, w);
	conn_ready(b->conn);
	ck_assert_uint_eq(waiters_count(b->hub.waiters), 1);
	ck_assert_uint_eq(w->out.len, 0);
	ck_assert_uint_eq(atomic_load(&b->policy->budget.usage->memory), 0);
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

UNIT_MAIN("conn_wait", {who_waits_is_woken, WAKES}, {who_waits_may_leave, 2})
