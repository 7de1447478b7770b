/* SPDX-License-Identifier: MIT */
/* A remote is made whole or not at all. */
#include "client/remote/remote.h"
#include "common/base/file.h"
#include "common/tls/pki.h"
#include "test/unit/folder.h"
#include "test/unit/unit.h"

#include <sys/stat.h>

/* A home, and certificates of two clients. */
struct home {
	struct folder folder;
	struct place place;
	struct ts_buf ca, cert[2], key[2];
};

static struct home home_new(void)
{
	struct home h = {.folder = folder_new()};
	struct ts_error err = {0};
	TS_CLEANUP(ts_pki_ca_free_p) struct ts_pki_ca *ca = NULL;
	struct folder_path cert = folder_at(&h.folder, "ca.pem"),
			   key = folder_at(&h.folder, "ca.key.pem");
	int rc = ts_pki_make_ca(cert.text, key.text, "CA", &err);
	rc = rc == TS_OK ? ts_pki_ca_open(cert.text, key.text, &ca, &err) : rc;
	for (size_t i = 0; rc == TS_OK && i < 2; i++) {
		const struct ts_pki_subject who = {.name = "me"};
		rc = ts_pki_make_client(ca, &who, TS_KEY_ECDSA, &h.cert[i], &h.key[i], &err);
	}
	rc = rc == TS_OK ? place_find(folder_at(&h.folder, "taskc").text, &h.place, &err) : rc;
	ck_assert_msg(rc == TS_OK, "%s", err.text);
	ts_buf_add_slice(&h.ca, ts_pki_ca_pem(ca));
	return h;
}

static void home_done(struct home *h)
{
	for (size_t i = 0; i < 2; i++) {
		ts_buf_done(&h->cert[i]);
		ts_buf_done(&h->key[i]);
	}
	ts_buf_done(&h->ca);
	place_done(&h->place);
	folder_done(&h->folder);
}

#define HOME(name) TS_CLEANUP(home_done) struct home name = home_new()

static struct remote_new remote_of(const struct home *h, size_t cert, size_t key)
{
	return (struct remote_new){.name = "default",
				   .server = "h:1",
				   .org = "with # sign",
				   .user = "me",
				   .secret = "k \\# y",
				   .trust = "strict",
				   .ca = ts_buf_slice(&h->ca),
				   .certificate = ts_buf_slice(&h->cert[cert]),
				   .key = ts_buf_slice(&h->key[key])};
}

static int write_one(const struct home *h, const struct remote_new *n, bool replace, bool *made,
		     struct ts_error *err)
{
	*err = (struct ts_error){0};
	return remote_write(&h->place, n, replace, made, err);
}

static void check_certificate(const struct home *h, size_t i)
{
	TS_BUF(path);
	TS_BUF(text);
	ck_assert_int_eq(place_path(&path, NULL, h->place.config, "remotes", "default",
				    "certificate.pem", NULL),
			 TS_OK);
	ck_assert_int_eq(ts_file_read(path.data, 100000, &text, NULL), TS_OK);
	ck_assert(ts_slice_eq(ts_buf_slice(&text), ts_buf_slice(&h->cert[i])));
}

static size_t count_entries(const char *path)
{
	TS_BUF(command);
	TS_BUF(out);
	ts_buf_printf(&command, "ls -A '%s' | wc -l >'%s.count'", path, path);
	ck_assert_int_eq(system(command.data), 0);
	ts_buf_printf(&out, "%s.count", path);
	TS_BUF(text);
	ck_assert_int_eq(ts_file_read(out.data, 100, &text, NULL), TS_OK);
	(void)unlink(out.data);
	return strtoul(text.data, NULL, 10);
}

