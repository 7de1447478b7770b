/* SPDX-License-Identifier: MIT */
/* spell.c: sizes; what it does with keys and values is seen in what the programs print. */
#include "common/show/spell.h"
#include "test/unit/unit.h"

static const struct {
	uint64_t bytes;
	const char *want;
} sizes[] = {
	{0, "0 bytes"},
	{1023, "1023 bytes"},
	{1024, "1.0 KiB"},
	{10 << 20, "10.0 MiB"},
	{UINT64_C(3) << 30, "3.0 GiB"},
	{UINT64_C(5) << 40, "5.0 TiB"},
	{UINT64_C(1) << 60, "1048576.0 TiB"},
};

START_TEST(sizes_are_for_people)
{
	ck_assert_str_eq(ts_size_text(sizes[_i].bytes).text, sizes[_i].want);
}
END_TEST

UNIT_MAIN("spell", {sizes_are_for_people, TS_COUNT_OF(sizes)})
