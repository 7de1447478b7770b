/* SPDX-License-Identifier: MIT */
/*
 * The store: organizations, users, and for each user the transactions and versions of their
 * tasks. It speaks of nothing else; which database keeps it is known to one file behind it.
 *
 * Threads: a store may be shared; a transaction belongs to the thread that began it. Any number
 * of read transactions run beside one write transaction, in this process and in others: each
 * sees the state of its beginning. A second writer waits for the first.
 *
 * Codes, beside those named at each function: TS_EIO and TS_EDAMAGED (say so and stop using the
 * store), TS_EFULL (the disk or the address space is full; nothing was written), TS_ENOMEM.
 */
#pragma once

#include "common/base/error.h"
#include "common/base/slice.h"
#include "common/base/uuid.h"

enum { TS_NAME_MAX = 255, TS_REDIRECT_MAX = 300, TS_DEVICE_MAX = 64, TS_WHAT_MAX = 32 };

struct ts_store;

/* Open the store in the directory `dir`, making it if `create`. TS_ENOTFOUND: there is none and
 * `create` is false. TS_EFORMAT: made by a program that this one doesn't understand. */
int ts_store_open(const char *dir, bool create, struct ts_store **ret,
		  struct ts_error *err) TS_MUST_CHECK;
void ts_store_close(struct ts_store *s); /* accepts NULL; no transaction may be open */
TS_DEFINE_CLEANUP(struct ts_store, ts_store_close)

enum ts_access { TS_READ, TS_WRITE };

struct ts_txn;

int ts_txn_begin(struct ts_store *s, enum ts_access how, struct ts_txn **ret,
		 struct ts_error *err) TS_MUST_CHECK;
/* Write to disk, fsync, free. The transaction is gone afterwards, whatever this returns. */
int ts_txn_commit(struct ts_txn *t, struct ts_error *err) TS_MUST_CHECK;
/* Undo and free; accepts NULL. Ends a read transaction. */
void ts_txn_abort(struct ts_txn *t);
TS_DEFINE_CLEANUP(struct ts_txn, ts_txn_abort)

/* A number that grows by one with each commit, of whatever process. Costs next to nothing. */
uint64_t ts_store_serial(struct ts_store *s);
/* What a commit of `t`, which writes, makes it. */
uint64_t ts_txn_serial(struct ts_txn *t);

/*
 * Accounts. Names are strict (ts_name_check): they are never a path, and adding one that is not
 * in order is TS_EINVAL with a sentence.
 */

/* How much an account may have; of each 0: as the caller's settings say. */
struct ts_quota {
	uint64_t bytes;    /* of version records */
	uint64_t tasks;    /* done and deleted ones included */
	uint64_t requests; /* a minute */
};
#define TS_NO_QUOTA UINT64_MAX /* without limit, whatever the settings say */

/* Whether a certificate opens its own user's account only. */
enum ts_binding {
	TS_BINDING_DEFAULT /* as the caller's settings say */,
	TS_BINDING_OFF,
	TS_BINDING_ON
};

struct ts_org {
	uint32_t id; /* never used again after removal */
	bool suspended;
	int64_t created;       /* [s since 1970] */
	struct ts_quota quota; /* of all its users together */
	char name[TS_NAME_MAX + 1];
	char redirect[TS_REDIRECT_MAX + 1]; /* host:port where its accounts live now, or "" */
};

struct ts_user {
	uint32_t id; /* unique in the store; never used again after removal */
	uint32_t org;
	bool suspended;
	int64_t created;    /* [s since 1970] */
	struct ts_uuid key; /* the user's secret */
	struct ts_quota quota;
	enum ts_binding binding;
	/* The store was put back from a back-up whose last version of this user was this one, plus
	 * 1; 0: never. */
	uint64_t restored;
	char name[TS_NAME_MAX + 1];
};

/* UTF-8 of 1 to TS_NAME_MAX bytes without '/', '\\' and control characters, not "." or "..",
 * no blank at either end. TS_OK or TS_EINVAL. */
int ts_name_check(struct ts_slice name, struct ts_error *err) TS_MUST_CHECK;

/* TS_EEXIST, TS_EINVAL. */
int ts_org_add(struct ts_txn *t, struct ts_slice name, int64_t now,
	       struct ts_error *err) TS_MUST_CHECK;
/* TS_ENOTFOUND. */
int ts_org_get(struct ts_txn *t, struct ts_slice name, struct ts_org *ret,
	       struct ts_error *err) TS_MUST_CHECK;
