/* SPDX-License-Identifier: MIT */
#include "common/base/date.h"
#include "common/base/file.h"
#include "common/tls/pki.h"
#include "test/unit/folder.h"
#include "test/unit/unit.h"

#include <sys/stat.h>

enum { DAY = 86400 };

/* Made once, before Check forks. */
static struct folder shared;
static struct folder_path ca_cert, ca_key;

static struct ts_pki_ca *open_ca(void)
{
	struct ts_pki_ca *ca = NULL;
	struct ts_error err = {0};
	ck_assert_msg(ts_pki_ca_open(ca_cert.text, ca_key.text, &ca, &err) == TS_OK, "%s",
		      err.text);
	return ca;
}

static void write_text(const char *path, const char *text)
{
	ck_assert_int_eq(ts_file_write(path, ts_slice_of(text), 0600, TS_FILE_REPLACE, NULL),
			 TS_OK);
}

static mode_t mode_of(const char *path)
{
	struct stat st;
	ck_assert_int_eq(stat(path, &st), 0);
	return st.st_mode & 0777;
}

START_TEST(authorities_are_made_once)
{
	struct ts_error err = {0};
	ck_assert_int_eq(mode_of(ca_key.text), 0600);
	ck_assert_int_eq(mode_of(ca_cert.text), 0644);
	ck_assert_int_eq(ts_pki_make_ca(ca_cert.text, ca_key.text, "CA", &err), TS_EEXIST);
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *cert = NULL;
	ck_assert_int_eq(ts_cert_open(ca_cert.text, &cert, &err), TS_OK);
	int64_t days = (ts_cert_until(cert) - ts_date_now()) / DAY;
	ck_assert_int_ge(days, 3640);
	ck_assert_int_le(days, 3653);
	ck_assert_str_eq(ts_cert_common_name(cert), "taskd CA");
}
END_TEST

START_TEST(keys_are_never_overwritten)
{
	FOLDER(f);
	struct folder_path key = folder_at(&f, "key.pem");
	write_text(key.text, "mine");
	ck_assert_int_eq(ts_pki_make_key(key.text, TS_KEY_ECDSA, NULL), TS_EEXIST);
	TS_BUF(text);
	ck_assert_int_eq(ts_file_read(key.text, 100, &text, NULL), TS_OK);
	ck_assert_slice(ts_buf_slice(&text), "mine");
}
END_TEST

START_TEST(an_authority_without_a_certificate_keeps_its_key)
{
	FOLDER(f);
	struct folder_path key = folder_at(&f, "key.pem"), cert = folder_at(&f, "cert.pem");
	TS_CLEANUP(ts_pki_ca_free_p) struct ts_pki_ca *ca = NULL;
	ck_assert_int_eq(ts_pki_make_key(key.text, TS_KEY_RSA, NULL), TS_OK);
	ck_assert_int_eq(ts_pki_make_ca(cert.text, key.text, "CA", NULL), TS_OK);
	ck_assert_int_eq(ts_pki_ca_open(cert.text, key.text, &ca, NULL), TS_OK);
}
END_TEST

/* Servers */

static const char *const names[] = {"sync.example.org", "localhost", "127.0.0.1", "2001:db8::1",
				    "b\xC3\xBCro.example"};

static const struct {
	const char *host;
	bool covered;
} hosts[] = {
	{"sync.example.org", true},    {"SYNC.example.org", true}, {"127.0.0.1", true},
	{"2001:db8::1", true},         {"2001:db8:0:0::1", true},  {"localhost", true},
	{"xn--bro-hoa.example", true}, {"127.0.0.2", false},       {"::1", false},
	{"other.example.org", false},  {"example.org", false},     {"", false},
	{"x.sync.example.org", false},
};

