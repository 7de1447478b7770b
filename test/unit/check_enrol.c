/* SPDX-License-Identifier: MIT */
#include "common/base/date.h"
#include "common/base/file.h"
#include "common/store/device.h"
#include "server/setup/enrol.h"
#include "test/unit/store_fixture.h"

#include <sys/stat.h>

/* Made once, before Check forks. */
static struct folder shared;
static struct folder_path ca_cert, ca_key, server_cert, server_key;

static int make_pki(struct ts_error *err)
{
	static const char *const names[] = {"sync.example.org", "127.0.0.1", "::1"};
	const struct ts_pki_subject subject = {
		.name = names[0], .names = names, .name_count = TS_COUNT_OF(names)};
	TS_CLEANUP(ts_pki_ca_free_p) struct ts_pki_ca *ca = NULL;
	int rc = ts_pki_make_ca(ca_cert.text, ca_key.text, "CA", err);
	if (rc == TS_OK) {
		rc = ts_pki_ca_open(ca_cert.text, ca_key.text, &ca, err);
	}
	if (rc == TS_OK) {
		rc = ts_pki_make_key(server_key.text, TS_KEY_ECDSA, err);
	}
	return rc == TS_OK
		       ? ts_pki_certify_server(ca, &subject, server_key.text, server_cert.text, err)
		       : rc;
}

static struct enrolment enrolment_in(const struct fixture *f, struct settings *s)
{
	*s = (struct settings){.ca_cert = ca_cert.text,
			       .server_cert = server_cert.text,
			       .server_ca = (char *)"",
			       .server = (char *)"*:4711"};
	return (struct enrolment){.settings = s,
				  .store = f->store,
				  .user_id = f->user.id,
				  .data = f->folder.path,
				  .org = "Public",
				  .user = "alice",
				  .device = "phone",
				  .type = TS_KEY_ED25519};
}

/* Names of files */

static const struct {
	const char *org, *user, *device, *path;
} files[] = {
	{"Public", "alice", "phone", "D/bundles/Public-alice-phone.sh"},
	{"Public", "First Last", "my-phone", "D/bundles/Public-First%20Last-my-phone.sh"},
	{"a-b", "c", "d", "D/bundles/a%2Db-c-d.sh"},
	{"a", "b-c", "d", "D/bundles/a-b%2Dc-d.sh"},
	{"-rf", ".x", "..y", "D/bundles/%2Drf-%2Ex-%2E.y.sh"},
	{"100%", "$(id)", "a'b", "D/bundles/100%25-%24%28id%29-a%27b.sh"},
	{"M\xC3\xBCller", "x", "y", "D/bundles/M\xC3\xBCller-x-y.sh"},
};

START_TEST(names_of_files_are_safe_and_unambiguous)
{
	TS_BUF(path);
	const struct enrolment e = {.data = "D",
				    .org = files[_i].org,
				    .user = files[_i].user,
				    .device = files[_i].device};
	enrol_bundle_path(&e, &path);
	ck_assert_slice(ts_buf_slice(&path), files[_i].path);
}
END_TEST

START_TEST(long_names_fit_a_file)
{
	TS_BUF(name);
	TS_BUF(path);
	TS_BUF(other);
	for (int i = 0; i < 85; i++) {
		ts_buf_add_str(&name, "\xE2\x82\xAC");
	}
	struct enrolment e = {.data = "D", .org = name.data, .user = name.data, .device = "a"};
	enrol_cert_path(&e, &path);
	e.device = "b";
	enrol_cert_path(&e, &other);
	ck_assert_uint_lt(path.len, 250);
	ck_assert(!ts_slice_eq(ts_buf_slice(&path), ts_buf_slice(&other)));
}
END_TEST

static const struct {
	const char *cert, *key;
} ca_keys[] = {
	{"/x/ca.cert.pem", "/x/ca.key.pem"},
	{"/x/my-ca-cert.pem", "/x/my-ca-key.pem"},
	{"/x/ca.pem", NULL},
	{"", NULL},
};

START_TEST(the_authority_s_key_lies_beside_its_certificate)
{
	TS_BUF(key);
	int rc = enrol_ca_key(ca_keys[_i].cert, &key, NULL);
	ck_assert_int_eq(rc, ca_keys[_i].key != NULL ? TS_OK : TS_EINVAL);
	if (rc == TS_OK) {
		ck_assert_slice(ts_buf_slice(&key), ca_keys[_i].key);
	}
}
END_TEST

/* The server as clients know it */

