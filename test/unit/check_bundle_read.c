/* SPDX-License-Identifier: MIT */
/* Bundles that a server prints are read back, whatever the names in them are; others are refused.
 */
#include "client/setup/bundle_read.h"
#include "server/setup/bundle.h"
#include "test/unit/unit.h"

#define CERTIFICATE "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
#define KEY         "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"

static struct bundle usual(void)
{
	return (struct bundle){.server = "sync.example.org:53589",
			       .org = "Home",
			       .user = "ann",
			       .secret = "7f1c1f6e-0000-4000-8000-00000000000a",
			       .trust = "strict",
			       .device = "laptop",
			       .ca = TS_SLICE(CERTIFICATE),
			       .leaf = TS_SLICE("leaf\n"),
			       .certificate = TS_SLICE(CERTIFICATE "#more\n"),
			       .key = TS_SLICE(KEY)};
}

static const char *const names[] = {
	"alice",
	"First Last",
	"it's",
	"''",
	"'; touch broken; '",
	"$(touch broken)",
	"${HOME}",
	"-rf",
	"--",
	"*",
	"\"double\"",
	"END-OF-CA",
	"# not comment",
	"a=b",
	"set -eu",
	"}",
	"\xE2\x82\xAC & < > | # !",
};

static void read_ok(const struct ts_buf *text, struct account *to)
{
	struct ts_error err = {0};
	int rc = bundle_read(ts_buf_slice(text), to, &err);
	ck_assert_msg(rc == TS_OK, "%s", err.text);
}

START_TEST(names_come_out_as_they_went_in)
{
	TS_BUF(text);
	TS_CLEANUP(account_done) struct account a = {0};
	struct bundle b = usual();
	b.org = b.user = b.device = names[_i];
	bundle_print(&b, &text);
	read_ok(&text, &a);
	ck_assert_slice(ts_buf_slice(&a.org), names[_i]);
	ck_assert_slice(ts_buf_slice(&a.user), names[_i]);
	ck_assert_slice(ts_buf_slice(&a.device), names[_i]);
	ck_assert_slice(ts_buf_slice(&a.server), b.server);
	ck_assert_slice(ts_buf_slice(&a.secret), b.secret);
	ck_assert_slice(ts_buf_slice(&a.trust), b.trust);
	ck_assert_slice(ts_buf_slice(&a.ca), CERTIFICATE);
	ck_assert_slice(ts_buf_slice(&a.certificate), CERTIFICATE "#more\n");
	ck_assert_slice(ts_buf_slice(&a.key), KEY);
}
END_TEST

START_TEST(lines_may_end_as_in_windows)
{
	TS_BUF(text);
	TS_BUF(windows);
	TS_CLEANUP(account_done) struct account a = {0};
	const struct bundle b = usual();
	bundle_print(&b, &text);
	for (size_t i = 0; i < text.len; i++) {
		ts_buf_add_str(&windows, text.data[i] == '\n' ? "\r" : "");
		ts_buf_add_char(&windows, text.data[i]);
	}
	read_ok(&windows, &a);
	ck_assert_slice(ts_buf_slice(&a.user), "ann");
	ck_assert_slice(ts_buf_slice(&a.key), KEY);
}
END_TEST

/* One piece of a good bundle, replaced. */
static const struct {
	const char *from, *into;
	int code;
	const char *complaint;
} faults[] = {
	{"#!/bin/sh", "#!/bin/bash", TS_EFORMAT, "no bundle"},
	{"version 1\n", "version 2\n", TS_EFORMAT, "version 2"},
	{"version 1\n", "version 10\n", TS_EFORMAT, "version 10"},
	{"server='sync", "srv='sync", TS_EINVAL, "no 'server'"},
	{"org='Home'", "org='Home", TS_EINVAL, "'org'"},
	{"org='Home'", "org='Ho'me", TS_EINVAL, "'org'"},
	{"org='Home'", "org='Ho'\\''me", TS_EINVAL, "'org'"},
	{"org='Home'", "org=''", TS_EINVAL, "no 'org'"},
	{"org='Home'", "org='a/b'", TS_EINVAL, "a/b"},
	{"org='Home'", "org='a\tb'", TS_EINVAL, "organization"},
	{"org='Home'", "org='..'", TS_EINVAL, ".."},
	{"org='Home'", "org='a\xFF'", TS_EINVAL, "organization"},
	{"org='Home'", "org=Home", TS_EINVAL, "no 'org'"},
	{":53589'", ":0'", TS_EINVAL, "host:port"},
	{":53589'", ":x'", TS_EINVAL, "host:port"},
	{"trust='strict'", "trust='Strict'", TS_EINVAL, "trust"},
	{"END-OF-KEY\n}", "END-OF-KEYS\n}", TS_EINVAL, "ends too early"},
	{"-----BEGIN PRIVATE", "-----begin private", TS_EINVAL, "PEM"},
	{"key() {", "kex() {", TS_EINVAL, "no 'key'"},
	{"device='laptop'",
	 "device='xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'", TS_EINVAL,
	 "device"},
};

START_TEST(what_is_wrong_is_refused)
{
	TS_BUF(text);
	TS_BUF(changed);
	TS_CLEANUP(account_done) struct account a = {0};
	struct ts_error err = {0};
	const struct bundle b = usual();
	bundle_print(&b, &text);
	const char *at = strstr(text.data, faults[_i].from);
	ck_assert_ptr_nonnull(at);
	ts_buf_add(&changed, text.data, (size_t)(at - text.data));
	ts_buf_add_str(&changed, faults[_i].into);
	ts_buf_add_str(&changed, at + strlen(faults[_i].from));
	ck_assert_int_eq(bundle_read(ts_buf_slice(&changed), &a, &err), faults[_i].code);
	ck_assert_msg(strstr(err.text, faults[_i].complaint) != NULL, "'%s'", err.text);
}
END_TEST

START_TEST(a_bundle_cut_anywhere_before_its_script_is_refused)
{
	TS_BUF(text);
	const struct bundle b = usual();
	bundle_print(&b, &text);
	const size_t end = (size_t)(strstr(text.data, "END-OF-KEY\n}") - text.data) + 9;
	for (size_t size = 0; size < end; size++) {
		TS_CLEANUP(account_done) struct account a = {0};
		struct ts_error err = {0};
		ck_assert_int_ne(bundle_read((struct ts_slice){text.data, size}, &a, &err), TS_OK);
		ck_assert_str_ne(err.text, "");
	}
}
END_TEST

UNIT_MAIN("bundle_read", {names_come_out_as_they_went_in, TS_COUNT_OF(names)},
	  {lines_may_end_as_in_windows, 0}, {what_is_wrong_is_refused, TS_COUNT_OF(faults)},
	  {a_bundle_cut_anywhere_before_its_script_is_refused, 0})
