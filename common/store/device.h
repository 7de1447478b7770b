/* SPDX-License-Identifier: MIT */
/*
 * A user's devices, each with what is known of it: one for each certificate that was made for the
 * user or that opened the account, and one for each program that came without a certificate.
 */
#pragma once

#include "common/store/store.h"

enum { TS_DEVICE_CLIENT_MAX = 100, TS_DEVICE_ADDRESS_MAX = 64 };

struct ts_device {
	/* As in its transactions: the certificate's SHA-256 in hexadecimal, or a program's name. */
	char id[TS_DEVICE_MAX + 1];
	char name[TS_NAME_MAX + 1]; /* unique among the user's devices */
	bool certificate;           /* `id` is a certificate's */
	int64_t issued;             /* [s since 1970] its certificate was made here; 0: elsewhere */
	int64_t until;              /* [s since 1970] its certificate's end; 0: none */
	int64_t revoked;            /* [s since 1970] 0: it is not */
	int64_t first, seen;        /* [s since 1970] its first and last request; 0: none yet */
	uint64_t synced;            /* the version up to which it has everything */
	unsigned warned;            /* [days] before `until`, of the last warning; 0: none */
	char renews[TS_DEVICE_MAX +
		    1]; /* id of the certificate that it took the place of; "" none */
	char client[TS_DEVICE_CLIENT_MAX + 1];   /* program and version, as it says */
	char address[TS_DEVICE_ADDRESS_MAX + 1]; /* of its last request; "" not known */
};

/* Add, or replace what has the same id. TS_EINVAL: the name is not in order (ts_name_check);
 * TS_EEXIST: another device of the user has it. */
int ts_device_put(struct ts_txn *t, uint32_t user, const struct ts_device *d,
		  struct ts_error *err) TS_MUST_CHECK;
/* By id, or by name. TS_ENOTFOUND. */
int ts_device_get(struct ts_txn *t, uint32_t user, const char *id, struct ts_device *ret,
		  struct ts_error *err) TS_MUST_CHECK;
int ts_device_by_name(struct ts_txn *t, uint32_t user, struct ts_slice name, struct ts_device *ret,
		      struct ts_error *err) TS_MUST_CHECK;
/* A name that none of the user's devices has: `wish`, or "wish-2"…; what can't be a name becomes
 * "device". At most TS_NAME_MAX bytes into `to`. */
int ts_device_free_name(struct ts_txn *t, uint32_t user, struct ts_slice wish,
			char to[static TS_NAME_MAX + 1], struct ts_error *err) TS_MUST_CHECK;
/* In order of ids, until `each` returns something else than TS_OK, which is returned. */
int ts_device_each(struct ts_txn *t, uint32_t user,
		   int (*each)(const struct ts_device *d, void *arg), void *arg,
		   struct ts_error *err) TS_MUST_CHECK;
/* Forget it; a certificate that is forgotten is as one that was never seen. TS_ENOTFOUND. */
int ts_device_remove(struct ts_txn *t, uint32_t user, const char *id,
		     struct ts_error *err) TS_MUST_CHECK;

/* How a certificate stands with all users of the store. */
struct ts_device_standing {
	size_t users;   /* whose device it is or was */
	size_t revoked; /* … that have revoked it */
};
int ts_device_standing(struct ts_txn *t, const char *id, struct ts_device_standing *ret,
		       struct ts_error *err) TS_MUST_CHECK;
