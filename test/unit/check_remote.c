/* SPDX-License-Identifier: MIT */
#include "client/remote/remote.h"
#include "common/base/file.h"
#include "test/unit/folder.h"
#include "test/unit/unit.h"

#include <fcntl.h>

static struct place place_in(struct folder *f)
{
	return (struct place){f->path, f->path, f->path};
}

static void put_file(const struct folder *f, const char *name, const char *text)
{
	struct ts_error err = {0};
	ck_assert_msg(ts_file_write(folder_at(f, name).text, ts_slice_of(text), 0600,
				    TS_FILE_REPLACE, &err) == TS_OK,
		      "%s", err.text);
}

static void put_remote(const struct folder *f, const char *name, const char *text)
{
	struct ts_error err = {0};
	char path[100];
	(void)snprintf(path, sizeof(path), "remotes/%s", name);
	ck_assert_int_eq(ts_dir_make(folder_at(f, path).text, 0700, NULL, &err), TS_OK);
	(void)snprintf(path, sizeof(path), "remotes/%s/remote.conf", name);
	put_file(f, path, text);
}

/* Which one */

static const struct {
	const char *there[3];
	const char *setting, *named;
	int code;
	const char *want; /* its name, or a part of the sentence */
} choices[] = {
	{{NULL}, "", NULL, TS_ENOTFOUND, "taskc setup FILE"},
	{{"home"}, "", NULL, TS_OK, "home"},
	{{"home", "work"}, "", NULL, TS_EINVAL, "home, work"},
	{{"home", "work"}, "work", NULL, TS_OK, "work"},
	{{"home", "work"}, "work", "home", TS_OK, "home"},
	{{"home", "work"}, "", "gone", TS_ENOTFOUND, "'gone'; there is home, work."},
	{{"home"}, "", "../home", TS_ENOTFOUND, "no remote"},
	{{"home"}, "", "", TS_OK, "home"},
};

START_TEST(which_one)
{
	FOLDER(f);
	const struct place p = place_in(&f);
	char setting[10];
	struct settings s = {.remote = setting};
	struct remote r;
	struct ts_error err = {0};
	(void)snprintf(setting, sizeof(setting), "%s", choices[_i].setting);
	for (size_t i = 0; i < 3 && choices[_i].there[i] != NULL; i++) {
		put_remote(&f, choices[_i].there[i], "");
	}
	int code = remote_read(&p, &s, choices[_i].named, &r, &err);
	ck_assert_msg(code == choices[_i].code, "%d %s", code, err.text);
	if (code == TS_OK) {
		ck_assert_str_eq(r.name, choices[_i].want);
		remote_done(&r);
	} else {
		ck_assert_msg(strstr(err.text, choices[_i].want) != NULL, "%s", err.text);
	}
}
END_TEST

/* With its settings */

static void read_it(struct folder *f, const char *conf, struct remote *r)
{
	const struct place p = place_in(f);
	char none[1] = "";
	const struct settings s = {.remote = none};
	struct ts_error err = {0};
	put_remote(f, "home", conf);
	ck_assert_msg(remote_read(&p, &s, NULL, r, &err) == TS_OK, "%s", err.text);
}

static const struct {
	const char *server, *host, *port; /* host NULL: it is none */
} addresses[] = {
	{"tasks.example:1234", "tasks.example", "1234"},
	{"tasks.example", "tasks.example", "53589"},
	{"10.0.0.1:1", "10.0.0.1", "1"},
	{"[2001:db8::1]:1234", "2001:db8::1", "1234"},
	{"[2001:db8::1]", "2001:db8::1", "53589"},
	{"2001:db8::1:1234", "2001:db8::1", "1234"},
	{"", NULL, NULL},
	{"tasks.example:", NULL, NULL},
	{"tasks.example:65536", NULL, NULL},
	{":1234", NULL, NULL},
	{"[", NULL, NULL},
	{"]:1", NULL, NULL},
};

START_TEST(where_it_is)
{
	FOLDER(f);
	char conf[100];
	struct remote r;
	struct hostport at;
	struct ts_error err = {0};
	(void)snprintf(conf, sizeof(conf), "server=%s\n", addresses[_i].server);
	read_it(&f, conf, &r);
	int code = remote_address(&r, &at, &err);
	if (addresses[_i].host == NULL) {
		ck_assert_int_eq(code, TS_EINVAL);
	} else {
		ck_assert_msg(code == TS_OK, "%s", err.text);
		ck_assert_str_eq(at.host, addresses[_i].host);
		ck_assert_str_eq(at.port, addresses[_i].port);
	}
	remote_done(&r);
}
END_TEST

