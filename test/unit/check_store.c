/* SPDX-License-Identifier: MIT */
#include "common/store/store.h"
#include "test/unit/folder.h"
#include "test/unit/unit.h"

#include <lmdb.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define FOLDER(name) TS_CLEANUP(folder_done) struct folder name = folder_new()
#define STORE(name)  TS_CLEANUP(ts_store_close_p) struct ts_store *name = NULL
#define TXN(name)    TS_CLEANUP(ts_txn_abort_p) struct ts_txn *name = NULL

static struct ts_error err;

static void open_store(const struct folder *f, struct ts_store **ret)
{
	ck_assert_msg(ts_store_open(f->path, true, ret, &err) == TS_OK, "%s", err.text);
}

static void begin(struct ts_store *s, enum ts_access how, struct ts_txn **ret)
{
	ck_assert_msg(ts_txn_begin(s, how, ret, &err) == TS_OK, "%s", err.text);
}

static void commit(struct ts_txn **t)
{
	ck_assert_msg(ts_txn_commit(TS_TAKE(*t), &err) == TS_OK, "%s", err.text);
}

/* An organization and a user in it. */
static struct ts_user add_account(struct ts_txn *t, const char *org_name, const char *name)
{
	struct ts_org org;
	struct ts_user user;
	struct ts_slice o = ts_slice_of(org_name);
	int code = ts_org_add(t, o, 100, &err);
	ck_assert(code == TS_OK || code == TS_EEXIST);
	ck_assert_int_eq(ts_org_get(t, o, &org, &err), TS_OK);
	ck_assert_int_eq(ts_user_add(t, &org, ts_slice_of(name), 100, &user, &err), TS_OK);
	return user;
}

static const struct {
	struct ts_slice name;
	bool ok;
} names[] = {
	{TS_SLICE("alice"), true},
	{TS_SLICE("Bob B"), true},
	{TS_SLICE("J\xC3\xBCrgen"), true},
	{TS_SLICE("..."), true},
	{TS_SLICE(""), false},
	{TS_SLICE("."), false},
	{TS_SLICE(".."), false},
	{TS_SLICE("a/b"), false},
	{TS_SLICE("../x"), false},
	{TS_SLICE("a\\b"), false},
	{TS_SLICE("a\nb"), false},
	{TS_SLICE("a\0b"), false},
	{TS_SLICE("\x7F"), false},
	{TS_SLICE(" a"), false},
	{TS_SLICE("a "), false},
	{TS_SLICE("\xFF"), false},
	{TS_SLICE("a\xC2\x9B"), false},
	{TS_SLICE("\xE2\x80\xAE"
		  "a"),
	 false},
};

START_TEST(names_are_strict)
{
	ck_assert_int_eq(ts_name_check(names[_i].name, &err), names[_i].ok ? TS_OK : TS_EINVAL);
}
END_TEST

START_TEST(names_have_a_length)
{
	char long_name[TS_NAME_MAX + 1];
	memset(long_name, 'x', sizeof(long_name));
	ck_assert_int_eq(ts_name_check((struct ts_slice){long_name, TS_NAME_MAX}, &err), TS_OK);
	ck_assert_int_eq(ts_name_check((struct ts_slice){long_name, TS_NAME_MAX + 1}, &err),
			 TS_EINVAL);
}
END_TEST

START_TEST(accounts_live_through_reopening)
{
	FOLDER(f);
	struct ts_user user;
	{
		STORE(s);
		TXN(t);
		open_store(&f, &s);
		begin(s, TS_WRITE, &t);
		user = add_account(t, "Public", "alice");
		commit(&t);
	}
	STORE(s);
	TXN(t);
	struct ts_org org;
	struct ts_user found;
	struct ts_transaction birth;
	ck_assert_int_eq(ts_store_open(f.path, false, &s, &err), TS_OK);
	begin(s, TS_READ, &t);
	ck_assert_int_eq(ts_org_get(t, TS_SLICE("Public"), &org, &err), TS_OK);
	ck_assert_int_eq(ts_user_get(t, &org, TS_SLICE("alice"), &found, &err), TS_OK);
	ck_assert(ts_uuid_eq(&found.key, &user.key));
	ck_assert_int_eq(found.created, 100);
	ck_assert_int_eq(ts_user_by_key(t, &org, &user.key, &found, &err), TS_OK);
	ck_assert_str_eq(found.name, "alice");
	ck_assert_int_eq(ts_transaction_newest(t, user.id, &birth, &err), TS_OK);
	ck_assert_uint_eq(birth.last, 0);
}
END_TEST