/* Replace what is stored under org->name (suspended, redirect, quota). TS_ENOTFOUND. */
int ts_org_update(struct ts_txn *t, const struct ts_org *org, struct ts_error *err) TS_MUST_CHECK;
/* With all its users and all their tasks. TS_ENOTFOUND. */
int ts_org_remove(struct ts_txn *t, struct ts_slice name, struct ts_error *err) TS_MUST_CHECK;
/* Call `each` in order of name until it returns something else than TS_OK, which is returned. */
int ts_org_each(struct ts_txn *t, int (*each)(const struct ts_org *org, void *arg), void *arg,
		struct ts_error *err) TS_MUST_CHECK;

/* Makes the user's key and an empty first transaction, so that there is always a sync key.
 * *ret may be NULL. TS_EEXIST, TS_EINVAL. */
int ts_user_add(struct ts_txn *t, const struct ts_org *org, struct ts_slice name, int64_t now,
		struct ts_user *ret, struct ts_error *err) TS_MUST_CHECK;
/* The same with a key that exists already, and that no other user of the organization may have:
 * TS_EEXIST. */
int ts_user_add_with_key(struct ts_txn *t, const struct ts_org *org, struct ts_slice name,
			 const struct ts_uuid *key, int64_t now, struct ts_user *ret,
			 struct ts_error *err) TS_MUST_CHECK;
/* By name, or by key. TS_ENOTFOUND. */
int ts_user_get(struct ts_txn *t, const struct ts_org *org, struct ts_slice name,
		struct ts_user *ret, struct ts_error *err) TS_MUST_CHECK;
int ts_user_by_key(struct ts_txn *t, const struct ts_org *org, const struct ts_uuid *key,
		   struct ts_user *ret, struct ts_error *err) TS_MUST_CHECK;
/* Replace what is stored under user->name in its organization: suspended, key, quota, binding,
 * restored. * TS_ENOTFOUND. */
int ts_user_update(struct ts_txn *t, const struct ts_user *user,
		   struct ts_error *err) TS_MUST_CHECK;
/* Give a user another name; the one before becomes an alias. Sets user->name. TS_ENOTFOUND,
 * TS_EEXIST, TS_EINVAL. */
int ts_user_rename(struct ts_txn *t, struct ts_user *user, struct ts_slice name,
		   struct ts_error *err) TS_MUST_CHECK;
/* With all tasks, versions, transactions, devices and aliases. TS_ENOTFOUND. */
int ts_user_remove(struct ts_txn *t, const struct ts_user *user,
		   struct ts_error *err) TS_MUST_CHECK;
int ts_user_each(struct ts_txn *t, const struct ts_org *org,
		 int (*each)(const struct ts_user *user, void *arg), void *arg,
		 struct ts_error *err) TS_MUST_CHECK;

/*
 * Aliases: other names that a user's clients know it by, such as the one before a renaming. They
 * are not unique, neither among themselves nor against names: the key tells users apart.
 */

/* TS_OK also where it was there; TS_EINVAL as with names. */
int ts_alias_add(struct ts_txn *t, const struct ts_user *user, struct ts_slice alias,
		 struct ts_error *err) TS_MUST_CHECK;
/* TS_ENOTFOUND. */
int ts_alias_remove(struct ts_txn *t, const struct ts_user *user, struct ts_slice alias,
		    struct ts_error *err) TS_MUST_CHECK;
/* Each alias of a user, in order. */
int ts_alias_each(struct ts_txn *t, const struct ts_user *user,
		  int (*each)(struct ts_slice alias, void *arg), void *arg,
		  struct ts_error *err) TS_MUST_CHECK;
/* Each user of an organization that a client may mean by `name`: the one of that name, then those
 * with such an alias. */
int ts_user_each_called(struct ts_txn *t, const struct ts_org *org, struct ts_slice name,
			int (*each)(const struct ts_user *user, void *arg), void *arg,
			struct ts_error *err) TS_MUST_CHECK;

/*
 * Versions. Each user's versions are numbered from 1 in the order in which they were stored; a
 * transaction is a run of consecutive numbers, named by its last one. Number 0 is the empty
 * version, which every first state of a task is a child of, and the transaction that an account
 * is born with.
 */

struct ts_transaction {
	uint64_t last;      /* its last version; its first one follows the transaction before it */
	struct ts_uuid key; /* the sync key that clients get for it */
	int64_t time;       /* [s since 1970] of the store's machine */
	uint64_t tasks;     /* of the user, after it */
	uint64_t bytes;     /* of all the user's version records, after it */
	char device[TS_DEVICE_MAX + 1]; /* who sent it: fingerprint or program; "" unknown */
	/* Of a replica's transactions. */
	bool received;              /* it came from the remote named `device` */
	char what[TS_WHAT_MAX + 1]; /* the command that made it, "" on a server */
};

/* Append a transaction whose versions were put before; one with none is TS_EINVAL, except the
 * first. */
