/* SPDX-License-Identifier: MIT */
/* The server's own certificates, and by what clients believe them. */
#include "common/base/date.h"
#include "common/base/file.h"
#include "server/cert/chain.h"
#include "server/cert/renew.h"
#include "server/cert/watch.h"
#include "test/unit/folder.h"
#include "test/unit/unit.h"

enum { DAY = 86400 };

/* Two authorities, made once, before Check forks. */
static struct folder shared;

static struct folder_path file_of(const char *name, const char *suffix)
{
	char file[64];
	(void)snprintf(file, sizeof(file), "%s%s", name, suffix);
	return folder_at(&shared, file);
}

static void must(int rc, const struct ts_error *err)
{
	if (rc != TS_OK) {
		(void)fprintf(stderr, "%s\n", err->text);
		exit(EXIT_FAILURE);
	}
}

static void make_ca(const char *name)
{
	struct ts_error err = {0};
	must(ts_pki_make_ca(file_of(name, ".cert.pem").text, file_of(name, ".key.pem").text, name,
			    &err),
	     &err);
}

/* A server whose certificate ends in so many days. */
struct server {
	struct folder folder;
	struct folder_path cert, key, ca, ca_key;
	struct settings s;
};

static void server_done(struct server *v)
{
	folder_done(&v->folder);
}

static void copy(const char *from, const char *to)
{
	TS_BUF(text);
	ck_assert_int_eq(ts_file_read(from, 1 << 20, &text, NULL), TS_OK);
	ck_assert_int_eq(ts_file_write(to, ts_buf_slice(&text), 0600, TS_FILE_REPLACE, NULL),
			 TS_OK);
}

static void server_new(struct server *v, const char *signer, int days)
{
	static const char *const names[] = {"sync.example.org", "127.0.0.1"};
	TS_CLEANUP(ts_pki_ca_free_p) struct ts_pki_ca *ca = NULL;
	const int64_t now = ts_date_now();
	const struct ts_pki_subject subject = {.name = names[0],
					       .names = names,
					       .name_count = TS_COUNT_OF(names),
					       .from = now - 400 * (int64_t)DAY,
					       .until = now + days * (int64_t)DAY};
	struct ts_error err = {0};
	*v = (struct server){.folder = folder_new()};
	v->cert = folder_at(&v->folder, "server.cert.pem");
	v->key = folder_at(&v->folder, "server.key.pem");
	v->ca = folder_at(&v->folder, "ca.cert.pem");
	v->ca_key = folder_at(&v->folder, "ca.key.pem");
	copy(file_of("ca", ".cert.pem").text, v->ca.text);
	copy(file_of("ca", ".key.pem").text, v->ca_key.text);
	must(ts_pki_ca_open(file_of(signer, ".cert.pem").text, file_of(signer, ".key.pem").text,
			    &ca, &err),
	     &err);
	must(ts_pki_make_key(v->key.text, TS_KEY_ECDSA, &err), &err);
	must(ts_pki_certify_server(ca, &subject, v->key.text, v->cert.text, &err), &err);
	v->s = (struct settings){.ca_cert = v->ca.text,
				 .server_cert = v->cert.text,
				 .server_key = v->key.text,
				 .server_ca = (char *)"",
				 .server_crl = (char *)"",
				 .cert_renew = true,
				 .cert_ahead = UINT64_C(30) * DAY * 1000};
}

#define SERVER(name, signer, days)                                                                 \
	TS_CLEANUP(server_done) struct server name;                                                \
	server_new(&name, signer, days)

static struct ts_cert *open_cert(const char *path)
{
	struct ts_cert *c = NULL;
	ck_assert_int_eq(ts_cert_open(path, &c, NULL), TS_OK);
	return c;
}

static const struct {
	const char *signer;
	int days;
	bool off, anyway;
	int code;
	enum cert_result result;
} cases[] = {
	{"ca", 29, false, false, TS_OK, CERT_RENEWED},
	{"ca", 31, false, false, TS_OK, CERT_KEPT},
	{"ca", -5, false, false, TS_OK, CERT_RENEWED},
	{"ca", 29, true, false, TS_OK, CERT_KEPT},
	{"ca", 300, false, true, TS_OK, CERT_RENEWED},
	{"ca", 29, true, true, TS_OK, CERT_RENEWED},
	{"other", 5, false, false, TS_OK, CERT_KEPT},
	{"other", 5, false, true, TS_EINVAL, CERT_KEPT},
};

