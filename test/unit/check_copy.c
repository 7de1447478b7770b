/* SPDX-License-Identifier: MIT */
/* Copies of a store, and how much room it takes. */
#include "test/unit/store_fixture.h"

#include <fcntl.h>
#include <lmdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

enum { VERSIONS = 2000 };

static void put_versions(struct fixture *f, uint64_t first, uint64_t last)
{
	struct ts_txn *t = fixture_begin(f, TS_WRITE);
	for (uint64_t n = first; n <= last; n++) {
		char record[3000] = {(char)n};
		const struct ts_slice r = {record, (size_t)n % sizeof(record) + 1};
		ck_assert_int_eq(ts_version_put(t, f->user.id, n, r, &f->err), TS_OK);
	}
	fixture_commit(f, t);
}

/* The copy in `folder` has the fixture's versions up to `last`. */
static void check_copy(struct fixture *f, const char *folder, uint64_t last)
{
	TS_CLEANUP(ts_store_close_p) struct ts_store *copy = NULL;
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	struct ts_slice r;
	uint64_t newest;
	ck_assert_msg(ts_store_open(folder, false, &copy, &f->err) == TS_OK, "%s", f->err.text);
	ck_assert_int_eq(ts_txn_begin(copy, TS_READ, &t, &f->err), TS_OK);
	ck_assert_int_eq(ts_version_newest(t, f->user.id, &newest, &f->err), TS_OK);
	ck_assert_uint_eq(newest, last);
	for (uint64_t n = 1; n <= last; n += 7) {
		ck_assert_int_eq(ts_version_get(t, f->user.id, n, &r, &f->err), TS_OK);
		ck_assert_uint_eq(r.len, n % 3000 + 1);
		ck_assert_int_eq(r.data[0], (char)n);
	}
}

