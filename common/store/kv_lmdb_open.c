/* SPDX-License-Identifier: MIT */
/*
 * Opening LMDB's file.
 *
 * The map is address space, not disk: LMDB extends the file as it needs to, so the map is made far
 * larger than any file of tasks and larger still where the file has grown. Where the system
 * refuses that much (ulimit -v, valgrind), it is halved until it is accepted.
 */
#include "common/store/kv_lmdb.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { MAX_READERS = 16384 }; /* each a slot of 64 bytes in the lock file */

const char *const ts_kv_lmdb_tables[TS_KV_TABLES] = {
	[TS_KV_META] = "meta",
	[TS_KV_ORGS] = "orgs",
	[TS_KV_USERS] = "users",
	[TS_KV_DEVICES] = "devices",
	[TS_KV_TRANSACTIONS] = "transactions",
	[TS_KV_SYNC_KEYS] = "sync_keys",
	[TS_KV_VERSIONS] = "versions",
	[TS_KV_HEADS] = "heads",
	[TS_KV_REJECTS] = "rejects",
	[TS_KV_NUMBERS] = "numbers",
	[TS_KV_SYNC_POINTS] = "sync_points",
	[TS_KV_ALIASES] = "aliases",
	[TS_KV_CARDS] = "cards",
	[TS_KV_HOLDERS] = "holders",
};

static size_t wanted_map(const char *path)
{
	const size_t least = sizeof(size_t) > 4 ? (size_t)1 << 38 : (size_t)1 << 30;
	struct stat st;
	size_t file = stat(path, &st) == 0 && st.st_size > 0 ? (size_t)st.st_size : 0;
	return file > least / 4 ? file * 4 : least;
}

/* One try to open the environment with a map of `size` bytes. */
static int open_env(const char *path, size_t size, unsigned flags, MDB_env **ret)
{
	MDB_env *env = NULL;
	int rc = mdb_env_create(&env);
	if (rc != MDB_SUCCESS) {
		return rc;
	}
	(void)mdb_env_set_maxdbs(env, TS_KV_TABLES);
	(void)mdb_env_set_maxreaders(env, MAX_READERS);
	rc = mdb_env_set_mapsize(env, size);
	if (rc == MDB_SUCCESS) {
		rc = mdb_env_open(env, path, flags, 0600);
	}
	if (rc != MDB_SUCCESS) {
		mdb_env_close(env);
		return rc;
	}
	*ret = env;
	return MDB_SUCCESS;
}

/* With the largest map that the system gives. */
static int open_largest(const char *path, unsigned flags, MDB_env **ret)
{
	flags |= MDB_NOSUBDIR | MDB_NOTLS;
	size_t size = wanted_map(path);
	int rc = open_env(path, size, flags, ret);
	while ((rc == ENOMEM || rc == EINVAL) && size > ((size_t)64 << 20)) {
		size /= 2;
		rc = open_env(path, size, flags, ret);
	}
	return rc;
}

/* Touch every page that is in use. */
static int read_all(MDB_txn *txn, MDB_dbi table)
{
	MDB_cursor *cursor;
	MDB_val key, value;
	volatile char last;
	int rc = mdb_cursor_open(txn, table, &cursor);
	if (rc != MDB_SUCCESS) {
		return rc;
	}
	while ((rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == MDB_SUCCESS) {
		last = value.mv_size > 0 ? ((const char *)value.mv_data)[value.mv_size - 1] : 0;
	}
	(void)last;
	mdb_cursor_close(cursor);
	return rc == MDB_NOTFOUND ? MDB_SUCCESS : rc;
}

/* 0: everything can be read. In a child: a page that isn't in the file ends the process. */
static int read_everything(const char *path)
{
	enum { FREE_PAGES = 0, NAMES = 1 }; /* LMDB's own tables */
	MDB_env *env = NULL;
	MDB_txn *txn = NULL;
	MDB_dbi table;
	int rc = open_largest(path, MDB_RDONLY, &env);
	rc = rc == MDB_SUCCESS ? mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) : rc;
	rc = rc == MDB_SUCCESS ? mdb_dbi_open(txn, NULL, 0, &table) : rc;
	rc = rc == MDB_SUCCESS ? read_all(txn, FREE_PAGES) : rc;
	rc = rc == MDB_SUCCESS ? read_all(txn, NAMES) : rc;
	for (int i = 0; rc == MDB_SUCCESS && i < TS_KV_TABLES; i++) {
		rc = mdb_dbi_open(txn, ts_kv_lmdb_tables[i], 0, &table);
		rc = rc == MDB_SUCCESS ? read_all(txn, table) : rc;
		rc = rc == MDB_NOTFOUND ? MDB_SUCCESS : rc;
	}
	return rc;
}

