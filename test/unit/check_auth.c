/* SPDX-License-Identifier: MIT */
#include "server/request/auth.h"
#include "test/unit/store_fixture.h"

#define PHONE "1111111111111111111111111111111111111111111111111111111111111111"
#define OTHER "2222222222222222222222222222222222222222222222222222222222222222"

/* Organization Public: alice, and bob, whose alias is robert; Bobby has the alias bob. */
struct people {
	struct fixture f;
	struct ts_org org;
	struct ts_user bob, bobby;
};

static void people_done(struct people *p)
{
	fixture_done(&p->f);
}

static void people_init(struct people *p)
{
	fixture_init(&p->f);
	struct ts_txn *t = fixture_begin(&p->f, TS_WRITE);
	ck_assert_int_eq(ts_org_get(t, TS_SLICE("Public"), &p->org, NULL), TS_OK);
	ck_assert_int_eq(ts_user_add(t, &p->org, TS_SLICE("bob"), 1, &p->bob, NULL), TS_OK);
	ck_assert_int_eq(ts_user_add(t, &p->org, TS_SLICE("Bobby"), 1, &p->bobby, NULL), TS_OK);
	ck_assert_int_eq(ts_alias_add(t, &p->bob, TS_SLICE("robert"), NULL), TS_OK);
	ck_assert_int_eq(ts_alias_add(t, &p->bobby, TS_SLICE("bob"), NULL), TS_OK);
	fixture_commit(&p->f, t);
}

#define PEOPLE(name)                                                                               \
	TS_CLEANUP(people_done) struct people name;                                                \
	people_init(&name)

/* Accounts */

enum key { ALICE, BOB, BOBBY, NOBODY, GARBAGE };

static const struct {
	const char *org, *user;
	enum key key;
	const char *who; /* NULL: refused */
} claims[] = {
	{"Public", "alice", ALICE, "alice"}, {"Public", "bob", BOB, "bob"},
	{"Public", "robert", BOB, "bob"},    {"Public", "bob", BOBBY, "Bobby"},
	{"Public", "Bobby", BOBBY, "Bobby"}, {"Public", "robert", BOBBY, NULL},
	{"Public", "alice", BOB, NULL},      {"Public", "alice", NOBODY, NULL},
	{"Public", "alice", GARBAGE, NULL},  {"Public", "nobody", ALICE, NULL},
	{"Public", "", ALICE, NULL},         {"Public", "../alice", ALICE, NULL},
	{"Privat", "alice", ALICE, NULL},    {"", "", NOBODY, NULL},
	{"Public", "ALICE", ALICE, NULL},    {"..", "alice", ALICE, NULL},
};

static struct ts_uuid_text key_text(const struct people *p, enum key key)
{
	static const struct ts_uuid nobody = {{0}};
	const struct ts_uuid *const keys[] = {&p->f.user.key, &p->bob.key, &p->bobby.key, &nobody};
	struct ts_uuid_text text = {"no key"};
	return key == GARBAGE ? text : ts_uuid_text(keys[key]);
}

START_TEST(accounts_are_found_by_name_alias_and_key)
{
	PEOPLE(p);
	struct account got;
	struct ts_error err = {0};
	struct ts_uuid_text key = key_text(&p, claims[_i].key);
	const struct claim claim = {ts_slice_of(claims[_i].org), ts_slice_of(claims[_i].user),
				    ts_slice_of(key.text)};
	struct ts_txn *t = fixture_begin(&p.f, TS_READ);
	int rc = auth_check(t, &claim, &got, &err);
	ts_txn_abort(t);
	ck_assert_int_eq(rc, claims[_i].who != NULL ? TS_OK : TS_EACCESS);
	if (rc == TS_OK) {
		ck_assert_str_eq(got.user.name, claims[_i].who);
		ck_assert_str_eq(got.org.name, "Public");
	} else {
		ck_assert_str_eq(err.text,
				 "There is no such organization, user and key on this server.");
	}
}
END_TEST

