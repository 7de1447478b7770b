/* SPDX-License-Identifier: MIT */
#include "test/unit/store_fixture.h"

static struct ts_uuid task(unsigned i)
{
	struct ts_uuid u = {.bytes = {[0] = (uint8_t)i, [1] = (uint8_t)(i >> 8), [15] = 1}};
	return u;
}

static uint64_t number_of(struct fixture *f, struct ts_txn *t, unsigned i)
{
	const struct ts_uuid u = task(i);
	uint64_t number = 0;
	int code = ts_number_of(t, f->user.id, &u, &number, &f->err);
	ck_assert(code == TS_OK || code == TS_ENOTFOUND);
	return number;
}

static void give(struct fixture *f, struct ts_txn *t, unsigned i)
{
	const struct ts_uuid u = task(i);
	ck_assert_msg(ts_number_give(t, f->user.id, &u, &f->err) == TS_OK, "%s", f->err.text);
}

static void take(struct fixture *f, struct ts_txn *t, unsigned i)
{
	const struct ts_uuid u = task(i);
	ck_assert_msg(ts_number_take(t, f->user.id, &u, &f->err) == TS_OK, "%s", f->err.text);
}

/* What happens, one character a step: a-z gives that task a number, A-Z takes it away, | begins a
 * new transaction; and the numbers of a, b, c … afterwards. */
static const struct {
	const char *steps;
	const char *numbers;
} stories[] = {
	{"", ""},
	{"abc", "123"},
	{"a|b|c", "123"},
	{"aab", "12"},
	{"abcB", "103"},
	{"abcBd", "1032"},
	{"abcAB|de", "00312"},
	{"abc|Bd|e", "10324"},
	{"abcCBAd", "0001"},
	{"abcACde", "02013"},
	{"AabA", "02"},
};

START_TEST(each_story)
{
	FIXTURE(f);
	struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	for (const char *s = stories[_i].steps; *s != '\0'; s++) {
		if (*s == '|') {
			fixture_commit(&f, t);
			t = fixture_begin(&f, TS_WRITE);
		} else if (*s >= 'a') {
			give(&f, t, (unsigned)(*s - 'a'));
		} else {
			take(&f, t, (unsigned)(*s - 'A'));
		}
	}
	for (unsigned i = 0; stories[_i].numbers[i] != '\0'; i++) {
		ck_assert_msg(number_of(&f, t, i) == (uint64_t)(stories[_i].numbers[i] - '0'),
			      "'%s': task %c has number %llu", stories[_i].steps, 'a' + (int)i,
			      (unsigned long long)number_of(&f, t, i));
	}
	fixture_commit(&f, t);
}
END_TEST

START_TEST(many_and_back)
{
	enum { MANY = 3000 };
	FIXTURE(f);
	struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	for (unsigned i = 0; i < MANY; i++) {
		give(&f, t, i);
	}
	for (unsigned i = 0; i < MANY; i++) {
		struct ts_uuid u = {0}, wanted = task(i);
		ck_assert_uint_eq(number_of(&f, t, i), i + 1);
		ck_assert_int_eq(ts_number_task(t, f.user.id, i + 1, &u, &f.err), TS_OK);
		ck_assert(ts_uuid_eq(&u, &wanted));
	}
	struct ts_uuid none;
	ck_assert_int_eq(ts_number_task(t, f.user.id, MANY + 1, &none, &f.err), TS_ENOTFOUND);
	fixture_commit(&f, t);
}
END_TEST

UNIT_MAIN("short_numbers", {each_story, TS_COUNT_OF(stories)}, {many_and_back, 0})
