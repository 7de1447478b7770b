/* SPDX-License-Identifier: MIT */
/* Reading and writing. The files kv_lmdb*.c are the only ones that know LMDB. */
#include "common/store/kv_lmdb.h"

#include "common/base/file.h"

#include <errno.h>
#include <lmdb.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

enum {
	READER_CHECK_SECONDS = 60, /* how often slots of readers that died are freed */
	LITTLE_SPACE = 1 << 20     /* [bytes] with less, a failed write means a full disk */
};

/* The only place where LMDB's numbers are known. */
static int from_mdb(int rc)
{
	switch (rc) {
	case MDB_SUCCESS:
		return TS_OK;
	case MDB_NOTFOUND:
		return TS_ENOTFOUND;
	case ENOMEM:
		return TS_ENOMEM;
	case MDB_READERS_FULL:
		return TS_EBUSY;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
	case MDB_MAP_FULL:
		return TS_EFULL;
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_PANIC:
	case MDB_INVALID:
		return TS_EDAMAGED;
	case MDB_VERSION_MISMATCH:
		return TS_EFORMAT;
	default:
		return TS_EIO;
	}
}

int ts_kv_lmdb_fail(const struct ts_kv *kv, int rc, const char *doing, struct ts_error *err)
{
	return ts_fail(err, from_mdb(rc), "Could not %s the store %s: %s.", doing, kv->path,
		       mdb_strerror(rc));
}

static MDB_val to_val(struct ts_slice s)
{
	return (MDB_val){s.len, (void *)(uintptr_t)s.data};
}

static struct ts_slice from_val(MDB_val v)
{
	return (struct ts_slice){v.mv_data, v.mv_size};
}

/* Open the tables; `make`: those that are missing as well. A file that can't be written may lack
 * what came after it, but not the first one. */
static int open_tables(struct ts_kv *kv, bool make)
{
	MDB_txn *txn = NULL;
	int rc = mdb_txn_begin(kv->env, NULL, make ? 0 : MDB_RDONLY, &txn);
	for (int i = 0; rc == MDB_SUCCESS && i < TS_KV_TABLES; i++) {
		rc = mdb_dbi_open(txn, ts_kv_lmdb_tables[i], make ? MDB_CREATE : 0, &kv->tables[i]);
		if (rc == MDB_NOTFOUND && kv->read_only && i > 0) {
			kv->tables[i] = TS_KV_LMDB_ABSENT;
			rc = MDB_SUCCESS;
		}
	}
	if (rc != MDB_SUCCESS) {
		if (txn != NULL) {
			mdb_txn_abort(txn);
		}
		return rc;
	}
	return mdb_txn_commit(txn);
}

/* The pages of a reader that was killed are not used again, and the file grows, until somebody
 * looks for it. */
static void check_readers(struct ts_kv *kv, bool now)
{
	int64_t t = (int64_t)time(NULL);
	int dead = 0;
	if (now || t - atomic_load(&kv->checked) >= READER_CHECK_SECONDS) {
		atomic_store(&kv->checked, t);
		(void)mdb_reader_check(kv->env, &dead);
	}
}