START_TEST(a_closed_account_is_told_to_who_has_its_key)
{
	PEOPLE(p);
	struct account got;
	struct ts_uuid_text key = key_text(&p, BOB);
	struct claim claim = {TS_SLICE("Public"), TS_SLICE("robert"), ts_slice_of(key.text)};
	struct ts_txn *t = fixture_begin(&p.f, TS_WRITE);
	(void)memcpy(p.org.redirect, "h:1", sizeof("h:1"));
	ck_assert_int_eq(ts_org_update(t, &p.org, NULL), TS_OK);
	ck_assert_int_eq(auth_check(t, &claim, &got, NULL), TS_EREDIRECT);
	ck_assert_str_eq(got.org.redirect, "h:1");
	p.bob.suspended = true;
	ck_assert_int_eq(ts_user_update(t, &p.bob, NULL), TS_OK);
	ck_assert_int_eq(auth_check(t, &claim, &got, NULL), TS_ESUSPENDED);
	claim.key = TS_SLICE("11111111-2222-4333-8444-555555555555");
	ck_assert_int_eq(auth_check(t, &claim, &got, NULL), TS_EACCESS);
	ts_txn_abort(t);
}
END_TEST

/* Devices: bob's certificate is `mine` (0: no device of his), Bobby's of the same is `theirs`. */

enum held { NONE, HELD, TAKEN /* revoked */ };

static const struct {
	const char *what;
	enum held mine, theirs;
	enum ts_binding own;
	bool setting, certificate, ok, known;
} holders[] = {
	{"own, bound", HELD, NONE, TS_BINDING_ON, false, true, true, true},
	{"own, bound by default", HELD, NONE, TS_BINDING_DEFAULT, true, true, true, true},
	{"own, not bound", HELD, NONE, TS_BINDING_OFF, true, true, true, true},
	{"own and another's", HELD, HELD, TS_BINDING_ON, true, true, true, true},
	{"own, another revoked it", HELD, TAKEN, TS_BINDING_ON, true, true, true, true},
	{"own, revoked", TAKEN, NONE, TS_BINDING_OFF, false, true, false, false},
	{"own, revoked, still another's", TAKEN, HELD, TS_BINDING_OFF, false, true, false, false},
	{"unknown, bound", NONE, NONE, TS_BINDING_ON, false, true, false, false},
	{"unknown, bound by default", NONE, NONE, TS_BINDING_DEFAULT, true, true, false, false},
	{"unknown, not bound by default", NONE, NONE, TS_BINDING_DEFAULT, false, true, true, false},
	{"unknown, not bound", NONE, NONE, TS_BINDING_OFF, true, true, true, false},
	{"another's, bound", NONE, HELD, TS_BINDING_ON, false, true, false, false},
	{"another's, not bound", NONE, HELD, TS_BINDING_OFF, false, true, true, false},
	{"another's, revoked there", NONE, TAKEN, TS_BINDING_OFF, false, true, false, false},
	{"a program, not bound", NONE, NONE, TS_BINDING_OFF, false, false, true, false},
	{"a program, bound", NONE, NONE, TS_BINDING_ON, false, false, false, false},
	{"a known program, bound", HELD, NONE, TS_BINDING_ON, false, false, false, false},
	{"a known program, not bound", HELD, NONE, TS_BINDING_OFF, false, false, true, true},
	{"a program that was revoked", TAKEN, NONE, TS_BINDING_OFF, false, false, false, false},
	{"a program that another revoked", NONE, TAKEN, TS_BINDING_OFF, false, false, true, false},
};

static void hold(struct ts_txn *t, uint32_t user, const char *id, bool certificate, enum held how)
{
	struct ts_device d = {.name = "held", .certificate = certificate, .revoked = how == TAKEN};
	if (how != NONE) {
		memcpy(d.id, id, strlen(id) + 1);
		ck_assert_int_eq(ts_device_put(t, user, &d, NULL), TS_OK);
	}
}

