/* SPDX-License-Identifier: MIT */
/* What a client takes of the certificates that a server offers. */
#include "client/cert/own.h"
#include "common/base/date.h"
#include "common/base/file.h"
#include "test/unit/folder.h"
#include "test/unit/unit.h"

#include <sys/stat.h>

enum { DAY = 86400 };

/* Made once, before Check forks: PEM by name. */
static struct folder shared;
enum { OLD, NEWER, OTHER, CLIENT, CLIENT_NEWER, CLIENT_OTHER, CERTS };
static struct ts_buf pems[CERTS];

static void must(int rc, const struct ts_error *err)
{
	if (rc != TS_OK) {
		(void)fprintf(stderr, "%s\n", err->text);
		exit(EXIT_FAILURE);
	}
}

static struct ts_pki_ca *make_ca(const char *name)
{
	struct ts_error err = {0};
	char file[64];
	struct ts_pki_ca *ca = NULL;
	(void)snprintf(file, sizeof(file), "%s.cert", name);
	struct folder_path cert = folder_at(&shared, file);
	(void)snprintf(file, sizeof(file), "%s.key", name);
	struct folder_path key = folder_at(&shared, file);
	must(ts_pki_make_ca(cert.text, key.text, "CA", &err), &err);
	must(ts_pki_ca_open(cert.text, key.text, &ca, &err), &err);
	return ca;
}

static struct ts_cert *parse(int which)
{
	struct ts_cert *c = NULL;
	struct ts_error err = {0};
	must(ts_cert_parse(ts_buf_slice(&pems[which]), &c, &err), &err);
	return c;
}

static void make_client(const struct ts_pki_ca *ca, int which, int64_t until)
{
	TS_BUF(key);
	struct ts_error err = {0};
	const struct ts_pki_subject subject = {.name = "alice/phone", .until = until};
	must(ts_pki_make_client(ca, &subject, TS_KEY_ED25519, &pems[which], &key, &err), &err);
}

static void make_all(void)
{
	struct ts_error err = {0};
	const int64_t now = ts_date_now();
	TS_CLEANUP(ts_pki_ca_free_p) struct ts_pki_ca *ca = make_ca("ca");
	TS_CLEANUP(ts_pki_ca_free_p) struct ts_pki_ca *other = make_ca("other");
	ts_buf_add_slice(&pems[OTHER], ts_pki_ca_pem(other));
	ts_buf_add_slice(&pems[NEWER], ts_pki_ca_pem(ca));
	/* An authority is renewed for a day at a time here, backwards. */
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *root = parse(NEWER);
	must(ts_pki_renew(ca, root, now + DAY, &pems[OLD], &err), &err);
	make_client(ca, CLIENT, now + DAY);
	make_client(ca, CLIENT_OTHER, now + 300 * (int64_t)DAY);
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *client = parse(CLIENT);
	must(ts_pki_renew(ca, client, 0, &pems[CLIENT_NEWER], &err), &err);
}

static const struct {
	int own[2], offered[2]; /* -1: none */
	enum own_authority what;
	int text[2]; /* what the file becomes */
} authorities[] = {
	{{OLD, -1}, {NEWER, -1}, OWN_NEWER, {NEWER, -1}},
	{{NEWER, -1}, {NEWER, -1}, OWN_KEPT, {NEWER, -1}},
	{{NEWER, -1}, {OLD, -1}, OWN_KEPT, {NEWER, -1}},
	{{OLD, -1}, {-1, -1}, OWN_KEPT, {OLD, -1}},
	{{OLD, -1}, {OTHER, -1}, OWN_STRANGE, {OLD, -1}},
	{{OLD, OTHER}, {NEWER, -1}, OWN_NEWER, {NEWER, OTHER}},
	{{OTHER, OLD}, {OTHER, NEWER}, OWN_NEWER, {OTHER, NEWER}},
	{{OLD, -1}, {CLIENT, -1}, OWN_STRANGE, {OLD, -1}},
};