START_TEST(accounts_are_added_once_and_removed_whole)
{
	FOLDER(f);
	STORE(s);
	TXN(t);
	struct ts_org org;
	struct ts_user found;
	struct ts_transaction tr;
	open_store(&f, &s);
	begin(s, TS_WRITE, &t);
	struct ts_user alice = add_account(t, "Public", "alice");
	struct ts_user bob = add_account(t, "Public", "bob");
	ck_assert_int_eq(ts_org_add(t, TS_SLICE("Public"), 1, &err), TS_EEXIST);
	ck_assert_str_eq(err.text, "Organization 'Public' already exists.");
	ck_assert_int_eq(ts_org_get(t, TS_SLICE("Public"), &org, &err), TS_OK);
	ck_assert_int_eq(ts_user_add(t, &org, TS_SLICE("bob"), 1, NULL, &err), TS_EEXIST);
	ck_assert_int_eq(ts_user_remove(t, &alice, &err), TS_OK);
	ck_assert_int_eq(ts_user_get(t, &org, TS_SLICE("alice"), &found, &err), TS_ENOTFOUND);
	ck_assert_str_eq(err.text, "User 'alice' does not exist.");
	ck_assert_int_eq(ts_transaction_newest(t, alice.id, &tr, &err), TS_ENOTFOUND);
	ck_assert_int_eq(ts_transaction_newest(t, bob.id, &tr, &err), TS_OK);
	ck_assert_int_eq(ts_org_remove(t, TS_SLICE("Public"), &err), TS_OK);
	ck_assert_int_eq(ts_transaction_newest(t, bob.id, &tr, &err), TS_ENOTFOUND);
	struct ts_user again = add_account(t, "Public", "alice");
	ck_assert_msg(again.id > bob.id, "an id was used twice");
	struct ts_store_stats stats;
	ts_store_stats(t, &stats);
	ck_assert_uint_eq(stats.users, 1);
	ck_assert_uint_eq(stats.transactions, 1);
}
END_TEST

START_TEST(an_abort_leaves_no_trace)
{
	FOLDER(f);
	STORE(s);
	TXN(t);
	struct ts_org org;
	open_store(&f, &s);
	begin(s, TS_WRITE, &t);
	ck_assert_int_eq(ts_org_add(t, TS_SLICE("Public"), 1, &err), TS_OK);
	ts_txn_abort(TS_TAKE(t));
	begin(s, TS_READ, &t);
	ck_assert_int_eq(ts_org_get(t, TS_SLICE("Public"), &org, &err), TS_ENOTFOUND);
}
END_TEST

static void add_versions(struct ts_txn *t, uint32_t user, uint64_t first, uint64_t last,
			 struct ts_transaction *ret)
{
	for (uint64_t n = first; n <= last; n++) {
		ck_assert_int_eq(ts_version_put(t, user, n, TS_SLICE("record"), &err), TS_OK);
	}
	*ret = (struct ts_transaction){.last = last, .key = ts_uuid_random(), .time = 7};
	(void)snprintf(ret->device, sizeof(ret->device), "device %d", (int)(last % 3));
	ck_assert_msg(ts_transaction_add(t, user, ret, &err) == TS_OK, "%s", err.text);
}