START_TEST(a_server_s_certificate_is_renewed_when_it_is_time)
{
	SERVER(v, cases[_i].signer, cases[_i].days);
	enum cert_result result;
	struct ts_error err = {0};
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *old = open_cert(v.cert.text);
	v.s.cert_renew = !cases[_i].off;
	int code = cert_renew_server(&v.s, cases[_i].anyway, &result, &err);
	ck_assert_msg(code == cases[_i].code, "%s", err.text);
	ck_assert_int_eq(result, cases[_i].result);
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *new = open_cert(v.cert.text);
	ck_assert(ts_cert_same_key(new, old));
	ck_assert_str_eq(ts_cert_common_name(new), ts_cert_common_name(old));
	ck_assert_uint_eq(ts_cert_name_count(new), 2);
	ck_assert(ts_cert_covers(new, "127.0.0.1") && ts_cert_covers(new, "sync.example.org"));
	if (result == CERT_RENEWED) {
		TS_CLEANUP(ts_cert_free_p) struct ts_cert *ca = open_cert(v.ca.text);
		ck_assert_int_ge(ts_cert_until(new), ts_date_now() + 810 * (int64_t)DAY);
		ck_assert_int_le(ts_cert_until(new), ts_date_now() + 825 * (int64_t)DAY);
		ck_assert(ts_cert_issued_by(new, ca));
	} else {
		ck_assert_slice(ts_cert_pem(new), ts_cert_pem(old).data);
	}
}
END_TEST

START_TEST(without_the_authority_s_key_nothing_is_touched)
{
	SERVER(v, "ca", 5);
	enum cert_result result;
	struct ts_error err = {0};
	ck_assert_int_eq(unlink(v.ca_key.text), 0);
	ck_assert_int_eq(cert_renew_server(&v.s, false, &result, &err), TS_ENOTFOUND);
	ck_assert_ptr_nonnull(strstr(err.text, "ca.key.pem"));
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *c = open_cert(v.cert.text);
	ck_assert_int_le(ts_cert_until(c), ts_date_now() + 5 * DAY);
}
END_TEST

START_TEST(a_chain_keeps_its_end)
{
	SERVER(v, "ca", 5);
	TS_BUF(chain);
	TS_BUF(after);
	enum cert_result result;
	ck_assert_int_eq(ts_file_read(v.cert.text, 1 << 20, &chain, NULL), TS_OK);
	ck_assert_int_eq(ts_file_read(v.ca.text, 1 << 20, &chain, NULL), TS_OK);
	ck_assert_int_eq(
		ts_file_write(v.cert.text, ts_buf_slice(&chain), 0640, TS_FILE_REPLACE, NULL),
		TS_OK);
	ck_assert_int_eq(cert_renew_server(&v.s, false, &result, NULL), TS_OK);
	ck_assert_int_eq(result, CERT_RENEWED);
	ck_assert_int_eq(ts_file_read(v.cert.text, 1 << 20, &after, NULL), TS_OK);
	struct ts_slice rest = ts_buf_slice(&after), first, second;
	ck_assert(ts_cert_cut(&rest, &first) && ts_cert_cut(&rest, &second));
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *ca = open_cert(v.ca.text);
	ck_assert_slice(ts_cert_pem(ca), strndupa(second.data, second.len));
}
END_TEST

START_TEST(a_renewed_authority_vouches_for_what_it_has_signed)
{
	SERVER(v, "ca", 300);
	struct ts_error err = {0};
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *old = open_cert(v.ca.text);
	ck_assert_msg(cert_renew_ca(&v.s, &err) == TS_OK, "%s", err.text);
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *new = open_cert(v.ca.text);
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *server = open_cert(v.cert.text);
	TS_CLEANUP(ts_pki_ca_free_p) struct ts_pki_ca *ca = NULL;
	ck_assert(ts_cert_same_key(new, old));
	ck_assert(ts_cert_issued_by(new, old) && ts_cert_issued_by(old, new));
	ck_assert(ts_cert_issued_by(server, new));
	ck_assert(!ts_slice_eq(ts_cert_pem(new), ts_cert_pem(old)));
	ck_assert_int_ge(ts_cert_until(new), ts_cert_until(old));
	ck_assert_int_eq(ts_pki_ca_open(v.ca.text, v.ca_key.text, &ca, &err), TS_OK);
}
END_TEST

