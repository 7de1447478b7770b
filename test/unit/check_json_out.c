/* SPDX-License-Identifier: MIT */
#include "common/base/json_out.h"
#include "test/unit/unit.h"

static const struct string {
	struct ts_slice text;
	const char *json;
} strings[] = {
	{TS_SLICE(""), "\"\""},
	{TS_SLICE("a \"b\" \\c/"), "\"a \\\"b\\\" \\\\c/\""},
	{TS_SLICE("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\""},
	{TS_SLICE("\0\x1b\x1f"), "\"\\u0000\\u001b\\u001f\""},
	{TS_SLICE("\x7f \xC3\xA4 \xE2\x82\xAC"), "\"\x7f \xC3\xA4 \xE2\x82\xAC\""},
};

START_TEST(strings_have_the_escapes_that_must_be)
{
	TS_BUF(b);
	ts_json_add_string(&b, strings[_i].text);
	ck_assert_slice(ts_buf_slice(&b), strings[_i].json);
}
END_TEST

START_TEST(commas_stand_between_values)
{
	TS_BUF(b);
	struct ts_json j = ts_json_to(&b);
	ts_json_open(&j, '{');
	ts_json_name(&j, "a");
	ts_json_open(&j, '[');
	ts_json_int(&j, INT64_MIN);
	ts_json_int(&j, 7);
	ts_json_null(&j);
	ts_json_open(&j, '[');
	ts_json_close(&j, ']');
	ts_json_bool(&j, true);
	ts_json_close(&j, ']');
	ts_json_name(&j, "b\n");
	ts_json_text(&j, TS_SLICE("c"));
	ts_json_name(&j, "d");
	ts_json_raw(&j, TS_SLICE("{\"e\":0.5}"));
	ts_json_name(&j, "f");
	ts_json_open(&j, '{');
	ts_json_close(&j, '}');
	ts_json_name(&j, "g");
	ts_json_bool(&j, false);
	ts_json_close(&j, '}');
	ck_assert_slice(ts_buf_slice(&b),
			"{\"a\":[-9223372036854775808,7,null,[],true],\"b\\n\":\"c\","
			"\"d\":{\"e\":0.5},\"f\":{},\"g\":false}");
}
END_TEST

UNIT_MAIN("json_out", {strings_have_the_escapes_that_must_be, TS_COUNT_OF(strings)},
	  {commas_stand_between_values, 0})