int ts_transaction_add(struct ts_txn *t, uint32_t user, const struct ts_transaction *tr,
		       struct ts_error *err) TS_MUST_CHECK;
/* Another sync key for the transaction that ends with version `last`. TS_ENOTFOUND: there is no
 * such transaction; TS_EEXIST: the user has that key. */
int ts_sync_key_add(struct ts_txn *t, uint32_t user, const struct ts_uuid *key, uint64_t last,
		    struct ts_error *err) TS_MUST_CHECK;
/* Each sync key of a user, in the order of keys. */
int ts_sync_key_each(struct ts_txn *t, uint32_t user,
		     int (*each)(const struct ts_uuid *key, uint64_t last, void *arg), void *arg,
		     struct ts_error *err) TS_MUST_CHECK;
/* By sync key. TS_ENOTFOUND: never issued to this user. */
int ts_transaction_by_key(struct ts_txn *t, uint32_t user, const struct ts_uuid *key,
			  struct ts_transaction *ret, struct ts_error *err) TS_MUST_CHECK;
/* The one which version `number` belongs to. TS_ENOTFOUND. */
int ts_transaction_of(struct ts_txn *t, uint32_t user, uint64_t number, struct ts_transaction *ret,
		      struct ts_error *err) TS_MUST_CHECK;
/* The newest one. TS_ENOTFOUND: no such user. */
int ts_transaction_newest(struct ts_txn *t, uint32_t user, struct ts_transaction *ret,
			  struct ts_error *err) TS_MUST_CHECK;

/* Replace what is stored of the transaction that ends with tr->last; its key stays what it was.
 * TS_ENOTFOUND. */
int ts_transaction_update(struct ts_txn *t, uint32_t user, const struct ts_transaction *tr,
			  struct ts_error *err) TS_MUST_CHECK;

/* Append a version's record. The caller sees to it that the number is the newest plus 1. */
int ts_version_put(struct ts_txn *t, uint32_t user, uint64_t number, struct ts_slice record,
		   struct ts_error *err) TS_MUST_CHECK;
/* *ret borrows from the store until the next write in `t`, or its end. TS_ENOTFOUND. */
int ts_version_get(struct ts_txn *t, uint32_t user, uint64_t number, struct ts_slice *ret,
		   struct ts_error *err) TS_MUST_CHECK;
/* The first version numbered `number` or more. TS_ENOTFOUND: there is none. */
int ts_version_next(struct ts_txn *t, uint32_t user, uint64_t number, uint64_t *ret_number,
		    struct ts_slice *ret, struct ts_error *err) TS_MUST_CHECK;
/* The newest version's number, 0 if there is none. */
int ts_version_newest(struct ts_txn *t, uint32_t user, uint64_t *ret,
		      struct ts_error *err) TS_MUST_CHECK;

/* Forget a version, which no other one may stand on. TS_OK also where there was none. */
int ts_version_remove(struct ts_txn *t, uint32_t user, uint64_t number,
		      struct ts_error *err) TS_MUST_CHECK;

/* Of versions with numbers below the horizon only some are there: what nobody needed was
 * forgotten. From it on the past is complete; 0: all of it is. */
int ts_horizon_get(struct ts_txn *t, uint32_t user, uint64_t *ret,
		   struct ts_error *err) TS_MUST_CHECK;
/* It never falls. */
int ts_horizon_raise(struct ts_txn *t, uint32_t user, uint64_t number,
		     struct ts_error *err) TS_MUST_CHECK;

/* The head of a task's main line. TS_ENOTFOUND: no such task. */
int ts_head_get(struct ts_txn *t, uint32_t user, const struct ts_uuid *task, uint64_t *ret,
		struct ts_error *err) TS_MUST_CHECK;
int ts_head_put(struct ts_txn *t, uint32_t user, const struct ts_uuid *task, uint64_t number,
		struct ts_error *err) TS_MUST_CHECK;

/* The first task at *task or behind it, in order of uuid. TS_ENOTFOUND: that were all. */
int ts_head_next(struct ts_txn *t, uint32_t user, struct ts_uuid *task, uint64_t *ret,
		 struct ts_error *err) TS_MUST_CHECK;

/* Call `each` in order of uuid until it returns something else than TS_OK, which is returned. The
 * task's head may be replaced in `each`, no other one. */
int ts_head_each(struct ts_txn *t, uint32_t user,
		 int (*each)(const struct ts_uuid *task, uint64_t head, void *arg,
			     struct ts_error *err),
		 void *arg, struct ts_error *err) TS_MUST_CHECK;

/*
 * Short numbers for people, from 1: a task keeps its number until it is taken away, then another
 * may get it.
 */