START_TEST(a_version_belongs_to_its_transaction)
{
	FOLDER(f);
	STORE(s);
	TXN(t);
	struct ts_transaction first, second, found;
	uint64_t newest;
	open_store(&f, &s);
	begin(s, TS_WRITE, &t);
	struct ts_user a = add_account(t, "Public", "alice"), b = add_account(t, "Public", "bob");
	add_versions(t, a.id, 1, 3, &first);
	add_versions(t, a.id, 4, 300, &second);
	ck_assert_int_eq(ts_transaction_of(t, a.id, 2, &found, &err), TS_OK);
	ck_assert(ts_uuid_eq(&found.key, &first.key));
	ck_assert_str_eq(found.device, "device 0");
	ck_assert_int_eq(ts_transaction_of(t, a.id, 4, &found, &err), TS_OK);
	ck_assert_uint_eq(found.last, 300);
	ck_assert_int_eq(ts_transaction_of(t, a.id, 301, &found, &err), TS_ENOTFOUND);
	ck_assert_int_eq(ts_transaction_by_key(t, a.id, &first.key, &found, &err), TS_OK);
	ck_assert_uint_eq(found.last, 3);
	ck_assert_int_eq(ts_transaction_by_key(t, b.id, &first.key, &found, &err), TS_ENOTFOUND);
	ck_assert_int_eq(ts_version_newest(t, a.id, &newest, &err), TS_OK);
	ck_assert_uint_eq(newest, 300);
	ck_assert_int_eq(ts_version_newest(t, b.id, &newest, &err), TS_OK);
	ck_assert_uint_eq(newest, 0);
	second.last = 400;
	ck_assert_int_eq(ts_transaction_add(t, a.id, &second, &err), TS_EINVAL);
}
END_TEST

static int count_reject(const struct ts_reject *r, void *arg)
{
	int64_t *sum = arg;
	*sum += r->time;
	return TS_OK;
}

START_TEST(the_quarantine_keeps_the_newest_once)
{
	FOLDER(f);
	STORE(s);
	TXN(t);
	char line[] = "line a";
	int64_t sum = 0;
	bool is_new;
	open_store(&f, &s);
	begin(s, TS_WRITE, &t);
	for (int i = 0; i < 10; i++) {
		struct ts_reject r = {i, TS_SLICE("because"), ts_slice_of(line)};
		line[5] = (char)('a' + i);
		ck_assert_int_eq(ts_reject_add(t, 1, &r, &is_new, &err), TS_OK);
		ck_assert(is_new);
		ck_assert_int_eq(ts_reject_add(t, 1, &r, &is_new, &err), TS_OK);
		ck_assert(!is_new);
	}
	ck_assert_int_eq(ts_reject_trim(t, 1, 3, &err), TS_OK);
	ck_assert_int_eq(ts_reject_each(t, 1, count_reject, &sum, &err), TS_OK);
	ck_assert_int_eq(sum, 7 + 8 + 9);
	ck_assert_int_eq(ts_reject_clear(t, 1, &err), TS_OK);
	sum = 0;
	ck_assert_int_eq(ts_reject_each(t, 1, count_reject, &sum, &err), TS_OK);
	ck_assert_int_eq(sum, 0);
}
END_TEST

START_TEST(what_is_no_store_is_an_error_with_a_sentence)
{
	FOLDER(f);
	STORE(s);
	ck_assert_int_eq(ts_store_open(f.path, false, &s, &err), TS_ENOTFOUND);
	ck_assert_ptr_nonnull(strstr(err.text, f.path));
	char path[400];
	(void)snprintf(path, sizeof(path), "%s/tasks.mdb", f.path);
	FILE *file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	for (int i = 0; i < 1000; i++) {
		ck_assert_int_ge(fputs("this is not a database\n", file), 0);
	}
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_ne(ts_store_open(f.path, true, &s, &err), TS_OK);
}
END_TEST