static void make_server(const struct folder *f, enum ts_key_type type, struct folder_path *cert)
{
	TS_CLEANUP(ts_pki_ca_free_p) struct ts_pki_ca *ca = open_ca();
	struct folder_path key = folder_at(f, "server.key.pem");
	struct ts_error err = {0};
	struct ts_pki_subject subject = {
		.name = names[0], .names = names, .name_count = TS_COUNT_OF(names)};
	*cert = folder_at(f, "server.cert.pem");
	ck_assert_int_eq(ts_pki_make_key(key.text, type, &err), TS_OK);
	ck_assert_msg(ts_pki_certify_server(ca, &subject, key.text, cert->text, &err) == TS_OK,
		      "%s", err.text);
}

START_TEST(servers_are_certified_for_every_name)
{
	FOLDER(f);
	struct folder_path path;
	make_server(&f, TS_KEY_ECDSA, &path);
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *cert = NULL;
	TS_CLEANUP(ts_pki_ca_free_p) struct ts_pki_ca *ca = open_ca();
	ck_assert_int_eq(ts_cert_open(path.text, &cert, NULL), TS_OK);
	for (size_t i = 0; i < TS_COUNT_OF(hosts); i++) {
		ck_assert_msg(ts_cert_covers(cert, hosts[i].host) == hosts[i].covered, "%s",
			      hosts[i].host);
	}
	ck_assert_uint_eq(ts_cert_name_count(cert), TS_COUNT_OF(names));
	ck_assert_str_eq(ts_cert_name_at(cert, 3), "2001:db8::1");
	ck_assert_str_eq(ts_cert_common_name(cert), "sync.example.org");
	ck_assert_int_le(ts_cert_until(cert), ts_date_now() + 825 * DAY);
	ck_assert_int_ge(ts_cert_until(cert), ts_date_now() + 800 * DAY);
	ck_assert(ts_cert_signed_by(cert, ca));
}
END_TEST

START_TEST(certificates_of_another_authority_are_told_apart)
{
	FOLDER(f);
	struct folder_path path, key = folder_at(&f, "ca.key.pem"),
				 other = folder_at(&f, "ca.cert.pem");
	make_server(&f, TS_KEY_RSA, &path);
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *cert = NULL;
	TS_CLEANUP(ts_pki_ca_free_p) struct ts_pki_ca *ca = NULL;
	ck_assert_int_eq(ts_pki_make_ca(other.text, key.text, "taskd CA", NULL), TS_OK);
	ck_assert_int_eq(ts_pki_ca_open(other.text, key.text, &ca, NULL), TS_OK);
	ck_assert_int_eq(ts_cert_open(path.text, &cert, NULL), TS_OK);
	ck_assert(!ts_cert_signed_by(cert, ca));
}
END_TEST

static const char *const bad_names[] = {
	"", "a b", "-x", ".", "a/b", "a\nb", "sync.example.org:53589", "[::1]", "$(id)"};

START_TEST(hosts_that_are_none_are_refused)
{
	FOLDER(f);
	TS_CLEANUP(ts_pki_ca_free_p) struct ts_pki_ca *ca = open_ca();
	struct folder_path key = folder_at(&f, "key.pem"), cert = folder_at(&f, "cert.pem");
	struct ts_pki_subject subject = {.name = "x", .names = &bad_names[_i], .name_count = 1};
	ck_assert_int_eq(ts_pki_make_key(key.text, TS_KEY_ECDSA, NULL), TS_OK);
	ck_assert_int_eq(ts_pki_certify_server(ca, &subject, key.text, cert.text, NULL), TS_EINVAL);
	ck_assert_int_ne(access(cert.text, F_OK), 0);
}
END_TEST

/* Clients */

static const struct {
	const char *word;
	enum ts_key_type type;
	const char *first_line;
} kinds[] = {
	{"rsa", TS_KEY_RSA, "-----BEGIN RSA PRIVATE KEY-----\n"},
	{"ecdsa", TS_KEY_ECDSA, "-----BEGIN EC PRIVATE KEY-----\n"},
	{"ed25519", TS_KEY_ED25519, "-----BEGIN PRIVATE KEY-----\n"},
};

