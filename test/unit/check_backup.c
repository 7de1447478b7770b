/* SPDX-License-Identifier: MIT */
/* tar.c, backup.c, unpack.c and restore.c: what goes in comes out, and nothing else does. */
#include "common/base/file.h"
#include "common/tls/sha256.h"
#include "server/backup/backup.h"
#include "server/backup/restore.h"
#include "server/backup/tar.h"
#include "server/backup/unpack.h"
#include "test/unit/store_fixture.h"

#include <fcntl.h>
#include <sys/stat.h>

static void write_text(const struct folder *f, const char *name, const char *text)
{
	struct ts_error err = {0};
	struct folder_path path = folder_at(f, name);
	char *slash = strrchr(path.text, '/');
	*slash = '\0';
	ck_assert_int_eq(ts_dir_make(path.text, 0700, NULL, &err), TS_OK);
	*slash = '/';
	ck_assert_int_eq(ts_file_write(path.text, ts_slice_of(text), 0600, TS_FILE_NEW, &err),
			 TS_OK);
}

static void assert_text(const char *folder, const char *name, const char *want)
{
	TS_BUF(path);
	TS_BUF(text);
	struct ts_error err = {0};
	ts_buf_printf(&path, "%s/%s", folder, name);
	ck_assert_msg(ts_file_read(path.data, 1 << 20, &text, &err) == TS_OK, "%s", err.text);
	ck_assert_slice(ts_buf_slice(&text), want);
}