/* Write a format record of the future behind the store's back. */
START_TEST(an_unknown_format_is_refused)
{
	FOLDER(f);
	char path[400];
	{
		STORE(s);
		open_store(&f, &s);
	}
	(void)snprintf(path, sizeof(path), "%s/tasks.mdb", f.path);
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	MDB_val key = {6, (void *)(uintptr_t) "format"};
	MDB_val value = {13, (void *)(uintptr_t) "\13taskd store\x09"};
	ck_assert_int_eq(mdb_env_create(&env), 0);
	ck_assert_int_eq(mdb_env_set_maxdbs(env, 10), 0);
	ck_assert_int_eq(mdb_env_set_mapsize(env, 1 << 24), 0);
	ck_assert_int_eq(mdb_env_open(env, path, MDB_NOSUBDIR, 0600), 0);
	ck_assert_int_eq(mdb_txn_begin(env, NULL, 0, &txn), 0);
	ck_assert_int_eq(mdb_dbi_open(txn, "meta", 0, &dbi), 0);
	ck_assert_int_eq(mdb_put(txn, dbi, &key, &value, 0), 0);
	ck_assert_int_eq(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
	STORE(s);
	ck_assert_int_eq(ts_store_open(f.path, true, &s, &err), TS_EFORMAT);
	ck_assert_ptr_nonnull(strstr(err.text, "format 9"));
}
END_TEST

/* A full disk, as a limit on the size of files: an error with a sentence, and nothing is lost. */
static int fill_until_full(const char *path)
{
	STORE(s);
	TXN(t);
	struct ts_user user;
	const struct rlimit limit = {1 << 20, 1 << 20};
	TS_AUTOFREE char *big = calloc(1, 60000);
	if (ts_store_open(path, true, &s, &err) != TS_OK ||
	    ts_txn_begin(s, TS_WRITE, &t, &err) != TS_OK || big == NULL) {
		return 1;
	}
	user = add_account(t, "Public", "alice");
	if (ts_txn_commit(TS_TAKE(t), &err) != TS_OK || setrlimit(RLIMIT_FSIZE, &limit) != 0 ||
	    signal(SIGXFSZ, SIG_IGN) == SIG_ERR) {
		return 2;
	}
	int code = TS_OK;
	for (uint64_t n = 1; n < 100 && code == TS_OK; n++) {
		code = ts_txn_begin(s, TS_WRITE, &t, &err);
		if (code == TS_OK) {
			code = ts_version_put(t, user.id, n, (struct ts_slice){big, 60000}, &err);
		}
		if (code == TS_OK) {
			code = ts_txn_commit(TS_TAKE(t), &err);
		}
	}
	ts_txn_abort(TS_TAKE(t));
	if (code != TS_EFULL || ts_txn_begin(s, TS_READ, &t, &err) != TS_OK) {
		return 3;
	}
	uint64_t newest;
	return ts_version_newest(t, user.id, &newest, &err) == TS_OK && newest > 0 ? 0 : 4;
}

START_TEST(a_full_disk_loses_nothing)
{
	FOLDER(f);
	pid_t child = fork();
	if (child == 0) {
		_exit(fill_until_full(f.path));
	}
	int status;
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

/* Fill a store, then cut so much off its file. */
static int open_cut_store(const struct folder *f, off_t cut)
{
	STORE(s);
	struct stat st;
	char path[300];
	open_store(f, &s);
	struct ts_txn *t = NULL;
	begin(s, TS_WRITE, &t);
	const struct ts_user user = add_account(t, "Public", "alice");
	for (uint64_t i = 1; i <= 500; i++) {
		char record[1000] = {(char)i};
		const struct ts_slice r = {record, sizeof(record)};
		ck_assert_int_eq(ts_version_put(t, user.id, i, r, &err), TS_OK);
	}
	commit(&t);
	ts_store_close(TS_TAKE(s));
	(void)snprintf(path, sizeof(path), "%s/tasks.mdb", f->path);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(truncate(path, cut > 0 ? st.st_size - cut : 0), 0);
	return ts_store_open(f->path, false, &s, &err);
}

/* 0: everything */
static const off_t cuts[] = {0, 4096, 100000, 400000, 500000};

START_TEST(a_file_that_was_cut_is_not_opened)
{
	FOLDER(f);
	ck_assert_int_eq(open_cut_store(&f, cuts[_i]), TS_EDAMAGED);
	ck_assert_ptr_nonnull(strstr(err.text, "end is missing"));
}
END_TEST

/* The disk is full when the store is begun: nothing is left in the way of the next try. */
START_TEST(a_store_that_can_t_be_begun_leaves_nothing)
{
	static const rlim_t sizes[] = {0, 4096, 8191};
	FOLDER(f);
	STORE(s);
	const pid_t child = fork();
	if (child == 0) {
		(void)signal(SIGXFSZ, SIG_IGN);
		(void)setrlimit(RLIMIT_FSIZE, &(struct rlimit){sizes[_i], sizes[_i]});
		_exit(ts_store_open(f.path, true, &s, &err) == TS_OK ? 1 : 0);
	}
	int status;
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(ts_store_open(f.path, false, &s, &err), TS_ENOTFOUND);
	open_store(&f, &s);
}
END_TEST

/* Stores of earlier versions have fewer tables. */
START_TEST(missing_tables_are_made)
{
	FOLDER(f);
	STORE(s);
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi table;
	char path[300];
	open_store(&f, &s);
	ts_store_close(TS_TAKE(s));
	(void)snprintf(path, sizeof(path), "%s/tasks.mdb", f.path);
	ck_assert_int_eq(mdb_env_create(&env), 0);
	ck_assert_int_eq(mdb_env_set_maxdbs(env, 20), 0);
	ck_assert_int_eq(mdb_env_open(env, path, MDB_NOSUBDIR, 0600), 0);
	ck_assert_int_eq(mdb_txn_begin(env, NULL, 0, &txn), 0);
	ck_assert_int_eq(mdb_dbi_open(txn, "sync_points", 0, &table), 0);
	ck_assert_int_eq(mdb_drop(txn, table, 1), 0);
	ck_assert_int_eq(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
	ck_assert_msg(ts_store_open(f.path, false, &s, &err) == TS_OK, "%s", err.text);
}
END_TEST

START_TEST(transactions_say_where_they_come_from)
{
	FOLDER(f);
	STORE(s);
	TXN(t);
	struct ts_transaction got, tr = {.last = 1, .device = "home", .received = true};
	open_store(&f, &s);
	begin(s, TS_WRITE, &t);
	const struct ts_user user = add_account(t, "Public", "alice");
	for (; tr.last <= 2; tr.last++) {
		tr.key = ts_uuid_random();
		ck_assert_int_eq(ts_version_put(t, user.id, tr.last, TS_SLICE("x"), &err), TS_OK);
		ck_assert_msg(ts_transaction_add(t, user.id, &tr, &err) == TS_OK, "%s", err.text);
		ck_assert_int_eq(ts_transaction_newest(t, user.id, &got, &err), TS_OK);
		ck_assert_str_eq(got.what, tr.what);
		ck_assert_str_eq(got.device, "home");
		ck_assert_int_eq(got.received, tr.received);
		(void)strcpy(tr.what, "modify");
		tr.received = false;
	}
}
END_TEST

UNIT_MAIN("store", {names_are_strict, TS_COUNT_OF(names)}, {names_have_a_length, 0},
	  {accounts_live_through_reopening, 0}, {accounts_are_added_once_and_removed_whole, 0},
	  {an_abort_leaves_no_trace, 0}, {a_version_belongs_to_its_transaction, 0},
	  {the_quarantine_keeps_the_newest_once, 0},
	  {what_is_no_store_is_an_error_with_a_sentence, 0}, {an_unknown_format_is_refused, 0},
	  {a_full_disk_loses_nothing, 0}, {a_file_that_was_cut_is_not_opened, TS_COUNT_OF(cuts)},
	  {missing_tables_are_made, 0}, {a_store_that_can_t_be_begun_leaves_nothing, 3},
	  {transactions_say_where_they_come_from, 0})
