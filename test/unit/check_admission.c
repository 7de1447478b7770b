/* SPDX-License-Identifier: MIT */
#include "server/net/admission.h"
#include "unit.h"

#include <stdio.h>

enum { OPEN = 3, RATE = 2, BURST = 6 };

struct fixture {
	struct admission *a;
	struct policy policy;
	uint64_t tell;
};

static void begin(struct fixture *f, const char *exempt)
{
	f->policy.settings = (struct settings){
		.connection_address = OPEN,
		.handshake_rate = RATE,
		.login_failures = 2,
		.login_delay = 100,
		.login_delay_max = 500,
	};
	ck_assert_int_eq(admission_new(&f->a, NULL), TS_OK);
	ck_assert_int_eq(
		ts_networks_parse(ts_slice_of(exempt), "limits.exempt", &f->policy.exempt, NULL),
		TS_OK);
}

static void done(struct fixture *f)
{
	admission_free(f->a);
	ts_networks_done(&f->policy.exempt);
}

#define FIXTURE(name) TS_CLEANUP(done) struct fixture name = {0}

static enum limit enter(struct fixture *f, const char *from, uint64_t now, struct visitor **ret)
{
	struct ts_address a;
	ck_assert(ts_address_parse(ts_slice_of(from), &a));
	return admission_enter(f->a, &f->policy, &a, now, ret, &f->tell);
}

/* Comes in and leaves. */
static enum limit visit(struct fixture *f, const char *from, uint64_t now)
{
	struct visitor *v;
	enum limit limit = enter(f, from, now, &v);
	if (limit == LIMITS) {
		admission_leave(f->a, v);
	}
	return limit;
}

START_TEST(connections_of_an_address)
{
	FIXTURE(f);
	struct visitor *v[OPEN], *more;
	begin(&f, "");
	for (int i = 0; i < OPEN; i++) {
		ck_assert_int_eq(enter(&f, "192.0.2.1", 1000, &v[i]), LIMITS);
	}
	ck_assert_int_eq(enter(&f, "192.0.2.1", 1000, &more), LIMIT_CONNECTION_ADDRESS);
	ck_assert_uint_eq(f.tell, 1);
	ck_assert_int_eq(visit(&f, "192.0.2.2", 1000), LIMITS);
	admission_leave(f.a, v[0]);
	ck_assert_int_eq(enter(&f, "192.0.2.1", 1000, &v[0]), LIMITS);
	for (int i = 0; i < OPEN; i++) {
		admission_leave(f.a, v[i]);
	}
}
END_TEST

START_TEST(connections_a_second)
{
	FIXTURE(f);
	begin(&f, "");
	for (int i = 0; i < BURST; i++) {
		ck_assert_int_eq(visit(&f, "192.0.2.1", 1000), LIMITS);
	}
	ck_assert_int_eq(visit(&f, "192.0.2.1", 1000), LIMIT_HANDSHAKE_RATE);
	ck_assert_int_eq(visit(&f, "192.0.2.2", 1000), LIMITS);
	ck_assert_int_eq(visit(&f, "192.0.2.1", 1499), LIMIT_HANDSHAKE_RATE);
	ck_assert_int_eq(visit(&f, "192.0.2.1", 1500), LIMITS);
	ck_assert_int_eq(visit(&f, "192.0.2.1", 1400), LIMIT_HANDSHAKE_RATE); /* another clock */
	ck_assert_int_eq(visit(&f, "192.0.2.1", 1999), LIMIT_HANDSHAKE_RATE);
	ck_assert_int_eq(visit(&f, "192.0.2.1", 2000), LIMITS);
	for (int i = 0; i < BURST; i++) {
		ck_assert_int_eq(visit(&f, "192.0.2.1", 100000000), LIMITS);
	}
	ck_assert_int_eq(visit(&f, "192.0.2.1", 100000000), LIMIT_HANDSHAKE_RATE);
	(void)visit(&f, "192.0.2.3", 1000);
	for (int i = 0; i < BURST; i++) { /* what wasn't used doesn't add up */
		ck_assert_int_eq(visit(&f, "192.0.2.3", 100000000), LIMITS);
	}
	ck_assert_int_eq(visit(&f, "192.0.2.3", 100000000), LIMIT_HANDSHAKE_RATE);
}
END_TEST

/* Told once a second, with a count of what was not told. */
START_TEST(refusals_are_told_now_and_then)
{
	FIXTURE(f);
	begin(&f, "");
	for (int i = 0; i < BURST; i++) {
		(void)visit(&f, "192.0.2.1", 1000);
	}
	static const uint64_t times[][2] = {{1001, 1}, {1002, 0}, {1400, 0}, {1999, 0}};
	(void)visit(&f, "192.0.2.1", 1500);
	for (size_t i = 0; i < TS_COUNT_OF(times); i++) {
		ck_assert_int_eq(visit(&f, "192.0.2.1", times[i][0]), LIMIT_HANDSHAKE_RATE);
		ck_assert_uint_eq(f.tell, times[i][1]);
	}
	f.policy.settings.handshake_rate = 0;
	f.policy.settings.connection_address = 1;
	struct visitor *v, *more;
	ck_assert_int_eq(enter(&f, "192.0.2.1", 2100, &v), LIMITS);
	ck_assert_int_eq(enter(&f, "192.0.2.1", 2100, &more), LIMIT_CONNECTION_ADDRESS);
	ck_assert_uint_eq(f.tell, 4);
	admission_leave(f.a, v);
}
END_TEST