static int open_to_read(const struct folder *f, const char *name)
{
	int fd = open(folder_at(f, name).text, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	return fd;
}

/* A back-up of the fixture with a configuration, a key and a file beside them, in back.tar. */
static void make_backup(struct fixture *f)
{
	struct folder_path ca = folder_at(&f->folder, "certs/ca.cert.pem");
	char none[] = "", elsewhere[] = "/etc/hostname";
	TS_CLEANUP(backup_files_done) struct backup_files files;
	struct backup_counts counts;
	struct settings s = {.ca_cert = ca.text,
			     .server_cert = elsewhere,
			     .server_key = none,
			     .server_ca = none,
			     .server_crl = none,
			     .client_cert = none,
			     .client_key = none};
	TS_BUF(config);
	ts_buf_printf(&config, "# mine\nca.cert=%s\nlog=-\n", ca.text);
	write_text(&f->folder, "config", config.data);
	write_text(&f->folder, "pki/server.key.pem", "a key\n");
	write_text(&f->folder, "pki/clients/bob.cert.pem", "a certificate\n");
	write_text(&f->folder, "pki/.B\xC3\xBCro.pem", "hidden\n");
	write_text(&f->folder, "certs/ca.cert.pem", "an authority\n");
	TS_AUTOCLOSE int fd = open(folder_at(&f->folder, "back.tar").text,
				   O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ck_assert_int_eq(backup_files_find(&s, f->folder.path, &files, &f->err), TS_OK);
	ck_assert_slice(ts_buf_slice(&files.outside), "/etc/hostname\n");
	ck_assert_msg(backup_write(f->folder.path, &files, f->store, fd, &counts, &f->err) == TS_OK,
		      "%s", f->err.text);
	ck_assert_uint_eq(counts.files, 7);
}

START_TEST(everything_comes_back)
{
	FIXTURE(f);
	FOLDER(other);
	struct restored r;
	TS_BUF(config);
	make_backup(&f);
	TS_AUTOCLOSE int fd = open_to_read(&f.folder, "back.tar");
	const struct restore_wish wish = {.data = other.path};
	ck_assert_msg(restore(&wish, fd, &r, &f.err) == TS_OK, "%s", f.err.text);
	ck_assert_uint_eq(r.files, 5);
	ck_assert_uint_eq(r.store.users, 1);
	ck_assert_slice(ts_buf_slice(&r.from), f.folder.path);
	restored_done(&r);
	ts_buf_printf(&config, "# mine\nca.cert=%s/certs/ca.cert.pem\nlog=-\n", other.path);
	assert_text(other.path, "config", config.data);
	assert_text(other.path, "pki/server.key.pem", "a key\n");
	assert_text(other.path, "pki/clients/bob.cert.pem", "a certificate\n");
	assert_text(other.path, "certs/ca.cert.pem", "an authority\n");
	assert_text(other.path, "pki/.B\xC3\xBCro.pem", "hidden\n");
	TS_CLEANUP(ts_store_close_p) struct ts_store *store = NULL;
	ck_assert_int_eq(ts_store_open(other.path, false, &store, &f.err), TS_OK);
	ck_assert_int_ne(access(folder_at(&other, "restore.new").text, F_OK), 0);
}
END_TEST

static void try_again(struct fixture *f, const struct restore_wish *wish, int want)
{
	struct restored r;
	TS_AUTOCLOSE int fd = open_to_read(&f->folder, "back.tar");
	ck_assert_msg(restore(wish, fd, &r, &f->err) == want, "%s", f->err.text);
	if (want == TS_OK) {
		restored_done(&r);
	}
}

START_TEST(what_is_there_is_kept)
{
	FIXTURE(f);
	FOLDER(other);
	make_backup(&f);
	write_text(&other, "config", "log=/dev/null\n");
	struct restore_wish wish = {.data = other.path};
	try_again(&f, &wish, TS_EEXIST);
	ck_assert_ptr_nonnull(strstr(f.err.text, "--force"));
	assert_text(other.path, "config", "log=/dev/null\n");
	ck_assert_int_ne(access(folder_at(&other, "tasks.mdb").text, F_OK), 0);
	wish.store_only = true;
	try_again(&f, &wish, TS_OK);
	assert_text(other.path, "config", "log=/dev/null\n");
	try_again(&f, &wish, TS_OK); /* the same once more changes nothing */
	wish = (struct restore_wish){.data = other.path, .force = true};
	try_again(&f, &wish, TS_OK);
	assert_text(other.path, "config.before-restore", "log=/dev/null\n");
	wish = (struct restore_wish){.data = other.path, .check = true};
	try_again(&f, &wish, TS_OK);
}
END_TEST

/* What made place for one back-up isn't lost to the next, and a lock file stays with its store. */
START_TEST(what_was_kept_stays)
{
	FIXTURE(f);
	FOLDER(other);
	make_backup(&f);
	write_text(&other, "tasks.mdb", "first");
	write_text(&other, "tasks.mdb-lock", "first's");
	const struct restore_wish wish = {.data = other.path, .force = true, .store_only = true};
	try_again(&f, &wish, TS_OK);
	assert_text(other.path, "tasks.mdb.before-restore", "first");
	assert_text(other.path, "tasks.mdb.before-restore-lock", "first's");
	ck_assert_int_ne(access(folder_at(&other, "tasks.mdb-lock").text, F_OK), 0);
	ck_assert_int_eq(unlink(folder_at(&other, "tasks.mdb").text), 0);
	write_text(&other, "tasks.mdb", "second");
	try_again(&f, &wish, TS_OK);
	assert_text(other.path, "tasks.mdb.before-restore", "first");
	assert_text(other.path, "tasks.mdb.before-restore.2", "second");
}
END_TEST

START_TEST(a_failure_leaves_no_directory)
{
	FIXTURE(f);
	FOLDER(other);
	struct restored r;
	struct folder_path made = folder_at(&other, "new");
	TS_AUTOCLOSE int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	const struct restore_wish wish = {.data = made.text};
	ck_assert_int_eq(restore(&wish, fd, &r, &f.err), TS_EMALF);
	ck_assert_int_ne(access(made.text, F_OK), 0);
}
END_TEST

/* Damages */

static const struct {
	const char *name;
	int64_t at; /* of the byte that is changed; negative: from the end */
	bool cut;   /* … or of the end of the file */
	int codes[2];
} damages[] = {
	{"nothing at all", 0, true, {TS_EMALF}},
	{"half a header", 300, true, {TS_EMALF}},
	{"cut in the middle", 20000, true, {TS_EMALF}},
	{"the sums are missing", -11000, true, {TS_EMALF}},
	{"a byte of the first file's text", 512 + 30, false, {TS_EDAMAGED, TS_EMALF}},
	{"a byte of a header", 100, false, {TS_EMALF}},
	{"a byte of the store", 16000, false, {TS_EDAMAGED}},
};

START_TEST(damage)
{
	FIXTURE(f);
	FOLDER(other);
	struct stat st;
	struct restored r;
	make_backup(&f);
	TS_AUTOCLOSE int fd = open(folder_at(&f.folder, "back.tar").text, O_RDWR | O_CLOEXEC);
	ck_assert_int_eq(fstat(fd, &st), 0);
	off_t at = damages[_i].at < 0 ? st.st_size + damages[_i].at : damages[_i].at;
	char byte;
	if (damages[_i].cut) {
		ck_assert_int_eq(ftruncate(fd, at), 0);
	} else {
		ck_assert_int_eq(pread(fd, &byte, 1, at), 1);
		byte = (char)(byte ^ 0x40);
		ck_assert_int_eq(pwrite(fd, &byte, 1, at), 1);
	}
	const struct restore_wish wish = {.data = other.path};
	int rc = restore(&wish, fd, &r, &f.err);
	ck_assert_msg(rc == damages[_i].codes[0] || rc == damages[_i].codes[1], "%s: %d, %s",
		      damages[_i].name, rc, f.err.text);
	ck_assert_int_ne(access(folder_at(&other, "tasks.mdb").text, F_OK), 0);
	ck_assert_int_ne(access(folder_at(&other, "config").text, F_OK), 0);
}
END_TEST

/* Archives that nobody of ours made */

#define FIRST                                                                                      \
	{                                                                                          \
		"BACKUP", BACKUP_HEADER "\ndata /x\n"                                              \
	}

static const struct {
	const char *entries[4][2]; /* name and text */
	int code;
	const char *says;
} strangers[] = {
	{{{"README", "hello"}}, TS_EMALF, "no back-up of taskd"},
	{{{"BACKUP", "taskd back-up, version 9\n"}}, TS_EFORMAT, "a newer one"},
	{{FIRST, {"../evil", "x"}}, TS_EMALF, "no file"},
	{{FIRST, {"pki/../../evil", "x"}}, TS_EMALF, "no file"},
	{{FIRST, {"/etc/evil", "x"}}, TS_EMALF, "no file"},
	{{FIRST, {"pki/./x", "x"}}, TS_EMALF, "no file"},
	{{FIRST, {"orgs/x", "x"}}, TS_EMALF, "none of ours"},
	{{FIRST, {"store/tasks.mdb.000002", "x"}}, TS_EMALF, "belongs"},
	{{FIRST, {"store/tasks.mdb.000001", "x"}}, TS_EMALF, "not complete"},
	{{FIRST, {"SHA256SUMS", "0000  BACKUP\n"}}, TS_EDAMAGED, "checksum of 'BACKUP'"},
};

START_TEST(stranger)
{
	FOLDER(f);
	FOLDER(to);
	struct ts_error err = {0};
	struct unpacked u;
	TS_AUTOCLOSE int fd = open(folder_at(&f, "x.tar").text, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	TS_CLEANUP(tar_out_free_p) struct tar_out *tar = NULL;
	ck_assert_int_eq(tar_out_new(fd, &tar, &err), TS_OK);
	for (size_t i = 0; i < 4 && strangers[_i].entries[i][0] != NULL; i++) {
		ck_assert_int_eq(tar_out_add(tar, strangers[_i].entries[i][0], 0600, 1,
					     ts_slice_of(strangers[_i].entries[i][1]), &err),
				 TS_OK);
	}
	ck_assert_int_eq(tar_out_finish(tar, &err), TS_OK);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	ck_assert_msg(unpack(fd, to.path, &u, &err) == strangers[_i].code, "%s", err.text);
	ck_assert_msg(strstr(err.text, strangers[_i].says) != NULL, "%s", err.text);
}
END_TEST

START_TEST(sums_are_those_of_others)
{
	struct ts_error err = {0};
	char text[TS_SHA256_TEXT + 1];
	TS_CLEANUP(ts_sha256_free_p) struct ts_sha256 *h = NULL;
	ck_assert_int_eq(ts_sha256_new(&h, &err), TS_OK);
	ts_sha256_add(h, TS_SLICE("ab"));
	ts_sha256_add(h, TS_SLICE("c"));
	ts_sha256_take(h, text); /* FIPS 180-2, appendix B.1 */
	ck_assert_str_eq(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	ts_sha256_take(h, text); /* of nothing */
	ck_assert_str_eq(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
END_TEST

UNIT_MAIN("backup", {everything_comes_back, 0}, {what_is_there_is_kept, 0},
	  {what_was_kept_stays, 0}, {a_failure_leaves_no_directory, 0},
	  {damage, TS_COUNT_OF(damages)}, {stranger, TS_COUNT_OF(strangers)},
	  {sums_are_those_of_others, 0})