static void add_all(const int *which, struct ts_buf *to)
{
	for (size_t i = 0; i < 2 && which[i] >= 0; i++) {
		ts_buf_add_slice(to, ts_buf_slice(&pems[which[i]]));
	}
}

START_TEST(an_authority_is_renewed_but_not_exchanged)
{
	TS_BUF(own);
	TS_BUF(offered);
	TS_BUF(want);
	TS_BUF(got);
	enum own_authority what;
	add_all(authorities[_i].own, &own);
	add_all(authorities[_i].offered, &offered);
	add_all(authorities[_i].text, &want);
	ck_assert_int_eq(
		own_authorities(ts_buf_slice(&own), ts_buf_slice(&offered), &got, &what, NULL),
		TS_OK);
	ck_assert_int_eq(what, authorities[_i].what);
	ck_assert_slice(ts_buf_slice(&got), want.data);
}
END_TEST

static const struct {
	int made, old;
	int64_t later; /* [days] the clock is ahead by */
	int code;
} offers[] = {
	{CLIENT_NEWER, CLIENT, 0, TS_OK},       {CLIENT, CLIENT, 0, TS_EREFUSED},
	{CLIENT, CLIENT_NEWER, 0, TS_EREFUSED}, {CLIENT_OTHER, CLIENT, 0, TS_EREFUSED},
	{OTHER, CLIENT, 0, TS_EREFUSED},        {CLIENT_NEWER, CLIENT, -30, TS_EREFUSED},
};

START_TEST(a_certificate_must_fit_the_one_before_it)
{
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *made = parse(offers[_i].made);
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *old = parse(offers[_i].old);
	ck_assert_int_eq(own_check(made, old, ts_date_now() + offers[_i].later * DAY, NULL),
			 offers[_i].code);
}
END_TEST

static const struct {
	const char *setting;
	bool replaced;
} files[] = {{"certificate.pem", true}, {"link.pem", true}, {"credential:x", false}, {"", false}};

START_TEST(files_are_replaced_where_they_are)
{
	FOLDER(f);
	struct folder_path path = folder_at(&f, "certificate.pem"),
			   link = folder_at(&f, "link.pem");
	TS_CLEANUP(own_file_done) struct own_file own = {0};
	TS_BUF(text);
	struct stat st;
	const struct remote r = {.name = (char *)"home", .folder = f.path};
	ck_assert_int_eq(ts_file_write(path.text, TS_SLICE("before"), 0640, TS_FILE_NEW, NULL),
			 TS_OK);
	ck_assert_int_eq(symlink("certificate.pem", link.text), 0);
	ck_assert_int_eq(own_file_read(&r, files[_i].setting, &own, NULL), TS_OK);
	ck_assert_int_eq(own.path.len > 0, files[_i].replaced);
	if (!files[_i].replaced) {
		return;
	}
	ck_assert_int_eq(own_file_replace(&own, TS_SLICE("after"), NULL), TS_OK);
	ck_assert_int_eq(ts_file_read(path.text, 100, &text, NULL), TS_OK);
	ck_assert_slice(ts_buf_slice(&text), "after");
	ck_assert(stat(path.text, &st) == 0 && (st.st_mode & 0777) == 0640);
	ck_assert(lstat(link.text, &st) == 0 && S_ISLNK(st.st_mode));
}
END_TEST

int main(void)
{
	shared = folder_new();
	make_all();
	const struct unit_case cases[] = {
		{an_authority_is_renewed_but_not_exchanged, TS_COUNT_OF(authorities)},
		{a_certificate_must_fit_the_one_before_it, TS_COUNT_OF(offers)},
		{files_are_replaced_where_they_are, TS_COUNT_OF(files)},
	};
	int rc = unit_run("own", cases, TS_COUNT_OF(cases));
	for (size_t i = 0; i < CERTS; i++) {
		ts_buf_done(&pems[i]);
	}
	folder_done(&shared);
	return rc;
}