static const struct {
	const char *server, *setting, *want; /* NULL: refused */
} servers[] = {
	{NULL, "*:4711", "sync.example.org:4711"},
	{NULL, "[::]:4711", "sync.example.org:4711"},
	{NULL, "*:0", "sync.example.org:53589"},
	{NULL, "", "sync.example.org:53589"},
	{"127.0.0.1", "*:4711", "127.0.0.1:4711"},
	{"127.0.0.1:1", "*:4711", "127.0.0.1:1"},
	{"::1", "*:4711", "::1:4711"},
	{"[::1]", "*:4711", "::1:4711"},
	{"[::1]:99", "*:4711", "::1:99"},
	{"other.example.org", "*:4711", NULL},
	{"sync.example.org:0", "*:4711", NULL},
	{"sync.example.org:65536", "*:4711", NULL},
	{"sync.example.org:", "*:4711", NULL},
	{"sync.example.org:x", "*:4711", NULL},
	{"", "*:4711", NULL},
};

START_TEST(bundles_name_a_server_that_its_certificate_names)
{
	FIXTURE(f);
	TS_BUF(bundle);
	TS_BUF(path);
	TS_BUF(line);
	struct settings s;
	struct enrolment e = enrolment_in(&f, &s);
	e.server = servers[_i].server;
	s.server = (char *)servers[_i].setting;
	int rc = enrol_to_file(&e, &path, NULL);
	ck_assert_int_eq(rc, servers[_i].want != NULL ? TS_OK : TS_EINVAL);
	if (rc != TS_OK) {
		ck_assert_int_ne(access(folder_at(&f.folder, "pki").text, F_OK), 0);
		return;
	}
	ck_assert_int_eq(ts_file_read(path.data, 1 << 20, &bundle, NULL), TS_OK);
	ts_buf_printf(&line, "\nserver='%s'\n", servers[_i].want);
	ck_assert_ptr_nonnull(strstr(bundle.data, line.data));
}
END_TEST

START_TEST(a_device_is_enrolled_once)
{
	FIXTURE(f);
	TS_BUF(path);
	struct settings s;
	struct ts_error err = {0};
	struct enrolment e = enrolment_in(&f, &s);
	ck_assert_msg(enrol_to_file(&e, &path, &err) == TS_OK, "%s", err.text);
	ck_assert_str_eq(path.data, folder_at(&f.folder, "bundles/Public-alice-phone.sh").text);
	ck_assert_int_eq(enrol_to_file(&e, &path, &err), TS_EEXIST);
	ck_assert_int_eq(unlink(path.data), 0);
	ck_assert_int_eq(enrol_to_file(&e, &path, &err), TS_EEXIST);
	ck_assert_ptr_nonnull(strstr(err.text, "--device"));
	e.device = "a/b";
	ck_assert_int_eq(enrol_to_file(&e, &path, &err), TS_EINVAL);
}
END_TEST

START_TEST(a_bundle_that_can_t_be_written_leaves_nothing)
{
	FIXTURE(f);
	TS_BUF(path);
	struct settings s;
	struct enrolment e = enrolment_in(&f, &s);
	struct folder_path nowhere = folder_at(&f.folder, "no/such/folder");
	e.output = nowhere.text;
	ck_assert_int_eq(enrol_to_file(&e, &path, NULL), TS_ENOTFOUND);
	FILE *full = fopen("/dev/full", "w");
	ck_assert_ptr_nonnull(full);
	ck_assert_int_eq(enrol_to_stream(&e, full, NULL), TS_EFULL);
	(void)fclose(full);
	e.output = NULL;
	ck_assert_int_eq(enrol_to_file(&e, &path, NULL), TS_OK);
}
END_TEST

START_TEST(a_certificate_that_can_t_be_kept_leaves_nothing)
{
	FIXTURE(f);
	TS_BUF(path);
	struct settings s;
	struct enrolment e = enrolment_in(&f, &s);
	ck_assert_int_eq(mkdir(folder_at(&f.folder, "pki").text, 0700), 0);
	ck_assert_int_eq(mkdir(folder_at(&f.folder, "pki/clients").text, 0700), 0);
	ck_assert_int_eq(
		symlink("no/such/file",
			folder_at(&f.folder, "pki/clients/Public-alice-phone.cert.pem").text),
		0);
	ck_assert_int_eq(enrol_to_file(&e, &path, NULL), TS_EEXIST);
	ck_assert_int_ne(access(folder_at(&f.folder, "bundles/Public-alice-phone.sh").text, F_OK),
			 0);
}
END_TEST

START_TEST(a_bundle_that_a_crash_left_is_replaced)
{
	FIXTURE(f);
	TS_BUF(path);
	TS_BUF(bundle);
	struct settings s;
	struct enrolment e = enrolment_in(&f, &s);
	struct folder_path left = folder_at(&f.folder, "bundles/Public-alice-phone.sh");
	ck_assert_int_eq(mkdir(folder_at(&f.folder, "bundles").text, 0700), 0);
	ck_assert_int_eq(ts_file_write(left.text, TS_SLICE("old"), 0600, TS_FILE_NEW, NULL), TS_OK);
	ck_assert_int_eq(enrol_to_file(&e, &path, NULL), TS_OK);
	ck_assert_int_eq(ts_file_read(left.text, 1 << 20, &bundle, NULL), TS_OK);
	ck_assert_uint_gt(bundle.len, 1000);
	e.device = "tablet";
	e.output = left.text;
	ck_assert_int_eq(enrol_to_file(&e, &path, NULL), TS_EEXIST);
}
END_TEST