START_TEST(what_is_written_is_read_back)
{
	HOME(h);
	struct settings s;
	struct remote r;
	struct ts_error err;
	bool made = false;
	struct remote_new n = remote_of(&h, 0, 0);
	n.device = "laptop";
	n.priorities = "NORMAL";
	ck_assert_int_eq(write_one(&h, &n, false, &made, &err), TS_OK);
	ck_assert(made);
	ck_assert_int_eq(settings_init(&s, &err), TS_OK);
	int rc = remote_read(&h.place, &s, NULL, &r, &err);
	ck_assert_msg(rc == TS_OK, "%s", err.text);
	ck_assert_str_eq(r.org, n.org);
	ck_assert_str_eq(r.secret, n.secret);
	ck_assert_str_eq(r.priorities, n.priorities);
	remote_done(&r);
	TS_BUF(path);
	ck_assert_int_eq(place_path(&path, &err, h.place.config, "taskc.conf", NULL), TS_OK);
	ck_assert_int_eq(settings_read(&s, path.data, &err), TS_OK);
	ck_assert_str_eq(s.device, "laptop");
	settings_done(&s);
}
END_TEST

START_TEST(the_same_again_is_no_change_and_another_needs_replace)
{
	HOME(h);
	struct ts_error err;
	bool made = false;
	struct remote_new one = remote_of(&h, 0, 0), other = remote_of(&h, 1, 1);
	ck_assert_int_eq(write_one(&h, &one, false, &made, &err), TS_OK);
	ck_assert_int_eq(write_one(&h, &one, false, &made, &err), TS_OK);
	ck_assert(!made);
	ck_assert_int_eq(write_one(&h, &other, false, &made, &err), TS_EEXIST);
	check_certificate(&h, 0);
	ck_assert_int_eq(write_one(&h, &other, true, &made, &err), TS_OK);
	ck_assert(made);
	check_certificate(&h, 1);
	ck_assert_uint_eq(count_entries(h.place.config), 1);
}
END_TEST

START_TEST(a_failure_leaves_nothing)
{
	HOME(h);
	struct ts_error err;
	bool made = false;
	struct remote_new n = remote_of(&h, 0, 1);
	ck_assert_int_eq(write_one(&h, &n, false, &made, &err), TS_EINVAL);
	ck_assert_ptr_null(strstr(err.text, h.folder.path));
	TS_BUF(path);
	ck_assert_int_eq(place_path(&path, NULL, h.place.config, "remotes", NULL), TS_OK);
	ck_assert_uint_eq(count_entries(path.data), 0);
	ck_assert_uint_eq(count_entries(h.place.config), 1);
}
END_TEST

START_TEST(other_files_of_the_folder_stay)
{
	HOME(h);
	struct ts_error err;
	bool made = false;
	TS_BUF(path);
	struct remote_new one = remote_of(&h, 0, 0), other = remote_of(&h, 1, 1);
	ck_assert_int_eq(write_one(&h, &one, false, &made, &err), TS_OK);
	ck_assert_int_eq(
		place_path(&path, NULL, h.place.config, "remotes", "default", "mine", NULL), TS_OK);
	ck_assert_int_eq(ts_file_write(path.data, TS_SLICE("x"), 0600, TS_FILE_NEW, NULL), TS_OK);
	ck_assert_int_eq(write_one(&h, &other, true, &made, &err), TS_OK);
	ck_assert_int_eq(access(path.data, F_OK), 0);
	check_certificate(&h, 1);
}
END_TEST

static const char *const no_names[] = {"", ".", "..", ".x", "a/b", "../x", "a b", "a\nb"};

START_TEST(names_that_are_none)
{
	HOME(h);
	struct ts_error err;
	bool made = false;
	struct remote_new n = remote_of(&h, 0, 0);
	n.name = no_names[_i];
	ck_assert_int_eq(write_one(&h, &n, true, &made, &err), TS_EINVAL);
	ck_assert_int_ne(access(h.place.config, F_OK), 0);
}
END_TEST

UNIT_MAIN("remote_write", {what_is_written_is_read_back, 0},
	  {the_same_again_is_no_change_and_another_needs_replace, 0}, {a_failure_leaves_nothing, 0},
	  {other_files_of_the_folder_stay, 0}, {names_that_are_none, TS_COUNT_OF(no_names)})