static const struct {
	const char *conf;
	int code;
	const char *want;
} secrets[] = {
	{"secret=abc\n", TS_OK, "abc"},
	{"secret.file=s\n", TS_OK, "in a file"},
	{"secret.file=credential:s\n", TS_OK, "a credential"},
	{"secret.file=credential:../s\n", TS_EINVAL, "no name"},
	{"secret.file=credential:gone\n", TS_ENOTFOUND, "gone"},
	{"secret.command=printf '  said\\nmore'\n", TS_OK, "said"},
	{"secret.command=exit 4\n", TS_EINVAL, "status 4"},
	{"secret.command=true\n", TS_EINVAL, "secret.command"},
	{"secret=first\nsecret.command=exit 4\n", TS_OK, "first"},
	{"", TS_EINVAL, "secret.file"},
};

START_TEST(the_secret)
{
	FOLDER(f);
	struct remote r;
	TS_BUF(got);
	struct ts_error err = {0};
	read_it(&f, secrets[_i].conf, &r);
	put_file(&f, "remotes/home/s", "in a file\r\n");
	put_file(&f, "s", "a credential");
	ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", f.path, 1), 0);
	int code = remote_secret(&r, -1, &got, &err);
	ck_assert_msg(code == secrets[_i].code, "%d %s", code, err.text);
	if (code == TS_OK) {
		ck_assert_slice(ts_buf_slice(&got), secrets[_i].want);
	} else {
		ck_assert_msg(strstr(err.text, secrets[_i].want) != NULL, "%s", err.text);
	}
	remote_done(&r);
}
END_TEST

static const char *const slow_commands[] = {
	"secret.command=sleep 1000\n",
	"secret.command=kill -INT $$\n", /* Ctrl-C, which it gets as well */
};

START_TEST(a_user_who_has_had_enough)
{
	FOLDER(f);
	struct remote r;
	TS_BUF(got);
	struct ts_error err = {0};
	int stop[2];
	ck_assert_int_eq(pipe2(stop, O_CLOEXEC), 0);
	ck_assert_int_eq(write(stop[1], "x", 1), 1);
	read_it(&f, slow_commands[_i], &r);
	ck_assert_int_eq(remote_secret(&r, stop[0], &got, &err), TS_ECANCELED);
	ck_assert_str_eq(err.text, "Stopped.");
	ck_assert_uint_eq(got.len, 0);
	(void)close(stop[0]);
	(void)close(stop[1]);
	remote_done(&r);
}
END_TEST

START_TEST(paths)
{
	FOLDER(f);
	struct remote r;
	TS_BUF(path);
	struct ts_error err = {0};
	read_it(&f, "ca=/etc/ca.pem\nkey=sub/key\n", &r);
	ck_assert_int_eq(remote_path(&r, r.ca, &path, &err), TS_OK);
	ck_assert_str_eq(path.data, "/etc/ca.pem");
	ck_assert_int_eq(remote_path(&r, r.key, &path, &err), TS_OK);
	ck_assert_str_eq(path.data, folder_at(&f, "remotes/home/sub/key").text);
	ck_assert_int_eq(remote_path(&r, r.certificate, &path, &err), TS_OK);
	ck_assert_str_eq(path.data, folder_at(&f, "remotes/home/certificate.pem").text);
	ck_assert_int_eq(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	ck_assert_int_eq(remote_path(&r, "credential:x", &path, &err), TS_ENOTFOUND);
	ck_assert_int_eq(remote_path(&r, "", &path, &err), TS_EINVAL);
	remote_done(&r);
}
END_TEST

START_TEST(an_unknown_setting)
{
	FOLDER(f);
	const struct place p = place_in(&f);
	char none[1] = "";
	const struct settings s = {.remote = none};
	struct remote r;
	struct ts_error err = {0};
	put_remote(&f, "home", "servre=x\n");
	ck_assert_int_eq(remote_read(&p, &s, NULL, &r, &err), TS_EINVAL);
	ck_assert_msg(strstr(err.text, "servre") != NULL, "%s", err.text);
}
END_TEST

UNIT_MAIN("remote", {which_one, TS_COUNT_OF(choices)}, {where_it_is, TS_COUNT_OF(addresses)},
	  {the_secret, TS_COUNT_OF(secrets)},
	  {a_user_who_has_had_enough, TS_COUNT_OF(slow_commands)}, {paths, 0},
	  {an_unknown_setting, 0})