/* Two addresses: whether they are one to the limits. */
static const struct {
	const char *exempt, *one, *other;
	bool same;
} pairs[] = {
	{"", "192.0.2.1", "192.0.2.1", true},
	{"", "192.0.2.1", "192.0.2.2", false},
	{"", "192.0.2.1", "::ffff:192.0.2.1", true},
	{"", "2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true},
	{"", "2001:db8:1:2::1", "2001:db8:1:3::1", false},
	{"", "::1", "::2", true},
	{"192.0.2.0/24", "192.0.2.1", "192.0.2.1", false},
	{"192.0.2.0/24", "198.51.100.1", "198.51.100.1", true},
	{"::1", "::1", "::1", false},
};

START_TEST(who_is_who)
{
	FIXTURE(f);
	begin(&f, pairs[_i].exempt);
	for (int i = 0; i < BURST; i++) {
		ck_assert_int_eq(visit(&f, pairs[_i].one, 1000), LIMITS);
	}
	enum limit limit = visit(&f, pairs[_i].other, 1000);
	ck_assert_int_eq(limit, pairs[_i].same ? LIMIT_HANDSHAKE_RATE : LIMITS);
}
END_TEST

START_TEST(failures_double_the_delay)
{
	static const uint64_t delays[] = {0, 0, 100, 200, 400, 500, 500};
	FIXTURE(f);
	struct visitor *v, *other;
	begin(&f, "");
	ck_assert_int_eq(enter(&f, "192.0.2.1", 1000, &v), LIMITS);
	ck_assert_int_eq(enter(&f, "192.0.2.2", 1000, &other), LIMITS);
	for (size_t i = 0; i < TS_COUNT_OF(delays); i++) {
		ck_assert_uint_eq(admission_failed(f.a, &f.policy, v, 1000 + i), delays[i]);
	}
	ck_assert_uint_eq(admission_failed(f.a, &f.policy, other, 1000), 0);
	ck_assert_uint_eq(admission_failed(f.a, &f.policy, NULL, 1000), 0);
	admission_leave(f.a, v);
	ck_assert_int_eq(enter(&f, "192.0.2.1", 599000, &v), LIMITS);
	ck_assert_uint_eq(admission_failed(f.a, &f.policy, v, 599000), 500);
	ck_assert_uint_eq(admission_failed(f.a, &f.policy, v, 1199000), 0);
	admission_leave(f.a, v);
	admission_leave(f.a, other);
}
END_TEST

START_TEST(without_a_limit)
{
	FIXTURE(f);
	struct visitor *v;
	begin(&f, "");
	f.policy.settings.login_failures = 0;
	ck_assert_int_eq(enter(&f, "192.0.2.1", 1000, &v), LIMITS);
	for (int i = 0; i < 10; i++) {
		ck_assert_uint_eq(admission_failed(f.a, &f.policy, v, 1000), 0);
	}
	admission_leave(f.a, v);
	f.policy.settings.handshake_rate = f.policy.settings.connection_address = 0;
	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(enter(&f, "192.0.2.1", 1000, &v), LIMITS);
		ck_assert_ptr_null(v);
	}
}
END_TEST

/* Many addresses: those that are here are remembered, of the others only so many. */
START_TEST(bounded)
{
	enum { MANY = 200000 };
	FIXTURE(f);
	struct visitor *v;
	char from[32];
	begin(&f, "");
	ck_assert_int_eq(enter(&f, "192.0.2.1", 1000, &v), LIMITS);
	for (int i = 0; i < 4; i++) {
		(void)admission_failed(f.a, &f.policy, v, 1000);
	}
	for (int i = 0; i < BURST; i++) {
		(void)visit(&f, "192.0.2.2", 1000);
	}
	ck_assert_int_eq(visit(&f, "192.0.2.2", 1000), LIMIT_HANDSHAKE_RATE);
	for (unsigned i = 0; i < MANY; i++) {
		(void)snprintf(from, sizeof(from), "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
		ck_assert_int_eq(visit(&f, from, 1000), LIMITS);
	}
	ck_assert_uint_eq(admission_failed(f.a, &f.policy, v, 1000), 400);
	ck_assert_int_eq(visit(&f, "192.0.2.2", 1000), LIMITS); /* long forgotten */
	ck_assert_uint_lt(admission_known(f.a), 20000);
	admission_leave(f.a, v);
}
END_TEST

START_TEST(strangers)
{
	FIXTURE(f);
	begin(&f, "");
	admission_add_stranger(f.a);
	admission_add_stranger(f.a);
	ck_assert_uint_eq(admission_strangers(f.a), 2);
	admission_drop_stranger(f.a);
	ck_assert_uint_eq(admission_strangers(f.a), 1);
	admission_add_stranger(NULL);
	ck_assert_uint_eq(admission_strangers(NULL), 0);
}
END_TEST

UNIT_MAIN("admission", {connections_of_an_address, 0}, {connections_a_second, 0},
	  {refusals_are_told_now_and_then, 0}, {who_is_who, TS_COUNT_OF(pairs)},
	  {failures_double_the_delay, 0}, {without_a_limit, 0}, {bounded, 0}, {strangers, 0})