START_TEST(devices_open_what_they_may)
{
	PEOPLE(p);
	struct ts_device card;
	bool known = false;
	struct ts_error err = {0};
	const bool certificate = holders[_i].certificate;
	const struct bearer b = {.id = certificate ? PHONE : "task 2.6.2",
				 .name = certificate ? "bob/phone" : "task 2.6.2",
				 .certificate = certificate,
				 .binding = holders[_i].setting};
	struct ts_txn *t = fixture_begin(&p.f, TS_WRITE);
	hold(t, p.bob.id, b.id, certificate, holders[_i].mine);
	hold(t, p.bobby.id, b.id, certificate, holders[_i].theirs);
	struct account a = {.org = p.org, .user = p.bob};
	a.user.binding = holders[_i].own;
	int rc = auth_device(t, &a, &b, &card, &known, &err);
	ts_txn_abort(t);
	ck_assert_msg(rc == (holders[_i].ok ? TS_OK : TS_EACCESS), "%s: %s", holders[_i].what,
		      err.text);
	if (rc == TS_OK) {
		ck_assert_str_eq(card.id, b.id);
		ck_assert_msg(known == holders[_i].known, "%s", holders[_i].what);
	} else {
		ck_assert_ptr_null(strstr(err.text, "obby"));
	}
}
END_TEST

START_TEST(a_program_is_never_taken_for_a_certificate)
{
	PEOPLE(p);
	struct ts_device card;
	bool known;
	char id[TS_DEVICE_MAX + 1];
	struct ts_txn *t = fixture_begin(&p.f, TS_WRITE);
	hold(t, p.bob.id, PHONE, true, HELD);
	auth_program_id(TS_SLICE(PHONE), id);
	ck_assert_str_ne(id, PHONE);
	const char *const ids[] = {id, PHONE};
	const struct account a = {.org = p.org, .user = p.bob};
	for (size_t i = 0; i < TS_COUNT_OF(ids); i++) {
		const struct bearer b = {.id = ids[i], .name = PHONE, .binding = true};
		ck_assert_int_eq(auth_device(t, &a, &b, &card, &known, NULL), TS_EACCESS);
	}
	ts_txn_abort(t);
}
END_TEST

static const struct {
	const char *common_name, *name;
	bool certificate;
} wishes[] = {
	{"bob/phone", "phone", true},
	{"phone", "phone", true},
	{"a/b/tablet", "tablet", true},
	{"bob/", "device", true},
	{"", "device", true},
	{"bob/held", "held-2", true},
	{"task 2.6.2", "task 2.6.2", false},
};

START_TEST(a_new_device_gets_a_free_name)
{
	PEOPLE(p);
	struct ts_device card;
	bool known;
	struct ts_txn *t = fixture_begin(&p.f, TS_WRITE);
	hold(t, p.bob.id, OTHER, true, HELD);
	const struct account a = {.org = p.org, .user = p.bob};
	const struct bearer b = {.id = wishes[_i].certificate ? PHONE : "task 2.6.2",
				 .name = wishes[_i].common_name,
				 .certificate = wishes[_i].certificate,
				 .until = 77};
	ck_assert_int_eq(auth_device(t, &a, &b, &card, &known, NULL), TS_OK);
	ts_txn_abort(t);
	ck_assert_str_eq(card.name, wishes[_i].name);
	ck_assert_int_eq(card.until, 77);
	ck_assert(!known && card.first == 0);
}
END_TEST

UNIT_MAIN("auth", {accounts_are_found_by_name_alias_and_key, TS_COUNT_OF(claims)},
	  {a_closed_account_is_told_to_who_has_its_key, 0},
	  {devices_open_what_they_may, TS_COUNT_OF(holders)},
	  {a_program_is_never_taken_for_a_certificate, 0},
	  {a_new_device_gets_a_free_name, TS_COUNT_OF(wishes)})
