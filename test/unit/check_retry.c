/* SPDX-License-Identifier: MIT */
#include "client/sync/retry.h"
#include "test/unit/unit.h"

static const struct {
	uint64_t failed;
	uint32_t dice;
	uint64_t want;
} rows[] = {
	{0, 0, 1500}, {0, 500, 2000}, {0, 1000, 2500},  {0, 1001, 1500}, {1, 0, 3000},
	{2, 0, 6000}, {3, 0, 7500},   {4, 5000, 12500}, {90, 0, 7500},
};

START_TEST(delays_double_up_to_the_longest)
{
	const struct settings s = {.retry_delay = 2000, .retry_max = 10000};
	ck_assert_uint_eq(retry_delay(&s, rows[_i].failed, rows[_i].dice), rows[_i].want);
}
END_TEST

START_TEST(tiny_delays)
{
	const struct settings s = {.retry_delay = 3, .retry_max = 1};
	ck_assert_uint_eq(retry_delay(&s, 5, UINT32_MAX), 1);
}
END_TEST

static const struct {
	int code;
	bool again;
} codes[] = {
	{TS_ECONNECT, true}, {TS_ETIMEOUT, true},   {TS_ECLOSED, true},   {TS_OK, false},
	{TS_ETLS, false},    {TS_EACCESS, false},   {TS_EREFUSED, false}, {TS_EHISTORY, false},
	{TS_EFULL, false},   {TS_ECANCELED, false},
};

START_TEST(what_is_worth_another_try)
{
	ck_assert_int_eq(sync_may_retry(codes[_i].code), codes[_i].again);
}
END_TEST

UNIT_MAIN("retry", {delays_double_up_to_the_longest, TS_COUNT_OF(rows)}, {tiny_delays, 0},
	  {what_is_worth_another_try, TS_COUNT_OF(codes)})
