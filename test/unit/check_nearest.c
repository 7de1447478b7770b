/* SPDX-License-Identifier: MIT */
#include "server/account/nearest.h"
#include "unit.h"

static const struct {
	const char *a, *b;
	size_t distance; /* in halves */
} distances[] = {
	{"", "", 0},           {"a", "a", 0},          {"a", "A", 1},
	{"a", "b", 2},         {"", "abc", 6},         {"abc", "", 6},
	{"alise", "alice", 2}, {"alice", "alices", 2}, {"kitten", "sitting", 6},
	{"Bob", "bOB", 3},
};

START_TEST(distances_are_in_halves_of_a_change)
{
	ck_assert_uint_eq(
		nearest_distance(ts_slice_of(distances[_i].a), ts_slice_of(distances[_i].b)),
		distances[_i].distance);
}
END_TEST

static const struct {
	const char *wanted, *names[6], *want;
} rows[] = {
	{"x", {NULL}, "User 'x' does not exist."},
	{"alise", {"bob", "alice", NULL}, "User 'alise' does not exist; do you mean 'alice'?"},
	{"alice",
	 {"alicf", "Alice", "alike", "alicia", NULL},
	 "User 'alice' does not exist; do you mean 'Alice' or 'alicf' or 'alike'?"},
	{"rob",
	 {"robert-the-third", "zz", NULL},
	 "User 'rob' does not exist; do you mean 'robert-the-third'?"},
	{"zzzz", {"alice", "bob", NULL}, "User 'zzzz' does not exist."},
	{"", {"ab", "alice", NULL}, "User '' does not exist."},
};

START_TEST(the_nearest_names_are_told)
{
	struct ts_error err = {0};
	struct nearest n = {.wanted = ts_slice_of(rows[_i].wanted)};
	for (const char *const *name = rows[_i].names; *name != NULL; name++) {
		nearest_offer(&n, ts_slice_of(*name));
	}
	ck_assert_int_eq(nearest_fail(&n, "User", &err), TS_ENOTFOUND);
	ck_assert_str_eq(err.text, rows[_i].want);
}
END_TEST

START_TEST(long_names_are_cut_and_harm_nothing)
{
	char name[1000];
	struct ts_error err = {0};
	memset(name, 'x', sizeof(name));
	struct nearest n = {.wanted = {name, sizeof(name)}};
	for (size_t len = 250; len < 260; len++) {
		nearest_offer(&n, (struct ts_slice){name, len});
	}
	nearest_hint(&n, (struct ts_slice){name, 255});
	ck_assert_int_eq(nearest_fail(&n, "User", &err), TS_ENOTFOUND);
	ck_assert_uint_lt(strlen(err.text), sizeof(err.text) - 1);
}
END_TEST

UNIT_MAIN("nearest", {distances_are_in_halves_of_a_change, TS_COUNT_OF(distances)},
	  {the_nearest_names_are_told, TS_COUNT_OF(rows)}, {long_names_are_cut_and_harm_nothing, 0})