int ts_kv_open(const char *path, bool create, struct ts_kv **ret, struct ts_error *err)
{
	if (!create && access(path, F_OK) != 0) {
		return ts_fail_errno(err, errno, "There is no store at %s", path);
	}
	TS_CLEANUP(ts_kv_close_p) struct ts_kv *kv = calloc(1, sizeof(*kv));
	if (kv == NULL || (kv->path = strdup(path)) == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	int rc = ts_kv_lmdb_open(path, create, &kv->env, &kv->read_only);
	if (rc == MDB_SUCCESS) {
		check_readers(kv, !kv->read_only);
		rc = open_tables(kv, create);
	}
	if (rc == MDB_NOTFOUND && !kv->read_only) {
		rc = open_tables(kv, true); /* written by a version that had fewer of them */
	}
	if (rc == MDB_CORRUPTED) {
		return ts_fail(err, TS_EDAMAGED,
			       "The store %s is damaged: its end is missing. Restore it from a "
			       "back-up, or move the file away to begin a new one.",
			       path);
	}
	if (rc != MDB_SUCCESS) {
		return ts_kv_lmdb_fail(kv, rc, "open", err);
	}
	if (create && ts_file_sync_folder(path) != 0) {
		return ts_fail_errno(err, errno, "Could not open the store %s", path);
	}
	*ret = TS_TAKE(kv);
	return TS_OK;
}

void ts_kv_close(struct ts_kv *kv)
{
	if (kv == NULL) {
		return;
	}
	if (kv->env != NULL) {
		mdb_env_close(kv->env);
	}
	free(kv->path);
	free(kv);
}

int ts_kv_begin(struct ts_kv *kv, enum ts_access how, struct ts_kv_txn **ret, struct ts_error *err)
{
	struct ts_kv_txn *t = calloc(1, sizeof(*t));
	if (t == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	t->kv = kv;
	unsigned flags = how == TS_READ ? MDB_RDONLY : 0;
	if (how == TS_WRITE && kv->read_only) {
		free(t);
		return ts_fail_errno(err, EROFS, "Could not write to the store %s", kv->path);
	}
	if (how == TS_WRITE) {
		check_readers(kv, false);
	}
	int rc = mdb_txn_begin(kv->env, NULL, flags, &t->mdb);
	if (rc == MDB_READERS_FULL) {
		check_readers(kv, true);
		rc = mdb_txn_begin(kv->env, NULL, flags, &t->mdb);
	}
	if (rc != MDB_SUCCESS) {
		free(t);
		return ts_kv_lmdb_fail(kv, rc, how == TS_READ ? "read" : "write to", err);
	}
	*ret = t;
	return TS_OK;
}

static void close_cursors(struct ts_kv_txn *t)
{
	for (int i = 0; i < TS_KV_TABLES; i++) {
		if (t->cursors[i] != NULL) {
			mdb_cursor_close(t->cursors[i]);
		}
	}
}

/* LMDB reports a write that the disk took only a part of as EIO. */
static bool is_full(const struct ts_kv *kv)
{
	struct statvfs disk;
	struct stat file;
	struct rlimit limit;
	if (statvfs(kv->path, &disk) == 0 && disk.f_bavail * disk.f_frsize < LITTLE_SPACE) {
		return true;
	}
	return stat(kv->path, &file) == 0 && getrlimit(RLIMIT_FSIZE, &limit) == 0 &&
	       limit.rlim_cur != RLIM_INFINITY &&
	       (uint64_t)file.st_size + LITTLE_SPACE > limit.rlim_cur;
}

int ts_kv_commit(struct ts_kv_txn *t, struct ts_error *err)
{
	/* LMDB frees its handle even when the commit fails. */
	struct ts_kv *kv = t->kv;
	close_cursors(t);
	int rc = mdb_txn_commit(t->mdb);
	free(t);
	if (rc == EIO && is_full(kv)) {
		rc = ENOSPC;
	}
	return rc == MDB_SUCCESS ? TS_OK : ts_kv_lmdb_fail(kv, rc, "commit to", err);
}

void ts_kv_abort(struct ts_kv_txn *t)
{
	if (t == NULL) {
		return;
	}
	close_cursors(t);
	mdb_txn_abort(t->mdb);
	free(t);
}

int ts_kv_get(struct ts_kv_txn *t, enum ts_kv_table table, struct ts_slice key,
	      struct ts_slice *ret, struct ts_error *err)
{
	MDB_val k = to_val(key), v;
	if (t->kv->tables[table] == TS_KV_LMDB_ABSENT) {
		return TS_ENOTFOUND;
	}
	int rc = mdb_get(t->mdb, t->kv->tables[table], &k, &v);
	if (rc == MDB_SUCCESS) {
		*ret = from_val(v);
		return TS_OK;
	}
	return rc == MDB_NOTFOUND ? TS_ENOTFOUND : ts_kv_lmdb_fail(t->kv, rc, "read", err);
}

int ts_kv_put(struct ts_kv_txn *t, enum ts_kv_table table, struct ts_slice key,
	      struct ts_slice value, struct ts_error *err)
{
	MDB_val k = to_val(key), v = to_val(value);
	int rc = mdb_put(t->mdb, t->kv->tables[table], &k, &v, 0);
	return rc == MDB_SUCCESS ? TS_OK : ts_kv_lmdb_fail(t->kv, rc, "write to", err);
}

int ts_kv_remove(struct ts_kv_txn *t, enum ts_kv_table table, struct ts_slice key,
		 struct ts_error *err)
{
	MDB_val k = to_val(key);
	int rc = mdb_del(t->mdb, t->kv->tables[table], &k, NULL);
	return rc == MDB_SUCCESS || rc == MDB_NOTFOUND
		       ? TS_OK
		       : ts_kv_lmdb_fail(t->kv, rc, "write to", err);
}

static int cursor(struct ts_kv_txn *t, enum ts_kv_table table, MDB_cursor **ret,
		  struct ts_error *err)
{
	if (t->kv->tables[table] == TS_KV_LMDB_ABSENT) {
		return TS_ENOTFOUND;
	}
	if (t->cursors[table] == NULL) {
		int rc = mdb_cursor_open(t->mdb, t->kv->tables[table], &t->cursors[table]);
		if (rc != MDB_SUCCESS) {
			return ts_kv_lmdb_fail(t->kv, rc, "read", err);
		}
	}
	*ret = t->cursors[table];
	return TS_OK;
}

/* Move the table's cursor; only a pair whose key begins with `prefix` is an answer. */
static int move(struct ts_kv_txn *t, enum ts_kv_table table, MDB_cursor_op op, struct ts_slice key,
		struct ts_slice prefix, struct ts_kv_pair *ret, struct ts_error *err)
{
	MDB_cursor *c = NULL;
	int code = cursor(t, table, &c, err);
	if (code != TS_OK) {
		return code;
	}
	MDB_val k = to_val(key), v;
	int rc = mdb_cursor_get(c, &k, &v, op);
	if (rc != MDB_SUCCESS && rc != MDB_NOTFOUND) {
		return ts_kv_lmdb_fail(t->kv, rc, "read", err);
	}
	if (rc == MDB_NOTFOUND || !ts_slice_starts(from_val(k), prefix)) {
		return TS_ENOTFOUND;
	}
	*ret = (struct ts_kv_pair){from_val(k), from_val(v)};
	return TS_OK;
}

int ts_kv_seek(struct ts_kv_txn *t, enum ts_kv_table table, struct ts_slice key,
	       struct ts_slice prefix, struct ts_kv_pair *ret, struct ts_error *err)
{
	return move(t, table, key.len > 0 ? MDB_SET_RANGE : MDB_FIRST, key, prefix, ret, err);
}

int ts_kv_next(struct ts_kv_txn *t, enum ts_kv_table table, struct ts_slice prefix,
	       struct ts_kv_pair *ret, struct ts_error *err)
{
	return move(t, table, MDB_NEXT, (struct ts_slice){NULL, 0}, prefix, ret, err);
}

/* The smallest key greater than all that begin with `prefix`; false where there is none. */
static bool after_prefix(struct ts_slice prefix, char *to)
{
	memcpy(to, prefix.data, prefix.len);
	for (size_t i = prefix.len; i-- > 0;) {
		to[i] = (char)((unsigned char)to[i] + 1);
		if (to[i] != 0) {
			return true;
		}
	}
	return false;
}

int ts_kv_last(struct ts_kv_txn *t, enum ts_kv_table table, struct ts_slice prefix,
	       struct ts_kv_pair *ret, struct ts_error *err)
{
	char bound[64];
	struct ts_slice none = {NULL, 0};
	if (prefix.len > 0 && prefix.len <= sizeof(bound) && after_prefix(prefix, bound)) {
		struct ts_slice key = {bound, prefix.len};
		int code = move(t, table, MDB_SET_RANGE, key, none, ret, err);
		if (code == TS_OK) {
			return move(t, table, MDB_PREV, none, prefix, ret, err);
		}
		if (code != TS_ENOTFOUND) {
			return code;
		}
	}
	return move(t, table, MDB_LAST, none, prefix, ret, err);
}

int ts_kv_remove_prefix(struct ts_kv_txn *t, enum ts_kv_table table, struct ts_slice prefix,
			struct ts_error *err)
{
	struct ts_kv_pair pair;
	int code;
	while ((code = ts_kv_seek(t, table, prefix, prefix, &pair, err)) == TS_OK) {
		int rc = mdb_cursor_del(t->cursors[table], 0);
		if (rc != MDB_SUCCESS) {
			return ts_kv_lmdb_fail(t->kv, rc, "write to", err);
		}
	}
	return code == TS_ENOTFOUND ? TS_OK : code;
}
