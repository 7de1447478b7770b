/* SPDX-License-Identifier: MIT */
/* Counts, how LMDB's file is used, and copies of it. */
#include "common/store/kv_lmdb.h"

enum { META_PAGES = 2, TRIES = 10 };

uint64_t ts_kv_serial(struct ts_kv *kv)
{
	MDB_envinfo info;
	(void)mdb_env_info(kv->env, &info);
	return info.me_last_txnid;
}

uint64_t ts_kv_txn_serial(struct ts_kv_txn *t)
{
	return mdb_txn_id(t->mdb);
}

uint64_t ts_kv_count(struct ts_kv_txn *t, enum ts_kv_table table)
{
	const MDB_dbi dbi = t->kv->tables[table];
	MDB_stat stat;
	return dbi != TS_KV_LMDB_ABSENT && mdb_stat(t->mdb, dbi, &stat) == MDB_SUCCESS
		       ? stat.ms_entries
		       : 0;
}

/* The pages of one table. */
static uint64_t table_pages(MDB_txn *txn, MDB_dbi table)
{
	MDB_stat stat;
	return mdb_stat(txn, table, &stat) == MDB_SUCCESS
		       ? stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages
		       : 0;
}

/* Of all tables: ours and LMDB's own two, the free pages and the names. */
static uint64_t used_pages(MDB_txn *txn, const struct ts_kv *kv)
{
	enum { FREE_PAGES = 0, NAMES = 1 };
	uint64_t sum = META_PAGES + table_pages(txn, FREE_PAGES) + table_pages(txn, NAMES);
	for (int i = 0; i < TS_KV_TABLES; i++) {
		sum += kv->tables[i] != TS_KV_LMDB_ABSENT ? table_pages(txn, kv->tables[i]) : 0;
	}
	return sum;
}

/* LMDB lists readers as lines of text; one that reads nothing has a dash at its end. */
static int count_reader(const char *line, void *arg)
{
	uint64_t *count = arg;
	const size_t len = strlen(line);
	const bool digit = len >= 2 && line[len - 2] >= '0' && line[len - 2] <= '9';
	*count += digit;
	return 0;
}

void ts_kv_room(struct ts_kv_txn *t, struct ts_kv_room *ret)
{
	MDB_envinfo info;
	MDB_stat stat;
	*ret = (struct ts_kv_room){.pages_used = used_pages(t->mdb, t->kv)};
	(void)mdb_env_info(t->kv->env, &info);
	(void)mdb_env_stat(t->kv->env, &stat);
	(void)mdb_reader_list(t->kv->env, count_reader, &ret->readers);
	const uint64_t all = info.me_last_pgno + 1;
	ret->page_bytes = stat.ms_psize;
	ret->bytes = all * stat.ms_psize;
	ret->pages_free = all > ret->pages_used ? all - ret->pages_used : 0;
}

/* How many pages LMDB has on its list of free ones. */
static int listed_pages(MDB_txn *txn, uint64_t *ret)
{
	MDB_cursor *cursor;
	MDB_val key, list;
	*ret = 0;
	int rc = mdb_cursor_open(txn, 0, &cursor);
	if (rc != MDB_SUCCESS) {
		return rc;
	}
	while ((rc = mdb_cursor_get(cursor, &key, &list, MDB_NEXT)) == MDB_SUCCESS) {
		size_t count;
		memcpy(&count, list.mv_data, sizeof(count));
		*ret += count;
	}
	mdb_cursor_close(cursor);
	return rc == MDB_NOTFOUND ? MDB_SUCCESS : rc;
}

/* LMDB refuses to copy without free pages, when all is written, where some are neither used nor on
 * its list. Such a file is sound, and is copied as it is. */
static bool can_be_compacted(const struct ts_kv *kv)
{
	bool sound = true, again = true;
	for (int i = 0; i < TRIES && again; i++) {
		MDB_txn *txn = NULL;
		MDB_envinfo info;
		uint64_t listed = 0;
		if (mdb_txn_begin(kv->env, NULL, MDB_RDONLY, &txn) != MDB_SUCCESS) {
			return true;
		}
		(void)mdb_env_info(kv->env, &info);
		again = info.me_last_txnid != mdb_txn_id(txn);
		sound = again || (listed_pages(txn, &listed) == MDB_SUCCESS &&
				  used_pages(txn, kv) + listed == info.me_last_pgno + 1);
		mdb_txn_abort(txn);
	}
	return sound;
}

int ts_kv_copy(struct ts_kv *kv, int fd, struct ts_error *err)
{
	const unsigned flags = can_be_compacted(kv) ? MDB_CP_COMPACT : 0;
	int rc = mdb_env_copyfd2(kv->env, fd, flags);
	return rc == MDB_SUCCESS ? TS_OK : ts_kv_lmdb_fail(kv, rc, "copy", err);
}