/* Give the task the lowest free number, unless it has one. */
int ts_number_give(struct ts_txn *t, uint32_t user, const struct ts_uuid *task,
		   struct ts_error *err) TS_MUST_CHECK;
/* TS_OK also where it has none. */
int ts_number_take(struct ts_txn *t, uint32_t user, const struct ts_uuid *task,
		   struct ts_error *err) TS_MUST_CHECK;
/* TS_ENOTFOUND. */
int ts_number_of(struct ts_txn *t, uint32_t user, const struct ts_uuid *task, uint64_t *ret,
		 struct ts_error *err) TS_MUST_CHECK;
int ts_number_task(struct ts_txn *t, uint32_t user, uint64_t number, struct ts_uuid *ret,
		   struct ts_error *err) TS_MUST_CHECK;

/*
 * Sync points: what a replica and its remotes have had in common, a point for each answer with a
 * new sync key. A remote's name is a word of at most TS_DEVICE_MAX bytes.
 */
struct ts_sync_point {
	struct ts_uuid key; /* the remote's sync key */
	uint64_t sent;      /* the remote has every version up to this one … */
	uint64_t last;      /* … and those behind `lost`, up to this one, that came from it */
	uint64_t lost;      /* 0: it never came back with an older history */
	int64_t time;       /* [s since 1970] */
};

int ts_sync_point_add(struct ts_txn *t, uint32_t user, const char *remote,
		      const struct ts_sync_point *p, struct ts_error *err) TS_MUST_CHECK;
/* Points from the newest back: `back` 0 is the newest one. TS_ENOTFOUND: there are not so many. */
int ts_sync_point_get(struct ts_txn *t, uint32_t user, const char *remote, uint64_t back,
		      struct ts_sync_point *ret, struct ts_error *err) TS_MUST_CHECK;
/* The newest point with that key. TS_ENOTFOUND. */
int ts_sync_point_by_key(struct ts_txn *t, uint32_t user, const char *remote,
			 const struct ts_uuid *key, struct ts_sync_point *ret,
			 struct ts_error *err) TS_MUST_CHECK;
/* The newest version that any remote has: the greatest `sent` of all points, 0 without any. */
int ts_sync_point_sent(struct ts_txn *t, uint32_t user, uint64_t *ret,
		       struct ts_error *err) TS_MUST_CHECK;
/* Forget all points of a remote. */
int ts_sync_point_forget(struct ts_txn *t, uint32_t user, const char *remote,
			 struct ts_error *err) TS_MUST_CHECK;

/*
 * The quarantine: what a client sent and the store could not take as a task, for a person to look
 * at. The same bytes are kept once.
 */
struct ts_reject {
	int64_t time;           /* [s since 1970] when it came first */
	struct ts_slice reason; /* a sentence */
	struct ts_slice line;   /* as it came */
};

/* *ret_new: false where it was there already. */
int ts_reject_add(struct ts_txn *t, uint32_t user, const struct ts_reject *r, bool *ret_new,
		  struct ts_error *err) TS_MUST_CHECK;
/* Keep the `max` newest. */
int ts_reject_trim(struct ts_txn *t, uint32_t user, size_t max, struct ts_error *err) TS_MUST_CHECK;
int ts_reject_each(struct ts_txn *t, uint32_t user,
		   int (*each)(const struct ts_reject *r, void *arg), void *arg,
		   struct ts_error *err) TS_MUST_CHECK;
int ts_reject_clear(struct ts_txn *t, uint32_t user, struct ts_error *err) TS_MUST_CHECK;

struct ts_store_stats {
	uint64_t orgs, users, devices, versions, transactions;
	uint64_t bytes;                  /* on disk */
	uint64_t page_bytes;             /* of one page of the database */
	uint64_t pages_used, pages_free; /* in use; to be used again */
	uint64_t readers;                /* transactions that read now, of all processes */
};
void ts_store_stats(struct ts_txn *t, struct ts_store_stats *ret);

/* Write a record that means nothing, so that a commit shows whether the store can be written. */
int ts_store_touch(struct ts_txn *t, int64_t now, struct ts_error *err) TS_MUST_CHECK;

/* Write the whole store, as of now and without what is free, to `fd`, a file or a pipe: what
 * arrives there is a store's file. Others read and write meanwhile. Call it from a thread of its
 * own where the reader of the pipe is in the same process. TS_EIO, TS_EFULL. */
int ts_store_copy(struct ts_store *s, int fd, struct ts_error *err) TS_MUST_CHECK;
/* The name of a store's file in its directory. */
extern const char ts_store_file[];
/* Behind it: the name of the file by which its readers and writers keep out of each other's way. */
#define TS_STORE_LOCK "-lock"