START_TEST(clients_get_a_key_without_preamble)
{
	FOLDER(f);
	TS_CLEANUP(ts_pki_ca_free_p) struct ts_pki_ca *ca = open_ca();
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *cert = NULL;
	TS_BUF(cert_pem);
	TS_BUF(key_pem);
	struct folder_path path = folder_at(&f, "cert.pem");
	struct ts_pki_subject subject = {.name = "alice/phone", .org = "Public"};
	enum ts_key_type type;
	ck_assert_int_eq(ts_key_type_parse(kinds[_i].word, &type, NULL), TS_OK);
	ck_assert_int_eq(type, kinds[_i].type);
	ck_assert_int_eq(ts_pki_make_client(ca, &subject, type, &cert_pem, &key_pem, NULL), TS_OK);
	ck_assert(ts_slice_starts(ts_buf_slice(&key_pem), ts_slice_of(kinds[_i].first_line)));
	write_text(path.text, cert_pem.data);
	ck_assert_int_eq(ts_cert_open(path.text, &cert, NULL), TS_OK);
	ck_assert_slice(ts_cert_pem(cert), cert_pem.data);
	ck_assert_str_eq(ts_cert_common_name(cert), "alice/phone");
	ck_assert(ts_cert_signed_by(cert, ca));
	ck_assert_int_ge(ts_cert_until(cert), ts_date_now() + 3600 * (int64_t)DAY);
}
END_TEST

static const struct {
	int life, left; /* [days] */
	int ahead;
	bool due;
} dues[] = {
	{365, 31, 30, false}, {365, 29, 30, true},   {365, -1, 30, true},
	{60, 21, 30, false},  {60, 19, 30, true},    {3, 2, 30, false},
	{365, 29, 0, false},  {365, 100, 200, true}, {365, 130, 200, false},
};

START_TEST(what_ends_soon_is_due)
{
	const int64_t now = ts_date_now(), until = now + dues[_i].left * (int64_t)DAY,
		      from = until - dues[_i].life * (int64_t)DAY;
	const uint64_t ahead = (uint64_t)dues[_i].ahead * DAY * 1000;
	ck_assert_int_eq(ts_cert_due(from, until, ahead, now), dues[_i].due);
}
END_TEST

START_TEST(a_client_s_certificate_is_renewed_for_its_key)
{
	TS_CLEANUP(ts_pki_ca_free_p) struct ts_pki_ca *ca = open_ca();
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *old = NULL;
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *new = NULL;
	TS_BUF(cert);
	TS_BUF(key);
	TS_BUF(again);
	char one[65], other[65];
	enum ts_key_type type;
	const int64_t until = ts_date_now() + 5 * DAY;
	const struct ts_pki_subject subject = {
		.name = "alice/phone", .org = "Public", .until = until};
	ck_assert_int_eq(ts_key_type_parse(kinds[_i].word, &type, NULL), TS_OK);
	ck_assert_int_eq(ts_pki_make_client(ca, &subject, type, &cert, &key, NULL), TS_OK);
	ck_assert_int_eq(ts_cert_parse(ts_buf_slice(&cert), &old, NULL), TS_OK);
	ck_assert_int_eq(ts_pki_renew(ca, old, until + 9 * DAY, &again, NULL), TS_OK);
	ck_assert_int_eq(ts_cert_parse(ts_buf_slice(&again), &new, NULL), TS_OK);
	ck_assert(ts_cert_same_key(old, new) && ts_cert_signed_by(new, ca));
	ck_assert_str_eq(ts_cert_common_name(new), "alice/phone");
	ck_assert_int_eq(ts_cert_until(new), until + 9 * DAY);
	ts_cert_fingerprint(old, one);
	ts_cert_fingerprint(new, other);
	ck_assert_uint_eq(strlen(one), 64);
	ck_assert_str_ne(one, other);
}
END_TEST

static const struct {
	const char *text;
	int count;
} cuts[] = {
	{"", 0},
	{"-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----", 1},
	{"text\n-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\nmore\n"
	 "-----BEGIN CERTIFICATE-----\ny\n-----END CERTIFICATE-----\n",
	 2},
	{"-----BEGIN CERTIFICATE-----\nx\n", 0},
	{"-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n", 0},
};