/* Devices */

static struct ts_device device_called(struct fixture *f, const char *name)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = fixture_begin(f, TS_READ);
	struct ts_device d;
	ck_assert_msg(ts_device_by_name(t, f->user.id, ts_slice_of(name), &d, &f->err) == TS_OK,
		      "%s", f->err.text);
	return d;
}

START_TEST(a_device_is_registered_with_its_certificate)
{
	FIXTURE(f);
	TS_BUF(path);
	TS_BUF(cert);
	struct settings s;
	struct enrolment e = enrolment_in(&f, &s);
	char id[65];
	e.days = 20;
	ck_assert_msg(enrol_to_file(&e, &path, &f.err) == TS_OK, "%s", f.err.text);
	const struct ts_device d = device_called(&f, "phone");
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *c = NULL;
	enrol_cert_path(&e, &cert);
	ck_assert_int_eq(ts_cert_open(cert.data, &c, NULL), TS_OK);
	ts_cert_fingerprint(c, id);
	ck_assert_str_eq(d.id, id);
	ck_assert(d.certificate && d.issued != 0 && d.seen == 0);
	ck_assert_int_eq(d.until, ts_cert_until(c));
	ck_assert_int_le(d.until, ts_date_now() + 20 * 86400);
}
END_TEST

START_TEST(a_device_gets_another_certificate)
{
	FIXTURE(f);
	TS_BUF(path);
	struct settings s;
	struct enrolment e = enrolment_in(&f, &s);
	e.renew = true;
	ck_assert_int_eq(enrol_to_file(&e, &path, NULL), TS_ENOTFOUND);
	e.renew = false;
	ck_assert_int_eq(enrol_to_file(&e, &path, NULL), TS_OK);
	const struct ts_device before = device_called(&f, "phone");
	e.renew = true;
	ck_assert_msg(enrol_to_file(&e, &path, &f.err) == TS_OK, "%s", f.err.text);
	const struct ts_device after = device_called(&f, "phone"),
			       old = device_called(&f, "phone-old");
	ck_assert_str_eq(old.id, before.id);
	ck_assert_str_ne(after.id, before.id);
	ck_assert_str_eq(after.renews, before.id);
}
END_TEST

/* Made by a version that registered nothing. */
START_TEST(a_device_that_only_its_file_knows_is_renewed)
{
	FIXTURE(f);
	TS_BUF(path);
	struct settings s;
	struct enrolment e = enrolment_in(&f, &s);
	ck_assert_int_eq(enrol_to_file(&e, &path, NULL), TS_OK);
	const struct ts_device before = device_called(&f, "phone");
	struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	ck_assert_int_eq(ts_device_remove(t, f.user.id, before.id, NULL), TS_OK);
	fixture_commit(&f, t);
	e.renew = true;
	ck_assert_msg(enrol_to_file(&e, &path, &f.err) == TS_OK, "%s", f.err.text);
	ck_assert_str_eq(device_called(&f, "phone-old").id, before.id);
}
END_TEST

int main(void)
{
	shared = folder_new();
	ca_cert = folder_at(&shared, "ca.cert.pem");
	ca_key = folder_at(&shared, "ca.key.pem");
	server_cert = folder_at(&shared, "server.cert.pem");
	server_key = folder_at(&shared, "server.key.pem");
	struct ts_error err = {0};
	if (make_pki(&err) != TS_OK) {
		(void)fprintf(stderr, "%s\n", err.text);
		return EXIT_FAILURE;
	}
	const struct unit_case cases[] = {
		{names_of_files_are_safe_and_unambiguous, TS_COUNT_OF(files)},
		{long_names_fit_a_file, 0},
		{the_authority_s_key_lies_beside_its_certificate, TS_COUNT_OF(ca_keys)},
		{bundles_name_a_server_that_its_certificate_names, TS_COUNT_OF(servers)},
		{a_device_is_enrolled_once, 0},
		{a_bundle_that_can_t_be_written_leaves_nothing, 0},
		{a_certificate_that_can_t_be_kept_leaves_nothing, 0},
		{a_bundle_that_a_crash_left_is_replaced, 0},
		{a_device_is_registered_with_its_certificate, 0},
		{a_device_gets_another_certificate, 0},
		{a_device_that_only_its_file_knows_is_renewed, 0},
	};
	int rc = unit_run("enrol", cases, TS_COUNT_OF(cases));
	folder_done(&shared);
	return rc;
}
