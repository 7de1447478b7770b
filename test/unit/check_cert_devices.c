/* SPDX-License-Identifier: MIT */
#include "server/cert/devices.h"
#include "server/cert/ends.h"
#include "test/unit/store_fixture.h"

enum { DAY = 86400, NOW = 1800000000 };

static struct ts_device device(const char *id, const char *name, int64_t seen)
{
	struct ts_device d = {
		.certificate = true, .issued = NOW, .until = NOW + 20 * DAY, .seen = seen};
	(void)snprintf(d.id, sizeof(d.id), "%s", id);
	(void)snprintf(d.name, sizeof(d.name), "%s", name);
	return d;
}

static struct ts_device get(struct fixture *f, struct ts_txn *t, const char *id)
{
	struct ts_device d;
	ck_assert_msg(ts_device_get(t, f->user.id, id, &d, &f->err) == TS_OK, "%s", f->err.text);
	return d;
}

static void add(struct fixture *f, struct ts_txn *t, const char *id, const char *name, int64_t seen)
{
	struct ts_device d = device(id, name, seen);
	ck_assert_msg(ts_device_put(t, f->user.id, &d, &f->err) == TS_OK, "%s", f->err.text);
}

static void renew(struct fixture *f, struct ts_txn *t, const char *old, const char *new)
{
	struct ts_device from = get(f, t, old), to = device(new, "x", 0);
	ck_assert_msg(cert_device_renew(t, f->user.id, &from, &to, &f->err) == TS_OK, "%s",
		      f->err.text);
}

static void see(struct fixture *f, struct ts_txn *t, const char *id)
{
	struct ts_device d = get(f, t, id);
	d.seen = NOW;
	ck_assert_int_eq(ts_device_put(t, f->user.id, &d, &f->err), TS_OK);
}

static const struct {
	int64_t issued, seen;
	int code;
} present[] = {
	{NOW, 0, TS_OK},       /* an interrupted enrolment */
	{NOW, NOW, TS_EEXIST}, /* in use */
	{0, 0, TS_EEXIST},     /* from elsewhere */
};

START_TEST(a_name_is_given_once_but_for_what_was_never_used)
{
	FIXTURE(f);
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	struct ts_device before = device("one", "phone", present[_i].seen),
			 d = device("two", "phone", 0);
	before.issued = present[_i].issued;
	ck_assert_int_eq(ts_device_put(t, f.user.id, &before, &f.err), TS_OK);
	ck_assert_int_eq(cert_device_add(t, f.user.id, &d, &f.err), present[_i].code);
	int gone = ts_device_get(t, f.user.id, "one", &before, NULL);
	ck_assert_int_eq(gone, present[_i].code == TS_OK ? TS_ENOTFOUND : TS_OK);
}
END_TEST

START_TEST(what_renews_gets_the_name)
{
	FIXTURE(f);
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	add(&f, t, "one", "phone", NOW);
	renew(&f, t, "one", "two");
	ck_assert_str_eq(get(&f, t, "two").name, "phone");
	ck_assert_str_eq(get(&f, t, "two").renews, "one");
	ck_assert_str_eq(get(&f, t, "one").name, "phone-old");
	see(&f, t, "two");
	renew(&f, t, "two", "three");
	ck_assert_str_eq(get(&f, t, "three").name, "phone");
	ck_assert_str_eq(get(&f, t, "two").name, "phone-old-2");
}
END_TEST

START_TEST(a_renewal_that_was_lost_keeps_working_without_the_name)
{
	FIXTURE(f);
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	add(&f, t, "one", "phone", NOW);
	renew(&f, t, "one", "two");
	renew(&f, t, "one", "three");
	ck_assert_str_eq(get(&f, t, "three").name, "phone");
	ck_assert_str_eq(get(&f, t, "two").name, "phone-old-2");
}
END_TEST

