/* SPDX-License-Identifier: MIT */
/* What every unit test needs around its cases. */
#pragma once

#include "common/base/attr.h"
#include "common/base/slice.h"

#include <check.h>

/* Compare a slice with a C string, and show both. */
#define ck_assert_slice(got, want)                                                                 \
	do {                                                                                       \
		struct ts_slice got_ = (got);                                                      \
		const char *want_ = (want);                                                        \
		ck_assert_msg(ts_slice_eq(got_, ts_slice_of(want_)), "got '%.*s', want '%s'",      \
			      TS_SLICE_ARGS(got_), want_);                                         \
	} while (0)

/* One loop test over each table of rows, one plain test each function without. */
struct unit_case {
	const TTest *test;
	int rows; /* 0: a plain test */
};

/* Run the cases as one suite; the value for main(). */
static inline int unit_run(const char *name, const struct unit_case *cases, size_t count)
{
	Suite *suite = suite_create(name);
	TCase *tc = tcase_create(name);
	tcase_set_timeout(tc, 0); /* machines are shared: no test fails for being slow */
	for (size_t i = 0; i < count; i++) {
		if (cases[i].rows > 0) {
			tcase_add_loop_test(tc, cases[i].test, 0, cases[i].rows);
		} else {
			tcase_add_test(tc, cases[i].test);
		}
	}
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#define UNIT_MAIN(name, ...)                                                                       \
	int main(void)                                                                             \
	{                                                                                          \
		const struct unit_case cases[] = {__VA_ARGS__};                             \
		return unit_run(name, cases, TS_COUNT_OF(cases));                                  \
	}
