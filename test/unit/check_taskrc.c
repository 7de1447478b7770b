/* SPDX-License-Identifier: MIT */
/* Configurations as Taskwarrior 2.6.2 writes and reads them. */
#include "client/setup/taskrc.h"
#include "common/base/file.h"
#include "test/unit/folder.h"
#include "test/unit/unit.h"

#include <sys/stat.h>

#define PEM   "-----BEGIN CERTIFICATE-----\n"
#define USUAL "taskd.server=h:1\ntaskd.credentials=o/u/k\n"

static void put(const struct folder *f, const char *name, const char *text)
{
	struct folder_path path = folder_at(f, name);
	ck_assert_int_eq(ts_file_write(path.text, ts_slice_of(text), 0600, TS_FILE_REPLACE, NULL),
			 TS_OK);
}

/* A home with a file `rc` of that text, and a certificate and others in places that it may name. */
static int read_home(const struct folder *f, const char *text, struct account *to,
		     struct ts_error *err)
{
	TS_BUF(path);
	ck_assert_int_eq(setenv("HOME", f->path, 1), 0);
	ck_assert_int_eq(setenv("NAMED", "by the environment", 1), 0);
	ck_assert_int_eq(mkdir(folder_at(f, "sub").text, 0700), 0);
	put(f, "sub/c.pem", PEM);
	put(f, "sub/more", "taskd.server=more:2\n");
	put(f, "rc", text);
	return taskrc_read(folder_at(f, "rc").text, to, &path, err);
}

static const struct {
	const char *text;
	const char *server, *org, *user, *secret, *trust;
} good[] = {
	{USUAL, "h:1", "o", "u", "k", "strict"},
	{"taskd.server=[::1]:53589\ntaskd.credentials=Two words\\/it's  \\\"q\\\"\\/k\n",
	 "[::1]:53589", "Two words", "it's  \"q\"", "k", "strict"},
	{"  taskd.server = h:1 # here \r\ntaskd.credentials=a\\u0023\\u00fc\\u20ac/u\\u0024/k",
	 "h:1", "a#\xC3\xBC\xE2\x82\xAC", "u$", "k", "strict"},
	{USUAL "taskd.credentials=o/$NAMED/k$NONE\n", "h:1", "o", "by the environment", "k",
	 "strict"},
	{USUAL "include sub/more\n", "more:2", "o", "u", "k", "strict"},
	{USUAL "include ~/sub/more # last\ntaskd.server=h:3\n", "h:3", "o", "u", "k", "strict"},
	{USUAL "include $HOME/sub/more\n", "more:2", "o", "u", "k", "strict"},
	{USUAL "include nowhere\ninclude rc\nincluded\nincludes=1\n", "h:1", "o", "u", "k",
	 "strict"},
	{USUAL "taskd.trust=allow all\n", "h:1", "o", "u", "k", "allow all"},
	{USUAL "taskd.trust=Yes\n", "h:1", "o", "u", "k", "allow all"},
	{USUAL "taskd.trust=ignore hostname\n", "h:1", "o", "u", "k", "ignore hostname"},
	{USUAL "taskd.trust=off\n", "h:1", "o", "u", "k", "strict"},
	{USUAL "taskd\\.server=x:9\nxtaskd.server=x:9\n", "h:1", "o", "u", "k", "strict"},
	{USUAL "taskd.ca=~\\/sub\\/c.pem\ntaskd.ca=sub/c.pem\n", "h:1", "o", "u", "k", "strict"},
	{"taskd.server=h:1\ntaskd.credentials=\\q\\u12/u/k\n", "h:1", "\\q\\u12", "u", "k",
	 "strict"},
};

START_TEST(configurations_are_read)
{
	FOLDER(f);
	TS_CLEANUP(account_done) struct account a = {0};
	struct ts_error err = {0};
	int rc = read_home(&f, good[_i].text, &a, &err);
	/* What isn't allowed in a name is refused once it is read. */
	ck_assert_msg(rc == TS_OK || strstr(err.text, "backslash") != NULL, "%s", err.text);
	ck_assert_slice(ts_buf_slice(&a.server), good[_i].server);
	ck_assert_slice(ts_buf_slice(&a.org), good[_i].org);
	ck_assert_slice(ts_buf_slice(&a.user), good[_i].user);
	ck_assert_slice(ts_buf_slice(&a.secret), good[_i].secret);
	ck_assert_slice(ts_buf_slice(&a.trust), good[_i].trust);
	bool named = strstr(good[_i].text, "taskd.ca") != NULL;
	ck_assert_slice(ts_buf_slice(&a.ca), named ? PEM : "");
}
END_TEST

static const struct {
	const char *text, *complaint;
} bad[] = {
	{"", "taskd.server"},
	{"taskd.server=h:1\n", "taskd.credentials"},
	{USUAL "taskd.credentials=o/u\n", "ORG/USER/KEY"},
	{USUAL "taskd.credentials=o/u/k/x\n", "ORG/USER/KEY"},
	{USUAL "taskd.credentials=/u/k\n", "organization"},
	{USUAL "taskd.credentials=o/u/\n", "user's key"},
	{USUAL "taskd.server=h:x\n", "host:port"},
	{USUAL "taskd.trust=perhaps\n", "perhaps"},
	{USUAL "taskd.ca=none.pem\n", "taskd.ca"},
	{USUAL "taskd.ca=rc\n", "PEM"},
	{USUAL "taskd.key=sub/c.pem\n", "come together"},
};

START_TEST(what_is_wrong_is_refused)
{
	FOLDER(f);
	TS_CLEANUP(account_done) struct account a = {0};
	struct ts_error err = {0};
	ck_assert_int_ne(read_home(&f, bad[_i].text, &a, &err), TS_OK);
	ck_assert_msg(strstr(err.text, bad[_i].complaint) != NULL, "'%s'", err.text);
}
END_TEST

UNIT_MAIN("taskrc", {configurations_are_read, TS_COUNT_OF(good)},
	  {what_is_wrong_is_refused, TS_COUNT_OF(bad)})
