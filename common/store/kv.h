/* SPDX-License-Identifier: MIT */
/*
 * What the store asks of a database: a few ordered tables of byte strings, one writer, readers
 * that see one moment. Known to common/store/ and common/verify/ only; a second backend implements
 * this page.
 */
#pragma once

#include "common/store/store.h"

/* Tables, by what their keys and values are (keys.h). */
enum ts_kv_table {
	TS_KV_META,         /* word -> record */
	TS_KV_ORGS,         /* name -> organization */
	TS_KV_USERS,        /* org id, name -> user */
	TS_KV_DEVICES,      /* user id, 'n', name -> number; user id, 'i', number -> name */
	TS_KV_TRANSACTIONS, /* user id, last version -> transaction */
	TS_KV_SYNC_KEYS,    /* user id, UUID -> last version */
	TS_KV_VERSIONS,     /* user id, number -> version's record */
	TS_KV_HEADS,        /* user id, task's UUID -> number of its head */
	TS_KV_REJECTS,      /* user id, UUID of the line -> reject */
	TS_KV_NUMBERS,      /* user id, 'n', short number -> UUID; user id, 't', UUID -> number */
	TS_KV_SYNC_POINTS,  /* user id, remote, 0, count -> sync point */
	TS_KV_ALIASES, /* org id, 'a', alias, 0, user id -> user's name; org id, 'u', user id, alias
			  -> "" */
	TS_KV_CARDS,   /* user id, 'i', device's id -> device; user id, 'n', its name -> id */
	TS_KV_HOLDERS, /* device's id, 0, user id -> "" */
	TS_KV_TABLES
};

struct ts_kv;
struct ts_kv_txn;

int ts_kv_open(const char *path, bool create, struct ts_kv **ret,
	       struct ts_error *err) TS_MUST_CHECK;
void ts_kv_close(struct ts_kv *kv); /* accepts NULL */
TS_DEFINE_CLEANUP(struct ts_kv, ts_kv_close)
/* Grows with each commit of any process; and what a commit of `t`, which writes, would make it. */
uint64_t ts_kv_serial(struct ts_kv *kv);
uint64_t ts_kv_txn_serial(struct ts_kv_txn *t);
/* How the database's room is used. */
struct ts_kv_room {
	uint64_t bytes; /* on disk */
	uint64_t page_bytes;
	uint64_t pages_used, pages_free;
	uint64_t readers; /* transactions that read now, of all processes, this one too */
};
void ts_kv_room(struct ts_kv_txn *t, struct ts_kv_room *ret);
/* Write what a database's file would be, without free pages, to `fd`. */
int ts_kv_copy(struct ts_kv *kv, int fd, struct ts_error *err) TS_MUST_CHECK;

int ts_kv_begin(struct ts_kv *kv, enum ts_access how, struct ts_kv_txn **ret,
		struct ts_error *err) TS_MUST_CHECK;
/* The transaction is gone afterwards, whatever this returns. */
int ts_kv_commit(struct ts_kv_txn *t, struct ts_error *err) TS_MUST_CHECK;
void ts_kv_abort(struct ts_kv_txn *t); /* accepts NULL */

/*
 * Slices that come out borrow from the database until the next write in `t`, or its end.
 * TS_ENOTFOUND never fills err: not finding is often an answer.
 */
int ts_kv_get(struct ts_kv_txn *t, enum ts_kv_table table, struct ts_slice key,
	      struct ts_slice *ret, struct ts_error *err) TS_MUST_CHECK;
int ts_kv_put(struct ts_kv_txn *t, enum ts_kv_table table, struct ts_slice key,
	      struct ts_slice value, struct ts_error *err) TS_MUST_CHECK;
/* TS_OK also where there was nothing to remove. */
int ts_kv_remove(struct ts_kv_txn *t, enum ts_kv_table table, struct ts_slice key,
		 struct ts_error *err) TS_MUST_CHECK;
int ts_kv_remove_prefix(struct ts_kv_txn *t, enum ts_kv_table table, struct ts_slice prefix,
			struct ts_error *err) TS_MUST_CHECK;

struct ts_kv_pair {
	struct ts_slice key, value;
};

/* The first pair at `key` or behind it whose key begins with `prefix`. TS_ENOTFOUND. */
int ts_kv_seek(struct ts_kv_txn *t, enum ts_kv_table table, struct ts_slice key,
	       struct ts_slice prefix, struct ts_kv_pair *ret, struct ts_error *err) TS_MUST_CHECK;
/* The last pair whose key begins with `prefix`. TS_ENOTFOUND. */
int ts_kv_last(struct ts_kv_txn *t, enum ts_kv_table table, struct ts_slice prefix,
	       struct ts_kv_pair *ret, struct ts_error *err) TS_MUST_CHECK;
/* The pair behind the last one that seek, last or next gave in this table. TS_ENOTFOUND. */
int ts_kv_next(struct ts_kv_txn *t, enum ts_kv_table table, struct ts_slice prefix,
	       struct ts_kv_pair *ret, struct ts_error *err) TS_MUST_CHECK;
/* Pairs in a table. A table that a file which can't be written lacks is empty. */
uint64_t ts_kv_count(struct ts_kv_txn *t, enum ts_kv_table table);