static int open_copy(const struct folder *to)
{
	const struct folder_path p = folder_at(to, ts_store_file);
	return open(p.text, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

START_TEST(a_copy_is_a_store_without_free_pages)
{
	FIXTURE(f);
	FOLDER(to);
	struct stat before, after;
	put_versions(&f, 1, VERSIONS);
	struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	const struct ts_org org = {.id = f.user.org};
	struct ts_user bob;
	ck_assert_int_eq(ts_user_add(t, &org, TS_SLICE("bob"), 1, &bob, &f.err), TS_OK);
	for (uint64_t n = 1; n <= VERSIONS; n++) {
		ck_assert_int_eq(ts_version_put(t, bob.id, n, TS_SLICE("x"), &f.err), TS_OK);
	}
	fixture_commit(&f, t);
	t = fixture_begin(&f, TS_WRITE);
	ck_assert_int_eq(ts_user_remove(t, &bob, &f.err), TS_OK);
	fixture_commit(&f, t);
	TS_AUTOCLOSE int fd = open_copy(&to);
	ck_assert_msg(ts_store_copy(f.store, fd, &f.err) == TS_OK, "%s", f.err.text);
	ck_assert_int_eq(stat(folder_at(&f.folder, ts_store_file).text, &before), 0);
	ck_assert_int_eq(fstat(fd, &after), 0);
	ck_assert_int_lt(after.st_size, before.st_size);
	check_copy(&f, to.path, VERSIONS);
}
END_TEST

START_TEST(a_copy_is_of_one_moment)
{
	FIXTURE(f);
	FOLDER(to);
	put_versions(&f, 1, VERSIONS);
	TS_AUTOCLOSE int fd = open_copy(&to);
	ck_assert_int_eq(ts_store_copy(f.store, fd, &f.err), TS_OK);
	put_versions(&f, VERSIONS + 1, VERSIONS + 100);
	check_copy(&f, to.path, VERSIONS);
}
END_TEST

struct reader {
	int from, to;
	size_t most; /* [bytes] then it goes away */
};

static void *read_pipe(void *arg)
{
	const struct reader *r = arg;
	size_t sum = 0;
	char data[5000];
	ssize_t n;
	while (sum < r->most && (n = read(r->from, data, sizeof(data))) > 0) {
		sum += (size_t)n;
		if (r->to >= 0 && write(r->to, data, (size_t)n) != n) {
			break;
		}
	}
	(void)close(r->from);
	return NULL;
}

static int copy_through_pipe(struct fixture *f, int to, size_t most)
{
	int ends[2];
	pthread_t thread;
	ck_assert_int_eq(pipe(ends), 0);
	struct reader r = {ends[0], to, most};
	ck_assert_int_eq(pthread_create(&thread, NULL, read_pipe, &r), 0);
	int code = ts_store_copy(f->store, ends[1], &f->err);
	(void)close(ends[1]);
	(void)pthread_join(thread, NULL);
	return code;
}

START_TEST(a_copy_goes_through_a_pipe)
{
	FIXTURE(f);
	FOLDER(to);
	put_versions(&f, 1, VERSIONS);
	TS_AUTOCLOSE int fd = open_copy(&to);
	ck_assert_int_eq(copy_through_pipe(&f, fd, SIZE_MAX), TS_OK);
	check_copy(&f, to.path, VERSIONS);
}
END_TEST

/* Whatever the process does with SIGPIPE, the copy ends with an error and the process goes on. */
START_TEST(a_reader_that_goes_away_is_an_error)
{
	static void (*const handlers[])(int) = {SIG_IGN, SIG_DFL};
	FIXTURE(f);
	put_versions(&f, 1, VERSIONS);
	ck_assert(signal(SIGPIPE, handlers[_i]) != SIG_ERR);
	ck_assert_int_eq(copy_through_pipe(&f, -1, 100000), TS_EIO);
	ck_assert_ptr_nonnull(strstr(f.err.text, "Broken pipe"));
	put_versions(&f, VERSIONS + 1, VERSIONS + 2);
	ck_assert_int_eq(copy_through_pipe(&f, -1, SIZE_MAX), TS_OK);
}
END_TEST

START_TEST(a_full_disk_is_an_error)
{
	FIXTURE(f);
	put_versions(&f, 1, VERSIONS);
	TS_AUTOCLOSE int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		ck_assert_int_eq(ts_store_copy(f.store, fd, &f.err), TS_EFULL);
	}
}
END_TEST

/* A table that is none of ours stands for pages that LMDB has lost: used, and on no list. */
START_TEST(a_file_with_lost_pages_is_copied_as_it_is)
{
	FIXTURE(f);
	FOLDER(to);
	struct stat before, after;
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi table;
	MDB_val key = {1, (void *)(uintptr_t) "k"}, value = {1, (void *)(uintptr_t) "v"};
	put_versions(&f, 1, VERSIONS);
	ts_store_close(TS_TAKE(f.store));
	ck_assert_int_eq(mdb_env_create(&env), 0);
	ck_assert_int_eq(mdb_env_set_maxdbs(env, 40), 0);
	ck_assert_int_eq(
		mdb_env_open(env, folder_at(&f.folder, ts_store_file).text, MDB_NOSUBDIR, 0600), 0);
	ck_assert_int_eq(mdb_txn_begin(env, NULL, 0, &txn), 0);
	ck_assert_int_eq(mdb_dbi_open(txn, "strange", MDB_CREATE, &table), 0);
	ck_assert_int_eq(mdb_put(txn, table, &key, &value, 0), 0);
	ck_assert_int_eq(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
	ck_assert_int_eq(ts_store_open(f.folder.path, false, &f.store, &f.err), TS_OK);
	TS_AUTOCLOSE int fd = open_copy(&to);
	ck_assert_msg(ts_store_copy(f.store, fd, &f.err) == TS_OK, "%s", f.err.text);
	ck_assert_int_eq(stat(folder_at(&f.folder, ts_store_file).text, &before), 0);
	ck_assert_int_eq(fstat(fd, &after), 0);
	ck_assert_int_eq(after.st_size, before.st_size);
	check_copy(&f, to.path, VERSIONS);
}
END_TEST

START_TEST(pages_and_readers_are_counted)
{
	FIXTURE(f);
	struct ts_store_stats s;
	put_versions(&f, 1, VERSIONS);
	struct ts_txn *t = fixture_begin(&f, TS_READ), *other = fixture_begin(&f, TS_READ);
	ts_store_stats(t, &s);
	ck_assert_uint_eq(s.readers, 2);
	ts_txn_abort(other);
	ts_store_stats(t, &s);
	ts_txn_abort(t);
	ck_assert_uint_eq(s.readers, 1);
	ck_assert_uint_eq(s.bytes, (s.pages_used + s.pages_free) * s.page_bytes);
	ck_assert_uint_gt(s.pages_used, VERSIONS / 4);
	ck_assert_uint_lt(s.pages_free, s.pages_used);
}
END_TEST

UNIT_MAIN("copy", {a_copy_is_a_store_without_free_pages, 0}, {a_copy_is_of_one_moment, 0},
	  {a_copy_goes_through_a_pipe, 0}, {a_reader_that_goes_away_is_an_error, 2},
	  {a_full_disk_is_an_error, 0}, {a_file_with_lost_pages_is_copied_as_it_is, 0},
	  {pages_and_readers_are_counted, 0})
