/* SPDX-License-Identifier: MIT */
/* checkup.c, checkup_shared.c: which checks run, what is found, what it counts. */
#include "common/show/checkup.h"
#include "test/unit/unit.h"

#include <stdio.h>

struct visit {
	struct ts_checkup checkup;
	struct ts_buf told;  /* "check:kind " a finding */
	const char *failing; /* names, with commas around each */
};

static void tell(const struct ts_finding *f, void *arg)
{
	struct visit *v = arg;
	static const char letters[TS_FINDING_KINDS] = {'o', 'w', 'F', 's'};
	ts_buf_printf(&v->told, "%s:%c ", f->check, letters[f->kind]);
}

static void look(struct ts_checkup *c)
{
	struct visit *v = TS_OWNER(c, struct visit, checkup);
	char word[40];
	(void)snprintf(word, sizeof(word), ",%s,", c->check);
	if (strstr(v->failing, word) != NULL) {
		ts_checkup_fail(c, c->check[0] == 'a' ? TS_EIO : TS_EINVAL, "mend it", "It is %s.",
				"bad");
	} else {
		ts_checkup_ok(c, "It is good.");
	}
}

static const struct ts_check checks[] = {
	{"a", look, ""}, {"b", look, ",a,"}, {"c", look, ""}, {"d", look, ",c,b,"}, {"e", look, ""},
};

static const struct {
	const char *failing, *told, *text;
	int code;
} runs[] = {
	{"", "a:o b:o c:o d:o e:o ", "", TS_OK},
	{",b,", "a:o b:F c:o d:s e:o ", "1 fault found.", TS_EINVAL},
	{",a,", "a:F b:s c:o d:s e:o ", "1 fault found.", TS_EIO},
	{",a,e,", "a:F b:s c:o d:s e:F ", "2 faults found.", TS_EIO},
	{",e,", "a:o b:o c:o d:o e:F ", "1 fault found.", TS_EINVAL},
	{",a,b,c,d,e,", "a:F b:s c:F d:s e:F ", "3 faults found.", TS_EIO},
};

START_TEST(run)
{
	struct visit v = {.failing = runs[_i].failing};
	struct ts_error err = {0};
	v.checkup = (struct ts_checkup){.tell = tell, .arg = &v};
	int rc = ts_checkup_run(&v.checkup, checks, TS_COUNT_OF(checks), &err);
	ck_assert_int_eq(rc, runs[_i].code);
	ck_assert_slice(ts_buf_slice(&v.told), runs[_i].told);
	ck_assert_str_eq(err.text, runs[_i].text);
	ts_buf_done(&v.told);
}
END_TEST

enum { DAY = 86400, NOW = 1800000000 };

static const struct {
	int64_t from, until;
	const char *told;
	bool silent;
} spans[] = {
	{NOW - DAY, NOW + 15 * DAY, "", true}, {NOW - DAY, NOW + 13 * DAY, "x:w ", false},
	{NOW - DAY, NOW + 1, "x:w ", false},   {NOW - 2 * DAY, NOW - DAY, "x:F ", false},
	{NOW + 1, NOW + DAY, "x:F ", false},
};

START_TEST(dates)
{
	struct visit v = {.failing = ""};
	v.checkup = (struct ts_checkup){.tell = tell, .arg = &v, .check = "x"};
	const struct ts_checkup_span s = {"It", spans[_i].from, spans[_i].until, NOW, "renew it"};
	ck_assert_int_eq(ts_checkup_dates(&v.checkup, &s), spans[_i].silent);
	ck_assert_slice(ts_buf_slice(&v.told), spans[_i].told);
	ts_buf_done(&v.told);
}
END_TEST

static const struct {
	int64_t now;
	const char *told;
} clocks[] = {{NOW, "x:o "}, {915148800, "x:F "}, {0, "x:F "}};

START_TEST(clock_of_the_machine)
{
	struct visit v = {.failing = ""};
	v.checkup = (struct ts_checkup){.tell = tell, .arg = &v, .check = "x"};
	ts_checkup_clock(&v.checkup, clocks[_i].now);
	ck_assert_slice(ts_buf_slice(&v.told), clocks[_i].told);
	ts_buf_done(&v.told);
}
END_TEST

UNIT_MAIN("checkup", {run, TS_COUNT_OF(runs)}, {dates, TS_COUNT_OF(spans)},
	  {clock_of_the_machine, TS_COUNT_OF(clocks)})