/* The pages that LMDB's newest meta page counts are all in the file. */
static bool has_every_page(MDB_env *env, uint64_t size)
{
	MDB_envinfo info;
	MDB_stat stat;
	(void)mdb_env_info(env, &info);
	(void)mdb_env_stat(env, &stat);
	return size >= (info.me_last_pgno + 1) * (uint64_t)stat.ms_psize;
}

/* What read_everything() says, asked in a child. */
static bool can_be_read(const char *path)
{
	int status = 0;
	pid_t child = fork();
	if (child == 0) {
		(void)signal(SIGBUS, SIG_DFL);
		_exit(read_everything(path) == MDB_SUCCESS ? 0 : 1);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
	}
	return child < 0 || status == 0;
}

static uint64_t file_size(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && st.st_size > 0 ? (uint64_t)st.st_size : 0;
}

/* LMDB begins a file with two pages. */
static uint64_t least_size(void)
{
	return 2 * (uint64_t)sysconf(_SC_PAGESIZE);
}

/*
 * A file whose end was cut off is fatal later: a page that isn't there is a signal, and one that
 * grew back is full of zeros. LMDB never writes the last pages that one transaction took and gave
 * back, so a file may be somewhat short and complete; only then it is read as a whole.
 */
static int check_end(const char *path, unsigned flags, MDB_env **env)
{
	if (has_every_page(*env, file_size(path))) {
		return MDB_SUCCESS;
	}
	mdb_env_close(*env);
	*env = NULL;
	return can_be_read(path) ? open_largest(path, flags, env) : MDB_CORRUPTED;
}

/* Let LMDB write its first two pages into `path`, and wait for the disk. That needs no large map,
 * which not every system gives. */
static int write_first_pages(const char *path)
{
	MDB_env *env = NULL;
	int rc = open_env(path, (size_t)1 << 20, MDB_NOSUBDIR | MDB_NOLOCK, &env);
	if (rc == MDB_SUCCESS) {
		rc = mdb_env_sync(env, 1);
		mdb_env_close(env);
	}
	return rc;
}

/* Begin a file beside `path` and give it that name when it is whole: what is shorter than LMDB's
 * first pages was cut, and never just interrupted. The lock keeps two that begin it apart. */
static int begin_file(const char *path)
{
	TS_AUTOFREE char *part = NULL;
	if (asprintf(&part, "%s.new", path) < 0) {
		return ENOMEM;
	}
	TS_AUTOCLOSE int fd = open(part, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || flock(fd, LOCK_EX) != 0) {
		return errno;
	}
	int rc = MDB_SUCCESS;
	if (access(path, F_OK) != 0) {
		rc = ftruncate(fd, 0) == 0 ? write_first_pages(part) : errno;
		rc = rc == MDB_SUCCESS && rename(part, path) != 0 ? errno : rc;
	}
	(void)unlink(part);
	return rc;
}

int ts_kv_lmdb_open(const char *path, bool create, MDB_env **ret, bool *ret_read_only)
{
	unsigned flags = 0;
	int rc = create && access(path, F_OK) != 0 ? begin_file(path) : MDB_SUCCESS;
	if (rc != MDB_SUCCESS || file_size(path) < least_size()) {
		return rc != MDB_SUCCESS ? rc : MDB_CORRUPTED;
	}
	rc = open_largest(path, flags, ret);
	if (rc == EROFS && !create) {
		flags = MDB_RDONLY; /* nobody writes there, so readers need no lock file */
		rc = open_largest(path, flags, ret);
	}
	*ret_read_only = flags != 0;
	return rc == MDB_SUCCESS ? check_end(path, flags, ret) : rc;
}