static const struct {
	uint64_t life, days;
	int ca, want; /* [days] from now */
} lives[] = {{0, 0, 100, 100},   {30, 0, 100, 30},   {30, 10, 100, 10},
	     {300, 0, 100, 100}, {0, 300, 100, 100}, {0, 5, 100, 5}};

START_TEST(a_client_lives_as_long_as_it_may)
{
	const int64_t now = ts_date_now();
	const struct settings s = {.cert_life = lives[_i].life * DAY * 1000};
	ck_assert_int_eq(
		cert_client_end(&s, lives[_i].days, now + lives[_i].ca * (int64_t)DAY, now),
		now + lives[_i].want * (int64_t)DAY);
}
END_TEST

/* By what clients believe the server */

static const struct {
	const char *signer, *server_ca;
	int code;
	const char *want; /* the authority's name; "": those of the system */
} chains[] = {
	{"ca", "", TS_OK, "ca"},
	{"ca", "other", TS_OK, "ca"},
	{"other", "other", TS_OK, "other"},
	{"other", "", TS_OK, ""},
	{"other", "ca", TS_EINVAL, NULL},
};

START_TEST(bundles_hold_what_the_server_s_chain_leads_to)
{
	SERVER(v, chains[_i].signer, 300);
	TS_BUF(roots);
	struct ts_error err = {0};
	struct folder_path other = file_of(chains[_i].server_ca, ".cert.pem");
	v.s.server_ca = chains[_i].server_ca[0] != '\0' ? other.text : (char *)"";
	int code = cert_chain_roots(&v.s, &roots, &err);
	ck_assert_msg(code == chains[_i].code, "%s", err.text);
	if (code != TS_OK || chains[_i].want[0] == '\0') {
		ck_assert_uint_eq(roots.len, 0);
		return;
	}
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *c = NULL;
	ck_assert_int_eq(ts_cert_parse(ts_buf_slice(&roots), &c, &err), TS_OK);
	ck_assert_str_eq(ts_cert_common_name(c), chains[_i].want);
}
END_TEST

/* Files */

static void replace_text(const char *path)
{
	TS_BUF(text);
	ck_assert_int_eq(ts_file_read(path, 1 << 20, &text, NULL), TS_OK);
	ck_assert_int_eq(ts_file_write(path, ts_buf_slice(&text), 0600, TS_FILE_REPLACE, NULL),
			 TS_OK);
}

START_TEST(files_that_changed_are_seen)
{
	SERVER(v, "ca", 300);
	struct cert_files before, after;
	const char *const paths[] = {v.cert.text, v.key.text, v.ca.text};
	cert_files_look(&v.s, &before);
	cert_files_look(&v.s, &after);
	ck_assert(cert_files_same(&before, &after));
	if (_i < 3) {
		replace_text(paths[_i]);
	} else {
		ck_assert_int_eq(unlink(v.key.text), 0);
	}
	cert_files_look(&v.s, &after);
	ck_assert(!cert_files_same(&before, &after));
}
END_TEST

int main(void)
{
	shared = folder_new();
	make_ca("ca");
	make_ca("other");
	const struct unit_case list[] = {
		{a_server_s_certificate_is_renewed_when_it_is_time, TS_COUNT_OF(cases)},
		{without_the_authority_s_key_nothing_is_touched, 0},
		{a_chain_keeps_its_end, 0},
		{a_renewed_authority_vouches_for_what_it_has_signed, 0},
		{a_client_lives_as_long_as_it_may, TS_COUNT_OF(lives)},
		{bundles_hold_what_the_server_s_chain_leads_to, TS_COUNT_OF(chains)},
		{files_that_changed_are_seen, 4},
	};
	int rc = unit_run("cert_renew", list, TS_COUNT_OF(list));
	folder_done(&shared);
	return rc;
}