START_TEST(certificates_are_cut_out_of_a_text)
{
	struct ts_slice rest = ts_slice_of(cuts[_i].text), one;
	int count = 0;
	while (ts_cert_cut(&rest, &one)) {
		ck_assert(ts_slice_starts(one, TS_SLICE("-----BEGIN CERTIFICATE-----\n")));
		count++;
	}
	ck_assert_int_eq(count, cuts[_i].count);
}
END_TEST

START_TEST(long_names_are_cut_between_characters)
{
	FOLDER(f);
	TS_CLEANUP(ts_pki_ca_free_p) struct ts_pki_ca *ca = open_ca();
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *cert = NULL;
	TS_BUF(cert_pem);
	TS_BUF(key_pem);
	TS_BUF(name);
	for (int i = 0; i < 50; i++) {
		ts_buf_add_str(&name, "\xE2\x82\xAC");
	}
	struct folder_path path = folder_at(&f, "cert.pem");
	struct ts_pki_subject subject = {.name = name.data, .org = name.data};
	ck_assert_int_eq(
		ts_pki_make_client(ca, &subject, TS_KEY_ED25519, &cert_pem, &key_pem, NULL), TS_OK);
	write_text(path.text, cert_pem.data);
	ck_assert_int_eq(ts_cert_open(path.text, &cert, NULL), TS_OK);
	ck_assert_uint_eq(strlen(ts_cert_common_name(cert)), 63);
}
END_TEST

START_TEST(files_that_are_none_get_a_sentence)
{
	FOLDER(f);
	struct ts_error err = {0};
	struct folder_path path = folder_at(&f, "x.pem");
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *cert = NULL;
	TS_CLEANUP(ts_pki_ca_free_p) struct ts_pki_ca *ca = NULL;
	enum ts_key_type type;
	ck_assert_int_eq(ts_cert_open(path.text, &cert, &err), TS_ENOTFOUND);
	write_text(path.text, "nothing");
	ck_assert_int_eq(ts_cert_open(path.text, &cert, &err), TS_EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, path.text));
	ck_assert_int_eq(ts_pki_ca_open(ca_cert.text, path.text, &ca, &err), TS_EINVAL);
	ck_assert_int_eq(unlink(path.text), 0);
	ck_assert_int_eq(ts_pki_make_key(path.text, TS_KEY_ECDSA, &err), TS_OK);
	ck_assert_int_eq(ts_pki_ca_open(ca_cert.text, path.text, &ca, &err), TS_EINVAL);
	ck_assert_int_eq(ts_key_type_parse("dsa", &type, &err), TS_EINVAL);
}
END_TEST

int main(void)
{
	shared = folder_new();
	ca_cert = folder_at(&shared, "ca.cert.pem");
	ca_key = folder_at(&shared, "ca.key.pem");
	struct ts_error err = {0};
	if (ts_pki_make_ca(ca_cert.text, ca_key.text, "taskd CA", &err) != TS_OK) {
		(void)fprintf(stderr, "%s\n", err.text);
		return EXIT_FAILURE;
	}
	const struct unit_case cases[] = {
		{authorities_are_made_once, 0},
		{keys_are_never_overwritten, 0},
		{an_authority_without_a_certificate_keeps_its_key, 0},
		{servers_are_certified_for_every_name, 0},
		{certificates_of_another_authority_are_told_apart, 0},
		{hosts_that_are_none_are_refused, TS_COUNT_OF(bad_names)},
		{clients_get_a_key_without_preamble, TS_COUNT_OF(kinds)},
		{what_ends_soon_is_due, TS_COUNT_OF(dues)},
		{a_client_s_certificate_is_renewed_for_its_key, TS_COUNT_OF(kinds)},
		{certificates_are_cut_out_of_a_text, TS_COUNT_OF(cuts)},
		{long_names_are_cut_between_characters, 0},
		{files_that_are_none_get_a_sentence, 0},
	};
	int rc = unit_run("pki", cases, TS_COUNT_OF(cases));
	folder_done(&shared);
	return rc;
}