START_TEST(two_copies_of_a_device_are_renewed_each_by_itself)
{
	FIXTURE(f);
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	add(&f, t, "one", "phone", NOW);
	renew(&f, t, "one", "two");
	see(&f, t, "two");
	renew(&f, t, "one", "three");
	ck_assert_str_eq(get(&f, t, "two").name, "phone");
	ck_assert_str_eq(get(&f, t, "three").name, "phone-2");
}
END_TEST

START_TEST(who_is_revoked_is_revoked_with_all_that_is_the_same)
{
	FIXTURE(f);
	static const char *const family[] = {"one", "two", "three", "four"};
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	size_t count = 0;
	add(&f, t, "one", "phone", NOW);
	add(&f, t, "other", "laptop", NOW);
	renew(&f, t, "one", "two");
	renew(&f, t, "two", "three");
	renew(&f, t, "one", "four");
	ck_assert_int_eq(cert_device_revoke(t, f.user.id, family[_i], NOW, &count, &f.err), TS_OK);
	ck_assert_uint_eq(count, 4);
	for (size_t i = 0; i < TS_COUNT_OF(family); i++) {
		ck_assert_int_eq(get(&f, t, family[i]).revoked, NOW);
	}
	ck_assert_int_eq(get(&f, t, "other").revoked, 0);
	ck_assert_int_eq(cert_device_revoke(t, f.user.id, "one", NOW, &count, &f.err), TS_OK);
	ck_assert_uint_eq(count, 0);
	ck_assert_int_eq(cert_device_revoke(t, f.user.id, "nobody", NOW, &count, &f.err),
			 TS_ENOTFOUND);
}
END_TEST

START_TEST(ends_are_counted_without_what_is_over_with)
{
	FIXTURE(f);
	const struct settings s = {.server_cert = (char *)"", .ca_cert = (char *)""};
	struct cert_ends ends;
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	static const struct {
		const char *id;
		int64_t until, revoked;
	} devices[] = {{"far", NOW + 40 * DAY, 0},   {"month", NOW + 29 * DAY, 0},
		       {"week", NOW + 6 * DAY, 0},   {"today", NOW + DAY / 2, 0},
		       {"ended", NOW - DAY, 0},      {"revoked", NOW + DAY / 2, NOW},
		       {"renewed", NOW + 6 * DAY, 0}};
	for (size_t i = 0; i < TS_COUNT_OF(devices); i++) {
		struct ts_device d = device(devices[i].id, devices[i].id, NOW);
		d.until = devices[i].until;
		d.revoked = devices[i].revoked;
		ck_assert_int_eq(ts_device_put(t, f.user.id, &d, &f.err), TS_OK);
	}
	struct ts_device old = get(&f, t, "renewed"), new = device("new", "x", 0);
	new.until = NOW + 400 * DAY;
	ck_assert_int_eq(cert_device_renew(t, f.user.id, &old, &new, &f.err), TS_OK);
	ck_assert_int_eq(cert_ends(&s, t, NOW, &ends, &f.err), TS_OK);
	static const size_t want[CERT_STAGES] = {3, 2, 2, 1};
	for (size_t i = 0; i < CERT_STAGES; i++) {
		ck_assert_msg(ends.clients[i] == want[i], "%zu: %zu", i, ends.clients[i]);
	}
	ck_assert_uint_eq(ends.ended, 1);
	ck_assert_int_eq(ends.server, 0);
}
END_TEST

UNIT_MAIN("cert_devices", {a_name_is_given_once_but_for_what_was_never_used, TS_COUNT_OF(present)},
	  {what_renews_gets_the_name, 0},
	  {a_renewal_that_was_lost_keeps_working_without_the_name, 0},
	  {two_copies_of_a_device_are_renewed_each_by_itself, 0},
	  {who_is_revoked_is_revoked_with_all_that_is_the_same, 4},
	  {ends_are_counted_without_what_is_over_with, 0})
